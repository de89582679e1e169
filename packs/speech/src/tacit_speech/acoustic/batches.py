"""Which utterances are seen together, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

POOL_BATCHES = 16
"""Batches' worth of shuffled utterances that are sorted by length together: little padding, yet a random order."""


def epoch_batches(
    lengths: Sequence[int] | NDArray[np.integer],
    *,
    size: int,
    most_frames: int,
    epoch: int,
    seed: int,
    sorta_grad: bool = True,
) -> list[NDArray[np.int64]]:
    """Return the batches of an epoch as rows of the corpus, in the order in which they are seen.

    The first epoch goes from short to long utterances (SortaGrad): long ones are hard, and their gradients large, while
    the network knows nothing. The others are random, but utterances of like length stand together.

    Args:
        lengths: frames of each utterance, shape (utterances,).
        size: most utterances a batch.
        most_frames: most frames a batch, its padding included; a longer utterance stands alone.
        epoch: counted from 0.
        seed: of the order; the same seed and epoch give the same batches.
        sorta_grad: whether the first epoch is sorted.

    Source: Amodei et al. 2016, section 3.3 (SortaGrad), arXiv:1512.02595.
    """
    frames = np.asarray(lengths, np.int64)
    by_length = np.argsort(frames, kind="stable")
    if epoch == 0 and sorta_grad:
        return _cut(by_length, frames, size, most_frames)
    random = np.random.default_rng([seed, epoch])
    shuffled = random.permutation(len(frames))
    batches: list[NDArray[np.int64]] = []
    for first in range(0, len(shuffled), size * POOL_BATCHES):
        pool = shuffled[first : first + size * POOL_BATCHES]
        batches += _cut(pool[np.argsort(frames[pool], kind="stable")], frames, size, most_frames)
    return [batches[number] for number in random.permutation(len(batches))]


def _cut(rows: NDArray[np.int64], frames: NDArray[np.int64], size: int, most_frames: int) -> list[NDArray[np.int64]]:
    """Cut rows, sorted by length, into batches."""
    batches, begin = [], 0
    for end in range(1, len(rows) + 1):
        full = end - begin == size
        # The next row is the longest so far, so that the batch would be padded to its length.
        overflows = end < len(rows) and (end - begin + 1) * frames[rows[end]] > most_frames
        if full or overflows or end == len(rows):
            batches.append(rows[begin:end])
            begin = end
    return batches
