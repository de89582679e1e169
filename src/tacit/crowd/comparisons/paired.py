"""Comparisons of two items each, as arrays, and the rows that a likelihood is summed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue, NotFinite

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]
Codes = NDArray[np.integer]


class Winner(IntEnum):
    """Who won a comparison."""

    LEFT = 0
    RIGHT = 1
    TIE = 2


@dataclass(frozen=True)
class PairedComparisons:
    """Who was compared with whom, and who won.

    Args:
        items: the names of the items, one a code.
        left: code of the item shown left (or first), shape (comparison,).
        right: code of the other, shape (comparison,).
        winner: a `Winner` each, shape (comparison,).
        rater: code of who answered, shape (comparison,); None if unknown.
        raters: the names of the raters, one a code.
        group: comparisons that are no independent evidence share a number (those from one ranking do), shape
            (comparison,); None where each stands alone.
        covariates: what else may have decided, left less right, shape (comparison, covariate).
        covariate_names: one a column of `covariates`.

    Raises:
        BadValue: arrays of different lengths, a code without a name, an item compared with itself, an unknown winner.
        NotFinite: a covariate that is NaN or infinite.
    """

    items: Sequence[str]
    left: Codes
    right: Codes
    winner: Codes
    rater: Codes | None = None
    raters: Sequence[str] = ()
    group: Codes | None = None
    covariates: Float64 = field(default_factory=lambda: np.zeros((0, 0)))
    covariate_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        n = len(self.left)
        lengths = {"right": self.right, "winner": self.winner, "rater": self.rater, "group": self.group}
        for name, codes in lengths.items():
            if codes is not None and len(codes) != n:
                raise BadValue(f"comparisons, {name}", got=f"{len(codes)} values", expected=f"{n}, one a comparison")
        if self.covariate_names and self.covariates.shape != (n, len(self.covariate_names)):
            expected = f"shape {(n, len(self.covariate_names))}"
            raise BadValue("comparisons, covariates", got=f"shape {self.covariates.shape}", expected=expected)
        _check_codes("left", self.left, len(self.items))
        _check_codes("right", self.right, len(self.items))
        _check_codes("winner", self.winner, len(Winner))
        if self.rater is not None:
            _check_codes("rater", self.rater, len(self.raters))
        if (same := np.asarray(self.left) == np.asarray(self.right)).any():
            at = int(same.argmax())
            got = f"{self.items[int(self.left[at])]!r} against itself in comparison {at + 1}"
            raise BadValue("comparisons", got=got, expected="two items")
        if not np.isfinite(self.covariates).all():
            raise NotFinite("comparisons, covariates", got="NaN or infinity", expected="finite numbers")

    def __len__(self) -> int:
        """Return how many comparisons there are."""
        return len(self.left)

    @property
    def n_ties(self) -> int:
        """How many ended in a tie."""
        return int(np.count_nonzero(np.asarray(self.winner) == Winner.TIE))

    def take(self, rows: ArrayLike) -> PairedComparisons:
        """Return the comparisons at `rows`, an index or a mask; the items and raters keep their codes."""
        at = np.asarray(rows)
        return replace(
            self,
            left=self.left[at],
            right=self.right[at],
            winner=self.winner[at],
            rater=None if self.rater is None else self.rater[at],
            group=None if self.group is None else self.group[at],
            covariates=self.covariates[at] if self.covariate_names else self.covariates,
        )


@dataclass(frozen=True)
class Rows:
    """Equal comparisons counted together, sorted by their first item: what a likelihood is summed over.

    Args:
        n_items: how many items.
        first: code of an item, ascending, shape (row,).
        second: code of the other, shape (row,).
        wins: how often the first won, the second won, and neither, shape (3, row).
        scale: what the difference of the scores is multiplied by, shape (row,); None for 1.
        offset: what is added to the tie parameter, shape (row,); None for 0.
        design: covariates, first less second, shape (row, covariate).
        side: 1 where the first was shown left, −1 where right, shape (row,); None where sides are not told apart.
    """

    n_items: int
    first: Codes
    second: Codes
    wins: Float64
    scale: Float64 | None = None
    offset: Float64 | None = None
    design: Float64 | None = None
    side: Float64 | None = None

    @property
    def n(self) -> float:
        """How many comparisons they count."""
        return float(self.wins.sum())


def counted(comparisons: PairedComparisons, *, by_side: bool = False) -> Rows:
    """Return the comparisons counted by unordered pair, or by who was shown left of whom.

    Args:
        comparisons: raters, groups and covariates are not looked at.
        by_side: whether (a left of b) and (b left of a) are told apart.
    """
    n = np.int64(len(comparisons.items))
    left = np.asarray(comparisons.left, dtype=np.int64)
    right = np.asarray(comparisons.right, dtype=np.int64)
    winner = np.asarray(comparisons.winner, dtype=np.int64)
    if by_side:
        key = (left * n + right) * 3 + winner
    else:
        swapped = left > right
        key = np.where(swapped, right * n + left, left * n + right) * 3
        key += np.where(swapped & (winner < Winner.TIE), 1 - winner, winner)
    if 3 * n * n <= max(4 * len(key), 1 << 16):  # few items: counting is quicker than sorting
        table = np.bincount(key, minlength=int(3 * n * n)).reshape(-1, 3)
        pair = np.flatnonzero(table.any(axis=1))
        wins = table[pair].T.astype(np.float64)
    else:
        key.sort()  # the outcome is in the key, so that nothing else has to be carried along
        pair_of = key // 3
        starts = np.flatnonzero(np.concatenate([[True], pair_of[1:] != pair_of[:-1]])) if len(key) else key
        pair, row = pair_of[starts], np.repeat(np.arange(len(starts)), np.diff(starts, append=len(key)))
        cell = row * 3 + key % 3
        wins = np.ascontiguousarray(np.bincount(cell, minlength=3 * len(pair)).reshape(-1, 3).T, dtype=np.float64)
    side = np.ones(len(pair)) if by_side else None
    first, second = (pair // n).astype(np.int32), (pair % n).astype(np.int32)
    return Rows(int(n), first, second, wins, side=side)


def row_each(
    comparisons: PairedComparisons,
    *,
    scale: Float64 | None = None,
    offset: Float64 | None = None,
    by_side: bool = False,
) -> Rows:
    """Return a row for every comparison, where raters or covariates make each its own.

    Args:
        comparisons: with as many covariates as there are.
        scale: multiplies the difference of the scores, shape (comparison,).
        offset: is added to the tie parameter, shape (comparison,).
        by_side: whether a bias to the left is to be estimated.
    """
    order = np.argsort(comparisons.left, kind="stable")
    winner = np.asarray(comparisons.winner)[order]
    wins = np.stack([winner == Winner.LEFT, winner == Winner.RIGHT, winner == Winner.TIE]).astype(np.float64)
    return Rows(
        len(comparisons.items),
        np.asarray(comparisons.left, dtype=np.int32)[order],
        np.asarray(comparisons.right, dtype=np.int32)[order],
        wins,
        scale=None if scale is None else scale[order],
        offset=None if offset is None else offset[order],
        design=comparisons.covariates[order] if comparisons.covariate_names else None,
        side=np.ones(len(order)) if by_side else None,
    )


def _check_codes(name: str, codes: Codes, n_names: int) -> None:
    codes = np.asarray(codes)
    if codes.ndim != 1 or (len(codes) and not np.issubdtype(codes.dtype, np.integer)):
        got = f"{codes.dtype} of shape {codes.shape}"
        raise BadValue(f"comparisons, {name}", got=got, expected="whole numbers, one a comparison")
    if len(codes) and (codes.min() < 0 or codes.max() >= n_names):
        wrong = int(codes.min()) if codes.min() < 0 else int(codes.max())
        raise BadValue(f"comparisons, {name}", got=f"the code {wrong}", expected=f"0 to {n_names - 1}")
