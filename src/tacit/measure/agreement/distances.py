"""How far two values differ, and the sum of differences within groups of labels, without forming the pairs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import sparse

from tacit.errors import BadValue
from tacit.measure.agreement.ratings import Float64, Index

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
MOST_RATIO_VALUES = 5_000
CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Distances:
    """The differences between labels under one metric.

    Args:
        value: of each label, shape (label,).
        metric: how two values differ.

    Raises:
        BadValue: ratio values that are negative, or more than 5,000 different ones.

    Source: Krippendorff 2011, Computing Krippendorff's alpha-reliability, section E.
    """

    value: Float64
    metric: Metric

    def __post_init__(self) -> None:
        if self.metric != "ratio":
            return
        if self.values[0] < 0:
            raise BadValue("Krippendorff's alpha, ratio", got=float(self.values[0]), expected="values of 0 or more")
        if len(self.values) > MOST_RATIO_VALUES:
            do = "Use the interval metric on the logarithms of the values, which differ alike"
            got, expected = f"{len(self.values)} different values", f"at most {MOST_RATIO_VALUES}"
            raise BadValue("Krippendorff's alpha, ratio", got=got, expected=expected, do=do)

    @cached_property
    def _coded(self) -> tuple[Float64, Index]:
        values, code = np.unique(self.value, return_inverse=True)
        return values, code

    @property
    def values(self) -> Float64:
        """The different values, in order."""
        return self._coded[0]

    @property
    def code(self) -> Index:
        """Which of `values` each label has, shape (label,)."""
        return self._coded[1]

    @cached_property
    def place(self) -> Float64:
        """Where each label lies on a line: its value, or its mid-rank among all for the ordinal metric."""
        if self.metric == "interval":
            return np.asarray(self.value - self.value.mean())  # centred, since squares are taken apart below
        counts = np.bincount(self.code, minlength=len(self.values))
        rank: Float64 = np.cumsum(counts) - counts / 2
        return np.asarray((rank - rank.mean())[self.code])

    def to_group(self, row: Index, group: Index) -> Float64:
        """Return the sum of differences of each label to all labels of its group.

        Args:
            row: which labels, shape (member,); one may be in several groups.
            group: of each, shape (member,).
        """
        if self.metric == "nominal":
            key = group.astype(np.int64) * len(self.values) + self.code[row]
            _, cell = np.unique(key, return_inverse=True)
            return (np.bincount(group)[group] - np.bincount(cell)[cell]).astype(np.float64)
        if self.metric == "ratio":
            return self._ratio(row, group)
        x = self.place[row]
        size = np.bincount(group)[group]
        total, squares = np.bincount(group, weights=x)[group], np.bincount(group, weights=x * x)[group]
        return np.maximum(size * x * x - 2 * x * total + squares, 0.0)

    def through_ranks(self, group: Index, over: Float64) -> Float64:
        """Return what a sum of differences gains when a label's weight grows and the mid-ranks of others move with it.

        A label of value x adds 1 to the rank of every value above x and ½ to that of x itself.

        Args:
            group: labels are compared within it, shape (label,).
            over: what each label's sum of differences is divided by, shape (label,).
        """
        x = self.place
        slope = 4 * (np.bincount(group)[group] * x - np.bincount(group, weights=x)[group]) / over
        by_value = np.bincount(self.code, weights=slope)
        above = by_value[::-1].cumsum()[::-1] - by_value
        return np.asarray((above + by_value / 2)[self.code])

    @property
    def widest(self) -> float:
        """The largest difference that two labels of these values could show."""
        if self.metric == "nominal":
            return 1.0
        if self.metric == "ratio":
            low, high = self.values[0], self.values[-1]
            return float(((high - low) / (high + low)) ** 2)
        return float((self.place.max() - self.place.min()) ** 2)

    def _ratio(self, row: Index, group: Index) -> Float64:
        total = self.values[:, None] + self.values[None, :]
        apart = self.values[:, None] - self.values[None, :]
        delta = np.divide(apart, total, out=np.zeros_like(total), where=total > 0) ** 2
        n_groups, code = int(group.max()) + 1, self.code[row]
        shape = (n_groups, len(self.values))
        counts = sparse.csr_array(sparse.coo_array((np.ones(len(row)), (group, code)), shape=shape))
        order, out = np.argsort(group, kind="stable"), np.empty(len(row))
        rows, step = group[order], max(1, CELLS_AT_ONCE // len(self.values))
        for start in range(0, n_groups, step):
            block = counts[start : start + step] @ delta
            here = order[np.searchsorted(rows, start) : np.searchsorted(rows, start + step)]
            out[here] = block[group[here] - start, code[here]]
        return out
