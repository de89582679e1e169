"""Kendall's measures for ranks: tau-b between two labelers, W among several."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc
from scipy.stats import kendalltau, rankdata

from tacit.errors import BadValue
from tacit.measure.agreement.clustered import Variance, interval
from tacit.measure.agreement.ratings import Float64, Index, Ratings
from tacit.measure.estimate import Estimate, bootstrap, finite_values

MOST_CELLS = 25_000_000
N_RESAMPLES = 200
MOST_BLOCKS = 200


@dataclass(frozen=True)
class Concordance:
    """Kendall's coefficient of concordance.

    Args:
        w: 0 where the labelers' rankings have nothing in common, 1 where they are the same.
        mean_rank_correlation: mean Spearman correlation over pairs of labelers, (m W − 1) / (m − 1), with an interval
            over draws of items.
        p_value: chance of so large a W among labelers who rank at random, by χ² with n − 1 degrees of freedom.
        n_items: how many items were ranked. n_labelers: by how many.
    """

    w: float
    mean_rank_correlation: Estimate
    p_value: float
    n_items: int
    n_labelers: int


def kendall_tau_b(first: ArrayLike, second: ArrayLike, *, level: float = 0.95, seed: int = 0) -> Estimate:
    """Return Kendall's tau-b of two labelers' scores, which corrects for ties.

    Args:
        first: a number an item, shape (item,). second: likewise.
        level: coverage of the interval, over draws of items.
        seed: of the bootstrap that takes the place of the closed form where both have thousands of different values.

    Raises:
        BadValue: lists of different lengths or shorter than three, or one without variation. NotFinite: a NaN.

    Source: Kendall 1945, eq. 5, doi:10.1093/biomet/33.3.239; the variance of Brown and Benedetti 1977,
    doi:10.1080/01621459.1977.10481003, taken to Fisher's z.

    Example:
        >>> round(kendall_tau_b([1, 2, 3, 4], [1, 3, 2, 4]).mean, 4)
        0.6667
    """
    x, y = finite_values(first, where="Kendall's tau-b"), finite_values(second, where="Kendall's tau-b")
    if x.ndim != 1 or x.shape != y.shape or len(x) < 3:
        expected = "two equally long lists of three or more"
        raise BadValue("Kendall's tau-b", got=f"{len(x)} and {len(y)} scores", expected=expected)
    a, b = (np.unique(values, return_inverse=True)[1] for values in (x, y))
    if a.max() == 0 or b.max() == 0:
        raise BadValue("Kendall's tau-b", got="scores that are all the same", expected="scores that vary")
    if (int(a.max()) + 1) * (int(b.max()) + 1) > MOST_CELLS:
        pairs = np.column_stack([x, y])
        return bootstrap(
            lambda drawn: float(kendalltau(drawn[:, 0], drawn[:, 1]).statistic),
            pairs,
            seed=seed,
            level=level,
            n_resamples=N_RESAMPLES,
        )
    tau, influence = _tau_and_influence(a, b)
    if abs(tau) == 1:
        return Estimate(tau, tau, tau, len(x), level, "no pair out of order")
    variance = Variance(float(influence @ influence) / (1 - tau**2) ** 2, 0.0, len(x), 0, 0.0)
    return interval(
        tau, variance, level=level, from_line=tanh, line=atanh(tau), method="influence of items, Fisher's z"
    )


def kendall_w(ratings: Ratings, *, level: float = 0.95) -> Concordance:
    """Return Kendall's W among labelers who each rank or rate the same items; ties are corrected for.

    Args:
        ratings: numbers; the items that every labeler saw are used.
        level: coverage of the interval.

    Raises:
        BadValue: fewer than three such items, fewer than two labelers, or a labeler who ranks all alike.

    Source: Kendall and Babington Smith 1939, doi:10.1214/aoms/1177732186; ties as in Kendall 1945, section 9,
    doi:10.1093/biomet/33.3.239.
    """
    matrix = ratings.complete_matrix(where="Kendall's W")
    n, m = matrix.shape
    if n < 3:
        raise BadValue("Kendall's W", got=f"{n} items that all saw", expected="at least three")
    if (matrix == matrix[0]).all(axis=0).any():
        raise BadValue("Kendall's W", got="a labeler who ranks all items alike", expected="rankings that vary")
    w = _w(matrix)
    blocks = np.array_split(np.arange(n), min(n, MOST_BLOCKS))
    without = np.array([_correlation(_w(np.delete(matrix, block, axis=0)), m) for block in blocks])
    variance = float(((without - without.mean()) ** 2).sum() * (len(blocks) - 1) / len(blocks))
    mean = interval(
        (correlation := _correlation(w, m)),
        Variance(variance, 0.0, len(blocks), m, m),
        level=level,
        from_line=lambda line: min(1.0, max(-1 / (m - 1), line)),
        line=correlation,
        method="jackknife over items, Student's t",
    )
    return Concordance(w, mean, float(chdtrc(n - 1, m * (n - 1) * w)), n, m)


def _tau_and_influence(a: Index, b: Index) -> tuple[float, Float64]:
    """Return tau-b and its derivative with respect to each item's weight, from the table of codes."""
    n = len(a)
    counts = np.bincount(a * (b.max() + 1) + b, minlength=(a.max() + 1) * (b.max() + 1)).reshape(a.max() + 1, -1)
    row, column = counts.sum(axis=1), counts.sum(axis=0)
    before = np.zeros((counts.shape[0] + 1, counts.shape[1] + 1))
    before[1:, 1:] = counts.cumsum(axis=0).cumsum(axis=1)
    below_left = before[a, b]
    below_right = before[a, -1] - before[a, b + 1]
    above_left = before[-1, b] - before[a + 1, b]
    above_right = n - before[a + 1, -1] - before[-1, b + 1] + before[a + 1, b + 1]
    score = below_left + above_right - below_right - above_left  # concordant less discordant partners of each item
    x, y = float(n) ** 2 - float(row @ row), float(n) ** 2 - float(column @ column)
    tau = float(score.sum()) / sqrt(x * y)
    return tau, 2 * score / sqrt(x * y) - tau * ((n - row[a]) / x + (n - column[b]) / y)


def _w(matrix: Float64) -> float:
    n, m = matrix.shape
    ranks = rankdata(matrix, axis=0)
    total = ranks.sum(axis=1)
    ties = 0.0
    for column in matrix.T:  # a labeler each, not a judgment each
        counts = np.unique(column, return_counts=True)[1].astype(np.float64)
        ties += float((counts**3 - counts).sum())
    most = m**2 * (n**3 - n) - m * ties
    return float(12 * ((total - total.mean()) ** 2).sum() / most) if most > 0 else 1.0


def _correlation(w: float, m: int) -> float:
    return (m * w - 1) / (m - 1)
