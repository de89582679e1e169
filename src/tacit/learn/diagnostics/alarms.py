"""Two alarms that need no reward at all: the policy runs away from where it began, or does one thing only."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tacit.errors import BadValue

JUMP = 10.0
"""How many times the usual rise of the divergence between two points is a jump."""


def kl_blow_up(kl: ArrayLike, *, limit: float | None = None) -> int | None:
    """Return the first point at which the divergence from the first policy has run away; None if it never does.

    It has when it is no number, when it is above `limit`, or when it rises by more than 1 nat and ten times as fast as
    it usually did before, the median of at least three rises.

    Args:
        kl: divergence of the policy from the first one at each point, nats, shape (point,).
        limit: nats that it should stay below, such as three times the target of an adaptive penalty.

    Raises:
        BadValue: not one list of numbers, or a limit that is not above 0.

    >>> kl_blow_up([0, 1, 2, 3, 4, 30])
    5
    >>> kl_blow_up([0, 1, 2, 3, 4, 5]) is None
    True
    """
    values = np.asarray(kl, dtype=np.float64)
    if values.ndim != 1:
        raise BadValue("divergence", got=f"shape {values.shape}", expected="(point,)")
    if limit is not None and not limit > 0:
        raise BadValue("limit of the divergence", got=limit, expected="nats above 0")
    for point, value in enumerate(values):
        if not np.isfinite(value) or (limit is not None and value > limit):
            return point
        rises = np.diff(values[:point])
        usual = float(np.median(np.abs(rises))) if len(rises) >= 3 else np.inf
        if point and value - values[point - 1] > max(1.0, JUMP * usual):
            return point
    return None


def collapse(distinct: ArrayLike, variation: ArrayLike, *, least: float = 0.25) -> int | None:
    """Return the first point at which the policy does hardly more than one thing; None if it never does.

    Args:
        distinct: share of the items made at each point that are different from each other, shape (point,).
        variation: mean squared distance of what a reward sees of them from its mean, in any unit, shape (point,).
        least: the share of the first policy's distinct items, and of the square root of its variation, below which it
            has collapsed.

    Raises:
        BadValue: lists of unequal length, or a share outside (0, 1).

    >>> collapse([1, 0.9, 0.2], [4.0, 3.0, 2.0])
    2
    """
    different, varied = np.asarray(distinct, dtype=np.float64), np.asarray(variation, dtype=np.float64)
    if different.ndim != 1 or different.shape != varied.shape:
        raise BadValue("collapse", got=f"shapes {different.shape} and {varied.shape}", expected="(point,) of both")
    if not 0 < least < 1:
        raise BadValue("collapse, least", got=least, expected="a share between 0 and 1")
    if not len(different):
        return None
    fallen = (different < least * different[0]) | (np.sqrt(varied) < least * np.sqrt(varied[0]))
    found = np.flatnonzero(fallen)
    return int(found[0]) if len(found) else None
