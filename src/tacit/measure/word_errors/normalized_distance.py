"""The length-normalised edit distance: the least weight of an editing path in proportion to its own length."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tacit.measure.word_errors.costs import UNIT, Costs
from tacit.measure.word_errors.padded import Batch, batches

Integers = NDArray[np.int64]

FAR = np.int64(1) << 60


def normalized_edit_distances(
    references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]], costs: Costs = UNIT
) -> list[Fraction]:
    """Return min W(P) / L(P) over the editing paths P of each pair: exactly, as a fraction.

    W is the weight of a path and L how many operations it has, those that change nothing included. It is not the edit
    distance divided by a length: the path of least weight need not be the one of least weight in proportion. Two empty
    sequences are at distance 0.

    The minimum is found by fractional programming: with λ the ratio of some path, the path that minimises W − λL has a
    smaller ratio or the same one, and in the latter case it is the least. Numerators and denominators are whole
    numbers, so that equality is exact.

    Args:
        references: words, a sequence an utterance; strings of characters do as well.
        hypotheses: likewise, as many.
        costs: whole-numbered weights of the operations.

    Returns:
        Fractions from 0; at unit costs, up to 1.

    Source: Marzal and Vidal 1993, definition 1, doi:10.1109/34.232078; the fractional programme of Vidal, Marzal, Aibar
    1995, section 3, doi:10.1109/34.406656; Dinkelbach 1967, doi:10.1287/mnsc.13.7.492.

    Example:
        >>> normalized_edit_distances(["ab"], ["ba"])
        [Fraction(2, 3)]
    """
    distances = [Fraction(0)] * len(references)
    for batch in batches(references, hypotheses):
        weight, length = _least(batch, costs)
        for row, w, n in zip(batch.rows.tolist(), weight.tolist(), length.tolist(), strict=True):
            distances[row] = Fraction(w, n) if n else Fraction(0)
    return distances


def _least(batch: Batch, costs: Costs) -> tuple[Integers, Integers]:
    """Return weight and length of the path of least ratio, each of shape (pair,)."""
    # Begin with the path that deletes and inserts everything; its ratio is a weighted mean of the two costs.
    weight = batch.n_reference * costs.deletion + batch.n_hypothesis * costs.insertion
    length = batch.n_reference + batch.n_hypothesis
    going = np.flatnonzero(weight > 0)
    while len(going):
        value, steps = _parametric(batch.of(going), costs, weight[going], length[going])
        better = value < 0
        improved = going[better]
        # value = old L · W − old W · L, so that W = (value + old W · L) / old L without a remainder
        new = (value[better] + weight[improved] * steps[better]) // length[improved]
        weight[improved], length[improved] = new, steps[better]
        going = improved[new > 0]
    return weight, length


def _parametric(batch: Batch, costs: Costs, weight: Integers, length: Integers) -> tuple[Integers, Integers]:
    """Return the least of `length` · W − `weight` · L over all paths, and the L that has it, each of shape (pair,)."""
    n, m = batch.reference.shape[1], batch.backwards.shape[1]
    p, q = weight[:, None], length[:, None]
    hit, substituted = -p, q * costs.substitution - p
    deleted, inserted = q * costs.deletion - p, q * costs.insertion - p
    shape = (len(batch.rows), n + 1)
    before, now = np.full(shape, FAR), np.full(shape, FAR)
    long_before, long_now = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    now[:, 0] = 0
    last_d = batch.n_reference + batch.n_hypothesis
    value, steps = np.zeros(len(batch.rows), dtype=np.int64), np.zeros(len(batch.rows), dtype=np.int64)
    for d in range(1, n + m + 1):
        two, before, now = before, now, np.full(shape, FAR)
        long_two, long_before, long_now = long_before, long_now, np.full(shape, d, dtype=np.int32)
        if d <= m:
            now[:, :1] = d * inserted
        if d <= n:
            now[:, d : d + 1] = d * deleted
        first, last = batch.diagonal(d)
        if first <= last:
            here, above = slice(first, last + 1), slice(first - 1, last)
            best = before[:, above] + deleted
            lengths = long_before[:, above] + 1
            other = before[:, here] + inserted
            lengths = np.where(other < best, long_before[:, here] + 1, lengths)
            best = np.minimum(best, other)
            other = two[:, above] + np.where(batch.matches(first, last, d), hit, substituted)
            long_now[:, here] = np.where(other < best, long_two[:, above] + 1, lengths)
            now[:, here] = np.minimum(best, other)
        ended = np.flatnonzero(last_d == d)
        value[ended] = now[ended, batch.n_reference[ended]]
        steps[ended] = long_now[ended, batch.n_reference[ended]]
    return value, steps
