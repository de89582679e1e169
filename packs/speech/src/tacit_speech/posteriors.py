"""What an acoustic model says of a recording, and all that a decoder needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.alphabet import Alphabet


@dataclass(frozen=True, eq=False)
class Posteriors:
    """Log-posteriors of a recording's frames.

    Args:
        log_posteriors: natural logarithms, float32, shape (frames, symbols); column 0 is the blank, and every row is a
            distribution.
        alphabet: what the columns stand for; ``len(alphabet)`` of them.
        frame_s: seconds from the beginning of one row to that of the next.
        start_s: where in the recording the first row begins.

    Raises:
        BadValue: another shape or type, or a duration that is not positive.
    """

    log_posteriors: NDArray[np.float32]
    alphabet: Alphabet
    frame_s: float
    start_s: float = 0.0

    def __post_init__(self) -> None:
        table = self.log_posteriors
        if table.ndim != 2 or table.shape[1] != len(self.alphabet) or table.dtype != np.float32:
            raise BadValue(
                "log_posteriors",
                got=f"{table.dtype} of shape {table.shape}",
                expected=f"float32 of shape (frames, {len(self.alphabet)})",
            )
        if not self.frame_s > 0:
            raise BadValue("frame_s", got=self.frame_s, expected="a positive number of seconds")

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.log_posteriors)
