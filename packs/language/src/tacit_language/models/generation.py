"""Writing completions: in batches, with a cache of keys and values, each row from random numbers of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tacit.errors import BadValue
from tacit_language.models.causal import Cache, CausalModel
from tacit_language.models.completions import Completions
from tacit_language.models.sampling import Sampling, draw, uniform_rows

ROWS_AT_ONCE = 64


def generate(
    model: CausalModel,
    prompts: Sequence[Sequence[int]],
    sampling: Sampling,
    *,
    seed: int,
    rows_at_once: int = ROWS_AT_ONCE,
    pad_id: int = 0,
    first_row: int = 0,
) -> Completions:
    """Write one completion after each prompt; repeat a prompt to have several.

    Args:
        model: the model; it is put in evaluation mode while it writes.
        prompts: tokens of each prompt, at least one.
        sampling: how tokens are drawn and what ends a completion.
        seed: the same seed writes the same, whatever the batch, as far as rounding lets it: row i draws from a stream
            known by the seed and `first_row` + i alone.
        rows_at_once: rows of a batch; prompts of like length go together.
        pad_id: the token put where none is real.
        first_row: number of the first prompt, for a caller that brings them in parts.

    Returns:
        The completions, in the order of the prompts.

    Raises:
        BadValue: no prompts, an empty one, a token that the vocabulary lacks, or one too long for the context.
    """
    fitting = _check(model, prompts, sampling)
    order = sorted(range(len(fitting)), key=lambda row: len(fitting[row]))
    parts: list[tuple[list[int], Completions]] = []
    trained = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for start in range(0, len(order), rows_at_once):
                rows = order[start : start + rows_at_once]
                uniform = torch.cat(
                    [uniform_rows(seed, first_row + row, 1, sampling.max_new_tokens) for row in rows]
                ).to(model.device)
                tokens, mask = pad_left([fitting[row] for row in rows], pad_id)
                written = _Writing(model, tokens.to(model.device), mask.to(model.device), sampling, uniform, pad_id)
                parts.append((rows, written.run()))
    finally:
        model.train(trained)
    return _in_order(parts, pad_id)


def pad_left(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor]:
    """Return rows of tokens of different length as one batch, padded on the left: tokens int64 and mask bool."""
    longest = max(map(len, rows))
    tokens = torch.full((len(rows), longest), pad_id, dtype=torch.int64)
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for index, row in enumerate(rows):
        tokens[index, longest - len(row) :] = torch.as_tensor(row, dtype=torch.int64)
        mask[index, longest - len(row) :] = True
    return tokens, mask


def pad_right(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor]:
    """Return rows of tokens of different length as one batch, padded on the right: tokens int64 and mask bool."""
    longest = max(map(len, rows))
    tokens = torch.full((len(rows), longest), pad_id, dtype=torch.int64)
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for index, row in enumerate(rows):
        tokens[index, : len(row)] = torch.as_tensor(row, dtype=torch.int64)
        mask[index, : len(row)] = True
    return tokens, mask


class _Writing:
    """One batch being written; rows that have ended leave it when they are many."""

    def __init__(
        self, model: CausalModel, tokens: Tensor, mask: Tensor, sampling: Sampling, uniform: Tensor, pad_id: int
    ) -> None:
        self.model, self.prompt, self.prompt_mask, self.sampling, self.uniform = model, tokens, mask, sampling, uniform
        rows, columns = tokens.shape[0], sampling.max_new_tokens
        self.written = torch.full((rows, columns), pad_id, dtype=torch.int64, device=tokens.device)
        self.log_probs = torch.zeros(rows, columns, device=tokens.device)
        self.real = torch.zeros(rows, columns, dtype=torch.bool, device=tokens.device)
        self.finished = torch.zeros(rows, dtype=torch.bool, device=tokens.device)
        self.stops = [torch.tensor(stop, device=tokens.device) for stop in sampling.stop]

    def run(self) -> Completions:
        """Write until every row has ended."""
        rows = len(self.prompt)
        cache, hidden = self._read_prompts()
        here = torch.arange(rows, device=self.prompt.device)  # the rows that are in the cache
        for column in range(self.sampling.max_new_tokens):
            token, log_prob = draw(self.model.logits(hidden[:, -1]), self.uniform[here, column], self.sampling)
            ended_before = self.finished[here]
            self.written[here, column] = torch.where(ended_before, self.written[here, column], token)
            self.log_probs[here, column] = torch.where(ended_before, 0.0, log_prob)
            self.real[here, column] = ~ended_before
            if self.stops:
                self.finished[here] |= self._stopped(here, column)
                going_on = ~self.finished[here]
                n = int(going_on.sum())
                if n == 0:
                    break
                if 2 * n <= len(here):
                    kept = going_on.nonzero().squeeze(1)
                    cache.keep(kept)
                    here, token = here[kept], token[kept]
            if column + 1 < self.sampling.max_new_tokens:
                hidden = self.model(token[:, None], None, cache)
        used = int(self.real.any(dim=0).sum())
        return Completions(
            tokens=torch.cat([self.prompt, self.written[:, :used]], dim=1),
            prompt_mask=self.prompt_mask,
            completion_mask=self.real[:, :used],
            log_probs=self.log_probs[:, :used],
            finished=self.finished,
        )

    def _read_prompts(self) -> tuple[Cache, Tensor]:
        """Return the cache of the prompts and their last hidden states; a prompt that stands twice is read once."""
        both = torch.where(self.prompt_mask, self.prompt, -1)
        _, which = both.unique(dim=0, return_inverse=True)  # type: ignore[no-untyped-call]
        first = torch.full((int(which.max()) + 1,), len(both), device=both.device)
        first = first.scatter_reduce(0, which, torch.arange(len(both), device=both.device), "amin")
        mask = self.prompt_mask[first]
        cache = self.model.start_cache(len(first), both.shape[1] + self.sampling.max_new_tokens - 1)
        hidden = self.model(self.prompt[first], None if bool(mask.all()) else mask, cache)[:, -1:]
        if len(first) < len(both) or not torch.equal(which, torch.arange(len(both), device=both.device)):
            cache.keep(which)
            hidden = hidden[which]
        return cache, hidden

    def _stopped(self, here: Tensor, column: int) -> Tensor:
        """Return which of the rows end with a stop sequence after `column`."""
        stopped = torch.zeros(len(here), dtype=torch.bool, device=here.device)
        if column + 1 >= self.sampling.min_new_tokens:
            for stop in self.stops:
                start = column + 1 - len(stop)
                if start >= 0:
                    stopped |= (self.written[here, start : column + 1] == stop).all(dim=1)
        return stopped


def _check(model: CausalModel, prompts: Sequence[Sequence[int]], sampling: Sampling) -> list[Sequence[int]]:
    """Return the prompts, cut if that is asked for."""
    if not prompts:
        raise BadValue("prompts", got="none", expected="at least one")
    room = model.config.context_length - sampling.max_new_tokens
    if room < 1:
        context = f"fewer than the context of {model.config.context_length} tokens"
        raise BadValue("max_new_tokens", got=sampling.max_new_tokens, expected=context)
    fitting: list[Sequence[int]] = []
    for number, prompt in enumerate(prompts):
        where = f"prompt {number}"
        if not len(prompt):
            raise BadValue(where, got="no token", expected="at least one", do="Begin it with the end-of-text token")
        if not 0 <= min(prompt) <= max(prompt) < model.config.vocabulary_size:
            size = model.config.vocabulary_size
            raise BadValue(where, got=f"token {max(prompt)}", expected=f"tokens below {size}, the model's vocabulary")
        if len(prompt) > room and not sampling.cut_prompts:
            raise BadValue(
                where,
                got=f"{len(prompt)} tokens",
                expected=f"at most {room}, the context of {model.config.context_length} less max_new_tokens",
                do="Shorten it, write fewer tokens, or set cut_prompts to keep its end",
            )
        fitting.append(prompt[-room:])
    return fitting


def _in_order(parts: list[tuple[list[int], Completions]], pad_id: int) -> Completions:
    """Join batches, bring them to equal width and put the rows back in the order of the prompts."""
    left = max(part.prompt_mask.shape[1] for _, part in parts)
    right = max(part.completion_mask.shape[1] for _, part in parts)
    back = torch.tensor([row for rows, _ in parts for row in rows]).argsort().to(parts[0][1].tokens.device)

    def joined(name: str, fill: float, *, prompt: bool, completion: bool) -> Tensor:
        wide = []
        for _, part in parts:
            more_left = (left - part.prompt_mask.shape[1]) * prompt
            more_right = (right - part.completion_mask.shape[1]) * completion
            wide.append(torch.nn.functional.pad(getattr(part, name), (more_left, more_right), value=fill))
        return torch.cat(wide)[back]

    return Completions(
        tokens=joined("tokens", pad_id, prompt=True, completion=True),
        prompt_mask=joined("prompt_mask", False, prompt=True, completion=False),
        completion_mask=joined("completion_mask", False, prompt=False, completion=True),
        log_probs=joined("log_probs", 0.0, prompt=False, completion=True),
        finished=torch.cat([part.finished for _, part in parts])[back],
    )
