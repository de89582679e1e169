"""Pendulum-v1 learned from comparisons by imitation, as its own tutorial does; run with imitation's interpreter.

``python imitation_pendulum.py SEED STEPS LABELS ROUNDS EPISODES`` prints one JSON object. PPO, the reward network, its
training and the schedule of questions are those of the tutorial "Learning a reward function using preference
comparisons" of imitation 1.0.1; one reward network, as there. imitation trains its agent once more than it is told
iterations, and each time in whole rollouts of 2,048 steps, so it is told one round less and whole rollouts.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

torch.set_num_threads(1)

from imitation.algorithms import preference_comparisons  # noqa: E402 (threads are set before anything computes)
from imitation.policies.base import FeedForward32Policy, NormalizeFeaturesExtractor  # noqa: E402
from imitation.rewards.reward_nets import BasicRewardNet  # noqa: E402
from imitation.util import logger  # noqa: E402
from imitation.util.networks import RunningNorm  # noqa: E402
from imitation.util.util import make_vec_env  # noqa: E402
from stable_baselines3 import PPO  # noqa: E402
from stable_baselines3.common.evaluation import evaluate_policy  # noqa: E402

COPIES, ROLLOUT_STEPS, FRAGMENT_STEPS = 8, 256, 100


def main() -> None:
    import_cpu_s = _cpu_s()
    seed, steps, labels, rounds, episodes = map(int, sys.argv[1:6])
    if steps % (rounds * COPIES * ROLLOUT_STEPS):
        sys.exit(f"{steps} steps are not {rounds} rounds of whole rollouts")
    torch.manual_seed(seed)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        progress = stack.enter_context(Path(os.devnull).open("w"))
        stack.enter_context(contextlib.redirect_stdout(None))
        stack.enter_context(contextlib.redirect_stderr(progress))
        agent, environments = learn(seed, steps, labels, rounds, Path(folder))
        cpu_s = _cpu_s() - import_cpu_s
        returns, _ = evaluate_policy(agent.policy, environments, episodes, return_episode_rewards=True)
    result = {"cpu_s": cpu_s, "import_cpu_s": import_cpu_s, "env_steps": agent.num_timesteps}
    print(json.dumps({**result, "true_return": float(np.mean(returns))}))


def learn(seed: int, steps: int, labels: int, rounds: int, folder: Path) -> tuple[PPO, object]:
    rng = np.random.default_rng(seed)
    environments = make_vec_env("Pendulum-v1", rng=rng, n_envs=COPIES)
    spaces = environments.observation_space, environments.action_space
    reward = BasicRewardNet(*spaces, normalize_input_layer=RunningNorm)
    agent = PPO(
        policy=FeedForward32Policy,
        policy_kwargs={
            "features_extractor_class": NormalizeFeaturesExtractor,
            "features_extractor_kwargs": {"normalize_class": RunningNorm},
        },
        env=environments,
        seed=seed,
        n_steps=ROLLOUT_STEPS,
        batch_size=64,
        n_epochs=10,
        learning_rate=2e-3,
        clip_range=0.1,
        gae_lambda=0.95,
        gamma=0.97,
        ent_coef=0.01,
        device="cpu",
    )
    quiet = logger.configure(folder, [])
    loop = preference_comparisons.PreferenceComparisons(
        preference_comparisons.AgentTrainer(
            algorithm=agent,
            reward_fn=reward,
            venv=environments,
            exploration_frac=0.05,
            rng=rng,
            custom_logger=quiet,
        ),
        reward,
        num_iterations=rounds - 1,
        fragmenter=preference_comparisons.RandomFragmenter(warning_threshold=0, rng=rng, custom_logger=quiet),
        preference_gatherer=preference_comparisons.SyntheticGatherer(rng=rng, custom_logger=quiet),
        reward_trainer=preference_comparisons.BasicRewardTrainer(
            preference_model=preference_comparisons.PreferenceModel(reward),
            loss=preference_comparisons.CrossEntropyRewardLoss(),
            epochs=3,
            rng=rng,
            custom_logger=quiet,
        ),
        fragment_length=FRAGMENT_STEPS,
        transition_oversampling=1,
        initial_comparison_frac=0.1,
        allow_variable_horizon=False,
        initial_epoch_multiplier=4,
        query_schedule="hyperbolic",
        custom_logger=quiet,
    )
    loop.train(total_timesteps=steps // rounds * (rounds - 1), total_comparisons=labels)
    return agent, environments


def _cpu_s() -> float:
    """Return CPU seconds of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
