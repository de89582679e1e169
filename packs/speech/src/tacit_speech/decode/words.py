"""A model over words in the search: asked where a word ends, foretold on the way by the best word still possible."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.alphabet import Alphabet
from tacit_speech.decode.lexicon import Lexicon, build_lexicon
from tacit_speech.decode.ngram import NGram, Unit
from tacit_speech.decode.ngram.model import END_ID, SPECIAL, UNKNOWN_ID

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

UNKNOWN_LOG_PROB = -10.0
IMPOSSIBLE = -1_000.0
"""What a text costs that ends within a word although only whole ones are allowed: it wins where nothing else is."""


@dataclass(frozen=True)
class WordFusion:
    """A model over words, with the lexicon of its vocabulary.

    The node is a place in the lexicon; the last number stands for a word that is in no lexicon. Within a word the score
    holds the best that any word still possible would have by itself, and where the word ends, what it has after the
    words before it: a text is not thrown away for being about to say what is likely, nor kept for what is not.

    Args:
        model: its unit is the word.
        lexicon: of the words that may be written; numbers are the model's.
        alphabet: symbols, the space among them.
        alpha: weight of the model's natural logarithm.
        beta: bonus of each word.
        unknown_log_prob: added once for a word that is not in the lexicon, besides what the model has for it; None
            where only words of the lexicon may be written.
        look_ahead: whether the score within a word foretells its end.

    Raises:
        BadValue: a model over characters.

    Source: Amodei et al. 2016, the objective Q(y) of the search, arXiv:1512.02595; the foretelling: Ortmanns, Ney,
    Eiden 1996, ICSLP, "Language-model look-ahead for large vocabulary speech recognition".
    """

    model: NGram
    lexicon: Lexicon
    alphabet: Alphabet
    alpha: float
    beta: float
    unknown_log_prob: float | None = UNKNOWN_LOG_PROB
    look_ahead: bool = True

    def __post_init__(self) -> None:
        if self.model.unit is not Unit.WORD:
            raise BadValue("language model", got="one over characters", expected="one over words")

    @cached_property
    def _outside(self) -> int:
        return len(self.lexicon.word_at)

    @cached_property
    def _children(self) -> NDArray[np.int32]:
        """Node and symbol → the node behind it; -1 where it may not go on so. A space leads to the root."""
        table = np.vstack([self.lexicon.children, np.full(len(self.alphabet), -1, dtype=np.int32)])
        if self.unknown_log_prob is not None:
            table[table < 0] = self._outside
        return table

    @cached_property
    def _words(self) -> Ints:
        """Node → the word that a space after it makes."""
        words = np.append(self.lexicon.word_at, -1)
        return np.where(words < 0, UNKNOWN_ID, words)

    @cached_property
    def _foretold(self) -> Floats:
        """Node → what its score holds for the word to come; for a word of no lexicon, also what it costs to be one."""
        inside = np.zeros(self._outside)
        if self.look_ahead:
            single = np.maximum(self.model.log_prob[1 : 1 + self.model.n_words], IMPOSSIBLE)
            inside = self.alpha * self.lexicon.best_below(single)
            inside[0] = 0.0
        return np.append(inside, (self.unknown_log_prob or 0.0) + (self._unknown if self.look_ahead else 0.0))

    @cached_property
    def _unknown(self) -> float:
        """What the model has for a word that is in no lexicon, by itself."""
        return self.alpha * max(float(self.model.log_prob[1 + UNKNOWN_ID]), IMPOSSIBLE)

    @cached_property
    def _at_end(self) -> Floats:
        """Node → what a space adds besides the model's score: the bonus, less what was foretold; -inf if forbidden."""
        whole = np.append(self.lexicon.word_at >= 0, self.unknown_log_prob is not None)
        paid = np.where(whole, 0.0, -np.inf if self.unknown_log_prob is None else self.unknown_log_prob)
        paid[-1] = self.unknown_log_prob or 0.0
        end = self.beta + paid - self._foretold
        end[0] = 0.0
        return end

    def start(self) -> tuple[int, int]:
        """Return the root and the beginning of a sentence."""
        return 0, self.model.start

    def most(self, n_symbols: int) -> Floats:
        """Return for letters the steepest rise of what is foretold, for a space the best of ends."""
        inside = self._foretold[:-1]
        rise = max(0.0, float(self._foretold[-1] - inside[np.isfinite(inside)].min()))
        most = np.full(n_symbols, rise if self.unknown_log_prob is not None else 0.0)
        most[self.alphabet.space] = self._at_end.max()
        return most

    def bounds(self, nodes: Ints, states: Ints, symbols: Ints) -> Floats:  # noqa: ARG002
        """Return what a letter adds, exactly, and for a space what a word would have that is certain."""
        after = self._children[nodes, symbols]
        added = np.where(after < 0, -np.inf, self._foretold[after] - self._foretold[nodes])
        return np.where(symbols == self.alphabet.space, self._at_end[nodes], added)

    def score(self, nodes: Ints, states: Ints, symbols: Ints) -> tuple[Floats, Ints, Ints]:
        """Return what a symbol adds: at a space that ends a word, alpha ln p(word | words before) + beta."""
        after = self._children[nodes, symbols].astype(np.int64)
        added = self._foretold[after] - self._foretold[nodes]
        ending = np.flatnonzero(symbols == self.alphabet.space)
        after[ending] = 0
        added[ending] = self._at_end[nodes[ending]]
        ending = ending[nodes[ending] > 0]
        states_after = states.copy()
        log_prob, states_after[ending] = self.model.advance(states[ending], self._words[nodes[ending]])
        added[ending] += self.alpha * log_prob
        return added, after, states_after

    def finish(self, nodes: Ints, states: Ints) -> Floats:
        """Return what the last word and the end of the sentence add."""
        added, states = self._at_end[nodes], states.copy()
        within = np.flatnonzero(nodes > 0)
        log_prob, states[within] = self.model.advance(states[within], self._words[nodes[within]])
        added[within] += self.alpha * log_prob
        end, _ = self.model.advance(states, np.full(len(states), END_ID))
        added = added + self.alpha * end
        return np.where(np.isneginf(added), IMPOSSIBLE, added)


def word_fusion(
    model: NGram,
    alphabet: Alphabet,
    *,
    alpha: float,
    beta: float,
    words: Iterable[str] | None = None,
    unknown_log_prob: float | None = UNKNOWN_LOG_PROB,
    look_ahead: bool = True,
) -> WordFusion:
    """Return the fusion of a model over words.

    Args:
        model: its unit is the word.
        alphabet: symbols, the space among them.
        alpha: weight of the model's natural logarithm.
        beta: bonus of each word.
        words: the lexicon; the model's vocabulary if absent. Words that the model does not know score as ``<unk>``.
        unknown_log_prob: see `WordFusion`.
        look_ahead: see `WordFusion`.

    Raises:
        BadValue: a model over characters, or no word that the alphabet can write.
    """
    names = model.vocabulary if words is None else tuple(words)
    pairs = [(word, model.ids.get(word, UNKNOWN_ID)) for word in names if word not in SPECIAL]
    lexicon = build_lexicon(pairs, alphabet)
    return WordFusion(model, lexicon, alphabet, alpha, beta, unknown_log_prob, look_ahead)
