"""CPU seconds until stable-baselines3's PPO reaches a true return; run with its own interpreter.

``python sb3_to_target.py ENVIRONMENT TARGET SEED INTERVAL EPISODES`` prints one JSON object. The settings are those
that rl-baselines3-zoo publishes as tuned, in hyperparams/ppo.yml; Hopper's are those of its earlier versions.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import torch

torch.set_num_threads(1)

from stable_baselines3 import PPO  # noqa: E402 (threads are set before anything computes)
from stable_baselines3.common.callbacks import BaseCallback  # noqa: E402
from stable_baselines3.common.env_util import make_vec_env  # noqa: E402
from stable_baselines3.common.evaluation import evaluate_policy  # noqa: E402
from stable_baselines3.common.vec_env import VecEnv, VecNormalize  # noqa: E402

TUNED: dict[str, dict[str, Any]] = {
    "CartPole-v1": {
        "copies": 8,
        "steps": 100_000,
        "normalise": False,
        "ppo": {
            "n_steps": 32,
            "batch_size": 256,
            "gae_lambda": 0.8,
            "gamma": 0.98,
            "n_epochs": 20,
            "ent_coef": 0.0,
            "learning_rate": lambda left: 1e-3 * left,
            "clip_range": lambda left: 0.2 * left,
        },
    },
    "Hopper-v5": {
        "copies": 1,
        "steps": 1_000_000,
        "normalise": True,
        "ppo": {
            "n_steps": 512,
            "batch_size": 32,
            "gamma": 0.999,
            "learning_rate": 9.80828e-05,
            "ent_coef": 0.00229519,
            "clip_range": 0.2,
            "n_epochs": 5,
            "gae_lambda": 0.99,
            "max_grad_norm": 0.7,
            "vf_coef": 0.835671,
            "policy_kwargs": {
                "log_std_init": -2,
                "ortho_init": False,
                "activation_fn": torch.nn.ReLU,
                "net_arch": {"pi": [256, 256], "vf": [256, 256]},
            },
        },
    },
}


class UntilTarget(BaseCallback):
    """Stops training once the policy reaches the target; its own time is not counted."""

    def __init__(self, environments: VecEnv, *, target: float, interval: int, episodes: int) -> None:
        super().__init__()
        self.environments, self.target, self.interval, self.episodes = environments, target, interval, episodes
        self.excluded_s, self.due, self.reached, self.mean = 0.0, interval, False, float("nan")

    def measure(self) -> None:
        """Look whether the target is reached."""
        began_s = time.process_time()
        returns, _ = evaluate_policy(self.model, self.environments, self.episodes, return_episode_rewards=True)
        self.mean = float(np.mean(returns))
        self.reached = self.mean >= self.target
        self.excluded_s += time.process_time() - began_s

    def _on_rollout_start(self) -> None:
        """Measure what the last update made, when an interval is over."""
        if self.num_timesteps >= self.due:
            self.due += self.interval
            self.measure()

    def _on_step(self) -> bool:
        return not self.reached


def main() -> None:
    import_cpu_s = time.process_time()
    name, target, seed, interval, episodes = sys.argv[1], float(sys.argv[2]), *map(int, sys.argv[3:6])
    tuned = TUNED[name]
    environments = _environments(name, tuned, tuned["copies"], seed)
    agent = PPO("MlpPolicy", environments, seed=seed, device="cpu", **tuned["ppo"])
    measuring = _environments(name, tuned, 1, seed + 1_000)
    if isinstance(measuring, VecNormalize) and isinstance(environments, VecNormalize):
        measuring.training, measuring.norm_reward, measuring.obs_rms = False, False, environments.obs_rms
    until = UntilTarget(measuring, target=target, interval=interval, episodes=episodes)
    agent.learn(tuned["steps"], callback=until)
    if not until.reached:
        until.measure()
    cpu_s = time.process_time() - import_cpu_s - until.excluded_s
    result = {"reached": until.reached, "env_steps": agent.num_timesteps, "true_return": until.mean}
    print(json.dumps({**result, "cpu_s": cpu_s, "import_cpu_s": import_cpu_s}))


def _environments(name: str, tuned: dict[str, Any], copies: int, seed: int) -> VecEnv:
    environments = make_vec_env(name, n_envs=copies, seed=seed)
    return VecNormalize(environments, gamma=tuned["ppo"]["gamma"]) if tuned["normalise"] else environments


if __name__ == "__main__":
    main()
