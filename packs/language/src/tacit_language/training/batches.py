"""Batches of tokens, each of which hangs on the seed and the step alone, so that a resumed run sees the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacit.errors import BadValue
from tacit_language.models import Tokenizer


class Batch(NamedTuple):
    """Tokens to learn from.

    Args:
        tokens: int64 (row, column).
        mask: bool (row, column), True where a token is real; None if all are.
        targets: bool (row, column), True where a token's loss counts; None if all but the first of each row do.
    """

    tokens: Tensor
    mask: Tensor | None
    targets: Tensor | None


class Batches(Protocol):
    """What a model is trained on."""

    def batch(self, step: int) -> Batch:
        """Return the batch of a step, counted from 0; the same step has always the same batch."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of all that the batches are made of."""
        ...


class TextBatches:
    """Windows of one long text, each beginning anywhere: for language modelling.

    Args:
        tokens: the text, shape (token,).
        length: tokens of a window that are predicted.
        rows: windows of a batch.
        seed: of where the windows begin.

    Raises:
        BadValue: the text is shorter than one window.
    """

    def __init__(self, tokens: Sequence[int] | NDArray[np.integer], *, length: int, rows: int, seed: int) -> None:
        self._tokens = np.asarray(tokens)
        if len(self._tokens) <= length:
            expected = f"more than {length}, the length of a window"
            raise BadValue("training text", got=f"{len(self._tokens)} tokens", expected=expected)
        self._length, self._rows, self._seed = length, rows, seed

    def batch(self, step: int) -> Batch:
        """Return the windows of a step, one token longer than `length`, since the first is not predicted."""
        rng = np.random.default_rng([self._seed, step])
        start = rng.integers(len(self._tokens) - self._length, size=self._rows)
        windows = self._tokens[start[:, None] + np.arange(self._length + 1)]
        return Batch(torch.from_numpy(windows.astype(np.int64)), None, None)

    @property
    def fingerprint(self) -> str:
        """Hash of the text, the sizes and the seed."""
        return _hash([self._tokens], self._length, self._rows, self._seed)


class RowBatches:
    """Rows of different length, such as dialogues: for supervised fine-tuning.

    Every pass sees each row once, in a new order; rows of like length go together, so that little is padded.

    Args:
        rows: the tokens of each row.
        learned: which tokens' loss counts, for each row; all but the first if None.
        tokens_per_batch: about how many tokens a batch has, padding included.
        seed: of the order.
        pad_id: what stands where no token is real.

    Raises:
        BadValue: no rows, a row without a token to learn, or flags of another length than their row.
    """

    def __init__(
        self,
        rows: Sequence[Sequence[int]],
        learned: Sequence[Sequence[bool]] | None = None,
        *,
        tokens_per_batch: int,
        seed: int,
        pad_id: int = 0,
    ) -> None:
        if not rows:
            raise BadValue("training rows", got="none", expected="at least one")
        self._rows = [np.asarray(row, np.int64) for row in rows]
        if learned is None:
            self._learned = [np.arange(len(row)) > 0 for row in rows]
        else:
            self._learned = [np.asarray(flags, bool) for flags in learned]
        for number, (row, flags) in enumerate(zip(self._rows, self._learned, strict=True)):
            if len(row) != len(flags):
                raise BadValue(f"training row {number}", got=f"{len(flags)} flags", expected=f"{len(row)}, one a token")
            if not flags[1:].any():
                do = "Leave out empty replies"
                raise BadValue(f"training row {number}", got="no token to learn", expected="at least one", do=do)
        self._tokens_per_batch, self._seed, self._pad_id = tokens_per_batch, seed, pad_id
        self._passes: dict[int, list[NDArray[np.intp]]] = {}
        self._starts = [0]

    def batch(self, step: int) -> Batch:
        """Return the batch of a step."""
        number = len(self._starts) - 1
        while self._starts[-1] <= step:  # how many batches a pass has differs a little from pass to pass
            self._passes[number] = self._divide(number)
            self._starts.append(self._starts[-1] + len(self._passes[number]))
            number += 1
        which = int(np.searchsorted(self._starts, step, side="right")) - 1
        return self._pad(self._passes[which][step - self._starts[which]])

    @property
    def fingerprint(self) -> str:
        """Hash of the rows, the size of a batch and the seed."""
        return _hash([*self._rows, *self._learned], self._tokens_per_batch, self._seed)

    def n_batches(self, number: int) -> int:
        """Return how many batches a pass has, counted from 0."""
        return len(self._divide(number))

    def _divide(self, number: int) -> list[NDArray[np.intp]]:
        """Return which rows make each batch of a pass."""
        rng = np.random.default_rng([self._seed, number])
        length = np.array([len(row) for row in self._rows])
        order = np.argsort(length + rng.random(len(length)) * 0.1 * length, kind="stable")  # like, not equal, lengths
        batches, first = [], 0
        while first < len(order):
            longest = np.maximum.accumulate(length[order[first : first + self._tokens_per_batch]])
            fits = longest * np.arange(1, len(longest) + 1) <= self._tokens_per_batch
            n = max(1, int(fits.sum()))
            batches.append(order[first : first + n])
            first += n
        return [batches[i] for i in rng.permutation(len(batches))]

    def _pad(self, chosen: NDArray[np.intp]) -> Batch:
        longest = max(len(self._rows[i]) for i in chosen)
        tokens = np.full((len(chosen), longest), self._pad_id, np.int64)
        mask, targets = np.zeros(tokens.shape, bool), np.zeros(tokens.shape, bool)
        for place, i in enumerate(chosen):
            row = self._rows[i]
            tokens[place, : len(row)], mask[place, : len(row)] = row, True
            targets[place, 1 : len(row)] = self._learned[i][1:]
        return Batch(torch.from_numpy(tokens), torch.from_numpy(mask), torch.from_numpy(targets))


def supervised_rows(
    examples: Sequence[tuple[str, str]], tokenizer: Tokenizer, context_length: int
) -> tuple[list[list[int]], list[list[bool]]]:
    """Return the tokens of prompt, reply and end, and which of them are learned: those of the reply and the end.

    A prompt loses its beginning where both do not fit in the context.

    Args:
        examples: prompt and reply of each; an empty prompt stands for the end token alone.
        tokenizer: of the model.
        context_length: of the model.

    Raises:
        BadValue: a reply is empty, or alone longer than the context.
    """
    rows, learned = [], []
    for number, (prompt, reply) in enumerate(examples):
        where = f"example {number}"
        if not reply:
            raise BadValue(where, got="an empty reply", expected="text to learn", do="Leave it out")
        before = tokenizer.encode(prompt) or [tokenizer.end_id]
        after = [*tokenizer.encode(reply), tokenizer.end_id]
        if len(after) >= context_length:
            expected = f"fewer than the context of {context_length}"
            raise BadValue(where, got=f"a reply of {len(after)} tokens", expected=expected, do="Shorten it")
        before = before[-(context_length - len(after)) :]
        rows.append(before + after)
        learned.append([False] * len(before) + [True] * len(after))
    return rows, learned


def _hash(arrays: Sequence[NDArray[np.generic]], *numbers: int) -> str:
    found = hashlib.sha256(repr(numbers).encode())
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
        found.update(b"|")
    return found.hexdigest()
