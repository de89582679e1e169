"""CartPole and Pendulum learned from 200 comparisons, without the reward, after Christiano et al. 2017.

The paper's claim (hundreds of comparisons of short clips take the place of a reward) on tasks that it did not use,
small enough for ten seeds in half an hour. The optimiser is PPO; the paper's was TRPO. CartPole's own reward is 1 at
every step, so its simulated judge sees how upright and centred the pole is; Pendulum's sees the environment's own
reward. Every policy is measured by 100 episodes of the unmodified environment. Some settings were chosen while looking
at these seeds; see docs/log.md.

Source: Christiano et al. 2017, arXiv:1706.03741; PPO: Schulman et al. 2017, arXiv:1707.06347.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tacit.catalogue import find_producer
from tacit.catalogue.recipes import Claim, ClaimKind, Finding, Results, Stage
from tacit.learn import LearningRun, LoopSettings, RunSettings, Schedule
from tacit.learn.controls import close, with_coin_flips
from tacit.learn.loop import without_labels
from tacit.learn.outcome import with_episodes
from tacit.measure import mean_estimate, paired_ratio
from tacit.reward import constant_reward
from tacit.store.run_folder import RunFolder

SEEDS = 10
PAPER = "Christiano et al. 2017, section 3.1, arXiv:1706.03741"

CLAIMS = {
    "cartpole": Claim(
        "CartPole-v1: the mean true return is at least 475 with each of ten seeds (the lowest is shown)",
        ClaimKind.ANALOGUE,
        None,
        PAPER,
    ),
    "cartpole time": Claim(
        "CartPole-v1: learning takes at most 30 CPU-seconds with each of ten seeds (the longest is shown)",
        ClaimKind.ANALOGUE,
        None,
        PAPER,
    ),
    "cartpole coin flips": Claim(
        "CartPole-v1: a judge that flips coins teaches nothing: at most 100 on average", ClaimKind.ANALOGUE, None, PAPER
    ),
    "cartpole constant": Claim(
        "CartPole-v1: a constant reward teaches nothing: at most 100 on average", ClaimKind.ANALOGUE, None, PAPER
    ),
    "pendulum": Claim(
        "Pendulum-v1: at least 0.9 of the way from a random policy to the same PPO on the true reward",
        ClaimKind.ANALOGUE,
        "nearly matches reinforcement learning on the true reward",
        PAPER,
    ),
}

CARTPOLE = {"environment": "CartPole-v1", "labels": 200, "steps": 75_000, "iterations": 15, "episodes": 100}
PENDULUM = {"environment": "Pendulum-v1", "labels": 200, "steps": 150_000, "iterations": 30, "episodes": 100}


def settings_of(piece: Mapping[str, Any]) -> RunSettings:
    """Return the run of a piece: what `tacit learn` does with the same labels, steps and seed."""
    schedule = Schedule(labels=piece["labels"], budget=piece["steps"], iterations=piece["iterations"])
    return RunSettings(
        producer=piece["environment"],
        producer_settings={"total_steps": piece["steps"]},
        loop=LoopSettings(schedule),
        seed=piece["seed"],
        episodes=piece["episodes"],
    )


def _piece(task: Mapping[str, Any], condition: str, seed: int) -> dict[str, Any]:
    """Return a piece with every setting of its run, so that results of other settings are never mixed with these."""
    piece = {**task, "condition": condition, "seed": seed}
    return {**piece, "run": settings_of(piece).as_json()}


PIECES: dict[str, dict[str, Any]] = {
    f"{task['environment']}/{condition}/{seed}": _piece(task, condition, seed)
    for seed in range(SEEDS)
    for task, condition in ((CARTPOLE, "taught"), (CARTPOLE, "constant"), (PENDULUM, "taught"))
}


def run_piece(piece: Mapping[str, Any], folder: Path, stage: Stage) -> dict[str, Any]:
    """Teach a policy, and what it is held against."""
    _, open_producer = find_producer(piece["environment"])
    settings = settings_of(piece)
    if piece["condition"] == "taught":
        name = f"{piece['environment']}/taught/{piece['seed']}"
        command = ["tacit", "reproduce", "classic_control", "--only", name]
        return LearningRun(RunFolder(folder), settings, open_producer, command=command, stage=stage).run()

    def open_fresh() -> Any:  # noqa: ANN401  a producer
        return open_producer(settings.producer, dict(settings.producer_settings), seed=settings.seed)

    probe = open_fresh()
    fixed = constant_reward(probe.produce(2, 0).features.shape[-1])
    close(probe)
    returns = with_coin_flips(
        open_fresh,
        settings.reward,
        without_labels(settings.loop),
        episodes=settings.episodes,
        seed=settings.seed,
        after_iteration=lambda: stage("constant reward", 0.0),
        fixed_reward=fixed,
    )
    return {"true_return": with_episodes(returns)}


def measure(results: Results) -> dict[str, Finding]:
    """Return what the pieces that are done say of each claim."""
    cartpole, constant, pendulum = (
        [results[name] for seed in range(SEEDS) if (name := f"{prefix}/{seed}") in results]
        for prefix in ("CartPole-v1/taught", "CartPole-v1/constant", "Pendulum-v1/taught")
    )
    return {
        "cartpole": _lowest(cartpole),
        "cartpole time": _longest(cartpole),
        "cartpole coin flips": _stays_low([row["coin_flip"]["mean"] for row in cartpole]),
        "cartpole constant": _stays_low([row["true_return"]["mean"] for row in constant]),
        "pendulum": _way(pendulum),
    }


def _lowest(rows: list[Mapping[str, Any]]) -> Finding:
    if not rows:
        return Finding(SEEDS)
    worst = min((row["true_return"] for row in rows), key=lambda value: float(value["mean"]))
    return Finding(SEEDS, len(rows), worst["mean"], worst["low"], worst["high"], holds=worst["mean"] >= 475)


def _longest(rows: list[Mapping[str, Any]]) -> Finding:
    if not rows:
        return Finding(SEEDS)
    longest_s = max(float(row["learning_cpu_s"]) for row in rows)
    return Finding(SEEDS, len(rows), longest_s, holds=longest_s <= 30, note="on this machine, as loaded as it was")


def _stays_low(returns: list[float]) -> Finding:
    if not returns:
        return Finding(SEEDS)
    mean = mean_estimate(returns)
    return Finding(SEEDS, len(returns), mean.mean, mean.low, mean.high, holds=mean.mean <= 100)


def _way(rows: list[Mapping[str, Any]]) -> Finding:
    if len(rows) < 2:
        return Finding(SEEDS, len(rows))
    keys = ("true_return", "baseline_true_reward", "random")
    taught, reference, chance = (np.array([row[key]["mean"] for row in rows]) for key in keys)
    way = paired_ratio(taught - chance, reference - chance)
    return Finding(SEEDS, len(rows), way.mean, way.low, way.high, holds=way.mean >= 0.9)
