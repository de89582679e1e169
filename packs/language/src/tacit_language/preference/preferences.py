"""Preferences over texts as arrays: pairs, choices and rankings, whatever the answers were before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue, NotFinite
from tacit.judging import content_hash
from tacit.reward.held_out import held_out, mix
from tacit_language.preference.sequences import Sequences

Index = NDArray[np.intp]
Float32 = NDArray[np.float32]
NOBODY = -1


@dataclass(frozen=True)
class Preferences:
    """Answers that order two or more texts, one row an answer.

    Args:
        texts: what was compared.
        item: number of each text in the answer's order, the best first, `NOBODY` where there are fewer,
            shape (answer, k). The order of a pair says nothing by itself: its `target` does.
        size: how many texts the answer is about, 2 or more, shape (answer,).
        placed: how many places it decides: 1 for a pair or a choice of the best, size − 1 for a whole ranking,
            shape (answer,).
        target: of a pair, probability that its first is better; 1 for choices and rankings, shape (answer,).
        margin: by how much the better one should lead, 0 or more, shape (answer,).
        weight: how much the answer counts, 0 or more, shape (answer,).
        rater: who answered, an index into `raters`, shape (answer,). raters: their names.
        both_bad: whether the answer also said that no text is acceptable, shape (answer,).
        left_out: outcome → how many answers entered no likelihood.

    Raises:
        BadValue: shapes that do not fit, or an index, target, margin or weight outside its range.
        NotFinite: a target, margin or weight that is NaN or infinite; names the answer.
    """

    texts: Sequences
    item: Index
    size: Index
    placed: Index
    target: Float32
    margin: Float32
    weight: Float32
    rater: Index
    raters: tuple[str, ...]
    both_bad: NDArray[np.bool_]
    left_out: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.item)
        for name in ("size", "placed", "target", "margin", "weight", "rater", "both_bad"):
            if getattr(self, name).shape != (n,):
                got = f"shape {getattr(self, name).shape}"
                raise BadValue(f"preferences, {name}", got=got, expected=f"({n},)")
        for name in ("target", "margin", "weight"):
            bad = np.flatnonzero(~np.isfinite(getattr(self, name)))
            if len(bad):
                where = f"preferences, {name}, answer {int(bad[0])}"
                raise NotFinite(where, got=float(getattr(self, name)[bad[0]]), expected="a finite number")
        real = np.arange(self.item.shape[1]) < self.size[:, None]
        ordered = np.sort(np.where(real, self.item, -1 - np.arange(self.item.shape[1])), axis=1)
        checks = {
            "item": ((real & ((self.item < 0) | (self.item >= len(self.texts)))).any(1), "a number of a text"),
            "two texts": ((ordered[:, 1:] == ordered[:, :-1]).any(1), "a text once an answer"),
            "size": ((self.size < 2) | (self.size > self.item.shape[1]), f"2 to {self.item.shape[1]}"),
            "placed": ((self.placed < 1) | (self.placed >= self.size), "1 to size − 1"),
            "target": ((self.target < 0) | (self.target > 1), "a probability from 0 to 1"),
            "target of a ranking": ((self.size > 2) & (self.target != 1), "1"),
            "margin": (self.margin < 0, "0 or more"),
            "weight": (self.weight < 0, "0 or more"),
            "rater": ((self.rater < 0) | (self.rater >= len(self.raters)), f"0 to {len(self.raters) - 1}"),
        }
        for name, (fault, expected) in checks.items():
            if fault.any():
                answer = int(np.flatnonzero(fault)[0])
                values = getattr(self, name, self.item)
                raise BadValue(f"preferences, answer {answer}, {name}", got=values[answer], expected=expected)

    def __len__(self) -> int:
        """Return the number of answers."""
        return len(self.item)

    @cached_property
    def implied(self) -> tuple[Index, Index, Index, NDArray[np.float64]]:
        """The pairs that the answers imply: answer, place of the first, place of the second, weight, each (pair,).

        Each decided place is above all later ones. Together the pairs of an answer weigh as much as the places that it
        decides, which is how many independent comparisons would say as much.
        """
        above, below = np.triu_indices(self.item.shape[1], k=1)
        decided = (above < self.placed[:, None]) & (below < self.size[:, None])
        answer, pair = np.nonzero(decided)
        weight = (self.weight * self.placed / decided.sum(axis=1))[answer]
        return answer, above[pair], below[pair], weight

    @cached_property
    def group_keys(self) -> NDArray[np.uint64]:
        """A number for each answer, the same for all about the same prompts, so that they can be held out together."""
        prompts = self.texts.prompt_of[np.maximum(self.item, 0)].astype(np.uint64)
        keys = np.where(self.item >= 0, mix(prompts), np.uint64(0)).max(axis=1)
        return mix(keys)

    def folds(self, *, seed: int, n_folds: int) -> NDArray[np.bool_]:
        """Return which fold holds out which answer, shape (fold, answer): each answer once, a prompt's all together.

        With fewer than five prompts a fold the answers are divided one by one: a fold would have nothing to learn from.
        """
        few = len(np.unique(self.group_keys)) < 5 * n_folds
        keys = mix(np.arange(len(self), dtype=np.uint64)) if few else self.group_keys
        fold = (mix(keys ^ mix(np.array([seed % 2**64], np.uint64))) >> np.uint64(11)) % np.uint64(n_folds)
        return np.asarray(fold[None, :] == np.arange(n_folds, dtype=np.uint64)[:, None])

    def held_out(self, *, seed: int, share: float) -> NDArray[np.bool_]:
        """Return which answers to keep for measuring, about `share`, a prompt's all together, shape (answer,)."""
        kept: NDArray[np.bool_] = held_out(self.group_keys, seed=seed, members=1, share=share)[0]
        return kept

    def take(self, which: NDArray[Any]) -> Preferences:
        """Return the answers `which`, numbers or a mask; the texts stay."""
        names = ("item", "size", "placed", "target", "margin", "weight", "rater", "both_bad")
        return replace(self, **{name: getattr(self, name)[which] for name in names})

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of all that enters a fit."""
        arrays: list[NDArray[Any]] = [
            self.texts.tokens,
            self.texts.starts,
            self.texts.prompt_length,
            self.item,
            self.size,
            self.placed,
        ]
        arrays += [self.target, self.margin, self.weight, self.rater, self.both_bad]
        return content_hash(b"".join(a.tobytes() for a in arrays) + "\n".join(self.raters).encode())


def pairs(
    texts: Sequences,
    first: ArrayLike,
    second: ArrayLike,
    target: ArrayLike | None = None,
    *,
    margin: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    rater: ArrayLike | None = None,
    raters: Sequence[str] = ("rater",),
) -> Preferences:
    """Return pairs of texts, the first better unless `target` says otherwise.

    A pair of two texts that are the same, token for token, cannot be told apart by any model and says nothing: it is
    left out and counted in `left_out` as ``same_text``.

    Args:
        texts: what was compared.
        first: numbers of the first texts, shape (pair,). second: of the second.
        target: probability that the first is better; 1 if absent.
        margin: by how much the better one should lead. weight: how much the pair counts. rater: index into `raters`.
        raters: names.

    Raises:
        BadValue: shapes that do not fit or values outside their range. NotFinite: NaN or infinity.
    """
    item = np.stack([np.asarray(first, np.intp), np.asarray(second, np.intp)], axis=1)
    n = len(item)

    def column(values: ArrayLike | None, default: float) -> Float32:
        return np.full(n, default, np.float32) if values is None else np.asarray(values, np.float32)

    given = Preferences(
        texts=texts,
        item=item,
        size=np.full(n, 2, np.intp),
        placed=np.ones(n, np.intp),
        target=column(target, 1.0),
        margin=column(margin, 0.0),
        weight=column(weight, 1.0),
        rater=np.zeros(n, np.intp) if rater is None else np.asarray(rater, np.intp),
        raters=tuple(raters),
        both_bad=np.zeros(n, np.bool_),
    )
    return without_equal_texts(given)


def without_equal_texts(given: Preferences) -> Preferences:
    """Return the pairs whose two texts differ; the others are counted in `left_out` as ``same_text``."""
    same = np.array([_same(given.texts, a, b) for a, b in given.item[:, :2].tolist()], np.bool_) & (given.size == 2)
    if not same.any():
        return given
    return replace(given.take(~same), left_out={**given.left_out, "same_text": int(same.sum())})


def rankings(
    texts: Sequences,
    orders: Sequence[Sequence[int]],
    placed: ArrayLike | None = None,
    *,
    weight: ArrayLike | None = None,
    rater: ArrayLike | None = None,
    raters: Sequence[str] = ("rater",),
) -> Preferences:
    """Return rankings of texts, or choices of the best.

    Args:
        texts: what was ranked.
        orders: numbers of the texts of each ranking, the best first; they may differ in length.
        placed: how many places each decides; all of them if absent, 1 for a choice of the best.
        weight: how much each counts. rater: index into `raters`. raters: names.

    Raises:
        BadValue: shapes that do not fit or values outside their range. NotFinite: NaN or infinity.
    """
    n = len(orders)
    size = np.array([len(order) for order in orders], np.intp)
    item = np.full((n, max(2, int(size.max(initial=2)))), NOBODY, np.intp)
    for row, order in zip(item, orders, strict=True):
        row[: len(order)] = order
    return Preferences(
        texts=texts,
        item=item,
        size=size,
        placed=size - 1 if placed is None else np.asarray(placed, np.intp),
        target=np.ones(n, np.float32),
        margin=np.zeros(n, np.float32),
        weight=np.ones(n, np.float32) if weight is None else np.asarray(weight, np.float32),
        rater=np.zeros(n, np.intp) if rater is None else np.asarray(rater, np.intp),
        raters=tuple(raters),
        both_bad=np.zeros(n, np.bool_),
    )


def _same(texts: Sequences, a: int, b: int) -> bool:
    same_lengths = texts.lengths[a] == texts.lengths[b] and texts.prompt_length[a] == texts.prompt_length[b]
    one, other = (texts.tokens[texts.starts[i] : texts.starts[i + 1]] for i in (a, b))
    return bool(same_lengths and np.array_equal(one, other))
