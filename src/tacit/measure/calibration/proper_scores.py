"""Proper scores of stated probabilities: Brier's and the logarithmic one, and what Brier's is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue
from tacit.measure.calibration.bins import equal_mass_bins
from tacit.measure.calibration.checking import distributions, predictions
from tacit.measure.estimate import Estimate, bootstrap, mean_estimate, proportion

Values = NDArray[np.float64]

N_RESAMPLES = 400
SMALLEST = 1e-12
"""A probability of 0 for what happened is taken as this, so that one such prediction does not cost infinitely much."""


@dataclass(frozen=True)
class BrierParts:
    """Brier's score as ``reliability − resolution + uncertainty + within``.

    Args:
        score: the mean squared difference of prediction and outcome.
        reliability: how far bins' outcomes are from their predictions; 0 is calibrated.
        resolution: how far bins' outcomes are from the overall rate; more is better.
        uncertainty: what always saying the overall rate would score.
        within: what remains because predictions differ within a bin; small where bins are.
    """

    score: Estimate
    reliability: Estimate
    resolution: Estimate
    uncertainty: Estimate
    within: Estimate


def brier_score(
    p: ArrayLike, outcome: ArrayLike, *, level: float = 0.95, clusters: ArrayLike | None = None
) -> Estimate:
    """Return the mean squared difference of prediction and outcome, from 0 (perfect); always saying ½ scores ¼.

    Args:
        p: predicted probabilities, shape (prediction,); or distributions, shape (item, class), in which case squared
            differences are summed over classes and the score is at most 2.
        outcome: 1, 0 or ½ for a draw, shape (prediction,); or the index of the true class, shape (item,).
        level: coverage of the interval.
        clusters: a label a prediction; with it the interval is a clustered bootstrap, else Student's t.

    Raises:
        BadValue: different lengths, or a value outside its range. NotFinite: a NaN or infinity.

    Source: Brier 1950, equation 2, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Example:
        >>> brier_score([0.9, 0.2], [1, 0]).mean
        0.025
    """
    if np.ndim(p) == 2:
        rows, codes = distributions(p, outcome, where="brier_score")
        hit = np.zeros_like(rows)
        hit[np.arange(len(rows)), codes] = 1
        return _mean(((rows - hit) ** 2).sum(axis=1), level, clusters)
    predicted, happened = predictions(p, outcome, where="brier_score")
    return _mean((predicted - happened) ** 2, level, clusters)


def log_loss(p: ArrayLike, outcome: ArrayLike, *, level: float = 0.95, clusters: ArrayLike | None = None) -> Estimate:
    """Return the mean negative logarithm of the probability of what happened, in nats; always saying ½ scores 0.693.

    A probability of 0 for what happened is taken as 10⁻¹².

    Args:
        p: as `brier_score`.
        outcome: as `brier_score`; a draw scores half of each side.
        level: coverage of the interval.
        clusters: a label a prediction; with it the interval is a clustered bootstrap, else Student's t.

    Raises:
        BadValue: different lengths, or a value outside its range. NotFinite: a NaN or infinity.

    Source: Good 1952, section 6, doi:10.1111/j.2517-6161.1952.tb00104.x.

    Example:
        >>> round(log_loss([0.5, 0.5], [1, 0]).mean, 4)
        0.6931
    """
    if np.ndim(p) == 2:
        rows, codes = distributions(p, outcome, where="log_loss")
        return _mean(-np.log(np.maximum(rows[np.arange(len(rows)), codes], SMALLEST)), level, clusters)
    predicted, happened = predictions(p, outcome, where="log_loss")
    yes, no = np.log(np.maximum(predicted, SMALLEST)), np.log(np.maximum(1 - predicted, SMALLEST))
    return _mean(-(happened * yes + (1 - happened) * no), level, clusters)


def brier_parts(
    p: ArrayLike, outcome: ArrayLike, *, n_bins: int | None = None, seed: int = 0, level: float = 0.95
) -> BrierParts:
    """Return Brier's score in parts, over bins of equal mass.

    Reliability and resolution of finite bins are too large by the variance of the bins' means, which is taken off; what
    is taken off both cancels in the sum. Resamples have that bias twice, and their quantiles are moved back by it.

    Args:
        p: predicted probabilities, shape (prediction,).
        outcome: 1, 0 or ½ for a draw, shape (prediction,).
        n_bins: how many bins; by the number of predictions if absent, at most 10.
        seed: of the bootstrap.
        level: coverage of the intervals.

    Raises:
        BadValue: different lengths, a value outside [0, 1], or fewer predictions than bins. NotFinite: a NaN.

    Source: Murphy 1973, equation 4, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; the terms within bins of
    Stephenson, Coelho, Jolliffe 2008, equation 14, doi:10.1175/2007WAF2006116.1; the correction of Ferro and Fricker
    2012, section 3, doi:10.1002/qj.1924.
    """
    predicted, happened = predictions(p, outcome, where="brier_parts")
    if n_bins is not None and not 1 <= n_bins <= len(predicted):
        raise BadValue("brier_parts, n_bins", got=n_bins, expected=f"1 to {len(predicted)}, the number of predictions")
    pairs = np.column_stack([predicted, happened])[np.argsort(predicted, kind="stable")]
    sizes = equal_mass_bins(pairs[:, 0], n_bins)[1]
    bins = np.repeat(np.arange(len(sizes)), sizes)
    plain, corrected = _parts(pairs, bins, corrected=False), _parts(pairs, bins, corrected=True)
    rng = np.random.default_rng(seed)
    draws = (rng.integers(len(pairs), size=len(pairs)) for _ in range(N_RESAMPLES))
    drawn = np.array([_parts(pairs[some], bins[some], corrected=True) for some in draws])
    low, high = np.quantile(drawn - plain, [0.5 - level / 2, 0.5 + level / 2], axis=0)

    def estimate(k: int, *, floor: float = 0.0) -> Estimate:
        mean = float(corrected[k])
        ends = (mean + float(low[k]), mean + float(high[k]))
        named = "percentile bootstrap, bias taken off"
        return Estimate(max(floor, mean), max(floor, ends[0]), max(floor, *ends, mean), len(pairs), level, named)

    rate = proportion(float(happened.sum()), len(happened), level=level)
    ends = sorted(r * (1 - r) for r in (rate.low, rate.high))
    top = 0.25 if rate.low <= 0.5 <= rate.high else ends[1]
    value = float(corrected[2])
    uncertainty = Estimate(value, min(ends[0], value), max(top, value), len(pairs), level, "Wilson")
    score = mean_estimate((predicted - happened) ** 2, level=level)
    return BrierParts(score, estimate(0), estimate(1), uncertainty, estimate(3, floor=-np.inf))


def _mean(values: Values, level: float, clusters: ArrayLike | None) -> Estimate:
    if clusters is None:
        return mean_estimate(values, level=level)
    return bootstrap(lambda rows: float(rows.mean()), values, seed=0, clusters=clusters, level=level)


def _parts(pairs: Values, bins: NDArray[np.intp], *, corrected: bool) -> Values:
    """Return reliability, resolution, uncertainty and the rest of pairs, each with the number of its bin."""
    sizes = np.bincount(bins).astype(np.float64)
    weights, held = sizes / len(pairs), np.maximum(sizes, 1)
    mean_p, mean_y = (np.bincount(bins, weights=column) / held for column in pairs.T)
    rate = float(pairs[:, 1].mean())
    reliability = float(weights @ (mean_p - mean_y) ** 2)
    resolution = float(weights @ (mean_y - rate) ** 2)
    uncertainty = rate * (1 - rate)
    within = float(((pairs[:, 0] - pairs[:, 1]) ** 2).mean()) - (reliability - resolution + uncertainty)
    if corrected:
        squares = np.bincount(bins, weights=pairs[:, 1] ** 2)
        spread = np.where(sizes > 1, (squares - sizes * mean_y**2) / np.maximum(sizes - 1, 1), 0.0)
        off = float(weights @ (spread / held))
        whole = rate * (1 - rate) / (len(pairs) - 1) if len(pairs) > 1 else 0.0
        reliability, resolution, uncertainty = reliability - off, resolution - off + whole, uncertainty + whole
    return np.array([reliability, resolution, uncertainty, within])
