"""An n-gram model in arrays: every n-gram is a number, and many are looked up at once.

N-grams are numbered breadth first: 0 is the empty context, then the single words in the order of the vocabulary, then
the pairs, sorted by the number of their context and the word, and so on. Thereby ``context * n_words + word`` grows
with the number of the n-gram, and one binary search in one array finds an n-gram of any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tacit_speech.decode.ngram.text import BEGIN, END, UNKNOWN, Unit

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SPECIAL = (UNKNOWN, BEGIN, END)
UNKNOWN_ID, BEGIN_ID, END_ID = range(3)


@dataclass(frozen=True)
class NGram:
    """A backoff model of any order.

    A *state* is the number of the longest context that still matters. Scores are natural logarithms.

    Args:
        unit: what a token is.
        vocabulary: tokens; the first three are ``<unk>``, ``<s>`` and ``</s>``.
        contexts: n-gram → number of its context, the n-gram without its last token; [n_ngrams + 1], the root at 0.
        words: n-gram → number of its last token; [n_ngrams + 1].
        log_prob: n-gram → ln p(last token | context); [n_ngrams + 1].
        log_backoff: n-gram → ln of the weight of the shorter context where this one knows nothing; [n_ngrams + 1].
        sizes: how many n-grams each order has, from single tokens up.

    Source: Katz 1987, doi:10.1109/TASSP.1987.1165125, for the backoff form; the order of the numbers is that of a trie
    in sorted arrays: Heafield 2011, KenLM, aclanthology.org/W11-2123.
    """

    unit: Unit
    vocabulary: tuple[str, ...]
    contexts: Ints
    words: Ints
    log_prob: Floats
    log_backoff: Floats
    sizes: tuple[int, ...]

    @property
    def order(self) -> int:
        """Tokens of the longest n-gram."""
        return len(self.sizes)

    @property
    def n_words(self) -> int:
        """Size of the vocabulary, the three special tokens included."""
        return len(self.vocabulary)

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """Token → its number."""
        return {word: i for i, word in enumerate(self.vocabulary)}

    @cached_property
    def levels(self) -> Ints:
        """n-gram → its length; the root's is 0."""
        return np.repeat(np.arange(self.order + 1), [1, *self.sizes])

    @cached_property
    def suffixes(self) -> Ints:
        """n-gram → the longest n-gram of the model that is it without some of its first tokens."""
        return suffix_links(self.contexts, self.words, self.sizes, self.n_words)

    @cached_property
    def _keys(self) -> Ints:
        return self.contexts[1:] * self.n_words + self.words[1:]

    @cached_property
    def _next_states(self) -> Ints:
        """n-gram → the state after it: itself, or what is left of it once nothing longer can begin with it."""
        lasting = np.zeros(len(self.words), dtype=bool)
        lasting[self.contexts[1:]] = True
        lasting |= self.log_backoff != 0
        lasting[0], lasting[self.levels == self.order] = True, False
        after, first = np.arange(len(self.words)), 1
        for size in self.sizes:
            level = slice(first, first + size)
            after[level] = np.where(lasting[level], after[level], after[self.suffixes[level]])
            first += size
        return after

    @property
    def start(self) -> int:
        """The state at the beginning of a sentence."""
        return int(self._next_states[1 + BEGIN_ID])

    def word_ids(self, tokens: Iterable[str]) -> Ints:
        """Return the numbers of `tokens`; a token outside the vocabulary is ``<unk>``."""
        return np.fromiter((self.ids.get(token, UNKNOWN_ID) for token in tokens), dtype=np.int64)

    def advance(self, states: Ints, words: Ints) -> tuple[Floats, Ints]:
        """Return ln p(word | state) and the state after it, of many pairs at once.

        Args:
            states: numbers of contexts, [n].
            words: numbers of tokens, [n].
        """
        log_prob, after = np.zeros(len(words)), np.zeros(len(words), dtype=np.int64)
        left, state, word = np.arange(len(words)), states, words
        while len(left):
            found, hit = self._find(state, word)
            done = left[hit]
            log_prob[done] += self.log_prob[found[hit]]
            after[done] = self._next_states[found[hit]]
            missed = ~hit
            left, state, word = left[missed], state[missed], word[missed]
            log_prob[left] += self.log_backoff[state]
            state = self.suffixes[state]
        return log_prob, after

    def _find(self, contexts: Ints, words: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Return the numbers of n-grams and whether the model has them; single tokens it always has."""
        keys = contexts * self.n_words + words
        at = np.searchsorted(self._keys, keys).clip(max=len(self._keys) - 1)
        return at + 1, self._keys[at] == keys

    def sentence_log_probs(self, sentences: Sequence[Sequence[str]]) -> Floats:
        """Return ln p of each sentence, its end included; see `token_log_probs`."""
        lengths = np.array([len(sentence) + 1 for sentence in sentences])
        if not len(lengths):
            return np.zeros(0)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        return np.add.reduceat(self.token_log_probs(sentences)[0], starts)

    def token_log_probs(self, sentences: Sequence[Sequence[str]]) -> tuple[Floats, NDArray[np.bool_]]:
        """Return ln p of every token and sentence end given all before it, and which tokens are not in the vocabulary.

        All sentences go forward side by side: one look-up a position, however many sentences there are.
        """
        lengths = np.array([len(sentence) + 1 for sentence in sentences], dtype=np.int64)
        if not len(lengths):
            return np.zeros(0), np.zeros(0, dtype=bool)
        words = np.concatenate([np.append(self.word_ids(sentence), END_ID) for sentence in sentences])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        log_probs, states = np.empty(len(words)), np.full(len(lengths), self.start)
        by_length = np.argsort(-lengths, kind="stable")
        for position in range(int(lengths.max())):
            going = by_length[: np.searchsorted(-lengths[by_length], -position, side="left")]
            at = starts[going] + position
            log_probs[at], states[going] = self.advance(states[going], words[at])
        return log_probs, words == UNKNOWN_ID

    def text(self, ngram: int) -> list[str]:
        """Return the tokens of an n-gram."""
        tokens = []
        while ngram:
            tokens.append(self.vocabulary[self.words[ngram]])
            ngram = int(self.contexts[ngram])
        return tokens[::-1]


def suffix_links(contexts: Ints, words: Ints, sizes: Sequence[int], n_words: int) -> Ints:
    """Return, for each n-gram, the longest known one that is it without some of its first tokens; 0 for single tokens.

    Level by level: the link of (context, word) is what (link of context, word) leads to.
    """
    keys = contexts[1:] * n_words + words[1:]
    links, first = np.zeros(len(words), dtype=np.int64), 1 + sizes[0]
    for size in sizes[1:]:
        level = np.arange(first, first + size)
        state, word = links[contexts[level]], words[level]
        while len(level):
            key = state * n_words + word
            at = np.searchsorted(keys, key)
            hit = keys[at.clip(max=len(keys) - 1)] == key
            links[level[hit]] = at[hit] + 1
            level, word, state = level[~hit], word[~hit], links[state[~hit]]
        first += size
    return links
