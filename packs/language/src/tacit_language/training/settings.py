"""How a language model is trained, and on what device."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from typing import Literal

import torch

from tacit.errors import BadValue


@dataclass(frozen=True)
class TrainingSettings:
    """How a language model is trained.

    Args:
        steps: batches to learn from.
        learning_rate: the highest; it rises evenly from 0 and falls along a half cosine.
        warm_up_steps: how long it rises.
        final_share: what it falls to at the last step, as a share of the highest.
        weight_decay: see `FlatAdamW`.
        second_decay: see `FlatAdamW`.
        largest_gradient: norm to which the gradient of a step is cut.
        accumulate: into how many parts a batch is cut, one after the other in memory; the step is the same.
        precision: ``auto`` computes in bfloat16 on an accelerator that has it, and in float32 elsewhere: a processor
            takes longer for bfloat16; ``float32`` never does. Weights and optimiser are float32 in any case.
        checkpoint_steps: steps between checkpoints.
    """

    steps: int
    learning_rate: float = 1e-3
    warm_up_steps: int = 50
    final_share: float = 0.1
    weight_decay: float = 0.1
    second_decay: float = 0.99
    largest_gradient: float = 1.0
    accumulate: int = 1
    precision: Literal["auto", "float32"] = "auto"
    checkpoint_steps: int = 100

    def __post_init__(self) -> None:
        for name in ("steps", "accumulate", "checkpoint_steps"):
            if getattr(self, name) < 1:
                raise BadValue(f"training {name}", got=getattr(self, name), expected="a whole number above 0")
        if not self.learning_rate > 0:
            raise BadValue("training learning_rate", got=self.learning_rate, expected="a number above 0")
        if self.precision not in ("auto", "float32"):
            raise BadValue("training precision", got=repr(self.precision), expected="auto or float32")

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        if step < self.warm_up_steps:
            return self.learning_rate * (step + 1) / self.warm_up_steps
        done = (step - self.warm_up_steps) / max(1, self.steps - self.warm_up_steps)
        return self.learning_rate * (self.final_share + (1 - self.final_share) * 0.5 * (1 + cos(pi * min(1.0, done))))

    def autocast(self, device: torch.device) -> torch.autocast:
        """Return the context in which a model computes."""
        able = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.autocast(device.type, torch.bfloat16, enabled=able and self.precision == "auto")


def best_device() -> torch.device:
    """Return the accelerator that there is; the processor if there is none."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
