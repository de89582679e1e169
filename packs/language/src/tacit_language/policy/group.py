"""RLOO and GRPO: several completions of one prompt are each other's baseline, and no value head is needed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tacit.errors import BadValue, UnknownName
from tacit_language.policy.rollout import Rollout
from tacit_language.policy.targets import Losses, Targets, clipped_objective, masked_mean

BASELINES = ("leave_one_out", "standardised")
PLACES = ("reward", "loss")


@dataclass(frozen=True)
class Group:
    """How the completions of a prompt become advantages; `rloo` and `grpo` are the published choices.

    Args:
        baseline: ``leave_one_out`` takes off the mean of the others, ``standardised`` the mean of all and divides by
            their standard deviation.
        divergence_in: ``reward`` takes β · log(π/ρ) of the whole completion off its score before the baseline;
            ``loss`` adds β · (ρ/π − 1 − ln ρ/π) of every token to the loss.
        n_epochs: passes over each rollout. n_minibatches: steps a pass.
        clip: how far the ratio of new to old probability may move, ε.
        stop_divergence: as in `PPO`.

    Raises:
        UnknownName: no such baseline or place. BadValue: a number outside its range.
    """

    baseline: str = "leave_one_out"
    divergence_in: str = "reward"
    n_epochs: int = 1
    n_minibatches: int = 1
    clip: float = 0.2
    stop_divergence: float | None = None

    needs_values = False

    def __post_init__(self) -> None:
        for what, name, known in (
            ("baseline", self.baseline, BASELINES),
            ("place of the divergence", self.divergence_in, PLACES),
        ):
            if name not in known:
                raise UnknownName(what, name, known)
        for name in ("n_epochs", "n_minibatches", "clip"):
            if getattr(self, name) <= 0:
                raise BadValue(f"Group.{name}", got=getattr(self, name), expected="a number above 0")

    def targets(self, rollout: Rollout, values: Tensor | None, coefficient: float) -> Targets:
        """Return one advantage for all tokens of a completion; `values` are not used.

        Raises:
            BadValue: a prompt with a single completion, which has nothing to be compared with.
        """
        del values
        scores = rollout.scores.float()
        if self.divergence_in == "reward":
            scores = scores - coefficient * rollout.divergence
        owner, n_prompts = rollout.batch.owner, len(rollout.batch.prompts)
        n = torch.bincount(owner, minlength=n_prompts)
        if int(n.min()) < 2:
            raise BadValue(
                "completions of a prompt", got=int(n.min()), expected="at least 2", do="Set n_per_prompt to 2 or more"
            )
        total = scores.new_zeros(n_prompts).index_add(0, owner, scores)
        size = n[owner]
        if self.baseline == "leave_one_out":
            advantage = scores - (total[owner] - scores) / (size - 1)
        else:
            off = scores - (total / n)[owner]
            squares = off.new_zeros(n_prompts).index_add(0, owner, off**2)
            advantage = off / ((squares[owner] / (size - 1)).sqrt() + 1e-4)
        return Targets(advantage[:, None] * rollout.mask)

    def losses(
        self, log_probs: Tensor, values: Tensor | None, rollout: Rollout, targets: Targets, coefficient: float
    ) -> Losses:
        """Return the clipped objective, with the divergence's estimate added where it belongs in the loss."""
        del values
        objective = clipped_objective(log_probs, rollout, targets.advantage, self.clip)
        if self.divergence_in != "loss" or coefficient == 0:
            return objective
        log_ratio = (rollout.reference - log_probs) * rollout.mask
        price = coefficient * masked_mean(log_ratio.exp() - 1 - log_ratio, rollout.mask)
        return objective._replace(loss=objective.loss + price)


def rloo(**changes: float | int | None) -> Group:
    """Return REINFORCE with leave-one-out baselines.

    Source: Ahmadian et al. 2024, eq. 8, arXiv:2402.14740.
    """
    return Group("leave_one_out", "reward", **changes)  # type: ignore[arg-type]


def grpo(**changes: float | int | None) -> Group:
    """Return group-relative policy optimisation.

    Source: Shao et al. 2024, section 4.1, arXiv:2402.03300.
    """
    return Group("standardised", "loss", **changes)  # type: ignore[arg-type]
