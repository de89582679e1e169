"""Simulated robots learned from comparisons: 700 labels nearly match the true reward (Christiano et al. 2017).

As published: comparisons of clips of one to two seconds by a simulated judge who sums the true reward, an ensemble of
three reward networks, a quarter of the labels about the untrained policy and the rest at a falling rate, the pairs on
which the ensemble disagrees most. Unlike it: PPO in place of TRPO, Gymnasium's version 5 of two of the eight tasks, a
million steps, the last state held where Hopper falls (the paper had a penalty there), and policies measured by 100
episodes of the unmodified environment. The optimiser on the true reward trains in the environment as it is registered,
from the same first weights and with the same steps. The paper prints curves and no table, so the figure is the ratio of
the true returns, paired by seed, with Fieller's interval. A piece takes some CPU-minutes.

Source: Christiano et al. 2017, section 3.1.1, figure 1 and section 3.3, arXiv:1706.03741; PPO: Schulman et al. 2017,
arXiv:1707.06347.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tacit.catalogue import find_producer
from tacit.catalogue.recipes import Claim, ClaimKind, Finding, Results, Stage
from tacit.judging import KnowsTruth
from tacit.learn import LearningRun, LoopSettings, RunSettings, Schedule, Selection
from tacit.learn.checkpoint import Checkpoint, read_checkpoint, remove_checkpoints, write_checkpoint
from tacit.learn.controls import close
from tacit.learn.outcome import with_episodes
from tacit.measure import mean_estimate, paired_ratio
from tacit.store.run_folder import RunFolder

ENVIRONMENTS = ("Hopper-v5", "HalfCheetah-v5")
RUN = {"steps": 1_000_000, "iterations": 60, "episodes": 100, "selection": "disagreement", "offline": False}
TRUE_REWARD = "true-reward"
CONDITIONS: dict[str, tuple[int, dict[str, Any]]] = {
    TRUE_REWARD: (10, {"labels": 0}),
    "labels-700": (10, {"labels": 700}),
    "labels-1400": (3, {"labels": 1_400}),
    "offline": (3, {"labels": 700, "offline": True}),
    "random-queries": (3, {"labels": 700, "selection": "random"}),
}
"""Condition → number of seeds, and what it changes."""

LEAST_REFERENCE = 2_000
"""True return below which the optimiser has not learned to hop, and nothing can be said of a ratio to it."""

RATIOS: dict[str, tuple[str, str, str, str]] = {
    "700": ("labels-700", TRUE_REWARD, "700 labels nearly match the true reward", "nearly matches"),
    "1,400": ("labels-1400", TRUE_REWARD, "1,400 labels do no worse than the true reward", "slightly better"),
    "offline": (
        *("offline", "labels-700"),
        *("asking only about the untrained policy does worse than asking on the way", "poor, sometimes bizarre"),
    ),
    "random": ("random-queries", "labels-700", "random queries against those of most disagreement", "mixed over tasks"),
}
"""Name → condition above the line, condition below it, claim, and what was published of it."""

CLAIMS = {
    "reference": Claim(
        f"Hopper-v5: PPO on the true reward returns at least {LEAST_REFERENCE:,}, else its rows are void",
        ClaimKind.ANALOGUE,
        None,
        "Christiano et al. 2017, figure 1, arXiv:1706.03741",
    )
} | {
    f"{environment} {name}": Claim(
        f"{environment}: {claim} (ratio of true returns)",
        ClaimKind.ANALOGUE,
        published,
        f"Christiano et al. 2017, {'figure 1' if below == TRUE_REWARD else 'section 3.3'}, arXiv:1706.03741",
    )
    for environment in ENVIRONMENTS
    for name, (_, below, claim, published) in RATIOS.items()
}


def settings_of(piece: Mapping[str, Any]) -> RunSettings:
    """Return the run of a piece: what `tacit learn` does with the same labels, steps, options and seed."""
    schedule = Schedule(labels=max(1, piece["labels"]), budget=piece["steps"], iterations=piece["iterations"])
    return RunSettings(
        producer=piece["environment"],
        producer_settings={"total_steps": piece["steps"]},
        loop=LoopSettings(schedule, selection=Selection(piece["selection"]), offline=piece["offline"]),
        seed=piece["seed"],
        episodes=piece["episodes"],
        controls=False,
    )


def _piece(environment: str, changes: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return a piece with every setting of its run, so that results of other settings are never mixed with these."""
    piece = {"environment": environment, "seed": seed, **RUN, **changes}
    return {**piece, "run": settings_of(piece).as_json()}


PIECES: dict[str, dict[str, Any]] = {
    f"{environment}/{condition}/{seed}": _piece(environment, changes, seed)
    for seed in range(10)
    for environment in ENVIRONMENTS
    for condition, (seeds, changes) in CONDITIONS.items()
    if seed < seeds
}


def run_piece(piece: Mapping[str, Any], folder: Path, stage: Stage) -> dict[str, Any]:
    """Teach a policy by comparisons, or by the true reward where the piece has no labels."""
    if piece["labels"] == 0:
        return on_true_reward(piece, folder, stage)
    _, open_producer = find_producer(piece["environment"])
    command = ["tacit", "reproduce", "christiano2017"]
    return LearningRun(RunFolder(folder), settings_of(piece), open_producer, command=command, stage=stage).run()


def on_true_reward(piece: Mapping[str, Any], folder: Path, stage: Stage) -> dict[str, Any]:
    """Spend the same budget, in the same parts and from the same first weights, on the true reward."""
    settings, checkpoint = settings_of(piece), read_checkpoint(folder)
    _, open_producer = find_producer(settings.producer)
    state = None if checkpoint is None else checkpoint.arrays
    producer = open_producer(settings.producer, dict(settings.producer_settings), seed=settings.seed, state=state)
    if not isinstance(producer, KnowsTruth):
        raise TypeError(f"{settings.producer} has no true reward")
    parts = settings.loop.schedule.budget_by_iteration()
    for part in range(checkpoint.iteration if checkpoint else 0, len(parts)):
        stage("true reward", part / len(parts))
        producer.improve_on_truth(int(parts[part]), _seed(settings.seed, 1, part))
        write_checkpoint(folder, Checkpoint(part + 1, producer.state(), {}, folder))
    returns = producer.true_returns(settings.episodes, _seed(settings.seed, 5))
    close(producer)
    remove_checkpoints(folder)
    return {"true_return": with_episodes(returns)}


def measure(results: Results) -> dict[str, Finding]:
    """Return what the pieces that are done say of each claim."""
    reference = _reference(returns_of(results, "Hopper-v5", TRUE_REWARD))
    findings = {"reference": reference}
    for environment in ENVIRONMENTS:
        for name, (above, below, _, _) in RATIOS.items():
            finding = _ratio(name, *(returns_of(results, environment, condition) for condition in (above, below)))
            if environment == "Hopper-v5" and reference.measured is not None and not reference.holds:
                finding = Finding(finding.needed, finding.pieces, note="void: the reference has not learned to hop")
            findings[f"{environment} {name}"] = finding
    return findings


def returns_of(results: Results, environment: str, condition: str) -> dict[int, float]:
    """Return seed → mean true return of a condition, of the pieces that are done."""
    names = {seed: f"{environment}/{condition}/{seed}" for seed in range(CONDITIONS[condition][0])}
    return {seed: float(results[name]["true_return"]["mean"]) for seed, name in names.items() if name in results}


def _reference(returns: dict[int, float]) -> Finding:
    needed = CONDITIONS[TRUE_REWARD][0]
    if not returns:
        return Finding(needed)
    mean = mean_estimate(list(returns.values()))
    return Finding(needed, len(returns), mean.mean, mean.low, mean.high, holds=mean.mean >= LEAST_REFERENCE)


def _ratio(name: str, above: dict[int, float], below: dict[int, float]) -> Finding:
    """Return the ratio over the seeds that both conditions have; a claim falls short where its interval denies it."""
    condition = RATIOS[name][0]
    needed, seeds = 2 * CONDITIONS[condition][0], sorted(set(above) & set(below))
    if len(seeds) < 2:
        return Finding(needed, 2 * len(seeds))
    ratio = paired_ratio([above[s] for s in seeds], [below[s] for s in seeds])
    if not np.isfinite(ratio.high):
        return Finding(needed, 2 * len(seeds), ratio.mean, note="no finite interval: the lower figure may be 0")
    holds = {"700": ratio.high >= 0.9, "1,400": ratio.high >= 1, "offline": ratio.low <= 1, "random": None}[name]
    note = "reported alone: no direction was published" if holds is None else ""
    return Finding(needed, 2 * len(seeds), ratio.mean, ratio.low, ratio.high, holds, note)


def _seed(*parts: int) -> int:
    return int(np.random.default_rng(list(parts)).integers(2**31))
