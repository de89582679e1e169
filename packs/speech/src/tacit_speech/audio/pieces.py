"""Cut a long recording where it is quiet, as it is decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

QUIET_S = 0.02
"""How long a stretch is listened to for quiet."""


def pieces(
    blocks: Iterable[NDArray[np.float32]], sample_rate_hz: int, *, longest_s: float = 30.0
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Yield the pieces of a recording and where each begins, in seconds.

    A recording no longer than `longest_s` is one piece. A longer one is cut at the quietest moment of the last third of
    each stretch so long, so that no more than that is ever held in memory.

    Args:
        blocks: the samples as they come, shape (samples,) each.
        sample_rate_hz: of the samples.
        longest_s: of a piece.
    """
    longest = max(1, round(longest_s * sample_rate_hz))
    held = np.zeros(0, np.float32)
    begin = 0
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) > longest:
            end = _quietest(held, longest, max(1, round(QUIET_S * sample_rate_hz)))
            yield begin / sample_rate_hz, held[:end]
            held, begin = held[end:], begin + end
    if len(held):
        yield begin / sample_rate_hz, held


def _quietest(samples: NDArray[np.float32], longest: int, stretch: int) -> int:
    """Return the middle of the quietest stretch in the last third of the first `longest` samples."""
    first = longest - max(longest // 3, 1)
    energy = np.concatenate([[0.0], np.cumsum(samples[first:longest].astype(np.float64) ** 2)])
    if len(energy) <= stretch:
        return longest
    return first + int((energy[stretch:] - energy[:-stretch]).argmin()) + stretch // 2
