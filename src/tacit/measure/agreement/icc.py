"""Intraclass correlations: how much of the variance of ratings is between items, by analysis of variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import fdtri

from tacit.errors import BadValue, UnknownName
from tacit.measure.agreement.clustered import check_level
from tacit.measure.agreement.ratings import Float64, Ratings
from tacit.measure.estimate import Estimate

Form = Literal["ICC(1)", "ICC(A,1)", "ICC(C,1)", "ICC(k)", "ICC(A,k)", "ICC(C,k)"]
"""McGraw and Wong's names. Shrout and Fleiss call them ICC(1,1), (2,1), (3,1), (1,k), (2,k) and (3,k)."""


ABSOLUTE = ("ICC(A,1)", "ICC(A,k)")
N_DRAWN = 20_000


@dataclass(frozen=True)
class MeanSquares:
    """The analysis of variance of a complete table of ratings.

    Args:
        items: mean square between items. labelers: between labelers. rest: residual. within: within items.
        n_items: rows. n_labelers: columns.
    """

    items: float
    labelers: float
    rest: float
    within: float
    n_items: int
    n_labelers: int


def intraclass_correlation(ratings: Ratings, form: Form = "ICC(A,1)", *, level: float = 0.95) -> Estimate:
    """Return an intraclass correlation with its exact F interval or, for absolute agreement, a generalised one.

    Args:
        ratings: numbers; the items that every labeler rated are used.
        form: ``1``: each item has labelers of its own, ``A``: the same labelers, who must agree absolutely, ``C``: who
            must be consistent, a labeler's constant bias not counting. ``,1`` (and ``ICC(1)``): of one rating; ``k``:
            of the mean of all labelers.
        level: coverage of the interval, under normal errors.

    Raises:
        BadValue: fewer than two items or labelers, or ratings that do not vary. UnknownName: another form.

    Source: Shrout and Fleiss 1979, doi:10.1037/0033-2909.86.2.420; McGraw and Wong 1996, tables 4 and 7,
    doi:10.1037/1082-989X.1.1.30; the generalised interval of Weerahandi 1993, doi:10.1080/01621459.1993.10476355, with
    the labelers' variance kept from falling below 0. McGraw and Wong's approximate F interval is short with few
    labelers.

    Example:
        >>> x = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
        >>> print(intraclass_correlation(Ratings.from_matrix(x), "ICC(A,1)"))
        0.2898 [0.02763, 0.7478]
    """
    if form not in get_args(Form):
        raise UnknownName("form", form, get_args(Form))
    check_level(level)
    of = mean_squares(ratings.complete_matrix(where=form))
    if of.items == 0 and of.within == 0:
        raise BadValue(form, got="ratings that are all the same", expected="ratings that vary")
    one, low, high = _single(of, form, 0.5 + level / 2)
    if form in ("ICC(k)", "ICC(A,k)", "ICC(C,k)"):
        one, low, high = (spearman_brown(value, of.n_labelers) for value in (one, low, high))
    how = "generalised" if form in ABSOLUTE else "F"
    return Estimate(one, low, high, of.n_items, level, f"analysis of variance, {how}")


def mean_squares(matrix: Float64) -> MeanSquares:
    """Return the mean squares of a table of shape (item, labeler)."""
    n, k = matrix.shape
    grand, row, column = matrix.mean(), matrix.mean(axis=1), matrix.mean(axis=0)
    rest = matrix - row[:, None] - column[None, :] + grand
    within = matrix - row[:, None]
    return MeanSquares(
        items=float(k * ((row - grand) ** 2).sum() / (n - 1)),
        labelers=float(n * ((column - grand) ** 2).sum() / (k - 1)),
        rest=float((rest**2).sum() / ((n - 1) * (k - 1))),
        within=float((within**2).sum() / (n * (k - 1))),
        n_items=n,
        n_labelers=k,
    )


def spearman_brown(reliability: float, times: float) -> float:
    """Return the reliability of the mean of so many times as many labels.

    Source: Spearman 1910, doi:10.1111/j.2044-8295.1910.tb00206.x; Brown 1910, doi:10.1111/j.2044-8295.1910.tb00207.x.

    Example:
        >>> spearman_brown(0.5, 3)
        0.75
    """
    below = 1 + (times - 1) * reliability
    return times * reliability / below if below > 0 else float("-inf")


def _single(of: MeanSquares, form: Form, p: float) -> tuple[float, float, float]:
    """Return the correlation of one rating and its bounds."""
    n, k = of.n_items, of.n_labelers
    if form in ABSOLUTE:
        return _absolute(of, p)
    error, degrees = (of.within, n * (k - 1)) if form in ("ICC(1)", "ICC(k)") else (of.rest, (n - 1) * (k - 1))
    if error == 0:
        return 1.0, 1.0, 1.0
    f = of.items / error
    low, high = f / float(fdtri(n - 1, degrees, p)), f * float(fdtri(degrees, n - 1, p))
    one, lower, upper = ((ratio - 1) / (ratio + k - 1) for ratio in (f, low, high))
    return one, lower, upper


def _absolute(of: MeanSquares, p: float) -> tuple[float, float, float]:
    """Return the correlation of one rating and its bounds: quantiles of what it would be, over the mean squares' laws.

    Each mean square is its expectation times a chi-squared variable by its degrees of freedom; the expectations that
    the mean squares seen would then have come from give the variances of items, labelers and the rest.
    """
    n, k = of.n_items, of.n_labelers
    one = (of.items - of.rest) / (of.items + (k - 1) * of.rest + k * (of.labelers - of.rest) / n)
    if of.rest == 0 and of.labelers == 0:
        return 1.0, 1.0, 1.0
    rng = np.random.default_rng(0)
    degrees = (n - 1, k - 1, (n - 1) * (k - 1))
    items, labelers, rest = (
        mean_square * d / rng.chisquare(d, N_DRAWN)
        for mean_square, d in zip((of.items, of.labelers, of.rest), degrees, strict=True)
    )
    between = (items - rest) / k
    could_be = between / (between + np.maximum(0.0, labelers - rest) / n + rest)
    low, high = np.quantile(could_be, [1 - p, p])
    return one, min(float(low), one), max(float(high), one)
