"""The expected calibration error without the bias of its bins, and how sure one can be of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from tacit.measure.calibration.bins import equal_mass_bins
from tacit.measure.calibration.checking import predictions
from tacit.measure.estimate import Estimate

Values = NDArray[np.float64]

CLEAR = 2.0
"""A gap of this many standard errors is taken as clear."""
EVENED = 0.3
"""For the upper bound, this share of the gaps is taken as spread evenly over the bins."""
CAREFUL_LOW, CAREFUL_HIGH = 0.97, 0.92
"""Shares of the normal quantile that suffice for either bound: with several bins, both are careful about their gaps."""
HALVINGS = 40


def expected_calibration_error(
    p: ArrayLike, outcome: ArrayLike, *, n_bins: int | None = None, level: float = 0.95
) -> Estimate:
    """Return the mean gap between predicted and observed rates over bins of equal mass, corrected for its bias.

    The size of a gap is never negative, so that even perfect predictions seem off: by chance alone the plain error is
    0.8 standard errors of a bin. Here the error returned is the one under which the plain error would be as large as it
    is, on average. The gaps of bins are normal about the true ones with known variances; how the true gaps are spread
    over bins is taken as seen for the estimate, as concentrated in the bins with clear gaps for the lower bound, and as
    three tenths evened out for the upper one, which makes either bound the more careful, so that it is taken a little
    less far out than a normal one (by how often simulated intervals cover: `benchmarks/interval_coverage.py`). The
    interval is for the error over these bins; gaps that cancel within a bin are not seen.

    Args:
        p: predicted probabilities, shape (prediction,); of several classes, give those of `top_label`.
        outcome: 1, 0 or ½ for a draw, shape (prediction,).
        n_bins: how many bins; if absent, at most 10 and 20 predictions or more in each.
        level: coverage of the interval.

    Returns:
        From 0, calibrated as far as can be told, to 1.

    Raises:
        BadValue: different lengths, a value outside [0, 1], or fewer predictions than bins. NotFinite: a NaN.

    Source: Guo et al. 2017, equation 3, arXiv:1706.04599; bins of equal mass after Nixon et al. 2019, arXiv:1904.01685;
    the bias of the plain error after Bröcker 2012, doi:10.1007/s00382-011-1191-1, and Kumar, Liang, Ma 2019, section 5,
    arXiv:1909.10155; moments of a folded normal after Leone, Nelson, Nottingham 1961,
    doi:10.1080/00401706.1961.10489974.
    """
    predicted, happened = predictions(p, outcome, where="expected_calibration_error")
    gaps, errors, weights = _gaps(predicted, happened, n_bins)
    seen, plain = np.abs(gaps), float(weights @ np.abs(gaps))
    clear = np.where(seen > CLEAR * errors, seen, 0.0)
    if not clear.any():
        clear = np.where(seen / errors == (seen / errors).max(), seen, 0.0)
    careful = (1 - EVENED) * seen + EVENED * seen.mean()

    def matched(shape: Values, z: float) -> float:
        """Return the error, spread over bins as `shape`, under which the plain error is its own quantile at z."""

        def quantile(scale: float) -> float:
            means, variances = _folded(scale * shape, errors)
            return float(weights @ means + z * np.sqrt(weights**2 @ variances))

        return float(weights @ shape) * _scale(quantile, plain)

    tail = float(ndtri(0.5 + level / 2))
    at_low, at_high = (CAREFUL_LOW * tail, CAREFUL_HIGH * tail) if len(gaps) > 1 else (tail, tail)
    mean, low, high = matched(seen, 0.0), matched(clear, at_low), matched(careful, -at_high)
    return Estimate(mean, min(low, mean), min(1.0, max(mean, high)), len(predicted), level, "inverted, folded normal")


def plain_calibration_error(p: ArrayLike, outcome: ArrayLike, *, n_bins: int | None = None) -> float:
    """Return the mean gap as it is seen, biased upwards: for comparison with figures that others publish.

    Args:
        p: as `expected_calibration_error`.
        outcome: likewise.
        n_bins: likewise.

    Source: Guo et al. 2017, equation 3, arXiv:1706.04599, over bins of equal mass.

    Example:
        >>> round(plain_calibration_error([0.9, 0.2, 0.4, 0.9], [1, 0, 1, 0.5]), 3)
        0.025
    """
    predicted, happened = predictions(p, outcome, where="plain_calibration_error")
    gaps, _, weights = _gaps(predicted, happened, n_bins)
    return float(weights @ np.abs(gaps))


def _gaps(predicted: Values, happened: Values, n_bins: int | None) -> tuple[Values, Values, Values]:
    """Return the gap of each bin, its standard error, and the bin's share of the predictions."""
    order = np.argsort(predicted, kind="stable")
    difference, outcome = (predicted - happened)[order], happened[order]
    first, sizes = equal_mass_bins(predicted[order], n_bins)
    gaps = np.add.reduceat(difference, first) / sizes
    squares = np.add.reduceat(difference**2, first) / sizes
    variances = np.maximum(0.0, squares - gaps**2) * sizes / np.maximum(sizes - 1, 1)
    rate = (np.add.reduceat(outcome, first) + 1) / (sizes + 2)  # where all outcomes of a bin agree
    variances = np.where(variances > 1e-12, variances, rate * (1 - rate))
    return gaps, np.sqrt(variances / sizes), sizes / len(predicted)


def _folded(mean: Values, error: Values) -> tuple[Values, Values]:
    """Return mean and variance of the size of a normal variable."""
    ratio = mean / error
    density = np.exp(-(ratio**2) / 2) * np.sqrt(2 / np.pi)
    folded = error * density + mean * (1 - 2 * ndtr(-ratio))
    return folded, np.maximum(0.0, mean**2 + error**2 - folded**2)


def _scale(quantile: Callable[[float], float], plain: float) -> float:
    """Return the scale at which a rising quantile reaches `plain`; 0 if it does so without any gap."""
    if quantile(0.0) >= plain:
        return 0.0
    low, high = 0.0, 1.0
    while quantile(high) < plain:
        high *= 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if quantile(middle) < plain else (low, middle)
    return high
