"""What every language model of this pack is: a causal model that maps tokens to hidden states and these to logits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ModelConfig:
    """The sizes of a causal model.

    Args:
        context_length: most tokens that the model sees at once.
        width: numbers in a hidden state.
        n_layers: blocks of attention and feed-forward.
        n_heads: attention heads in a block.
        vocabulary_size: tokens that there are.
    """

    context_length: int
    width: int
    n_layers: int
    n_heads: int
    vocabulary_size: int


class Cache(Protocol):
    """Keys and values of the tokens seen so far, so that the next token costs one step."""

    @property
    def n_columns(self) -> int:
        """Columns of tokens seen so far, padding included."""
        ...

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows alone, int64 (row,); a row may be named more than once."""
        ...


class CausalModel(nn.Module, ABC):
    """A model of the next token.

    Padding may stand left or right of a row's real tokens: position 0 is the first real token. The hidden state of
    padding means nothing, and real tokens never see it.
    """

    config: ModelConfig

    @abstractmethod
    def forward(self, tokens: Tensor, mask: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """Return the last hidden states.

        Args:
            tokens: int64 (row, column); with a cache, the columns after those that it holds.
            mask: bool (row, column), True where a token is real; all of them if absent.
            cache: what `start_cache` returned; the new columns are added to it.

        Returns:
            float (row, column, width).
        """

    @abstractmethod
    def logits(self, hidden: Tensor) -> Tensor:
        """Map hidden states (…, width) to the logits of the next token (…, vocabulary)."""

    @abstractmethod
    def start_cache(self, rows: int, columns: int) -> Cache:
        """Return an empty cache with room for `columns` tokens in each of `rows` rows."""

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device
