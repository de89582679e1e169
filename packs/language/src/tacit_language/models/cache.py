"""The cache of the own model: keys and values in room laid out beforehand."""

from __future__ import annotations

import torch
from torch import Tensor


class KeyValueCache:
    """Keys and values of every layer, and which of the tokens behind them are real.

    Args:
        n_layers: layers.
        rows: rows of the batch.
        n_heads: heads of a layer.
        columns: most tokens of a row.
        head_width: numbers in a key.
        like: a tensor of the device and type that keys shall have.
    """

    def __init__(self, n_layers: int, rows: int, n_heads: int, columns: int, head_width: int, like: Tensor) -> None:
        self._keys = like.new_empty(n_layers, rows, n_heads, columns, head_width)
        self._values = torch.empty_like(self._keys)
        self._mask = torch.zeros(rows, columns, dtype=torch.bool, device=like.device)
        self._n_columns, self._padded = 0, False

    @property
    def n_columns(self) -> int:
        """Columns of tokens seen so far, padding included."""
        return self._n_columns

    @property
    def device(self) -> torch.device:
        """Where the keys are."""
        return self._keys.device

    @property
    def room(self) -> int:
        """Columns that are still free."""
        return self._mask.shape[1] - self._n_columns

    @property
    def mask(self) -> Tensor | None:
        """Which columns so far hold a real token, bool (row, column); None where all do."""
        return self._mask[:, : self._n_columns] if self._padded else None

    @property
    def lengths(self) -> Tensor:
        """Real tokens of each row, int64 (row,)."""
        return self._mask[:, : self._n_columns].sum(dim=1)

    def extend(self, rows: int, columns: int, mask: Tensor | None) -> None:
        """Make room for new columns, of which `mask` says which are real; `put` then fills them, a layer at a time."""
        end = self._n_columns + columns
        new = self._mask[:rows, self._n_columns : end]
        if mask is None:
            new.fill_(True)
        else:
            new.copy_(mask)
            self._padded = self._padded or not bool(mask.all())
        self._n_columns = end

    def put(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Store the new columns' keys and values (row, head, column, width); return those of all columns so far."""
        end = self._n_columns
        keys, values = self._keys[layer, :, :, :end], self._values[layer, :, :, :end]
        start = end - key.shape[2]
        keys[:, :, start:].copy_(key)
        values[:, :, start:].copy_(value)
        return keys, values

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows alone, int64 (row,)."""
        self._keys = self._keys.index_select(1, rows)
        self._values = self._values.index_select(1, rows)
        self._mask = self._mask.index_select(0, rows)
        self._padded = self._padded and not bool(self._mask[:, : self._n_columns].all())
