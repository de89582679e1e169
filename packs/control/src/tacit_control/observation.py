"""What a policy sees: observations of any shape, laid flat as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from tacit.errors import BadValue


@dataclass(frozen=True)
class ObservationSpace:
    """One of `n` choices, seen as one-of-n, or an array of `shape`, laid flat.

    Args:
        n: number of choices; None for an array.
        start: the first choice's own number.
        shape: of the array.
    """

    n: int | None = None
    start: int = 0
    shape: tuple[int, ...] = ()

    @staticmethod
    def of(space: spaces.Space[Any], name: str) -> ObservationSpace:
        """Return the description of a Gymnasium space.

        Raises:
            BadValue: a space that is neither Box nor Discrete; `name` is the environment's.
        """
        if isinstance(space, spaces.Discrete):
            return ObservationSpace(n=int(space.n), start=int(space.start))
        if isinstance(space, spaces.Box):
            return ObservationSpace(shape=tuple(map(int, space.shape)))
        raise BadValue(
            f"environment {name}",
            got=f"observations {space}",
            expected="Box or Discrete observations",
            do="Wrap it with gymnasium.wrappers.FlattenObservation and register the wrapped environment",
        )

    @property
    def width(self) -> int:
        """Numbers in a flat observation."""
        return self.n if self.n is not None else int(np.prod(self.shape))

    def is_single(self, observation: object) -> bool:
        """Whether `observation` is one, not several in a batch."""
        return np.ndim(observation) == len(self.shape)  # type: ignore[arg-type]

    def flat(self, batch: object) -> NDArray[np.float32]:
        """Return a batch of observations as the environment gives them, shape (row, width), float32.

        Raises:
            BadValue: observations of another shape.
        """
        if self.n is not None:
            choice = np.asarray(batch) - self.start
            if choice.ndim != 1 or choice.min() < 0 or choice.max() >= self.n:
                raise BadValue("observation", got=batch, expected=f"{self.n} numbers from {self.start} on")
            one_hot: NDArray[np.float32] = np.eye(self.n, dtype=np.float32)[choice]
            return one_hot
        rows = np.array(batch, dtype=np.float32)
        if rows.shape[1:] != self.shape:
            raise BadValue("observation", got=f"shape {rows.shape[1:]}", expected=f"shape {self.shape}")
        return rows.reshape(len(rows), self.width)
