"""Over-optimisation, seen from two rewards: one that the policy is optimised on, and one fitted to other judgments.

Both were taught the same preference by different judgments, so what they share is what was wanted and what only the
first of them gains is its own error. As long as a unit of the first brings as much of the second as it did in the
beginning, the policy does what was wanted; when it brings ever less, the policy has begun to exploit the error, and
when it brings none, what is truly wanted is at its peak.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue, NotFinite

Float64 = NDArray[np.float64]

LEAST_POINTS = 6
"""Points, the start included, before anything is said: fewer do not fix a curve."""

LEAST_EXTENT = 0.015
"""How far apart the points must lie along the curve, as 1 − (ΣT³)² / ΣT² ΣT⁴, weighted: 0.03 for points at equal steps
from the start on, and the square of their coefficient of variation for a cloud far from it, which any curve fits."""


@dataclass(frozen=True)
class Transfer:
    """How much of a further unit of the optimised reward the other one confirms, relative to the beginning.

    Args:
        train: gain of the optimised reward since the start, shape (point,).
        test: gain of the other one, shape (point,).
        remaining: share of the first unit's transfer that is left, 1 at the start and 0 at the estimated peak; NaN
            before there are enough points; shape (point,).
        spread: standard deviation of `remaining`, among the members of the other reward and about the curve together,
            shape (point,); infinite where the curve does not say whether there is any transfer at all.
        fired: the first point at which the alarm rings; None if it never does.
    """

    train: Float64
    test: Float64
    remaining: Float64
    spread: Float64
    fired: int | None


def over_optimisation(
    train: ArrayLike,
    test: ArrayLike,
    members: ArrayLike | None = None,
    *,
    least: float = 0.5,
    caution: float = 0.25,
    in_a_row: int = 2,
) -> Transfer:
    """Return how far the gain of one reward is still confirmed by another, and when it no longer is.

    After each point, a curve a·T + b·T² is fitted through the start to the gains so far of the other reward against
    those T of the optimised one, later points counting more; its slope relative to the one at the start,
    1 + 2bT/a, is what remains. For the law of best-of-n, d·(α − βd) in d = √KL, with an optimised reward linear in d,
    the slope is down to ½ at half the peak's √KL and to 0 at the peak.

    Args:
        train: mean score of what the policy does by the reward that it is optimised on, from the first policy on, shape
            (point,).
        test: mean score of the same by a reward fitted to other judgments, shape (point,).
        members: the same by each member of that reward, shape (member, point): how sure it is.
        least: ring when less than this remains.
        caution: standard deviations by which it must be less.
        in_a_row: points running at which it must be so: a single one may be chance.

    Raises:
        BadValue: shapes that do not fit, or settings outside their range. NotFinite: NaN or infinity.

    Source: the curve after Gao, Schulman, Hilton 2022, eq. 1, arXiv:2210.10760; two rewards fitted to halves of the
        judgments after Bai et al. 2022, section 4.2, arXiv:2204.05862.
    """
    t, g = _line(train, "train"), _line(test, "test")
    of_members = g[None] if members is None else np.asarray(members, dtype=np.float64)
    if g.shape != t.shape or of_members.ndim != 2 or of_members.shape[1] != len(t):
        got = f"{len(t)} points of train, {len(g)} of test, members of shape {of_members.shape}"
        raise BadValue("over-optimisation", got=got, expected="one value a point of each")
    if not np.isfinite(of_members).all():
        raise NotFinite("over-optimisation, members", got="NaN or infinity", expected="finite numbers")
    if not 0 < least < 1 or caution < 0 or in_a_row < 1:
        got = f"least {least}, caution {caution}, in_a_row {in_a_row}"
        raise BadValue("over-optimisation", got=got, expected="least between 0 and 1, caution from 0, in_a_row from 1")
    t, g, of_members = t - t[:1], g - g[:1], of_members - of_members[:, :1]
    left, error = _remaining(t, np.concatenate([g[None], of_members]))
    among = left[1:].std(axis=0, ddof=1) if len(of_members) > 1 else np.zeros(len(t))
    spread = np.hypot(among, error[0])
    with np.errstate(invalid="ignore"):
        low = np.cumsum(np.concatenate([np.zeros(in_a_row), left[0] + caution * spread < least]))
    rings = np.flatnonzero(low[in_a_row:] - low[:-in_a_row] == in_a_row)
    return Transfer(t, g, left[0], spread, int(rings[0]) if len(rings) else None)


def _remaining(t: Float64, gains: Float64) -> tuple[Float64, Float64]:
    """Return the slope after each point relative to the one at the start, and its error, each of (curve, point)."""
    weight = (1.0 + np.arange(len(t))) ** 2
    t2, t3, t4 = (np.cumsum(weight * t**power) for power in (2, 3, 4))
    g1, g2 = (np.cumsum(weight * t**power * gains, axis=1) for power in (1, 2))
    determinant = t2 * t4 - t3**2
    solvable = determinant > LEAST_EXTENT * np.maximum(t2 * t4, 1e-300)
    safe = np.where(solvable, determinant, 1.0)
    a = (g1 * t4 - g2 * t3) / safe
    b = (g2 * t2 - g1 * t3) / safe
    squares = np.maximum(np.cumsum(weight * gains**2, axis=1) - a * g1 - b * g2, 0.0)
    squares[squares < 1e-12 * np.cumsum(weight * gains**2, axis=1)] = 0.0  # what rounding leaves of a perfect curve
    variance = squares / np.maximum(np.arange(len(t)) - 1, 1)  # one point is the start itself, two numbers are fitted
    rises = a > 0
    known = np.where(rises, a, 1.0)
    left = np.where(rises, 1 + 2 * b * t / known, 0.0)
    of_a, of_b = -2 * b * t / known**2, 2 * t / known  # derivatives of what remains
    of_left = (of_a**2 * t4 - 2 * of_a * of_b * t3 + of_b**2 * t2) / safe
    none_at_all = ~rises & (a + 2 * np.sqrt(variance * t4 / safe) <= 0)
    error = np.where(rises, np.sqrt(variance * np.maximum(of_left, 0.0)), np.where(none_at_all, 0.0, np.inf))
    left[:, ~solvable | (np.arange(len(t)) < LEAST_POINTS - 1)] = np.nan
    return np.asarray(left), np.asarray(error)


def _line(values: ArrayLike, name: str) -> Float64:
    line = np.asarray(values, dtype=np.float64)
    if line.ndim != 1 or not len(line):
        raise BadValue(f"over-optimisation, {name}", got=f"shape {line.shape}", expected="(point,), at least one")
    if not np.isfinite(line).all():
        point = int(np.flatnonzero(~np.isfinite(line))[0])
        raise NotFinite(f"over-optimisation, {name}, point {point}", got=line[point], expected="a finite number")
    return line
