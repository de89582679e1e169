"""The words that a decoder may write, as a tree of their symbols in one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.alphabet import Alphabet

NO_WORD = -1


@dataclass(frozen=True)
class Lexicon:
    """Words as paths through a tree; node 0 is the beginning of a word.

    Args:
        children: node and symbol → the node behind it, -1 where no word goes on so; [n_nodes, len(alphabet)].
        word_at: node → number of the word that ends there, -1 where none does; [n_nodes].
        parents: node → the node before it, the root's is 0; [n_nodes].
        depths: node → symbols on the way to it, never falling; [n_nodes].
        n_left_out: words that the alphabet cannot write.
    """

    children: NDArray[np.int32]
    word_at: NDArray[np.int64]
    parents: NDArray[np.int64]
    depths: NDArray[np.int64]
    n_left_out: int

    def best_below(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return, for each node, the highest `value` of all words that go through it; [n_nodes].

        Args:
            value: of each word by its number.
        """
        best = np.where(self.word_at >= 0, value[self.word_at], -np.inf)
        for depth in range(int(self.depths[-1]), 0, -1):
            nodes = np.arange(*np.searchsorted(self.depths, [depth, depth + 1]))
            np.maximum.at(best, self.parents[nodes], best[nodes])
        return best


def build_lexicon(words: Iterable[tuple[str, int]], alphabet: Alphabet) -> Lexicon:
    """Return the tree of `words`.

    Args:
        words: each with its number. One that the alphabet cannot write, or that holds a space, is left out.
        alphabet: the symbols.

    Raises:
        BadValue: no word is left, or the alphabet has no space to stand between words.
    """
    if alphabet.space is None:
        expected = "one with a space, which ends a word"
        do = "Train with a space, or, where the symbols are the words themselves, with --alphabet words"
        raise BadValue("alphabet of the lexicon", got="no space among its symbols", expected=expected, do=do)
    written, numbers, left_out = [], [], 0
    for word, number in words:
        ids = spelled(word, alphabet)
        if ids is None:
            left_out += 1
        else:
            written.append(ids)
            numbers.append(number)
    if not written:
        raise BadValue("lexicon", got="no words", expected="words that the alphabet can write")
    return _tree(written, np.array(numbers, dtype=np.int64), len(alphabet), left_out)


def spelled(word: str, alphabet: Alphabet) -> NDArray[np.int64] | None:
    """Return the ids of a word; None where the alphabet cannot write it, or where it holds a space."""
    try:
        ids = alphabet.ids(word)
    except BadValue:
        return None
    return None if not len(ids) or alphabet.space in ids.tolist() else ids


def _tree(spelled: list[NDArray[np.int64]], numbers: NDArray[np.int64], n_symbols: int, n_left_out: int) -> Lexicon:
    """Grow the tree a symbol at a time, all words at once."""
    lengths = np.array([len(ids) for ids in spelled])
    symbols = np.zeros((len(spelled), lengths.max()), dtype=np.int64)
    symbols[np.arange(symbols.shape[1]) < lengths[:, None]] = np.concatenate(spelled)
    at, keys, n_nodes = np.zeros(len(spelled), dtype=np.int64), [], 1
    for depth in range(symbols.shape[1]):
        longer = lengths > depth
        edges, inverse = np.unique(at[longer] * n_symbols + symbols[longer, depth], return_inverse=True)
        at[longer] = n_nodes + inverse
        n_nodes += len(edges)
        keys.append(edges)
    edges = np.concatenate(keys)
    children = np.full(n_nodes * n_symbols, -1, dtype=np.int32)
    children[edges] = np.arange(1, n_nodes)
    word_at = np.full(n_nodes, NO_WORD, dtype=np.int64)
    word_at[at] = numbers
    parents = np.append(0, edges // n_symbols)
    depths = np.repeat(np.arange(len(keys) + 1), [1, *map(len, keys)])
    return Lexicon(children.reshape(n_nodes, n_symbols), word_at, parents, depths, n_left_out)
