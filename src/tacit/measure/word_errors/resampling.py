"""Intervals for ratios of sums over utterances or speakers: the studentised bootstrap, and what stands in for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from tacit.errors import BadValue
from tacit.measure.estimate import Estimate, proportion

Values = NDArray[np.float64]

N_RESAMPLES = 1_000
MOST_RESAMPLED = 5_000
"""With more units than this the bootstrap and the normal interval agree, and the latter costs nothing."""
DRAWN_AT_ONCE = 100_000
WITHOUT_WORDS = "defined so for want of words"
FEWEST_VARIED = 8
"""With fewer units that differ from the ratio of the rest, resamples too often hold none of them."""


@dataclass(frozen=True)
class Ratio:
    """A rate as a product of quotients of sums.

    Args:
        over: for each quotient, the weights of the columns in its numerator.
        under: likewise in its denominator.
    """

    over: tuple[tuple[float, ...], ...]
    under: tuple[tuple[float, ...], ...]

    def below(self, sums: Values) -> Values:
        """Return what each quotient is divided by, at sums of shape (…, column)."""
        return np.asarray(sums @ np.array(self.under).T, dtype=np.float64)

    def at(self, sums: Values) -> tuple[Values, Values]:
        """Return the rate and its gradient at sums of shape (…, column); a quotient of 0 by 0 is NaN."""
        over, under, below = np.array(self.over), np.array(self.under), self.below(sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            quotients = sums @ over.T / below
            gradient = np.zeros_like(sums)
            for k in range(len(over)):
                others = np.delete(quotients, k, axis=-1).prod(axis=-1)
                slope = (over[k] - quotients[..., k, None] * under[k]) / below[..., k, None]
                gradient += others[..., None] * slope
        return quotients.prod(axis=-1), gradient


class Resamples:
    """Sums of columns over resampled units, drawn once for all the rates of one set of utterances.

    Args:
        columns: what is summed, shape (utterance, column).
        clusters: a label an utterance; utterances of one label are drawn together. Each is its own unit if absent.
        seed: of the resampling.
        level: coverage of the intervals.

    Raises:
        BadValue: clusters of another length.

    Source: Bisani and Ney 2004 (resampling utterances or speakers), doi:10.1109/ICASSP.2004.1326009; studentised
    intervals of Efron and Tibshirani 1993, section 12.5, doi:10.1201/9780429246593; the linearised variance of a ratio
    of Cochran 1977, section 2.11; Wilson's interval at the effective sample size of Korn and Graubard 1998, Survey
    Methodology 24:193.
    """

    def __init__(self, columns: Values, *, seed: int, clusters: ArrayLike | None = None, level: float = 0.95) -> None:
        self.level, self.clustered = level, clusters is not None
        self.units = _summed(columns, clusters)
        self.sums = self.units.sum(axis=0)
        n, k = self.units.shape
        self._pairs = np.triu_indices(k)
        self._drawn = np.zeros((0, k))
        self._drawn_products = np.zeros((0, len(self._pairs[0])))
        if 1 < n <= MOST_RESAMPLED:
            products = self.units[:, self._pairs[0]] * self.units[:, self._pairs[1]]
            both = np.column_stack([self.units, products])
            drawn = _resampled(both, np.random.default_rng(seed))
            self._drawn, self._drawn_products = drawn[:, :k], drawn[:, k:]

    def estimate(self, ratio: Ratio, *, most: float = inf) -> Estimate:
        """Return a rate with its interval, which is kept within 0 and `most`."""
        value, gradient = ratio.at(self.sums)
        n, mean = len(self.units), float(value)
        named = "studentised bootstrap" if len(self._drawn) else "linearised"
        named += ", clustered" if self.clustered else ""
        if not np.isfinite(mean) or n < 2:
            return Estimate(mean, -inf if n < 2 else mean, inf if n < 2 else mean, n, self.level, named)
        influence = self.units @ gradient
        error = sqrt(float((influence**2).sum()))
        varied = int((np.abs(influence) > 1e-12 * max(1.0, float(np.abs(influence).max()))).sum())
        if mean > 1 and varied < FEWEST_VARIED:
            half = float(stdtrit(n - 1, 0.5 + self.level / 2)) * error if error > 0 else inf
            low, high, named = mean - half, mean + half, "Student's t, linearised"
        elif error == 0 or varied < FEWEST_VARIED:
            low, high = _wilson(mean, error, n, float(ratio.below(self.sums).min()), self.level)
            named = "Wilson at the effective sample size" + (", clustered" if self.clustered else "")
        elif len(self._drawn) == 0:
            half = float(ndtri(0.5 + self.level / 2)) * error
            low, high = mean - half, mean + half
        else:
            low, high = self._studentised(ratio, mean, error)
        return Estimate(mean, max(0.0, min(low, mean)), max(mean, min(high, most)), n, self.level, named)

    def _studentised(self, ratio: Ratio, mean: float, error: float) -> tuple[float, float]:
        values, gradients = ratio.at(self._drawn)
        first, second = self._pairs
        twice = np.where(first == second, 1.0, 2.0)
        with np.errstate(invalid="ignore"):  # a resample without a word has no rate, and is left out
            variance = (self._drawn_products * gradients[:, first] * gradients[:, second] * twice).sum(axis=1)
            spread = np.sqrt(np.maximum(variance, 0))
        usable = np.isfinite(values) & (spread > 0.1 * error)
        t = (values[usable] - mean) / spread[usable]
        if len(t) < N_RESAMPLES // 2:  # most resamples are degenerate
            half = float(stdtrit(len(self.units) - 1, 0.5 + self.level / 2)) * error
            return mean - half, mean + half
        low, high = np.quantile(t, [0.5 - self.level / 2, 0.5 + self.level / 2])
        return mean - float(high) * error, mean - float(low) * error


def _resampled(rows: Values, rng: np.random.Generator) -> Values:
    """Return column sums of as many rows drawn with replacement, shape (resample, column)."""
    n = len(rows)
    at_once = max(1, DRAWN_AT_ONCE // n)
    sums = []
    for begin in range(0, N_RESAMPLES, at_once):
        size = min(at_once, N_RESAMPLES - begin)
        drawn = rng.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        sums.append(times @ rows)
    return np.concatenate(sums)


def ratio_of_sums(
    over: ArrayLike,
    under: ArrayLike,
    *,
    seed: int,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    most: float = inf,
) -> Estimate:
    """Return Σ `over` / Σ `under` with its interval; 0 by 0 is 0, and anything else by 0 is infinite.

    Args:
        over: not negative, shape (utterance,).
        under: not negative, shape (utterance,).
        seed: of the bootstrap.
        clusters: a label an utterance.
        level: coverage of the interval.
        most: the largest value that the ratio can have.

    Raises:
        BadValue: clusters of another length.

    Source: as `Resamples`.

    Example:
        >>> ratio_of_sums([1, 0, 2], [4, 4, 4], seed=0).mean
        0.25
    """
    columns = np.column_stack([np.asarray(over, dtype=np.float64), np.asarray(under, dtype=np.float64)])
    total = columns.sum(axis=0)
    if total[1] == 0:
        value = inf if total[0] else 0.0
        return Estimate(value, value, value, len(columns), level, WITHOUT_WORDS)
    resamples = Resamples(columns, seed=seed, clusters=clusters, level=level)
    return resamples.estimate(Ratio(((1, 0),), ((0, 1),)), most=most)


def _wilson(mean: float, error: float, n: int, n_words: float, level: float) -> tuple[float, float]:
    """Return Wilson's interval at the size of a simple sample that would leave the same standard error.

    A few utterances whose rates happen to be nearly equal seem to know more than their words do: the size is at most
    the number of words, and smaller by as much as Student's t with so few utterances is wider than the normal.
    """
    size = n
    if error > 0 and 0 < mean < 1:
        known = float(ndtri(0.5 + level / 2) / stdtrit(n - 1, 0.5 + level / 2)) ** 2
        size = max(1, round(min(mean * (1 - mean) / error**2, n_words) * known))
    bounds = proportion(mean * size, size, level=level)
    return bounds.low, bounds.high


def _summed(columns: Values, clusters: ArrayLike | None) -> Values:
    if clusters is None:
        return columns
    labels: Sequence[object] = list(np.asarray(clusters).tolist())
    if len(labels) != len(columns):
        raise BadValue("clusters", got=f"{len(labels)} labels for {len(columns)} utterances", expected="one for each")
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    return np.column_stack([np.bincount(codes, weights=column) for column in columns.T])
