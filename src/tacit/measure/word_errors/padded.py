"""Pairs of word sequences of like length, as padded arrays of whole numbers that are walked by anti-diagonals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

CELLS_A_BATCH = 4_000_000
PAD_REFERENCE, PAD_HYPOTHESIS = -1, -2


@dataclass(frozen=True)
class Batch:
    """Pairs that are aligned together.

    Args:
        rows: their places in the whole list, shape (pair,).
        reference: codes of the reference words, padded with −1, shape (pair, longest reference).
        backwards: codes of the hypothesis words in reverse order, padding (−2) first, shape (pair, longest hypothesis).
        n_reference: lengths, shape (pair,).
        n_hypothesis: lengths, shape (pair,).
    """

    rows: Integers
    reference: NDArray[np.int32]
    backwards: NDArray[np.int32]
    n_reference: Integers
    n_hypothesis: Integers

    def of(self, some: Integers) -> Batch:
        """Return some of the pairs, by their places in the batch."""
        return Batch(
            self.rows[some],
            self.reference[some],
            self.backwards[some],
            self.n_reference[some],
            self.n_hypothesis[some],
        )

    def diagonal(self, d: int) -> tuple[int, int]:
        """Return the first and last number of reference words, from 1, that leave 1 or more of d to the hypothesis."""
        return max(1, d - self.backwards.shape[1]), min(self.reference.shape[1], d - 1)

    def matches(self, first: int, last: int, d: int) -> NDArray[np.bool_]:
        """Return whether reference word i and hypothesis word d − i are the same, i = first … last."""
        at = self.backwards.shape[1] - d + first
        return np.equal(self.reference[:, first - 1 : last], self.backwards[:, at : at + last - first + 1])


def batches(references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]) -> Iterator[Batch]:
    """Yield the pairs in batches of like length, each of a few million cells.

    Args:
        references: words, a sequence an utterance.
        hypotheses: words, as many sequences.
    """
    n = np.fromiter(map(len, references), dtype=np.int64, count=len(references))
    m = np.fromiter(map(len, hypotheses), dtype=np.int64, count=len(hypotheses))
    code_of: dict[str, int] = {}
    number = count()
    for word in chain.from_iterable(chain(references, hypotheses)):
        if word not in code_of:
            code_of[word] = next(number)
    order = np.lexsort((m, n))
    begin = 0
    while begin < len(order):
        end = _end_of_batch(n[order], m[order], begin)
        rows = order[begin:end]
        yield Batch(
            rows,
            _filled([references[r] for r in rows], code_of, PAD_REFERENCE),
            _filled([hypotheses[r] for r in rows], code_of, PAD_HYPOTHESIS)[:, ::-1],
            n[rows],
            m[rows],
        )
        begin = end


def _end_of_batch(n: Integers, m: Integers, begin: int) -> int:
    """Return where the batch from `begin` ends: before its padded cells become too many; it holds one pair at least."""
    tallest = np.maximum.accumulate(n[begin:] + 1)
    widest = np.maximum.accumulate(m[begin:] + 1)
    cells = np.arange(1, len(n) - begin + 1) * tallest * (tallest + widest)
    return begin + max(1, int(np.searchsorted(cells, CELLS_A_BATCH, side="right")))


def _filled(sequences: Sequence[Sequence[str]], code_of: dict[str, int], pad: int) -> NDArray[np.int32]:
    lengths = np.fromiter(map(len, sequences), dtype=np.int64, count=len(sequences))
    rows = np.full((len(sequences), int(lengths.max(initial=0))), pad, dtype=np.int32)
    codes = map(code_of.__getitem__, chain.from_iterable(sequences))
    rows[np.arange(rows.shape[1]) < lengths[:, None]] = np.fromiter(codes, dtype=np.int32, count=int(lengths.sum()))
    return rows
