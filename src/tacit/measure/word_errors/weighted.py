"""Alignments at weighted costs, many pairs at a time, with sclite's choice between equally cheap ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.measure.word_errors.costs import Costs
from tacit.measure.word_errors.counts import Counts
from tacit.measure.word_errors.padded import Batch, batches

DIAGONAL, DELETE, INSERT = 0, 1, 2
"""Steps: a hit or a substitution; a deletion; an insertion."""

MOST_CELLS = 2_000_000_000


def weighted_steps(
    references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]], costs: Costs
) -> list[NDArray[np.uint8]]:
    """Return the cheapest steps from each reference to its hypothesis, an array of step codes a pair.

    Of equally cheap last steps a substitution or hit is preferred, then an insertion, then a deletion, as sclite does.

    Args:
        references: words, a sequence an utterance.
        hypotheses: words, as many sequences.
        costs: of the steps.

    Raises:
        BadValue: a pair of two thousand million cells or more.

    Source: Wagner and Fischer 1974, doi:10.1145/321796.321811; the costs and the order of preference are those of NIST
    SCTK's sclite (network alignment by dynamic programming).
    """
    steps: list[NDArray[np.uint8]] = [np.zeros(0, dtype=np.uint8)] * len(references)
    for batch in batches(references, hypotheses):
        traced, first = _traced(batch, _choices(batch, costs))
        for row, begin, codes in zip(batch.rows, first, traced, strict=True):
            steps[row] = codes[begin:]
    return steps


def weighted_counts(references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]], costs: Costs) -> Counts:
    """Return the counts of pairs of word sequences, aligned at `costs`.

    Args:
        references: words, a sequence an utterance.
        hypotheses: words, as many sequences.
        costs: of the steps.

    Source: as `weighted_steps`.
    """
    counted = np.zeros((len(references), 4), dtype=np.int64)
    steps = weighted_steps(references, hypotheses, costs)
    for row, (reference, hypothesis, codes) in enumerate(zip(references, hypotheses, steps, strict=True)):
        deletions, insertions = int((codes == DELETE).sum()), int((codes == INSERT).sum())
        i, j = np.cumsum(codes != INSERT) - 1, np.cumsum(codes != DELETE) - 1
        both = codes == DIAGONAL
        hits = sum(reference[a] == hypothesis[b] for a, b in zip(i[both], j[both], strict=True))
        counted[row] = hits, int(both.sum()) - hits, deletions, insertions
    return Counts(*counted.T)


def _choices(batch: Batch, costs: Costs) -> NDArray[np.uint8]:
    """Return the best last step to each cell, shape (d, pair, i), where d = i + j counts words of both sides."""
    n_pairs, n, m = len(batch.rows), batch.reference.shape[1], batch.backwards.shape[1]
    if n_pairs * (n + 1) * (n + m + 1) > MOST_CELLS:
        got = f"a reference of {n:,} and a hypothesis of {m:,} words in one utterance"
        raise BadValue(f"costs {costs.name!r}", got=got, expected="shorter ones", do="Use --costs unit, or split it")
    choices = np.empty((n + m + 1, n_pairs, n + 1), dtype=np.uint8)
    choices[:, :, 0] = INSERT
    far = np.int64(1) << 40
    before, now = np.full((n_pairs, n + 1), far), np.full((n_pairs, n + 1), far)
    now[:, 0] = 0
    for d in range(1, n + m + 1):
        before, now, two_back = now, np.full((n_pairs, n + 1), far), before
        if d <= m:
            now[:, 0] = d * costs.insertion
        first, last = batch.diagonal(d)
        if d <= n:
            now[:, d] = d * costs.deletion
            choices[d, :, d] = DELETE
        if first > last:
            continue
        here, above = slice(first, last + 1), slice(first - 1, last)
        both = two_back[:, above] + np.where(batch.matches(first, last, d), 0, costs.substitution)
        deleted, inserted = before[:, above] + costs.deletion, before[:, here] + costs.insertion
        one = np.where(deleted < inserted, np.uint8(DELETE), np.uint8(INSERT))
        cheaper = np.minimum(deleted, inserted)
        now[:, here] = np.minimum(both, cheaper)
        choices[d, :, here] = np.where(both <= cheaper, np.uint8(DIAGONAL), one)
    return choices


def _traced(batch: Batch, choices: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the steps of each pair, at the end of its row, and where they begin."""
    i, j = batch.n_reference.copy(), batch.n_hypothesis.copy()
    pair = np.arange(len(i))
    longest = int((i + j).max(initial=0))
    steps = np.zeros((len(i), longest), dtype=np.uint8)
    first = np.full(len(i), longest)
    while len(going := pair[(i > 0) | (j > 0)]):
        step = choices[i[going] + j[going], going, i[going]]
        first[going] -= 1
        steps[going, first[going]] = step
        i[going] -= step != INSERT
        j[going] -= step != DELETE
    return steps, first
