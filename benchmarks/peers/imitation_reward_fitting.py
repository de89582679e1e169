"""CPU time of imitation's EnsembleTrainer on synthetic comparisons; run with imitation's own interpreter.

``python imitation_reward_fitting.py PAIRS STEPS EPOCHS SEED NORMALISE`` prints one JSON object.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

torch.set_num_threads(1)

from gymnasium.spaces import Box  # noqa: E402 (torch's threads are set before anything computes)
from imitation.algorithms.preference_comparisons import (  # noqa: E402
    CrossEntropyRewardLoss,
    EnsembleTrainer,
    PreferenceDataset,
    PreferenceModel,
)
from imitation.data.types import TrajectoryWithRew  # noqa: E402
from imitation.rewards.reward_nets import BasicRewardNet, RewardEnsemble  # noqa: E402
from imitation.util import logger  # noqa: E402
from imitation.util.networks import RunningNorm  # noqa: E402

MEMBERS, OBSERVATION, ACTION = 3, 4, 1


def main() -> None:
    pairs, steps, epochs, seed = map(int, sys.argv[1:5])
    normalise = sys.argv[5] == "normalise"
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    observations, actions = Box(-np.inf, np.inf, (OBSERVATION,)), Box(-1.0, 1.0, (ACTION,))
    layer = {"normalize_input_layer": RunningNorm} if normalise else {}
    members = [BasicRewardNet(observations, actions, hid_sizes=(64, 64), **layer) for _ in range(MEMBERS)]
    model = PreferenceModel(RewardEnsemble(observations, actions, members))
    fragments = [_fragment(rng, steps) for _ in range(2 * pairs)]
    dataset = PreferenceDataset()
    firsts, seconds = fragments[::2], fragments[1::2]
    better = [float(a.rews.sum() > b.rews.sum()) for a, b in zip(firsts, seconds, strict=True)]
    dataset.push(list(zip(firsts, seconds, strict=True)), np.array(better, dtype=np.float32))
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(sys.stdout):
        trainer = EnsembleTrainer(
            model,
            loss=CrossEntropyRewardLoss(),
            rng=rng,
            batch_size=32,
            epochs=epochs,
            custom_logger=logger.configure(Path(folder), []),
        )
        with contextlib.redirect_stdout(None):
            began_s = time.process_time()
            trainer.train(dataset)
            cpu_s = time.process_time() - began_s
    print(json.dumps({"cpu_s": cpu_s, "comparison_epochs": pairs * epochs}))


def _fragment(rng: np.random.Generator, steps: int) -> TrajectoryWithRew:
    states = rng.normal(size=(steps + 1, OBSERVATION)).astype(np.float32)
    actions = rng.uniform(-1, 1, (steps, ACTION)).astype(np.float32)
    rewards = -(states[:-1] ** 2).sum(axis=1) - (actions**2).sum(axis=1)
    return TrajectoryWithRew(obs=states, acts=actions, infos=None, terminal=False, rews=rewards)


if __name__ == "__main__":
    main()
