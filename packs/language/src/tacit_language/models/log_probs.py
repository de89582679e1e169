"""Log-probabilities of tokens, computed for the tokens that are asked about alone."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from tacit_language.models.causal import CausalModel


def token_log_probs(
    model: CausalModel, tokens: Tensor, mask: Tensor | None, targets: Tensor, *, temperature: float = 1.0
) -> Tensor:
    """Return the log-probability of each target token given the tokens before it in its row.

    Args:
        model: the model.
        tokens: int64 (row, column).
        mask: bool (row, column), True where a token is real; all if None.
        targets: bool (row, column), the tokens that are asked about; none in the first real column of a row.
        temperature: the logits are divided by it first.

    Returns:
        float (row, column), natural logarithms, 0 where `targets` is False.
    """
    hidden = model(tokens[:, :-1], None if mask is None else mask[:, :-1])
    wanted = targets[:, 1:]
    chosen = picked_log_probs(model.logits(hidden[wanted]), tokens[:, 1:][wanted], temperature=temperature)
    found: Tensor = hidden.new_zeros(tokens.shape, dtype=chosen.dtype)
    found[:, 1:][wanted] = chosen
    return found


def picked_log_probs(logits: Tensor, token: Tensor, *, temperature: float = 1.0) -> Tensor:
    """Return the log-softmax of `logits` (row, vocabulary) at `token` (row,), float32 (row,)."""
    scaled = logits.float() if temperature == 1.0 else logits.float() / temperature
    return cast(Tensor, _Picked.apply(scaled, token))  # type: ignore[no-untyped-call]


class _Picked(torch.autograd.Function):
    """A log-softmax read at one place a row, which keeps the logits and no probabilities for the backward pass."""

    @staticmethod
    def forward(ctx: FunctionCtx, logits: Tensor, token: Tensor) -> Tensor:
        normaliser = logits.logsumexp(dim=1)
        ctx.save_for_backward(logits, token, normaliser)
        return logits.gather(1, token[:, None]).squeeze(1) - normaliser

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, None]:
        logits, token, normaliser = ctx.saved_tensors  # type: ignore[attr-defined]
        (gradient,) = gradients
        slope = logits.sub(normaliser[:, None]).exp_().mul_(-gradient[:, None])
        return slope.scatter_add_(1, token[:, None], gradient[:, None]), None
