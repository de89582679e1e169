"""What a language producer can be told, and what it is unless it is told otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tacit.errors import BadValue, UnknownName
from tacit_language.models import GPTConfig, Sampling
from tacit_language.policy import KLControl
from tacit_language.preference import PreferenceSettings

ENSEMBLE, PREFERENCE_MODEL = REWARDS = ("ensemble", "preference-model")
LETTERS = "".join(chr(code) for code in range(32, 127)) + "\n"


@dataclass(frozen=True)
class LanguageSettings:
    """How a model writes and learns.

    Args:
        prompts: file of prompts, JSON lines with a field ``prompt`` or plain text with a prompt a line; empty for those
            of the made-up language.
        prompts_hash: SHA-256 of that file, so that a run goes on with the same prompts or not at all.
        total_steps: tokens that the whole run will write.
        width: of the small model. n_layers: of it. n_heads: of it.
        longest_reply: most tokens of a reply.
        examples: exchanges that the small model is trained on first.
        first_steps: batches of that training.
        first_tokens: tokens of each of these batches.
        first_rate: its learning rate.
        replies: replies to a prompt that are compared with each other.
        prompts_a_step: prompts of each step of the optimiser.
        learning_rate: of the optimiser.
        passes: over what was written in a step.
        kl_coefficient: what a nat of divergence costs at first.
        kl_target: nats a reply that the cost is driven towards; 0 leaves it as it is.
        reward: what learns from the answers: ``ensemble``, small networks over words (and over activations, unless the
            model is the small one), or ``preference-model``, whole models that each begin from the first policy.
        reward_members: of preference models. reward_passes: of each over the answers. reward_rate: learning rate.

    Raises:
        BadValue: a setting that does not exist, or one outside its range. UnknownName: no such reward.
    """

    prompts: str = ""
    prompts_hash: str = ""
    total_steps: int = 200_000
    width: int = 96
    n_layers: int = 3
    n_heads: int = 4
    longest_reply: int = 48
    examples: int = 6_000
    first_steps: int = 450
    first_tokens: int = 2_560
    first_rate: float = 3e-3
    replies: int = 4
    prompts_a_step: int = 48
    learning_rate: float = 3e-4
    passes: int = 2
    kl_coefficient: float = 0.15
    kl_target: float = 6.0
    reward: str = ENSEMBLE
    reward_members: int = 2
    reward_passes: int = 4
    reward_rate: float = 1e-3
    _least: Mapping[str, float] = field(default_factory=lambda: {"kl_target": 0, "kl_coefficient": 0}, repr=False)

    def __post_init__(self) -> None:
        for name, value in self.values().items():
            least = self._least.get(name, 1e-12)
            if not isinstance(value, str) and not value >= least:
                raise BadValue(f"language setting {name!r}", got=value, expected="a number above 0")
        if self.reward not in REWARDS:
            raise UnknownName("reward", self.reward, REWARDS)
        if self.replies < 2:
            raise BadValue("language setting 'replies'", got=self.replies, expected="2 or more, to compare")

    @classmethod
    def of(cls, name: str, given: Mapping[str, Any]) -> LanguageSettings:
        """Return the settings with what was `given` for producer `name`."""
        known = [one.name for one in fields(cls) if not one.name.startswith("_")]
        if unknown := sorted(set(given) - set(known)):
            raise BadValue(f"producer {name}", got=f"setting {unknown[0]!r}", expected=f"one of {', '.join(known)}")
        return cls(**given)

    def values(self) -> dict[str, Any]:
        """Return name → value."""
        return {one.name: getattr(self, one.name) for one in fields(self) if not one.name.startswith("_")}

    def model(self, vocabulary_size: int) -> GPTConfig:
        """Return the sizes of the small model."""
        return GPTConfig(
            context_length=160,
            width=self.width,
            n_layers=self.n_layers,
            n_heads=self.n_heads,
            vocabulary_size=vocabulary_size,
        )

    def sampling(self, end_id: int) -> Sampling:
        """Return how replies are drawn."""
        return Sampling(self.longest_reply, stop=((end_id,),), cut_prompts=True)

    def kl(self) -> KLControl:
        """Return the price of divergence."""
        return KLControl(self.kl_coefficient, target=self.kl_target or None)

    def preference(self) -> PreferenceSettings:
        """Return how preference models are trained, where they are the reward."""
        return PreferenceSettings(
            members=self.reward_members, epochs=self.reward_passes, learning_rate=self.reward_rate, batch_size=16
        )

    @property
    def prompts_path(self) -> Path | None:
        """The file of prompts, if one was given."""
        return Path(self.prompts) if self.prompts else None
