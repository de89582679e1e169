"""Simulated crowds: who said what, with the truth known, so that every method can be scored.

`spammed` is the hardest to a majority: a thousand labelers, four classes of unequal size, five labels an item, 15 % who
answer at random; what the others confuse differs from one to the next. The other crowds have no such spammers.
Class names are permuted with the seed, so that a method which prefers the first class gains nothing by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.choices.table import Choices, choices_from_codes

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Crowd:
    """Votes with their truth.

    Args:
        item: code of each vote's item, rising. labeler: likewise. label: likewise.
        truth: the true class of each item.
        confusion: probability of each label, shape (labeler, true, said); empty where it differs by item.
    """

    item: Ints
    labeler: Ints
    label: Ints
    truth: Ints
    confusion: Floats

    @property
    def choices(self) -> Choices:
        """The votes, as a method is given them."""
        return choices_from_codes(self.item, self.labeler, self.label)


def spammed(n_votes: int, seed: int, *, n_labelers: int = 1_000, spammers: float = 0.15) -> Crowd:
    """Labelers with their own confusions, and some who answer at random.

    Args:
        n_votes: how many votes.
        seed: of everything that is drawn.
        n_labelers: how many there are.
        spammers: share of them who answer at random.
    """
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, size=n_votes // 5, p=[0.4, 0.3, 0.2, 0.1])
    right = rng.beta(14, 6, size=(n_labelers, 4))
    confusion = _with_diagonal(right, rng.dirichlet(np.ones(3), size=(n_labelers, 4)))
    confusion[rng.random(n_labelers) < spammers] = 0.25
    return _voted(rng, truth, confusion, votes_an_item=5)


def one_coin(n_votes: int, seed: int, *, n_labelers: int = 300) -> Crowd:
    """Labelers who are right with a probability of their own, of three classes alike.

    Args:
        n_votes: how many votes.
        seed: of everything that is drawn.
        n_labelers: how many there are.
    """
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, size=n_votes // 5)
    right = np.repeat(rng.beta(6, 3, size=n_labelers)[:, None], 3, axis=1)
    confusion = _with_diagonal(right, np.full((n_labelers, 3, 2), 0.5))
    return _voted(rng, truth, confusion, votes_an_item=5)


def neighbours(n_votes: int, seed: int, *, n_labelers: int = 200) -> Crowd:
    """Six classes in a row, of which everybody takes one for the next; four labels an item.

    Args:
        n_votes: how many votes.
        seed: of everything that is drawn.
        n_labelers: how many there are.
    """
    rng = np.random.default_rng(seed)
    truth = rng.choice(6, size=n_votes // 4, p=np.arange(6, 0, -1) / 21)
    nearness = np.exp(-1.3 * np.abs(np.arange(6)[:, None] - np.arange(6)))
    nearness /= nearness.sum(axis=1, keepdims=True)
    confusion = np.stack([rng.dirichlet(12 * row, size=n_labelers) for row in nearness], axis=1)
    return _voted(rng, truth, confusion, votes_an_item=4)


def few(n_votes: int, seed: int) -> Crowd:
    """Two classes, three labels an item, ten labels a labeler: little to know anybody by.

    Args:
        n_votes: how many votes.
        seed: of everything that is drawn.
    """
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, size=n_votes // 3)
    right = np.repeat(rng.beta(7, 3, size=max(20, n_votes // 10))[:, None], 2, axis=1)
    return _voted(rng, truth, _with_diagonal(right, np.ones((len(right), 2, 1))), votes_an_item=3)


def hard_items(n_votes: int, seed: int, *, n_labelers: int = 300) -> Crowd:
    """Items differ in difficulty and labelers in ability, which no table of confusions describes.

    Args:
        n_votes: how many votes.
        seed: of everything that is drawn.
        n_labelers: how many there are.

    Source: the generator of GLAD, Whitehill et al. 2009, NIPS 22.
    """
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, size=n_votes // 5, p=[0.4, 0.3, 0.2, 0.1])
    item, labeler = _who(rng, len(truth), n_labelers, 5)
    ability, ease = rng.normal(1.5, 0.7, n_labelers), np.exp(rng.normal(0, 1, len(truth)))
    right = rng.random(len(item)) < 1 / (1 + np.exp(-ability[labeler] * ease[item]))
    label = np.where(right, truth[item], (truth[item] + rng.integers(1, 4, len(item))) % 4)
    name = rng.permutation(4)
    return Crowd(item, labeler, name[label], name[truth], np.empty((0, 4, 4)))


CROWDS: dict[str, Callable[[int, int], Crowd]] = {
    "spammed": spammed,
    "one coin": one_coin,
    "neighbours": neighbours,
    "few labels": few,
    "hard items": hard_items,
}


def oracle(crowd: Crowd) -> Ints:
    """Return the most probable class of each item by one who knows every confusion and the classes' sizes."""
    k = crowd.confusion.shape[1]
    share = np.bincount(crowd.truth, minlength=k) / len(crowd.truth)
    table = np.log(np.maximum(crowd.confusion, 1e-12)).transpose(0, 2, 1)
    evidence = np.zeros((len(crowd.truth), k))
    np.add.at(evidence, crowd.item, table[crowd.labeler, crowd.label])
    best: Ints = (evidence + np.log(np.maximum(share, 1e-12))).argmax(axis=1)
    return best


def _with_diagonal(right: Floats, wrong: Floats) -> Floats:
    """Return confusions from the probability of being right, (labeler, class), and how the rest is spread."""
    k = right.shape[1]
    confusion = np.empty((*right.shape, k))
    for true in range(k):
        others = [other for other in range(k) if other != true]
        confusion[:, true, true] = right[:, true]
        confusion[:, true, others] = (1 - right[:, true])[:, None] * wrong[:, true]
    return confusion


def _who(rng: np.random.Generator, n_items: int, n_labelers: int, votes_an_item: int) -> tuple[Ints, Ints]:
    """Return which labelers vote on which item, each at most once."""
    step = rng.integers(1, max(2, n_labelers // votes_an_item), size=(n_items, votes_an_item)).cumsum(axis=1)
    labeler = (rng.integers(0, n_labelers, size=n_items)[:, None] + step).ravel() % n_labelers
    return np.repeat(np.arange(n_items), votes_an_item), labeler


def _voted(rng: np.random.Generator, truth: Ints, confusion: Floats, *, votes_an_item: int) -> Crowd:
    n_labelers, k = confusion.shape[:2]
    item, labeler = _who(rng, len(truth), n_labelers, votes_an_item)
    drawn = rng.random(len(item))
    label = np.zeros(len(item), dtype=np.int64)
    for start in range(0, len(item), 1_000_000):
        part = slice(start, start + 1_000_000)
        edges = confusion[labeler[part], truth[item[part]]].cumsum(axis=1)
        label[part] = (drawn[part, None] > edges).sum(axis=1).clip(0, k - 1)
    name = rng.permutation(k)
    renamed = np.empty_like(confusion)
    renamed[:, name[:, None], name[None, :]] = confusion
    return Crowd(item, labeler, name[label], name[truth], renamed)
