"""How the next token is drawn: temperature, truncation of the tail, and a stream of random numbers for each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tacit.errors import BadValue


@dataclass(frozen=True)
class Sampling:
    """How completions are drawn.

    Args:
        max_new_tokens: most tokens of a completion.
        temperature: the logits are divided by it; 0 takes the likeliest token.
        top_k: draw from the `top_k` likeliest tokens alone; from all if None.
        top_p: draw from the likeliest tokens that together have at least this probability.
        stop: sequences of tokens that end a completion; the sequence belongs to it.
        min_new_tokens: a stop sequence before this many tokens ends nothing.
        cut_prompts: keep the end of a prompt that leaves no room in the model's context; refuse it otherwise.
    """

    max_new_tokens: int
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    stop: tuple[tuple[int, ...], ...] = ()
    min_new_tokens: int = 0
    cut_prompts: bool = False

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise BadValue("max_new_tokens", got=self.max_new_tokens, expected="a whole number above 0")
        if not 0 <= self.temperature < float("inf"):
            raise BadValue("temperature", got=self.temperature, expected="a number from 0 on")
        if self.top_k is not None and self.top_k < 1:
            raise BadValue("top_k", got=self.top_k, expected="a whole number above 0, or None")
        if not 0 < self.top_p <= 1:
            raise BadValue("top_p", got=self.top_p, expected="a probability above 0")
        if any(len(sequence) == 0 for sequence in self.stop):
            raise BadValue("stop", got="an empty sequence", expected="sequences of at least one token")


def uniform_rows(seed: int, first_row: int, rows: int, columns: int) -> Tensor:
    """Return numbers evenly from [0, 1), float64 (row, column).

    Row i has a stream of its own, known by the seed and `first_row` + i, so that what is drawn for a prompt does not
    hang on which others are in the batch.

    Source: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3, doi:10.1145/2063384.2063405 (Philox).
    """
    streams = (np.random.Generator(np.random.Philox(key=[seed, first_row + row])) for row in range(rows))
    return torch.from_numpy(np.stack([stream.random(columns) for stream in streams]))


def draw(logits: Tensor, uniform: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """Draw one token a row.

    Args:
        logits: float (row, vocabulary); may be overwritten.
        uniform: float64 (row,), the random numbers.
        sampling: how.

    Returns:
        Tokens, int64 (row,), and their log-probabilities under the softmax at the temperature (at 1 where it is 0) over
        the whole vocabulary, float (row,).
    """
    scaled = logits.float()
    if sampling.temperature not in (0.0, 1.0):
        scaled = scaled / sampling.temperature
    log_probs = scaled.log_softmax(dim=-1)
    if sampling.temperature == 0:
        token = log_probs.argmax(dim=-1)
    else:
        likelihood = _without_tail(log_probs, sampling).exp()
        reached = likelihood.cumsum(dim=-1, dtype=torch.float64)
        token = torch.searchsorted(reached, uniform[:, None] * reached[:, -1:], right=True).squeeze(1)
        token = token.clamp_max_(logits.shape[-1] - 1)
    return token, log_probs.gather(1, token[:, None]).squeeze(1)


def _without_tail(log_probs: Tensor, sampling: Sampling) -> Tensor:
    """Return the log-probabilities with minus infinity at what top-k and top-p leave out."""
    vocabulary = log_probs.shape[-1]
    if sampling.top_k is not None and sampling.top_k < vocabulary:
        least = log_probs.topk(sampling.top_k, dim=-1).values[:, -1:]
        log_probs = log_probs.masked_fill(log_probs < least, -torch.inf)
    if sampling.top_p < 1:
        ordered, order = log_probs.softmax(dim=-1).sort(dim=-1, descending=True, stable=True)
        needless = ordered.cumsum(dim=-1) - ordered >= sampling.top_p  # what stands before it is already enough
        log_probs = log_probs.masked_fill(torch.zeros_like(needless).scatter(1, order, needless), -torch.inf)
    return log_probs
