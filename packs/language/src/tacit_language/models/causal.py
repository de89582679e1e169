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

    def branched(
        self, prompts: Tensor, prompt_mask: Tensor, completions: Tensor, completion_mask: Tensor, owner: Tensor
    ) -> Tensor:
        """Return the last hidden states of completions of which several may follow one prompt.

        Args:
            prompts: int64 (prompt, P), padded on either side. prompt_mask: bool, True where a token is real.
            completions: int64 (text, L), padded on the right. completion_mask: bool likewise.
            owner: the prompt of each text, int64 (text,).

        Returns:
            float (text, 1 + L, width): first that of the prompt's last token, which predicts the completion's first
            token; then those of the completion's tokens. A model may compute each prompt but once.
        """
        before, mask = prompts[owner], prompt_mask[owner]
        hidden = self(torch.cat([before, completions], dim=1), torch.cat([mask, completion_mask], dim=1))
        column = torch.arange(before.shape[1], device=before.device)
        last = torch.where(mask, column, -1).amax(dim=1) if before.shape[1] else None
        first = hidden[:, :1] * 0 if last is None else hidden[torch.arange(len(hidden)), last.clamp_min(0)][:, None]
        return torch.cat([first, hidden[:, before.shape[1] :]], dim=1)

    def last_hidden(
        self, prompts: Tensor, prompt_mask: Tensor, completions: Tensor, completion_mask: Tensor, owner: Tensor
    ) -> Tensor:
        """Return the last hidden state of each text's last real token, (text, width); arguments as in `branched`."""
        hidden = self.branched(prompts, prompt_mask, completions, completion_mask, owner)
        return hidden[torch.arange(len(hidden), device=hidden.device), completion_mask.sum(dim=1)]

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device
