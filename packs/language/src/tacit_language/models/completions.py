"""Completions: what a model wrote after prompts, with the log-probability of each token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Completions:
    """Prompts and what a model wrote after them, one row a completion.

    Every completion begins in the same column: prompts are padded on the left, completions on the right. A token that
    ended a completion, such as the end of the text, belongs to it.

    Args:
        tokens: int64 (row, prompt columns + completion columns).
        prompt_mask: bool (row, prompt column), True where a token is real.
        completion_mask: bool (row, completion column), True where a token is real.
        log_probs: float (row, completion column), natural logarithm of each token's probability under the model's
            softmax at the sampling temperature, over the whole vocabulary; 0 where no token is real.
        finished: bool (row,), whether a stop sequence ended it, and not the limit of tokens.
    """

    tokens: Tensor
    prompt_mask: Tensor
    completion_mask: Tensor
    log_probs: Tensor
    finished: Tensor

    def __len__(self) -> int:
        """Return the number of completions."""
        return self.tokens.shape[0]

    @property
    def prompt_columns(self) -> int:
        """Columns before the first token of the completions."""
        return self.prompt_mask.shape[1]

    @cached_property
    def mask(self) -> Tensor:
        """Return which tokens are real, prompt and completion, bool like `tokens`."""
        return torch.cat([self.prompt_mask, self.completion_mask], dim=1)

    @property
    def lengths(self) -> Tensor:
        """Tokens of each completion, int64 (row,)."""
        return self.completion_mask.sum(dim=1)

    def prompts(self) -> list[list[int]]:
        """Return the tokens of each prompt, without padding."""
        return _rows(self.tokens[:, : self.prompt_columns], self.prompt_mask)

    def texts(self) -> list[list[int]]:
        """Return the tokens of each completion, without padding."""
        return _rows(self.tokens[:, self.prompt_columns :], self.completion_mask)

    def take(self, rows: Tensor) -> Completions:
        """Return the completions `rows`, int64 (row,) or bool, without columns that none of them uses."""
        prompt, completion = self.prompt_mask[rows], self.completion_mask[rows]
        first = int((~prompt).all(dim=0).sum())
        last = int(completion.any(dim=0).sum())
        end = self.prompt_columns + last
        return Completions(
            tokens=self.tokens[rows][:, first:end],
            prompt_mask=prompt[:, first:],
            completion_mask=completion[:, :last],
            log_probs=self.log_probs[rows][:, :last],
            finished=self.finished[rows],
        )

    def truncate_at(self, token: int, *, after: int) -> Completions:
        """End each completion with its first `token` at or behind place `after`, counted from 0.

        Returns:
            The shorter completions; `finished` says which of them had such a token. The others are left whole, for the
            caller to give a fixed low score.

        Source: Ziegler et al. 2019, section 2.2, arXiv:1909.08593 (the first full stop from the 16th token on).
        """
        written = self.tokens[:, self.prompt_columns :]
        column = torch.arange(written.shape[1], device=written.device)
        ends = (written == token) & self.completion_mask & (column >= after)
        found = ends.any(dim=1)
        last = torch.where(found, ends.to(torch.int8).argmax(dim=1), written.shape[1])
        mask = self.completion_mask & (column <= last[:, None])
        return replace(self, completion_mask=mask, log_probs=self.log_probs * mask, finished=found)


def _rows(tokens: Tensor, mask: Tensor) -> list[list[int]]:
    return [row[real].tolist() for row, real in zip(tokens.cpu(), mask.cpu(), strict=True)]
