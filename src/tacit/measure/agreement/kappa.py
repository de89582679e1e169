"""Kappas: agreement beyond chance on classes, for two labelers (Cohen, Scott) or for as many as there are (Fleiss).

Each is 1 − D_o / D_e with the disagreement that was seen over the one that chance would give. What “chance” means tells
them apart: for Cohen each labeler keeps its own habits, for Scott both share one, for Fleiss all do.
"""

from __future__ import annotations

from math import exp, log
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from tacit.errors import BadValue, UnknownName
from tacit.measure.agreement.clustered import Variance, interval
from tacit.measure.agreement.ratings import Float64, Index, Ratings
from tacit.measure.estimate import Estimate, proportion

Weights = Literal["none", "linear", "quadratic"]
METHOD = "influence of items, Student's t"


def cohen_kappa(first: ArrayLike, second: ArrayLike, *, weights: Weights = "none", level: float = 0.95) -> Estimate:
    """Return Cohen's kappa of two labelers.

    Args:
        first: what the first labeler said of each item, shape (item,); numbers or text.
        second: what the second said, shape (item,).
        weights: how much two different classes disagree: all alike, by their distance in sorted order, or by its
            square.
        level: coverage of the interval, over draws of items for these two labelers.

    Raises:
        BadValue: lists of different lengths or shorter than two, or labelers who both use one class alone.
        UnknownName: other weights.

    Source: Cohen 1960, doi:10.1177/001316446002000104; weights of Cohen 1968, doi:10.1037/h0026256; the variance of
    Fleiss, Cohen and Everitt 1969, eq. 13, doi:10.1037/h0028106, taken to log (1 − kappa).

    Example:
        >>> cohen_kappa(["yes", "yes", "no", "no"], ["yes", "no", "no", "no"]).mean
        0.5
    """
    x, y, cost = _paired(first, second, weights, "Cohen's kappa")
    n, n_classes = len(x), len(cost)
    p, q = np.bincount(x, minlength=n_classes) / n, np.bincount(y, minlength=n_classes) / n
    return _chance_corrected(cost[x, y], float(p @ cost @ q), (cost @ q)[x] + (p @ cost)[y], level, "Cohen's kappa")


def scott_pi(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Return Scott's pi of two labelers, whose habits are taken to be the same.

    Args and Raises are those of `cohen_kappa`.

    Source: Scott 1955, doi:10.1086/266577.
    """
    x, y, cost = _paired(first, second, "none", "Scott's pi")
    p = (np.bincount(x, minlength=len(cost)) + np.bincount(y, minlength=len(cost))) / (2 * len(x))
    return _chance_corrected(cost[x, y], float(p @ cost @ p), (cost @ p)[x] + (cost @ p)[y], level, "Scott's pi")


def fleiss_kappa(ratings: Ratings, *, level: float = 0.95) -> Estimate:
    """Return Fleiss' kappa: agreement on classes of any number of labelers, who need not be the same for each item.

    Items may have different numbers of labels; each item's share of agreeing pairs then counts alike. Items with one
    label take no part.

    Args:
        ratings: the labels.
        level: coverage of the interval, over draws of items.

    Raises:
        BadValue: fewer than two items with two labels, or one class alone.

    Source: Fleiss 1971, eq. 2 to 7, doi:10.1037/h0031619; the variance of Schouten 1982,
    doi:10.1111/j.1467-9574.1982.tb00774.x, taken to log (1 − kappa).
    """
    used = ratings.pairable(where="Fleiss' kappa")
    agreeing, items = agreement_of_items(used)
    if len(items) < 2:
        raise BadValue("Fleiss' kappa", got="one item with two labels or more", expected="two such items or more")
    code = np.unique(used.value, return_inverse=True)[1]
    n, item = len(used), np.searchsorted(items, used.item)
    p = np.bincount(code) / n
    expected = 1 - float(p @ p)
    own = np.bincount(item, weights=1 - p[code], minlength=len(items)) * len(items) / n
    size = np.bincount(item, minlength=len(items)) * len(items) / n
    by_item = 2 * own - (size - 1) * expected  # as a mean over items of equal weight: its mean is 2 · expected
    return _chance_corrected(1 - agreeing, expected, by_item, level, "Fleiss' kappa")


def agreement_of_items(ratings: Ratings) -> tuple[Float64, Index]:
    """Return the share of agreeing pairs of labels in each item that has at least two, and which items those are.

    Source: Fleiss 1971, eq. 2, doi:10.1037/h0031619.
    """
    used = ratings.pairable(where="agreement")
    values, code = np.unique(used.value, return_inverse=True)
    cells, counts = np.unique(used.item.astype(np.int64) * len(values) + code, return_counts=True)
    together = np.bincount(cells // len(values), weights=counts * (counts - 1.0), minlength=used.n_items)
    items = np.flatnonzero(used.per_item >= 2)
    m = used.per_item[items]
    return together[items] / (m * (m - 1.0)), items


def _paired(first: ArrayLike, second: ArrayLike, weights: str, where: str) -> tuple[Index, Index, Float64]:
    """Return two lists as codes of their common classes, and how much two classes disagree."""
    if weights not in get_args(Weights):
        raise UnknownName("weights", weights, get_args(Weights))
    a, b = np.asarray(first), np.asarray(second)
    if a.ndim != 1 or len(a) != len(b) or len(a) < 2:
        raise BadValue(where, got=f"{len(a)} and {len(b)} labels", expected="two equally long lists of two or more")
    classes, codes = np.unique(np.concatenate([a, b]), return_inverse=True)
    apart = np.abs(np.subtract.outer(np.arange(len(classes)), np.arange(len(classes)))).astype(np.float64)
    cost = {"none": (apart > 0).astype(np.float64), "linear": apart, "quadratic": apart**2}[weights]
    return codes[: len(a)].astype(np.intp), codes[len(a) :].astype(np.intp), cost


def _chance_corrected(seen: Float64, expected: float, by_item: Float64, level: float, where: str) -> Estimate:
    """Return 1 − mean(seen) / expected with its interval.

    Args:
        seen: disagreement on each item, shape (item,).
        expected: that of chance.
        by_item: twice the expected disagreement of each item's labels with all, shape (item,); its mean is 2 expected.
    """
    if expected == 0:
        do = "Add items on which the labels should differ"
        raise BadValue(where, got="one class alone", expected="at least two classes in use", do=do)
    n, observed = len(seen), float(seen.mean())
    if observed == 0:
        share = proportion(0, n, level=level).high
        return Estimate(1.0, max(-1.0, 1 - share / expected), 1.0, n, level, "no disagreement seen, Wilson")
    influence = (seen - observed) / observed - (by_item - 2 * expected) / expected
    variance = Variance(float(influence @ influence) / (n * (n - 1)), 0.0, n, 0, 0.0)
    return interval(
        1 - observed / expected,
        variance,
        level=level,
        from_line=lambda line: 1 - exp(-line),
        line=-log(observed / expected),
        method=METHOD,
    )
