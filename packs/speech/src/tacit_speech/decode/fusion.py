"""How a language model speaks in the search: what it adds to the score of a text as its symbols come.

A fusion remembers a text by two numbers, a node and a state, so that a search holds thousands of them in two arrays.
What it adds to a text's score depends on the text alone, not on the frames in which it was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.alphabet import Alphabet
from tacit_speech.decode.ngram import NGram, Unit
from tacit_speech.decode.ngram.model import END_ID, UNKNOWN_ID
from tacit_speech.decode.ngram.text import SPACE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Fusion(Protocol):
    """What a search asks of a language model."""

    def start(self) -> tuple[int, int]:
        """Return node and state of the empty text."""
        ...

    def most(self, n_symbols: int) -> Floats:
        """Return the most that `score` ever adds for each symbol, whatever the text; [n_symbols]."""
        ...

    def bounds(self, nodes: Ints, states: Ints, symbols: Ints) -> Floats:
        """Return at least what `score` would add to each text, cheaply; -inf where a symbol may not follow; [n]."""
        ...

    def score(self, nodes: Ints, states: Ints, symbols: Ints) -> tuple[Floats, Ints, Ints]:
        """Return what a symbol adds to each text, and the node and state behind it; each [n]."""
        ...

    def finish(self, nodes: Ints, states: Ints) -> Floats:
        """Return what the end adds to each text, [n]."""
        ...


class NoLanguageModel:
    """Adds nothing: the search then finds the text that the frames alone make most probable."""

    def start(self) -> tuple[int, int]:
        """Return zeros."""
        return 0, 0

    def most(self, n_symbols: int) -> Floats:
        """Return zeros."""
        return np.zeros(n_symbols)

    def bounds(self, nodes: Ints, states: Ints, symbols: Ints) -> Floats:  # noqa: ARG002
        """Return zeros."""
        return np.zeros(len(symbols))

    def score(self, nodes: Ints, states: Ints, symbols: Ints) -> tuple[Floats, Ints, Ints]:  # noqa: ARG002
        """Return zeros, and the texts as they were."""
        return np.zeros(len(nodes)), nodes, states

    def finish(self, nodes: Ints, states: Ints) -> Floats:  # noqa: ARG002
        """Return zeros."""
        return np.zeros(len(nodes))


@dataclass(frozen=True)
class CharacterFusion:
    """A model over characters, asked at each symbol.

    The node is 1 within a word and 0 outside, for the bonus of a word.

    Args:
        model: its unit is the character.
        alphabet: symbols of one character each.
        alpha: weight of the model's logarithm.
        beta: bonus of each word.

    Raises:
        BadValue: a model over words, or symbols of several characters.
    """

    model: NGram
    alphabet: Alphabet
    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if self.model.unit is not Unit.CHARACTER:
            raise BadValue("language model", got="one over words", expected="one over characters")
        if long := [symbol for symbol in self.alphabet.symbols if len(symbol) > 1]:
            raise BadValue("alphabet of a model over characters", got=repr(long[0]), expected="single characters")

    @cached_property
    def _tokens(self) -> Ints:
        names = [SPACE if symbol == " " else symbol for symbol in self.alphabet.symbols]
        return np.concatenate([[UNKNOWN_ID], self.model.word_ids(names)])

    @cached_property
    def _best(self) -> Floats:
        """Symbol → the most that the model ever adds for it."""
        best = np.full(self.model.n_words, -np.inf)
        np.maximum.at(best, self.model.words[1:], self.model.log_prob[1:])
        raised = np.maximum(best + max(float(self.model.log_backoff.max()), 0.0), best)
        bonus: Floats = np.where(self._spaces, max(self.beta, 0.0), 0.0)
        bonus += self.alpha * np.minimum(raised, 0.0)[self._tokens]
        return bonus

    @cached_property
    def _spaces(self) -> NDArray[np.bool_]:
        spaces = np.zeros(len(self.alphabet), dtype=bool)
        if self.alphabet.space is not None:
            spaces[self.alphabet.space] = True
        return spaces

    def start(self) -> tuple[int, int]:
        """Return the beginning of a sentence."""
        return 0, self.model.start

    def most(self, n_symbols: int) -> Floats:  # noqa: ARG002
        """Return the most that the model adds for each symbol after any context."""
        return self._best

    def bounds(self, nodes: Ints, states: Ints, symbols: Ints) -> Floats:  # noqa: ARG002
        """Return the same: nothing sharper is to be had without asking the model."""
        return self._best[symbols]

    def score(self, nodes: Ints, states: Ints, symbols: Ints) -> tuple[Floats, Ints, Ints]:
        """Return alpha ln p(symbol | text), with beta where a word ends."""
        log_prob, after = self.model.advance(states, self._tokens[symbols])
        space = self._spaces[symbols]
        return self.alpha * log_prob + np.where(space & (nodes == 1), self.beta, 0.0), np.where(space, 0, 1), after

    def finish(self, nodes: Ints, states: Ints) -> Floats:
        """Return alpha ln p(end | text), with beta for a last word."""
        log_prob, _ = self.model.advance(states, np.full(len(states), END_ID))
        return self.alpha * log_prob + np.where(nodes == 1, self.beta, 0.0)
