"""Which tokens are real: positions, and the way between a padded batch and its real tokens alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


def positions(mask: Tensor) -> Tensor:
    """Return the place of each token among its row's real tokens, int64 like `mask`; padding has that of a neighbour.

    Args:
        mask: bool (row, column), True where a token is real.
    """
    return (mask.cumsum(dim=1) - 1).clamp_min_(0)


@dataclass(frozen=True)
class RealTokens:
    """Where the real tokens of a padded batch are, and where they go when each row begins in the first column.

    Args:
        shape: rows and columns of the padded batch.
        flat: index of each real token in the flattened batch, int64 (token,).
        position: place of each real token in its row, int64 (token,).
        longest: real tokens of the longest row.
        slot: index of each real token in the flattened batch (row, longest), int64 (token,).
    """

    shape: tuple[int, int]
    flat: Tensor
    position: Tensor
    longest: int
    slot: Tensor

    @classmethod
    def of(cls, mask: Tensor) -> RealTokens:
        """Find the real tokens of `mask`, bool (row, column)."""
        rows, columns = mask.shape
        longest = int(mask.sum(dim=1).max())
        flat = mask.reshape(-1).nonzero().squeeze(1)
        position = positions(mask).reshape(-1).index_select(0, flat)
        slot = torch.div(flat, columns, rounding_mode="floor") * longest + position
        return cls((rows, columns), flat, position, longest, slot)

    def spread(self, values: Tensor) -> Tensor:
        """Put a value a real token, (token, …), into rows that begin in the first column: (row, longest, …)."""
        rows = self.shape[0]
        room = values.new_zeros(rows * self.longest, *values.shape[1:])
        return room.index_copy(0, self.slot, values).view(rows, self.longest, *values.shape[1:])

    def gather(self, values: Tensor) -> Tensor:
        """Take the values of the real tokens out of what `spread` made: (row, longest, …) → (token, …)."""
        return values.flatten(0, 1).index_select(0, self.slot)

    def pad(self, values: Tensor) -> Tensor:
        """Put a value a real token back where the batch has it: (token, …) → (row, column, …), 0 at padding."""
        room = values.new_zeros(self.shape[0] * self.shape[1], *values.shape[1:])
        return room.index_copy(0, self.flat, values).view(*self.shape, *values.shape[1:])
