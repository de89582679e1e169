"""Rankings of several items at once, with ties and with items left unplaced, and the comparisons they contain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.crowd.comparisons.paired import Codes, Index, PairedComparisons, Winner
from tacit.errors import BadValue

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Rankings:
    """Who was placed where in which ranking; made by `rankings_from_places`.

    Args:
        items: names of the items, one a code.
        item: code of the item in each place, sorted by ranking and then from best to worst, shape (place,).
        starts: where each ranking begins in `item`, and its end last, shape (ranking + 1,).
        level: number of the group of equals that the place belongs to, 0 for the best group of the first ranking and
            rising through all of them, shape (place,).
        placed: whether the group has a place; one without is below all others in an unknown order, shape (level,).
        rater: code of who made each ranking, shape (ranking,); None if unknown.
        raters: the names of the raters, one a code.
    """

    items: Sequence[str]
    item: Codes
    starts: Index
    level: Index
    placed: NDArray[np.bool_]
    rater: Codes | None = None
    raters: Sequence[str] = ()

    def __len__(self) -> int:
        """Return how many rankings there are."""
        return len(self.starts) - 1

    @cached_property
    def ranking(self) -> Index:
        """Number of the ranking that each place belongs to, shape (place,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @cached_property
    def n_equals(self) -> Index:
        """How many items share each level, shape (level,)."""
        return np.bincount(self.level, minlength=len(self.placed))

    def take(self, which: Index) -> Rankings:
        """Return the rankings numbered `which`, in that order and as often as they are named."""
        size = np.diff(self.starts)[which]
        starts = np.append(0, np.cumsum(size))
        at = np.arange(starts[-1]) + np.repeat(self.starts[:-1][which] - starts[:-1], size)
        level = self.level[at]
        begins = np.zeros(len(at), dtype=bool)
        begins[starts[:-1]] = True
        fresh = begins | np.concatenate([[True], level[1:] != level[:-1]])
        rater = None if self.rater is None else np.asarray(self.rater)[which]
        return replace(
            self,
            item=self.item[at],
            starts=starts,
            level=np.cumsum(fresh) - 1,
            placed=self.placed[level[fresh]],
            rater=rater,
        )

    @property
    def n_tied(self) -> int:
        """How many places are shared with another item."""
        return int(self.n_equals[self.placed & (self.n_equals > 1)].sum())

    @cached_property
    def pair_places(self) -> tuple[Index, Index]:
        """Every two places of one ranking, the better first, shape (pair,) each."""
        size = np.diff(self.starts)
        first, second = [], []
        for k in np.unique(size).tolist():  # rankings of one length at a time
            a, b = np.triu_indices(k, 1)
            at = self.starts[:-1][size == k][:, None]
            first.append((at + a).ravel())
            second.append((at + b).ravel())
        if not first:
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        one, two = np.concatenate(first), np.concatenate(second)
        order = np.argsort(one, kind="stable")
        return one[order], two[order]

    def comparisons(self) -> PairedComparisons:
        """Return the comparisons of two that the rankings contain; those of one ranking share a group.

        Two unplaced items say nothing about each other. Which of two is called left alternates, so that the better
        one is not always on the same side.
        """
        one, two = self.pair_places
        said = self.placed[self.level[one]] | (self.level[one] != self.level[two])
        one, two = one[said], two[said]
        tied = self.level[one] == self.level[two]
        swapped = np.arange(len(one)) % 2 == 1
        winner = np.where(tied, int(Winner.TIE), np.where(swapped, int(Winner.RIGHT), int(Winner.LEFT)))
        ranking = self.ranking[one]
        return PairedComparisons(
            items=self.items,
            left=np.where(swapped, self.item[two], self.item[one]),
            right=np.where(swapped, self.item[one], self.item[two]),
            winner=winner,
            rater=None if self.rater is None else np.asarray(self.rater)[ranking],
            raters=self.raters,
            group=ranking,
        )


def rankings_from_places(
    items: Sequence[str],
    ranking: ArrayLike,
    item: ArrayLike,
    rank: ArrayLike,
    *,
    rater: ArrayLike | None = None,
    raters: Sequence[str] = (),
) -> Rankings:
    """Return rankings from one row a placed item.

    Args:
        items: names, one a code.
        ranking: number of the ranking, from 0 without a gap, shape (row,).
        item: code of the item, at most once in a ranking, shape (row,).
        rank: its place, the smallest best, equal places for a tie, NaN for an item that was seen and not placed,
            shape (row,).
        rater: code of who made each ranking, shape (ranking,).
        raters: names, one a code.

    Raises:
        BadValue: arrays of different lengths, or an item twice in one ranking.
    """
    ranking_of, code, place = np.asarray(ranking), np.asarray(item), np.asarray(rank, dtype=np.float64)
    if not len(ranking_of) == len(code) == len(place):
        got = f"{len(ranking_of)} rankings, {len(code)} items, {len(place)} ranks"
        raise BadValue("rankings", got=got, expected="as many of each")
    order = np.lexsort((place, ranking_of))  # NaN sorts last
    ranking_of, code, place = ranking_of[order], code[order], place[order]
    n = int(ranking_of[-1]) + 1 if len(ranking_of) else 0
    twice = np.sort(ranking_of * np.int64(len(items)) + code)
    if (again := twice[1:] == twice[:-1]).any():
        name = items[int(twice[1:][again][0] % len(items))]
        raise BadValue("rankings", got=f"{name!r} twice in one ranking", expected="each item once in a ranking")
    gone = np.isnan(place)
    differs = np.concatenate([[True], (place[1:] != place[:-1]) & ~(gone[1:] & gone[:-1])]) if len(place) else gone
    begins = np.concatenate([[True], ranking_of[1:] != ranking_of[:-1]]) if len(place) else gone
    level = np.cumsum(differs | begins) - 1
    placed = np.zeros(int(level[-1]) + 1 if len(level) else 0, dtype=bool)
    placed[level] = ~gone
    starts = np.searchsorted(ranking_of, np.arange(n + 1))
    codes = None if rater is None else np.asarray(rater)
    return Rankings(items, code, starts, level, placed, rater=codes, raters=raters)
