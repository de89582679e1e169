"""How a preference model is trained."""

from __future__ import annotations

from dataclasses import dataclass

from tacit.errors import BadValue, UnknownName

OBJECTIVES = ("ranked", "binary")


@dataclass(frozen=True)
class PreferenceSettings:
    """How a preference model is trained.

    Args:
        objective: ``ranked`` learns from the difference of scores, ``binary`` calls the better text good and the others
            bad, each by itself.
        members: how many models, each a copy of the trunk that holds out a share of the answers of its own.
        epochs: most passes over the answers.
        patience: passes without a lower validation loss, mean of the members, before training stops.
        batch_size: answers a step.
        learning_rate: of Adam, after the warm-up.
        warm_up_share: share of all steps in which the learning rate rises from 0.
        final_rate_share: share of the learning rate left at the last step; it falls linearly.
        weight_decay: share of a weight that decays per step and unit of learning rate.
        largest_gradient: norm to which gradients are cut.
        lapse: probability that an answer is a coin flip whatever was shown.
        language_weight: weight of the mean negative log-probability per token of the better text, added to the loss.
        held_out_share: share of the answers that a single member keeps for measuring; several members divide all.
        tokens_at_once: most padded tokens of a part of a batch; more need more memory.

    Raises:
        BadValue: a setting outside its range. UnknownName: no such objective.

    Source: Askell et al. 2021, sections 3 and 4, arXiv:2112.00861 (objectives, and the language-modelling loss on the
    better text).
    """

    objective: str = "ranked"
    members: int = 3
    epochs: int = 8
    patience: int = 2
    batch_size: int = 32
    learning_rate: float = 1e-3
    warm_up_share: float = 0.05
    final_rate_share: float = 0.1
    weight_decay: float = 0.01
    largest_gradient: float = 1.0
    lapse: float = 0.0
    language_weight: float = 0.0
    held_out_share: float = 0.2
    tokens_at_once: int = 2_048

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise UnknownName("objective", self.objective, OBJECTIVES)
        ranges = {
            "members": (self.members >= 1, "at least 1"),
            "epochs": (self.epochs >= 1, "at least 1"),
            "patience": (self.patience >= 1, "at least 1"),
            "batch_size": (self.batch_size >= 1, "at least 1"),
            "learning_rate": (self.learning_rate > 0, "a rate above 0"),
            "warm_up_share": (0 <= self.warm_up_share < 1, "a share from 0 to below 1"),
            "final_rate_share": (0 <= self.final_rate_share <= 1, "a share from 0 to 1"),
            "lapse": (0 <= self.lapse < 1, "a probability from 0 to below 1"),
            "language_weight": (self.language_weight >= 0, "0 or more"),
            "held_out_share": (0 <= self.held_out_share < 1, "a share from 0 to below 1"),
            "tokens_at_once": (self.tokens_at_once >= 1, "at least 1"),
        }
        for name, (holds, expected) in ranges.items():
            if not holds:
                raise BadValue(f"PreferenceSettings.{name}", got=getattr(self, name), expected=expected)

    def rate(self, step: int, n_steps: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        warm = max(1, round(self.warm_up_share * n_steps))
        if step < warm:
            return self.learning_rate * (step + 1) / warm
        left = 1 - (step - warm) / max(1, n_steps - warm)
        return self.learning_rate * (self.final_rate_share + (1 - self.final_rate_share) * left)
