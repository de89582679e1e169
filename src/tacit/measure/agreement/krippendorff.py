"""Krippendorff's alpha: agreement beyond chance for any number of labelers, any kind of value, and missing labels.

With n values in items that have at least two, and δ² the difference of two values,

    D_o = 1/n · Σ_items Σ_pairs δ² / (m − 1),     D_e = Σ_all pairs δ² / (n (n − 1)),     alpha = 1 − D_o / D_e,

where m is how many labels an item has and pairs are ordered. Every metric but one is a squared distance on a line
(ordinal values lie at their mid-ranks) or a count, so that the cost grows with the number of labels alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, log
from typing import Literal, get_args

import numpy as np
from scipy import sparse

from tacit.errors import BadValue, UnknownName
from tacit.measure.agreement.clustered import (
    Clusters,
    Variance,
    check_level,
    default_clusters,
    interval,
    two_way_variance,
)
from tacit.measure.agreement.distances import Distances, Metric
from tacit.measure.agreement.ratings import Float64, Index, Ratings
from tacit.measure.estimate import Estimate

Measured = Literal["alpha", "agreement"]
FARTHEST = 700.0  # of a logarithm, where its exponential is still finite


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha and what it is made of.

    Args:
        ratings: the labels it rests on, those of items with at least two.
        distances: how they differ.
        to_item: sum of differences of each label to those of its item, shape (label,). to_all: to all labels.
    """

    ratings: Ratings
    distances: Distances
    to_item: Float64
    to_all: Float64

    @property
    def alpha(self) -> float:
        """1 where labels agree fully, 0 where as chance would have it, negative where they agree less."""
        return 1 - self.observed / self.expected

    @cached_property
    def observed(self) -> float:
        """Mean difference of two labels of one item, D_o."""
        return float((self.to_item / (self._m - 1)).sum() / len(self.ratings))

    @cached_property
    def expected(self) -> float:
        """Mean difference of two labels drawn from all, D_e."""
        n = len(self.ratings)
        return float(self.to_all.sum() / (n * (n - 1)))

    def variance(self, clusters: Clusters | None = None, *, of: Measured = "alpha") -> Variance:
        """Return the variance, over draws of items and perhaps labelers, of log (1 − alpha) or of log D_o.

        Args:
            clusters: ``item`` for agreement among these very labelers, ``item and labeler`` for labelers like these;
                if absent, the latter where there are at least five.
            of: ``alpha`` or ``agreement``, which is 1 − D_o.
        """
        used = self.ratings
        chosen = clusters or default_clusters(self.n_labelers)
        own = np.arange(len(used))
        without_item = self._without(own, used.item, used.item, of)
        if chosen == "item":
            return two_way_variance(without_item, np.empty(0), np.empty(0), used.labeler, clusters=chosen)
        gone, because = self._left_alone()
        without_labeler = self._without(gone, used.labeler[because], used.item[gone], of)
        without_label = self._without(gone, because, used.item[gone], of)
        return two_way_variance(without_item, without_labeler, without_label, used.labeler, clusters=chosen)

    def estimate(self, *, clusters: Clusters | None = None, level: float = 0.95, of: Measured = "alpha") -> Estimate:
        """Return alpha, or the observed agreement 1 − D_o, with an interval.

        It is symmetric in log (1 − alpha), or in log D_o. Where no two labels differ, the lower end is what would be at
        the largest rate of disagreement that is compatible with seeing none.

        Args:
            clusters: as for `variance`.
            level: coverage of the interval.
            of: as for `variance`. The agreement of two labels is a share for the nominal metric alone.
        """
        check_level(level)
        n, scale = self.ratings.n_pairable_items, self.expected if of == "alpha" else 1.0
        if self.observed == 0:
            p_disagree = 1 - (0.5 - level / 2) ** (1 / n)
            low = max(-1.0, 1.0 - p_disagree * self.distances.widest / scale)
            return Estimate(1.0, low, 1.0, n, level, "no disagreement seen, exact binomial")
        chosen = clusters or default_clusters(self.n_labelers)
        return interval(
            1 - self.observed / scale,
            self.variance(chosen, of=of),
            level=level,
            from_line=lambda line: 1 - exp(min(-line, FARTHEST)),
            line=-log(self.observed / scale),
            method=f"jackknife, clustered by {chosen}, Student's t",
        )

    @property
    def n_labelers(self) -> int:
        """How many labelers gave the labels that it rests on."""
        return int(np.count_nonzero(np.bincount(self.ratings.labeler)))

    @cached_property
    def _m(self) -> Float64:
        return self.ratings.per_item[self.ratings.item].astype(np.float64)

    @cached_property
    def _through_ranks(self) -> tuple[Float64, Float64]:
        """Derivatives of D_o and D_e with respect to a label's weight that pass through the mid-ranks of the others."""
        if self.distances.metric != "ordinal":
            return np.zeros(len(self.ratings)), np.zeros(len(self.ratings))
        n = float(len(self.ratings))
        everywhere = np.zeros(len(self.ratings), dtype=np.intp)
        observed = self.distances.through_ranks(self.ratings.item, (self._m - 1) * n)
        return observed, self.distances.through_ranks(everywhere, np.full(len(self.ratings), n * (n - 1)))

    def _left_alone(self) -> tuple[Index, Index]:
        """Return which labels go when a label goes: itself, and the one that it would leave alone in its item.

        Returns:
            The labels that go, and because of which label, both of shape (gone,).
        """
        own = np.arange(len(self.ratings))
        alone = np.flatnonzero(self._m == 2)
        pair = alone[np.argsort(self.ratings.item[alone], kind="stable")].reshape(-1, 2)
        return np.concatenate([own, pair[:, 0], pair[:, 1]]), np.concatenate([own, pair[:, 1], pair[:, 0]])

    def _without(self, gone: Index, group: Index, item: Index, of: Measured = "alpha") -> Float64:
        """Return log (1 − alpha), or log D_o, without each group, NaN where nothing is left, shape (group,).

        Args:
            gone: labels that go, shape (gone,). group: with which group. item: of which item.
        """
        n, (ranks_observed, ranks_expected) = len(self.ratings), self._through_ranks
        groups, code = np.unique(group, return_inverse=True)
        size = np.bincount(code)
        cell, cell_code = np.unique(code.astype(np.int64) * self.ratings.n_items + item, return_inverse=True)
        cell_group, cell_item = cell // self.ratings.n_items, cell % self.ratings.n_items
        # within each item that loses labels: pairs among those that go were counted from both ends
        lost = np.bincount(cell_code)
        ends = np.bincount(cell_code, weights=self.to_item[gone])
        among = np.bincount(cell_code, weights=self.distances.to_group(gone, cell_code))
        m = self.ratings.per_item[cell_item]
        pairs = np.bincount(self.ratings.item, weights=self.to_item, minlength=self.ratings.n_items)[cell_item]
        left = m - lost
        after = np.divide(pairs - 2 * ends + among, left - 1, out=np.zeros(len(cell)), where=left >= 2)
        change = np.bincount(cell_group, weights=after - pairs / (m - 1), minlength=len(groups))
        rest = n - size
        with np.errstate(invalid="ignore", divide="ignore"):
            observed = (self.observed * n + change) / rest
            line: Float64 = np.log(observed)
            line -= np.bincount(code, weights=ranks_observed[gone]) / self.observed
            if of == "alpha":
                ends_all = np.bincount(code, weights=self.to_all[gone])
                among_all = np.bincount(code, weights=self.distances.to_group(gone, code))
                line -= np.log((self.to_all.sum() - 2 * ends_all + among_all) / (rest * (rest - 1.0)))
                line += np.bincount(code, weights=ranks_expected[gone]) / self.expected
        line[~np.isfinite(line)] = np.nan
        return line


def krippendorff_alpha(ratings: Ratings, metric: Metric = "nominal") -> Alpha:
    """Return Krippendorff's alpha.

    Args:
        ratings: the labels; items with one label take no part.
        metric: how two values differ: ``nominal`` (at all), ``ordinal`` (by how many labels lie between), ``interval``
            (squared difference) or ``ratio`` (squared difference over sum).

    Raises:
        BadValue: no item has two labels; all labels are the same, where agreement cannot be told from habit; ratio
            values that are negative, or more than 5,000 different ones. UnknownName: another metric.

    Source: Krippendorff 2011, Computing Krippendorff's alpha-reliability, sections A to E; the interval is a two-way
    jackknife, since the bootstrap published there draws pairs as if they were independent.

    Example:
        >>> round(krippendorff_alpha(Ratings.from_matrix([[1, 1], [1, 2], [2, 2]])).alpha, 3)
        0.444
    """
    if metric not in get_args(Metric):
        raise UnknownName("metric", metric, get_args(Metric))
    used = ratings.pairable(where="Krippendorff's alpha")
    distances = Distances(used.value, metric)
    if len(distances.values) == 1:
        got, do = f"the value {distances.values[0]:g} alone", "Add items on which it should differ"
        raise BadValue("Krippendorff's alpha", got=got, expected="at least two different values", do=do)
    every = np.arange(len(used))
    to_all = distances.to_group(every, np.zeros(len(used), dtype=np.intp))
    return Alpha(used, distances, distances.to_group(every, used.item), to_all)


def coincidences(ratings: Ratings) -> tuple[Float64, Float64]:
    """Return the values that occur, and how often each pair of values met in one item, shape (value, value).

    The entries add up to the number of labels in items that have at least two; an item of m labels gives m.

    Source: Krippendorff 2011, section B.
    """
    used = ratings.pairable(where="coincidences")
    values, code = np.unique(used.value, return_inverse=True)
    shape = (used.n_items, len(values))
    counts = sparse.csr_array(sparse.coo_array((np.ones(len(used)), (used.item, code)), shape=shape))
    m: Float64 = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    weight = np.divide(1.0, m - 1, out=np.zeros_like(m), where=m > 1)
    pairs: Float64 = (counts.T @ sparse.diags_array(weight) @ counts).toarray()
    return values, pairs - np.diag(counts.T @ weight)
