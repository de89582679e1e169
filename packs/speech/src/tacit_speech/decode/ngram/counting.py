"""Count n-grams of a text of any length: words are numbered in one pass, then each order is counted in pieces.

The numbers of the tokens lie in a temporary file, so that what must fit in memory is the table of different n-grams,
not the text.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.decode.ngram.model import BEGIN_ID, SPECIAL, UNKNOWN_ID, Ints, suffix_links
from tacit_speech.decode.ngram.text import UNKNOWN, Unit, sentences

PIECE = 2_000_000
"""Tokens that are counted at a time."""


@dataclass(frozen=True)
class NGramCounts:
    """How often each n-gram stands in a text, numbered as `NGram` numbers them.

    Args:
        unit: what a token is.
        vocabulary: tokens, ``<unk>``, ``<s>`` and ``</s>`` first.
        contexts: n-gram → number of its context, [n_ngrams + 1].
        words: n-gram → number of its last token, [n_ngrams + 1].
        counts: n-gram → occurrences, [n_ngrams + 1]; every token has its place, seen or not.
        sizes: n-grams of each order.
        n_sentences: lines that held tokens.
        n_tokens: tokens, without the marks of sentences.
    """

    unit: Unit
    vocabulary: tuple[str, ...]
    contexts: Ints
    words: Ints
    counts: Ints
    sizes: tuple[int, ...]
    n_sentences: int
    n_tokens: int

    @property
    def order(self) -> int:
        """Tokens of the longest n-gram."""
        return len(self.sizes)

    def suffixes(self) -> Ints:
        """Return n-gram → the same without its first token; a text that has the one has the other."""
        return suffix_links(self.contexts, self.words, self.sizes, len(self.vocabulary))


def count_ngrams(
    lines: Iterable[str],
    order: int,
    *,
    unit: Unit = Unit.WORD,
    vocabulary: Collection[str] | None = None,
    min_count: int = 1,
    where: str = "text",
) -> NGramCounts:
    """Count all n-grams up to `order`.

    Args:
        lines: a sentence each; read once, so that a file of any size will do.
        order: tokens of the longest n-gram, at least 1.
        unit: what a token is.
        vocabulary: the tokens to know; any other counts as ``<unk>``. All tokens of the text, if absent.
        min_count: a token seen less often counts as ``<unk>``.
        where: how a message names the text.

    Raises:
        BadValue: an order below 1, or a text without tokens.
    """
    if order < 1:
        raise BadValue("order of the language model", got=order, expected="1 or more")
    with tempfile.TemporaryFile() as file:
        first_seen, n_sentences = _number(sentences(lines, unit, where=where), file)
        n_all = file.tell() // 4
        if not n_sentences:
            raise BadValue(where, got="no tokens", expected="a sentence a line")
        seen = np.zeros(len(first_seen), dtype=np.int64)
        for piece in _pieces(file, n_all):
            seen += np.bincount(piece, minlength=len(first_seen))
        names = _vocabulary(first_seen, seen, vocabulary, min_count)
        renumber = _renumber(first_seen, names)
        levels = _levels(file, n_all, renumber, len(names), order)
    contexts, words, counts = (np.concatenate(parts) for parts in zip(*levels, strict=True))
    return NGramCounts(
        unit,
        names,
        np.append(0, contexts),
        np.append(0, words),
        np.append(0, counts),
        tuple(len(level[0]) for level in levels),
        n_sentences,
        n_all - 2 * n_sentences,
    )


def _number(texts: Iterator[list[str]], file: IO[bytes]) -> tuple[list[str], int]:
    """Write the numbers of all tokens to `file`, in the order in which they were first seen; return the tokens."""
    ids, n_sentences, held = {token: i for i, token in enumerate(SPECIAL)}, 0, array("i")
    begin, end = ids[SPECIAL[1]], ids[SPECIAL[2]]
    for tokens in texts:
        held.append(begin)
        held.extend([ids.setdefault(token, len(ids)) for token in tokens])
        held.append(end)
        n_sentences += 1
        if len(held) > PIECE:
            file.write(held.tobytes())
            held = array("i")
    file.write(held.tobytes())
    return list(ids), n_sentences


def _pieces(file: IO[bytes], n: int) -> Iterator[NDArray[np.int32]]:
    for start in range(0, n, PIECE):
        file.seek(4 * start)
        yield np.frombuffer(file.read(4 * PIECE), dtype=np.int32)


def _vocabulary(
    first_seen: list[str], seen: Ints, vocabulary: Collection[str] | None, min_count: int
) -> tuple[str, ...]:
    """Return the tokens to know, sorted behind the special ones: they do not depend on the order of the text."""
    if vocabulary is None:
        kept = {token for token, n in zip(first_seen, seen.tolist(), strict=True) if n >= min_count}
    else:
        kept = set(vocabulary)
    return (*SPECIAL, *sorted(kept.difference(SPECIAL)))


def _renumber(first_seen: list[str], names: tuple[str, ...]) -> Ints:
    ids = {name: i for i, name in enumerate(names)}
    return np.array([ids.get(token, UNKNOWN_ID) for token in first_seen], dtype=np.int64)


def _levels(file: IO[bytes], n: int, renumber: Ints, n_words: int, order: int) -> list[tuple[Ints, Ints, Ints]]:
    """Return context, last word and count of the n-grams of each order.

    A second temporary file holds, for each token, the number of the n-gram of the last order that ends there, 0 where
    a sentence is too young for one.
    """
    with tempfile.TemporaryFile() as ending:
        counts = np.zeros(n_words, dtype=np.int64)
        for tokens in _pieces(file, n):
            numbers: Ints = renumber[tokens]
            counts += np.bincount(numbers, minlength=n_words)
            ending.write((numbers + 1).tobytes())
        levels = [(np.zeros(n_words, dtype=np.int64), np.arange(n_words), counts)]
        n_before = n_words
        for _ in range(order - 1):
            table = _Tally()
            for keys, _ in _keys(file, ending, n, renumber, n_words):
                table.add(keys[keys >= 0])
            keys, counts = table.result()
            levels.append((keys // n_words, keys % n_words, counts))
            for piece, start in _keys(file, ending, n, renumber, n_words, backwards=True):
                numbers = np.where(piece >= 0, np.searchsorted(keys, piece) + 1 + n_before, 0)
                ending.seek(8 * start)
                ending.write(numbers.astype(np.int64).tobytes())
            n_before += len(keys)
    return levels


def _keys(
    file: IO[bytes], ending: IO[bytes], n: int, renumber: Ints, n_words: int, *, backwards: bool = False
) -> Iterator[tuple[Ints, int]]:
    """Yield ``context * n_words + word`` at each token of a piece, -1 where no n-gram ends; and where the piece starts.

    Backwards, a piece is yielded before the one whose end it looks at is overwritten.
    """
    starts = range(0, n, PIECE)
    for start in reversed(starts) if backwards else starts:
        file.seek(4 * start)
        words = renumber[np.frombuffer(file.read(4 * PIECE), dtype=np.int32)]
        ending.seek(8 * max(0, start - 1))
        contexts = np.frombuffer(ending.read(8 * (len(words) if start else len(words) - 1)), dtype=np.int64)
        contexts = contexts if start else np.append(0, contexts)
        yield np.where((contexts > 0) & (words != BEGIN_ID), contexts * n_words + words, -1), start


class _Tally:
    """Sorted keys with their counts, added to piece by piece; doubles in size before it is merged anew."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, Ints]] = []
        self._held, self._merged = 0, 0

    def add(self, keys: Ints) -> None:
        self._parts.append(np.unique(keys, return_counts=True))
        self._held += len(self._parts[-1][0])
        if self._held > 2 * self._merged + PIECE:
            self._parts = [self.result()]
            self._held = self._merged = len(self._parts[0][0])

    def result(self) -> tuple[Ints, Ints]:
        if not self._parts:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        keys, counts = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, dtype=np.int64)
        return keys[first], np.add.reduceat(counts, first) if len(keys) else counts


def known_share(counts: NGramCounts) -> float:
    """Return the share of the tokens of the text that are in the vocabulary."""
    unknown = int(counts.counts[1 + counts.vocabulary.index(UNKNOWN)])
    return 1 - unknown / counts.n_tokens
