"""The producer: whatever makes items; and the trainable producer, which the learning loop improves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tacit.judging.item import Candidates, Item, Media

Score = Callable[[NDArray[Any]], NDArray[np.float32]]
"""A batch of the producer's own features, one row a thing to score → one float32 a row."""


@runtime_checkable
class Producer(Protocol):
    """Makes items: an agent in an environment, a language model, a simulator, a folder of recordings.

    `tacit.judging.check_producer` tests a class against this contract.
    """

    def produce(self, n: int, seed: int) -> Candidates:
        """Return `n` candidates to ask about; the same state and seed give the same candidates."""
        ...

    def render(self, item: Item) -> Media:
        """Return the item as a page can show it; it needs nothing but the item's own content."""
        ...


@runtime_checkable
class Trainable(Producer, Protocol):
    """A producer that can learn."""

    def improve(self, score: Score, budget: int, seed: int) -> dict[str, float]:
        """Spend `budget` of the producer's own unit (environment steps, tokens) on raising `score`.

        Returns what happened as named numbers, among them ``spent``, in the same unit. Never looks at any reward
        but `score`.
        """
        ...

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that the producer needs to go on from here, as named arrays."""
        ...


@runtime_checkable
class KnowsTruth(Protocol):
    """A producer whose world has a true reward: for simulated judges and for measuring, never for learning."""

    def utility(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """Return what a simulated judge values in each step of each item, shape (item, step)."""
        ...

    def true_returns(self, episodes: int, seed: int) -> NDArray[np.float64]:
        """Return the true return of whole episodes of the present policy, shape (episode,)."""
        ...

    def random_returns(self, episodes: int, seed: int) -> NDArray[np.float64]:
        """Return the true return of whole episodes of actions drawn at random, shape (episode,)."""
        ...

    def improve_on_truth(self, budget: int, seed: int) -> dict[str, float]:
        """Improve as `Trainable.improve` does, with the true reward in place of a score: the baseline."""
        ...


@runtime_checkable
class Demonstrates(Protocol):
    """A producer that can show what it does as a whole."""

    def demonstrate(self, seed: int) -> Item:
        """Return one whole episode of the present policy as an item that `render` can show."""
        ...


@runtime_checkable
class HoldsOut(Protocol):
    """A producer that keeps apart what it is measured on, and remembers its first policy."""

    def held_out(self, n: int, seed: int, *, first: bool, each: int = 1) -> Candidates:
        """Return `n` candidates made from what it was never improved on: by the first policy or the present one.

        With the same seed, candidate i of both is an answer to the same. Answers to the same stand together, `each` of
        them, a divisor of `n`.
        """
        ...


@runtime_checkable
class HasLengths(Protocol):
    """A producer whose items have a length that a judge may be swayed by."""

    def lengths(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """Return the length of each item, in any unit, shape (item,)."""
        ...


@dataclass(frozen=True)
class Wording:
    """In what words a producer's runs are told, each in the singular and lower case.

    Args:
        item: what is judged.
        unit: what `Trainable.improve` spends.
        truth: what `KnowsTruth.true_returns` measures.
        sample: one thing that it is measured by.
        question: the words put to a judge unless the user says otherwise.
        step: what the reward is a mean over.
    """

    item: str = "clip"
    unit: str = "environment step"
    truth: str = "true return"
    sample: str = "episode"
    question: str = "Which clip is closer to what you want?"
    step: str = "step"


@runtime_checkable
class HasWords(Protocol):
    """A producer whose runs are told in other words than those of an agent in an environment."""

    @property
    def wording(self) -> Wording:
        """The words."""
        ...


def wording_of(producer: object) -> Wording:
    """Return the words in which runs of `producer` are told."""
    return producer.wording if isinstance(producer, HasWords) else Wording()
