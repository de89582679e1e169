"""Prompts and completions as token ids side by side, and what they look like as a padded batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacit.errors import BadValue

Index = NDArray[np.intp]
Tokens = NDArray[np.int64]


@dataclass(frozen=True)
class Sequences:
    """Texts to be scored: a prompt each, and what follows it.

    Args:
        tokens: of all texts, one after the other, shape (token,).
        starts: where each text begins, and the end of the last, shape (text + 1,).
        prompt_length: how many of a text's first tokens are its prompt, shape (text,).
        n_cut: texts whose prompt lost its oldest tokens because the context was too short.
    """

    tokens: Tokens
    starts: Index
    prompt_length: Index
    n_cut: int = 0

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.starts) - 1

    @cached_property
    def lengths(self) -> Index:
        """Tokens of each text, shape (text,)."""
        return np.diff(self.starts)

    @cached_property
    def prompt_of(self) -> Index:
        """A number for each text, equal for those with the same prompt, shape (text,)."""
        numbers: dict[bytes, int] = {}
        ends = self.starts[:-1] + self.prompt_length
        rows = zip(self.starts[:-1].tolist(), ends.tolist(), strict=True)
        return np.array([numbers.setdefault(self.tokens[a:b].tobytes(), len(numbers)) for a, b in rows], np.intp)

    def prompt(self, text: int) -> Tokens:
        """Return the tokens of a text's prompt."""
        start = self.starts[text]
        return self.tokens[start : start + self.prompt_length[text]]

    def completion(self, text: int) -> Tokens:
        """Return the tokens after a text's prompt."""
        return self.tokens[self.starts[text] + self.prompt_length[text] : self.starts[text + 1]]


class Branches(NamedTuple):
    """A batch of texts in which every prompt stands once.

    Args:
        prompts: padded at the left, shape (prompt, P). prompt_mask: True for real tokens.
        completions: padded at the right, shape (text, L). completion_mask: True for real tokens.
        owner: the prompt of each text, shape (text,).
    """

    prompts: Tensor
    prompt_mask: Tensor
    completions: Tensor
    completion_mask: Tensor
    owner: Tensor


def sequences(
    prompts: Sequence[Sequence[int]], completions: Sequence[Sequence[int]], *, context_length: int
) -> Sequences:
    """Return prompts and completions as `Sequences` that fit a model's context.

    A prompt that is too long loses its oldest tokens, never the completion its last: it is the completion that is
    judged. An empty completion is a text like any other, read at the prompt's last token.

    Args:
        prompts: token ids of each. completions: token ids that follow each.
        context_length: most tokens of a text.

    Raises:
        BadValue: not as many prompts as completions, a text without any token, or a completion that is longer than the
            context; names the first such text.
    """
    if len(prompts) != len(completions):
        raise BadValue("sequences", got=f"{len(prompts)} prompts, {len(completions)} completions", expected="as many")
    parts: list[Tokens] = []
    lengths = np.zeros((len(prompts), 2), np.intp)
    n_cut = 0
    for i, (before, after) in enumerate(zip(prompts, completions, strict=True)):
        prompt, completion = np.asarray(before, np.int64), np.asarray(after, np.int64)
        if not len(prompt) + len(completion):
            raise BadValue(f"text {i}", got="no token at all", expected="a prompt, a completion or both")
        if len(completion) > context_length:
            raise BadValue(
                f"text {i}, completion",
                got=f"{len(completion)} tokens",
                expected=f"at most {context_length}, the model's context",
                do="Shorten it, or take a model with a longer context",
            )
        room = context_length - len(completion)
        if len(prompt) > room:
            prompt, n_cut = prompt[len(prompt) - room :], n_cut + 1
        parts += [prompt, completion]
        lengths[i] = len(prompt), len(completion)
    starts = np.append(0, np.cumsum(lengths.sum(axis=1)))
    return Sequences(np.concatenate(parts) if parts else np.zeros(0, np.int64), starts, lengths[:, 0], n_cut)


def branches(texts: Sequences, which: Index, *, device: str | torch.device = "cpu") -> Branches:
    """Return the texts numbered `which` as a padded batch in which every distinct prompt is computed once.

    Args:
        texts: all texts. which: numbers of those wanted, shape (text,). device: where the batch is to be.
    """
    _, at, owner = np.unique(texts.prompt_of[which], return_index=True, return_inverse=True)
    holders = which[at]
    prompts, prompt_mask = _padded([texts.prompt(int(i)) for i in holders], left=True)
    completions, completion_mask = _padded([texts.completion(int(i)) for i in which], left=False)
    arrays = (prompts, prompt_mask, completions, completion_mask, owner.reshape(-1).astype(np.int64))
    return Branches(*(torch.from_numpy(a).to(device) for a in arrays))


def _padded(rows: Sequence[Tokens], *, left: bool) -> tuple[Tokens, NDArray[np.bool_]]:
    width = max((len(r) for r in rows), default=0)
    tokens, mask = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), np.bool_)
    for i, row in enumerate(rows):
        here = slice(width - len(row), width) if left else slice(0, len(row))
        tokens[i, here], mask[i, here] = row, True
    return tokens, mask
