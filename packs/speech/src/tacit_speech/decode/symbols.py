"""A model over words for a search whose symbols are words: asked at each symbol, no space needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.alphabet import Alphabet
from tacit_speech.decode.ngram import NGram, Unit
from tacit_speech.decode.ngram.model import END_ID, UNKNOWN_ID
from tacit_speech.decode.words import IMPOSSIBLE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SymbolFusion:
    """A model over words, for an alphabet of whole words.

    The state of the model is all that is remembered of a text; the node is always 0.

    Args:
        model: its unit is the word. A symbol that it does not know scores as ``<unk>``.
        alphabet: of whole words.
        alpha: weight of the model's natural logarithm.
        beta: bonus of each word.
        allowed: symbol → whether it may be written, [len(alphabet)]; the blank's is not looked at.

    Raises:
        BadValue: a model over characters, symbols that are no words, or none that may be written.
    """

    model: NGram
    alphabet: Alphabet
    alpha: float
    beta: float
    allowed: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.model.unit is not Unit.WORD:
            raise BadValue("language model", got="one over characters", expected="one over words")
        if not self.alphabet.whole_words:
            raise BadValue("alphabet", got="symbols that are parts of words", expected="one of whole words")
        if not self.allowed[1:].any():
            raise BadValue("lexicon", got="no words", expected="words that the alphabet can write")

    @cached_property
    def _tokens(self) -> Ints:
        return np.append(UNKNOWN_ID, self.model.word_ids(self.alphabet.symbols))

    @cached_property
    def _highest(self) -> Floats:
        """Symbol → the most that the model ever adds for it; -inf for what may not be written."""
        best = np.full(self.model.n_words, -np.inf)
        np.maximum.at(best, self.model.words[1:], self.model.log_prob[1:])
        raised = np.maximum(best, best + max(float(self.model.log_backoff.max()), 0.0))
        return np.where(self.allowed, self.alpha * np.clip(raised, IMPOSSIBLE, 0.0)[self._tokens] + self.beta, -np.inf)

    def start(self) -> tuple[int, int]:
        """Return the beginning of a sentence."""
        return 0, self.model.start

    def most(self, n_symbols: int) -> Floats:  # noqa: ARG002
        """Return the most that the model adds for each symbol after any context."""
        return self._highest

    def bounds(self, nodes: Ints, states: Ints, symbols: Ints) -> Floats:  # noqa: ARG002
        """Return the same: nothing sharper is to be had without asking the model."""
        return self._highest[symbols]

    def score(self, nodes: Ints, states: Ints, symbols: Ints) -> tuple[Floats, Ints, Ints]:
        """Return alpha ln p(word | words before) + beta."""
        log_prob, after = self.model.advance(states, self._tokens[symbols])
        return self.alpha * log_prob + self.beta, nodes, after

    def finish(self, nodes: Ints, states: Ints) -> Floats:  # noqa: ARG002
        """Return alpha ln p(end | text)."""
        log_prob, _ = self.model.advance(states, np.full(len(states), END_ID))
        return self.alpha * log_prob


def symbol_fusion(
    model: NGram, alphabet: Alphabet, *, alpha: float, beta: float, words: Iterable[str] | None = None
) -> SymbolFusion:
    """Return the fusion of a model over words with an alphabet of whole words.

    Args:
        model: its unit is the word.
        alphabet: of whole words.
        alpha: weight of the model's natural logarithm.
        beta: bonus of each word.
        words: those that may be written; all symbols if absent.
    """
    names = set(alphabet.symbols if words is None else words)
    allowed = np.array([False, *(symbol in names for symbol in alphabet.symbols)])
    return SymbolFusion(model, alphabet, alpha, beta, allowed)
