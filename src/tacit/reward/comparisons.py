"""Comparisons as arrays: what a reward model is fitted to, whatever the answers were before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue, NotFinite
from tacit.judging import content_hash
from tacit.reward.held_out import held_out, key_of_rows, mix

Float32 = NDArray[np.float32]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Comparisons:
    """Answers of the form “the first is better than the second”, one row a pair.

    Args:
        features: what the reward model sees of each item, float32, shape (item, step, feature).
        first: row of `features` that the pair names first, shape (pair,).
        second: row of `features` that it names second, shape (pair,).
        target: probability that the first is better: 1, 0, ½ for a draw, or what a labeler stated; shape (pair,).
        weight: how much the pair counts in the likelihood, 0 or more; shape (pair,).
        rater: who answered, an index into `raters`; shape (pair,).
        raters: names of those who answered.
        both_bad: whether the answer also said that neither is acceptable; shape (pair,).
        item_ids: name of each item, for messages and for telling items apart; items without names are told apart by
            their features.
        left_out: outcome → how many judgments entered no likelihood.

    Raises:
        BadValue: shapes that do not fit, an index outside its range, a target or weight outside its range.
        NotFinite: a feature, target or weight that is NaN or infinite; names the item or the pair.
    """

    features: Float32
    first: Index
    second: Index
    target: Float32
    weight: Float32
    rater: Index
    raters: tuple[str, ...]
    both_bad: NDArray[np.bool_]
    item_ids: tuple[str, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        n = len(self.first)
        if self.features.ndim != 3:
            raise BadValue("features", got=f"shape {self.features.shape}", expected="(item, step, feature)")
        for name in ("second", "target", "weight", "rater", "both_bad"):
            if getattr(self, name).shape != (n,):
                raise BadValue(f"comparisons, {name}", got=f"shape {getattr(self, name).shape}", expected=f"({n},)")
        if self.item_ids and len(self.item_ids) != len(self.features):
            raise BadValue("item_ids", got=f"{len(self.item_ids)} names", expected=f"{len(self.features)}, one an item")
        self._refuse_not_finite()
        for name, size in (("first", len(self.features)), ("second", len(self.features)), ("rater", len(self.raters))):
            index = getattr(self, name)
            if n and (int(index.min()) < 0 or int(index.max()) >= size):
                got = f"index {int(index[(index < 0) | (index >= size)][0])}"
                raise BadValue(f"comparisons, {name}", got=got, expected=f"0 to {size - 1}")
        _refuse_outside("target", self.target, (self.target < 0) | (self.target > 1), "a probability from 0 to 1")
        _refuse_outside("weight", self.weight, self.weight < 0, "a weight of 0 or more")

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.first)

    def _refuse_not_finite(self) -> None:
        if not np.isfinite(self.features).all():
            item = int(np.flatnonzero(~np.isfinite(self.features).all(axis=(1, 2)))[0])
            step, feature = np.argwhere(~np.isfinite(self.features[item]))[0]
            name = repr(self.item_ids[item]) if self.item_ids else f"number {item}"
            where = f"features of item {name}, step {step}, feature {feature}"
            got = float(self.features[item, step, feature])
            raise NotFinite(where, got=got, expected="a finite number")
        for name in ("target", "weight"):
            values = getattr(self, name)
            if not np.isfinite(values).all():
                pair = int(np.flatnonzero(~np.isfinite(values))[0])
                raise NotFinite(f"comparisons, {name}, pair {pair}", got=values[pair], expected="a finite number")

    def only(self, kept: NDArray[np.bool_]) -> Comparisons:
        """Return the pairs that are kept, with all items and raters, shape of `kept` (pair,)."""
        part = {
            name: getattr(self, name)[kept] for name in ("first", "second", "target", "weight", "rater", "both_bad")
        }
        return replace(self, **part)

    @cached_property
    def pair_keys(self) -> NDArray[np.uint64]:
        """A number for each pair, the same whichever item is named first and wherever the pair stands."""
        if self.item_ids:
            names = np.array(self.item_ids)
            rows = names.view(np.uint32).reshape(len(names), -1)
        else:
            rows = np.ascontiguousarray(self.features).view(np.uint32).reshape(len(self.features), -1)
        items = key_of_rows(rows)
        return mix(mix(items[self.first]) + mix(items[self.second]))

    def held_out(self, *, seed: int, members: int, share: float) -> NDArray[np.bool_]:
        """Return which member holds out which pair, shape (member, pair); see `tacit.reward.held_out`."""
        return held_out(self.pair_keys, seed=seed, members=members, share=share)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of all that enters a fit."""
        arrays = (self.features, self.first, self.second, self.target, self.weight, self.rater, self.both_bad)
        parts = [np.ascontiguousarray(a).tobytes() for a in arrays]
        return content_hash(b"".join([*parts, "\n".join((*self.raters, *self.item_ids)).encode()]))


def compare(
    features: NDArray[Any],
    first: NDArray[Any],
    second: NDArray[Any],
    target: NDArray[Any],
    *,
    weight: NDArray[Any] | None = None,
    rater: NDArray[Any] | None = None,
    raters: tuple[str, ...] = ("rater",),
    item_ids: tuple[str, ...] = (),
) -> Comparisons:
    """Return comparisons from plain arrays, with weight 1 and one rater unless said.

    Args:
        features: shape (item, step, feature), or (item, feature) for items without steps.
        first: row of `features` named first, shape (pair,).
        second: row of `features` named second, shape (pair,).
        target: probability that the first is better, shape (pair,).
        weight: shape (pair,). rater: index into `raters`, shape (pair,).
        raters: names. item_ids: names of the items.

    Raises:
        BadValue: shapes that do not fit or values outside their range. NotFinite: NaN or infinity.
    """
    n = len(first)
    return Comparisons(
        features=with_steps(features),
        first=np.asarray(first, dtype=np.intp),
        second=np.asarray(second, dtype=np.intp),
        target=np.asarray(target, dtype=np.float32),
        weight=np.ones(n, np.float32) if weight is None else np.asarray(weight, dtype=np.float32),
        rater=np.zeros(n, np.intp) if rater is None else np.asarray(rater, dtype=np.intp),
        raters=raters,
        both_bad=np.zeros(n, np.bool_),
        item_ids=item_ids,
    )


def with_steps(features: NDArray[Any]) -> Float32:
    """Return features as float32 of shape (item, step, feature); items without steps get one."""
    x = np.ascontiguousarray(features, dtype=np.float32)
    return x[:, None, :] if x.ndim == 2 else x


def _refuse_outside(name: str, values: Float32, outside: NDArray[np.bool_], expected: str) -> None:
    if outside.any():
        pair = int(np.flatnonzero(outside)[0])
        raise BadValue(f"comparisons, {name}, pair {pair}", got=float(values[pair]), expected=expected)
