"""Settings of PPO and of the loop that were found by experiment, one entry an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from tacit.errors import UnknownName
from tacit_control.ppo import PPOSettings

MUJOCO = PPOSettings(n_copies=16, n_steps=128, n_epochs=10, batch_size=128, learning_rate=5e-4, log_sd=-1.0)

TUNED = {
    "CartPole-v1": PPOSettings(n_copies=8, n_steps=128, n_epochs=4, batch_size=256, learning_rate=2.5e-3),
    "Pendulum-v1": PPOSettings(
        n_copies=16, n_steps=100, n_epochs=10, batch_size=200, learning_rate=1e-3, final_rate_share=0.05, discount=0.95
    ),
    "Hopper-v5": MUJOCO,
    "HalfCheetah-v5": MUJOCO,
    "Walker2d-v5": MUJOCO,
}


def tuned_settings(environment_id: str, changes: Mapping[str, Any]) -> PPOSettings:
    """Return the settings tuned for an environment, else the defaults, with `changes` applied.

    Raises:
        UnknownName: a change that names no setting of PPO.
    """
    known = [f.name for f in fields(PPOSettings)]
    for name in changes:
        if name not in known:
            raise UnknownName("PPO setting", name, known)
    return replace(TUNED.get(environment_id, PPOSettings()), **changes)


SUGGESTED_STEPS = {"CartPole-v1": 75_000, "Pendulum-v1": 150_000}
"""Environment steps after which a run has usually learned what it will."""


def suggested_steps(environment_id: str) -> int:
    """Return the environment steps of a run that is not told how many."""
    return SUGGESTED_STEPS.get(environment_id, 1_000_000)
