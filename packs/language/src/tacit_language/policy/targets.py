"""What every method makes of a rollout: an advantage for each token, and the clipped objective."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from tacit_language.policy.rollout import Rollout


class Targets(NamedTuple):
    """What a policy is moved towards.

    Args:
        advantage: of each token, (completion, token).
        returns: what the value head should have expected, likewise; None without one.
        values: what it did expect.
    """

    advantage: Tensor
    returns: Tensor | None = None
    values: Tensor | None = None

    def take(self, rows: Tensor) -> Targets:
        """Return those of some completions."""
        return Targets(*(None if x is None else x[rows] for x in self))  # type: ignore[arg-type]


class Losses(NamedTuple):
    """The loss of some completions, and what happened.

    Args:
        loss: to be minimised.
        divergence: mean divergence a token from the policy that wrote them, in nats.
        clipped: share of the tokens whose ratio is beyond the clip.
        value_loss: mean squared error of the value head, halved.
    """

    loss: Tensor
    divergence: Tensor
    clipped: Tensor
    value_loss: Tensor


class Method(Protocol):
    """How a rollout becomes advantages, and these a loss."""

    @property
    def needs_values(self) -> bool:
        """Whether a value head is wanted."""
        ...

    @property
    def n_epochs(self) -> int:
        """Passes over a rollout."""
        ...

    @property
    def n_minibatches(self) -> int:
        """Steps a pass."""
        ...

    @property
    def stop_divergence(self) -> float | None:
        """Mean divergence a token, in nats, above which the passes end."""
        ...

    def targets(self, rollout: Rollout, values: Tensor | None, coefficient: float) -> Targets:
        """Return the advantages, at the price `coefficient` of a nat of divergence."""
        ...

    def losses(
        self, log_probs: Tensor, values: Tensor | None, rollout: Rollout, targets: Targets, coefficient: float
    ) -> Losses:
        """Return the loss under the policy as it is now."""
        ...


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over real tokens."""
    return (values * mask).sum() / mask.sum().clamp_min(1)


def clipped_objective(log_probs: Tensor, rollout: Rollout, advantage: Tensor, clip: float) -> Losses:
    """Return ``−mean(min(A·ρ, A·clip(ρ, 1 ± ε)))`` over real tokens; ρ is the ratio of new to old probability.

    Source: Schulman et al. 2017, eq. 7, arXiv:1707.06347. The divergence is estimated by ρ − 1 − ln ρ, never negative.
    """
    log_ratio = (log_probs - rollout.log_probs) * rollout.mask
    ratio = log_ratio.exp()
    surrogate = torch.minimum(advantage * ratio, advantage * ratio.clamp(1 - clip, 1 + clip))
    with torch.no_grad():
        divergence = masked_mean(ratio - 1 - log_ratio, rollout.mask)
        clipped = masked_mean(((ratio - 1).abs() > clip).float(), rollout.mask)
    return Losses(-masked_mean(surrogate, rollout.mask), divergence, clipped, torch.zeros_like(clipped))
