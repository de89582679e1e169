"""Who gave which value to which item, as coded arrays: what every measure of agreement starts from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue, NotFinite

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Ratings:
    """Values that labelers gave to items, a row a label; what is missing has no row.

    Args:
        item: code of the item, 0 ≤ item < n_items, shape (label,).
        labeler: code of the labeler, 0 ≤ labeler < n_labelers, shape (label,).
        value: a number a label, shape (label,). For nominal measures it is a code and only its identity counts.
        n_items: how many items there are, those without labels included.
        n_labelers: how many labelers there are.

    Raises:
        BadValue: lengths that differ, a code outside its range, no label at all, or two labels of one labeler for one
            item. NotFinite: a value that is NaN or infinite.
    """

    item: Index
    labeler: Index
    value: Float64
    n_items: int
    n_labelers: int

    def __post_init__(self) -> None:
        if not len(self.item) == len(self.labeler) == len(self.value):
            got = f"{len(self.item)} items, {len(self.labeler)} labelers, {len(self.value)} values"
            raise BadValue("ratings", got=got, expected="as many of each")
        if len(self.value) == 0:
            raise BadValue("ratings", got="no labels", expected="at least one")
        if not np.isfinite(self.value).all():
            row = int(np.flatnonzero(~np.isfinite(self.value))[0])
            raise NotFinite(f"ratings, label {row + 1}", got=float(self.value[row]), expected="a finite value")
        for what, codes, n in (("item", self.item, self.n_items), ("labeler", self.labeler, self.n_labelers)):
            if codes.min() < 0 or codes.max() >= n:
                bad = codes.min() if codes.min() < 0 else codes.max()
                raise BadValue(f"ratings, {what}", got=int(bad), expected=f"a code from 0 to {n - 1}")
        self._refuse_repeats()

    @classmethod
    def from_labels(cls, item: ArrayLike, labeler: ArrayLike, value: ArrayLike) -> Ratings:
        """Return the ratings in three columns of any names; values that are text are coded in sorted order.

        Example:
            >>> Ratings.from_labels(["a", "a", "b"], ["Ann", "Bo", "Bo"], ["cat", "dog", "dog"]).value.tolist()
            [0.0, 1.0, 1.0]
        """
        items, item_code = np.unique(np.asarray(item), return_inverse=True)
        labelers, labeler_code = np.unique(np.asarray(labeler), return_inverse=True)
        values = np.asarray(value)
        if values.dtype.kind not in "iufb":
            values = np.unique(values, return_inverse=True)[1]
        return cls(
            item_code.astype(np.intp),
            labeler_code.astype(np.intp),
            values.astype(np.float64),
            len(items),
            len(labelers),
        )

    @classmethod
    def from_matrix(cls, matrix: ArrayLike) -> Ratings:
        """Return the ratings in a matrix of shape (item, labeler) in which NaN stands for what is missing."""
        x = np.asarray(matrix, dtype=np.float64)
        if x.ndim != 2:
            raise BadValue("ratings", got=f"shape {x.shape}", expected="a matrix of shape (item, labeler)")
        item, labeler = np.nonzero(~np.isnan(x))
        return cls(item, labeler, x[item, labeler], *x.shape)

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.value)

    @cached_property
    def per_item(self) -> Index:
        """How many labels each item has, shape (item,)."""
        return np.bincount(self.item, minlength=self.n_items)

    @property
    def n_pairable_items(self) -> int:
        """How many items have two labels or more: an item with one says nothing on agreement."""
        return int(np.count_nonzero(self.per_item >= 2))

    def pairable(self, *, where: str) -> Ratings:
        """Return the labels of items with at least two, the codes kept; refuse if there are none.

        Raises:
            BadValue: no item has two labels.
        """
        kept = self.per_item[self.item] >= 2
        if not kept.any():
            do = "Ask for a second label on some items"
            raise BadValue(where, got="no item with two labels", expected="items that several labelers saw", do=do)
        if kept.all():
            return self
        return Ratings(self.item[kept], self.labeler[kept], self.value[kept], self.n_items, self.n_labelers)

    def matrix(self) -> Float64:
        """Return the values in a matrix of shape (item, labeler), NaN where there is none."""
        x = np.full((self.n_items, self.n_labelers), np.nan)
        x[self.item, self.labeler] = self.value
        return x

    def complete_matrix(self, *, where: str) -> Float64:
        """Return the matrix (item, labeler) of the items that every labeler saw, for measures that need them all.

        Raises:
            BadValue: fewer than two labelers, or fewer than two such items.
        """
        whole = np.flatnonzero(self.per_item == self.n_labelers)
        if self.n_labelers < 2:
            raise BadValue(where, got="one labeler", expected="at least two")
        if len(whole) < 2:
            do = "Use Krippendorff's alpha, which allows for missing labels"
            got = f"{len(whole)} items that all {self.n_labelers} labelers saw"
            raise BadValue(where, got=got, expected="at least two", do=do)
        row = np.full(self.n_items, -1)
        row[whole] = np.arange(len(whole))
        kept = row[self.item] >= 0
        x = np.empty((len(whole), self.n_labelers))
        x[row[self.item[kept]], self.labeler[kept]] = self.value[kept]
        return x

    def _refuse_repeats(self) -> None:
        key = np.sort(self.item.astype(np.int64) * self.n_labelers + self.labeler)
        repeated = np.flatnonzero(key[1:] == key[:-1])
        if len(repeated):
            item, labeler = divmod(int(key[repeated[0]]), self.n_labelers)
            got = f"{len(repeated)} repeated labels, the first by labeler {labeler} on item {item}"
            do = "Keep one of them: a labeler's agreement with itself is another question"
            raise BadValue("ratings", got=got, expected="one label a labeler and item", do=do)
