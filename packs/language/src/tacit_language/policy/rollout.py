"""What a policy wrote, how likely it and the reference found each token, and what the reward said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tacit.errors import BadValue
from tacit_language.models import CausalModel, Completions
from tacit_language.models.log_probs import picked_log_probs
from tacit_language.preference.sequences import Branches


@dataclass(frozen=True)
class Rollout:
    """Completions to learn from.

    Args:
        batch: prompts, completions and which belong together.
        log_probs: of each token under the policy that wrote it, 0 at padding, shape (completion, token).
        reference: of each token under the reference policy, likewise.
        scores: what the reward said of each completion, shape (completion,).
    """

    batch: Branches
    log_probs: Tensor
    reference: Tensor
    scores: Tensor

    def __len__(self) -> int:
        """Return the number of completions."""
        return len(self.scores)

    @property
    def mask(self) -> Tensor:
        """Which tokens are real, bool (completion, token)."""
        return self.batch.completion_mask

    @property
    def divergence(self) -> Tensor:
        """Sum of log π/ρ over each completion, an unbiased estimate of the divergence in nats, (completion,)."""
        return (self.log_probs - self.reference).sum(dim=1)


def branches_of(completions: Completions) -> Branches:
    """Return completions with every distinct prompt once."""
    prompts = completions.tokens[:, : completions.prompt_columns]
    known = torch.where(completions.prompt_mask, prompts, -1).cpu().numpy()
    _, at, owner = np.unique(known, axis=0, return_index=True, return_inverse=True)
    device = completions.tokens.device
    rows = torch.from_numpy(at).to(device)
    return Branches(
        prompts[rows],
        completions.prompt_mask[rows],
        completions.tokens[:, completions.prompt_columns :],
        completions.completion_mask,
        torch.from_numpy(owner.reshape(-1).astype(np.int64)).to(device),
    )


def take(batch: Branches, rows: Tensor) -> Branches:
    """Return the completions numbered `rows` and their prompts, int64 (row,)."""
    used, owner = torch.unique(batch.owner[rows], return_inverse=True)
    return Branches(
        batch.prompts[used], batch.prompt_mask[used], batch.completions[rows], batch.completion_mask[rows], owner
    )


def read(model: CausalModel, batch: Branches, *, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return the log-probability of each token of the completions, and the hidden state that predicted it.

    Args:
        model: whose.
        batch: prompts of at least one token, and completions.
        temperature: the logits are divided by it, as they were in sampling.

    Returns:
        Natural logarithms, 0 at padding, shape (completion, token), and hidden states (completion, token, width). The
        last token of a completion is predicted but predicts nothing, and is not read.

    Raises:
        BadValue: an empty prompt, which predicts no first token.
    """
    if not bool(batch.prompt_mask.any(dim=1).all()):
        raise BadValue("prompt", got="no token", expected="at least one", do="Begin it with the end-of-text token")
    mask, hidden = batch.completion_mask, states(model, batch)
    found = picked_log_probs(model.logits(hidden[mask]), batch.completions[mask], temperature=temperature)
    log_probs = hidden.new_zeros(mask.shape, dtype=found.dtype)
    log_probs[mask] = found
    return log_probs, hidden


def states(model: CausalModel, batch: Branches) -> Tensor:
    """Return the hidden state that each token of the completions was predicted from, (completion, token, width)."""
    mask = batch.completion_mask
    return model.branched(
        batch.prompts, batch.prompt_mask, batch.completions[:, :-1], mask[:, :-1] & mask[:, 1:], batch.owner
    )


def parts(batch: Branches, rows: Tensor, tokens_at_once: int) -> Iterator[Tensor]:
    """Yield `rows` in parts whose padded tokens stay within `tokens_at_once`, those of one prompt side by side."""
    width = batch.prompts.shape[1] + batch.completions.shape[1]
    n_parts = max(1, min(len(rows), -(-len(rows) * width // tokens_at_once)))
    yield from rows[torch.argsort(batch.owner[rows], stable=True)].tensor_split(n_parts)


def read_all(model: CausalModel, batch: Branches, *, temperature: float = 1.0, tokens_at_once: int = 16_384) -> Tensor:
    """Return the log-probability of each token without keeping anything for a gradient, shape (completion, token)."""
    log_probs = torch.zeros(batch.completions.shape, device=batch.completions.device)
    trained = model.training
    model.eval()
    with torch.no_grad():
        for rows in parts(batch, torch.arange(len(batch.owner), device=batch.owner.device), tokens_at_once):
            log_probs[rows] = read(model, take(batch, rows), temperature=temperature)[0]
    model.train(trained)
    return log_probs


def completion_tokens(batch: Branches) -> tuple[list[list[int]], list[list[int]]]:
    """Return the token ids of the prompt and of the completion of each row, without padding."""
    prompts = [p[m].tolist() for p, m in zip(batch.prompts.cpu(), batch.prompt_mask.cpu(), strict=True)]
    completions = [c[m].tolist() for c, m in zip(batch.completions.cpu(), batch.completion_mask.cpu(), strict=True)]
    return [prompts[i] for i in batch.owner.tolist()], completions
