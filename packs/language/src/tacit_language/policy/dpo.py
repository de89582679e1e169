"""Direct preference optimisation: the policy itself is the reward model, and preferences move it without sampling."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tacit.errors import BadValue
from tacit_language.models import CausalModel
from tacit_language.policy.rollout import read
from tacit_language.preference import Branches, Preferences, PreferenceSettings, Sequences, branches
from tacit_language.preference.member import Member
from tacit_language.preference.model import batches_by_length, check_fits


class ImplicitReward(nn.Module):
    """β · log(π/ρ) of a whole completion, as the score of a text.

    Args:
        policy: π, what is trained. reference: ρ, which stays. coefficient: β.

    Source: Rafailov et al. 2023, eq. 5, arXiv:2305.18290.
    """

    def __init__(self, policy: CausalModel, reference: CausalModel, coefficient: float) -> None:
        super().__init__()
        if not 0 < coefficient < float("inf"):
            raise BadValue("DPO coefficient", got=coefficient, expected="a number above 0")
        self.policy, self.coefficient = policy, coefficient
        self._reference = [reference]  # in a list, so that it is no part of what is trained or saved

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.policy.device

    def reference_log_probs(self, batch: Branches) -> Tensor:
        """Return log ρ of each completion, (text,)."""
        with torch.no_grad():
            return read(self._reference[0], batch)[0].sum(dim=1)

    def policy_log_probs(self, batch: Branches) -> tuple[Tensor, Tensor]:
        """Return log π of each completion, (text,), and of each of its tokens."""
        each = read(self.policy, batch)[0]
        return each.sum(dim=1), each

    def score(self, texts: Sequences, *, tokens_at_once: int = 16_384) -> NDArray[np.float32]:
        """Return the implicit reward of each text, shape (text,)."""
        scores = np.zeros(len(texts), np.float32)
        with torch.no_grad():
            for which in batches_by_length(texts, tokens_at_once):
                batch = branches(texts, which, device=self.device)
                leads = self.policy_log_probs(batch)[0] - self.reference_log_probs(batch)
                scores[which] = (self.coefficient * leads).float().cpu().numpy()
        return scores


class DirectMember(Member[ImplicitReward]):
    """A policy in training whose score of a text is its implicit reward; what the reference says is kept once seen."""

    _known: NDArray[np.float32] | None = None

    def scores(self, texts: NDArray[np.intp], batch: Branches, *, language: bool) -> tuple[Tensor, Tensor | None]:
        """Return the implicit reward of each text, and log π of its tokens where that enters the loss."""
        if self._known is None:
            self._known = np.full(len(self.preferences.texts), np.nan, np.float32)
        if np.isnan(self._known[texts]).any():
            self._known[texts] = self.model.reference_log_probs(batch).float().cpu().numpy()
        log_probs, each = self.model.policy_log_probs(batch)
        reference = torch.from_numpy(self._known[texts]).to(log_probs.device)
        return self.model.coefficient * (log_probs - reference), each if language else None


@dataclass(frozen=True)
class DirectFit:
    """What direct preference optimisation left.

    Args:
        reward: the implicit reward, whose `policy` is the trained one, in evaluation mode.
        losses: mean loss in nats of every step. validation_loss: after each pass, on answers held out; NaN without.
    """

    reward: ImplicitReward
    losses: tuple[float, ...]
    validation_loss: tuple[float, ...]


def optimise_directly(
    policy: CausalModel,
    preferences: Preferences,
    settings: PreferenceSettings | None = None,
    *,
    coefficient: float = 0.1,
    precision: NDArray[np.float64] | None = None,
    reference: CausalModel | None = None,
    seed: int,
) -> DirectFit:
    """Train a policy on preferences: pairs, ties, stated probabilities, choices and rankings alike.

    Args:
        policy: changed in place.
        preferences: what was answered; every prompt has at least one token.
        settings: of the training; `members` and `patience` are not used.
        coefficient: β, what a nat of divergence from the reference costs.
        precision: how far each rater is believed, such as `PreferenceFit.believed`; all alike if absent, (rater,).
        reference: what divergence is measured from; a copy of the policy as it is now, if absent.
        seed: of the order of the batches and the answers held out.

    Raises:
        BadValue: no answers, a text longer than the context, an empty prompt, or a coefficient not above 0.
        NotFinite: a loss became NaN or infinite; says where.

    Source: Rafailov et al. 2023, eq. 7, arXiv:2305.18290; rankings by its appendix A.3.
    """
    chosen = settings or PreferenceSettings(learning_rate=1e-4, held_out_share=0.0, epochs=1)
    if len(preferences) == 0:
        raise BadValue("preferences", got="none", expected="at least one answered pair, choice or ranking")
    check_fits(preferences.texts, policy.config.context_length)
    still = deepcopy(policy) if reference is None else reference
    reward = ImplicitReward(policy, still.eval().requires_grad_(False), coefficient)
    held_out = preferences.held_out(seed=seed, share=chosen.held_out_share)
    believed = np.ones(len(preferences.raters)) if precision is None else precision
    member = DirectMember(
        reward, preferences, believed, held_out, settings=chosen, seed=[seed % 2**64, 0], name="policy"
    )
    validation = []
    for _ in range(chosen.epochs):
        member.train_epoch()
        validation.append(member.validation_loss())
    policy.eval()
    return DirectFit(reward, tuple(member.losses), tuple(validation))
