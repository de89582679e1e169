"""Predictions in bins of equal mass, and what came true in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue
from tacit.measure.calibration.checking import predictions
from tacit.measure.estimate import Estimate, proportion

Values = NDArray[np.float64]

PREDICTIONS_A_BIN = 20
MOST_BINS = 10


@dataclass(frozen=True)
class Bin:
    """Predictions that lie together.

    Args:
        predicted: their mean.
        observed: share of them that came true, a draw counting half, with Wilson's interval; its `n` is their number.
    """

    predicted: float
    observed: Estimate


def reliability_diagram(p: ArrayLike, outcome: ArrayLike, *, n_bins: int | None = None) -> tuple[Bin, ...]:
    """Return predicted beside observed rates, bin by bin, by rising prediction.

    Args:
        p: predicted probabilities, shape (prediction,); of several classes, give those of `top_label`.
        outcome: 1, 0 or ½ for a draw, shape (prediction,).
        n_bins: how many bins of equal mass; if absent, at most 10 and 20 predictions or more in each.

    Raises:
        BadValue: different lengths, a value outside [0, 1], or fewer predictions than bins. NotFinite: a NaN.

    Source: DeGroot and Fienberg 1983, section 3, doi:10.2307/2987588; bins of equal mass after Nixon et al. 2019,
    arXiv:1904.01685.

    Example:
        >>> low, high = reliability_diagram([0.1, 0.1, 0.9, 0.9], [0, 0, 1, 0], n_bins=2)
        >>> (low.predicted, low.observed.mean), (high.predicted, high.observed.mean)
        ((0.1, 0.0), (0.9, 0.5))
    """
    predicted, happened = predictions(p, outcome, where="reliability_diagram")
    order = np.argsort(predicted, kind="stable")
    first, sizes = equal_mass_bins(predicted[order], n_bins)
    sums = [np.add.reduceat(column[order], first) for column in (predicted, happened)]
    return tuple(
        Bin(float(of_p / size), proportion(min(float(of_y), float(size)), int(size)))
        for of_p, of_y, size in zip(*sums, sizes, strict=True)
    )


def equal_mass_bins(p: Values, n_bins: int | None) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each bin of the sorted predictions begins, and how many it holds.

    Raises:
        BadValue: fewer predictions than bins, or no bin.
    """
    if n_bins is None:
        n_bins = max(1, min(MOST_BINS, len(p) // PREDICTIONS_A_BIN))
    if not 1 <= n_bins <= len(p):
        raise BadValue("n_bins", got=n_bins, expected=f"1 to {len(p)}, the number of predictions")
    ends = np.array([len(part) for part in np.array_split(np.empty(len(p), dtype=bool), n_bins)]).cumsum()
    first = np.concatenate([[0], ends[:-1]]).astype(np.intp)
    return first, np.diff([*first, len(p)])
