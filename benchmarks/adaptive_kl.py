"""Whether PPO settles at the divergence it is told to, and what it earns there, beside the exact optimum and best of n.

``python benchmarks/adaptive_kl.py [--seeds 3] [--steps 300] [--json]``

A small GPT with random weights is the reference. The reward is known: the values of a completion's symbols, drawn from
a normal distribution, summed. The highest reward that any policy has at a divergence is that of the exponential tilt of
the reference, estimated from samples of the optimised policy, which are nearer to it, by importance weights. PPO's
coefficient is driven towards 6 nats by the rule of Ziegler et al. 2019, section 2.2; divergence and reward are means
over the last quarter of the steps. Best of n is compared with a PPO driven towards the divergence of the best of 16.

Bars: realised divergence in [4.8, 7.2] for a target of 6; 60 to 100 % of the tilt's gain at that divergence; 90 % of
best of n's gain at equal divergence; best of n's measured divergence is ln n − (n − 1)/n within its Monte-Carlo error;
the tilt's gain over σ √(2 KL) in [0.98, 1.02] for a normal reward.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from math import log, sqrt
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from run import show

from tacit.measure import mean_estimate
from tacit_language.models import GPT, GPTConfig, Sampling, generate
from tacit_language.policy import (
    PPO,
    KLControl,
    PolicyOptimiser,
    PolicySettings,
    best_of_n_divergence,
    expected_best,
    tilt,
    tilt_at,
)

SYMBOLS, LENGTH, TARGET, N = 16, 20, 6.0, 16
VALUES = np.random.default_rng(7).normal(size=SYMBOLS)
PROMPT = [0]
REFERENCE_SAMPLES, POLICY_SAMPLES, PER_STEP = 40_000, 8_192, 64


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    runs = []
    for seed in range(given.seeds):
        runs.append(trial(seed, given.steps))
        print(runs[-1], file=sys.stderr, flush=True)
    tables = {"PPO beside the optimum": _summary(runs), "identities": identities()}
    print(json.dumps(tables)) if given.json else show(tables)
    return 0


def trial(seed: int, steps: int) -> dict[str, float]:
    """Return what PPO reached from one reference, beside the tilt of that reference and its best of n."""
    scores = reference_scores(seed)
    mean = float(scores.mean())
    began_s = time.process_time()
    reached = optimised(seed, steps, TARGET)
    cpu_s = time.process_time() - began_s
    frontier = tilt_at(reached.scores, reached.divergence, log_weight=reached.log_weight)
    cheap = optimised(seed, steps, best_of_n_divergence(N))
    grouped = scores[: len(scores) // 1_000 * 1_000].reshape(-1, 1_000)
    n = min(range(2, 100), key=lambda n: abs(best_of_n_divergence(n) - cheap.divergence))
    best_gain = float(expected_best(grouped, n).mean()) - mean
    best_gain *= sqrt(cheap.divergence / best_of_n_divergence(n))  # to the very same divergence, by the root law
    return {
        "divergence": reached.divergence,
        "share of the tilt's gain": (reached.reward - mean) / (frontier.reward - mean),
        "samples behind the tilt": frontier.effective_n,
        "divergence driven to that of the best of 16": cheap.divergence,
        "share of best of n's gain": (cheap.reward - mean) / best_gain,
        "cpu_s": cpu_s,
    }


def reference(seed: int) -> GPT:
    """Return a GPT with random weights, twice the usual ones, so that its symbols differ in likelihood."""
    model = GPT(GPTConfig(context_length=32, width=32, n_layers=2, n_heads=4, vocabulary_size=SYMBOLS), seed=seed)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.mul_(2.0)
    return model


def score(_: list[list[int]], completions: list[list[int]]) -> NDArray[np.float64]:
    """Return the sum of the values of each completion's symbols, over the root of its length."""
    return np.array([VALUES[c].sum() for c in completions]) / sqrt(LENGTH)


def reference_scores(seed: int) -> NDArray[np.float64]:
    """Return the scores of what the reference writes."""
    written = generate(reference(seed), [PROMPT] * REFERENCE_SAMPLES, Sampling(LENGTH), seed=seed, rows_at_once=512)
    return score([], written.texts())


class Reached(NamedTuple):
    """Where an optimised policy is.

    Args:
        divergence: from the reference, in nats, mean over the last quarter of the steps. reward: likewise.
        scores: of what the final policy writes. log_weight: log ρ/π of each.
    """

    divergence: float
    reward: float
    scores: NDArray[np.float64]
    log_weight: NDArray[np.float64]


def optimised(seed: int, steps: int, target: float) -> Reached:
    """Return where PPO arrives that is driven towards a divergence."""
    settings = PolicySettings(
        Sampling(LENGTH),
        learning_rate=2e-3,
        kl=KLControl(0.2, target=target),
        tokens_at_once=8_192,
    )
    optimiser = PolicyOptimiser(reference(seed), score, settings, PPO(), seed=seed)
    numbers = [optimiser.step([PROMPT] * PER_STEP) for _ in range(steps)]
    last = numbers[-max(1, steps // 4) :]
    rollout, _ = optimiser.roll_out([PROMPT] * POLICY_SAMPLES)
    return Reached(
        float(np.mean([n["kl"] for n in last])),
        float(np.mean([n["score"] for n in last])),
        rollout.scores.numpy().astype(np.float64),
        -rollout.divergence.numpy().astype(np.float64),
    )


def _summary(runs: list[dict[str, float]]) -> list[dict[str, Any]]:
    bars = {
        "divergence": "4.8 to 7.2",
        "share of the tilt's gain": "0.6 to 1",
        "share of best of n's gain": "at least 0.9",
    }
    rows = []
    for what in runs[0]:
        values = [run[what] for run in runs]
        estimate = mean_estimate(values)
        rows.append(
            {
                "what": what,
                "mean": estimate.mean,
                "low": estimate.low,
                "high": estimate.high,
                "lowest": min(values),
                "highest": max(values),
                "bar": bars.get(what, ""),
            }
        )
    return rows


def identities() -> list[dict[str, Any]]:
    """Return the divergence of the best of n by simulation beside its formula, and the tilt's gain beside its law."""
    rows: list[dict[str, Any]] = []
    for n in (2, 4, 16, 64):
        quantile = np.random.default_rng(n).random((20_000, n)).max(axis=1)
        each = log(n) + (n - 1) * np.log(quantile)  # log-density of the best of n against one sample, at its quantile
        error = float(each.std()) / sqrt(len(each))
        formula = best_of_n_divergence(n)
        rows.append(
            {
                "what": f"divergence of the best of {n}, nats",
                "measured": float(each.mean()),
                "formula": formula,
                "standard errors off": (float(each.mean()) - formula) / error,
            }
        )
    rewards = np.random.default_rng(0).normal(size=1_000_000)
    for coefficient in (10.0, 2.0, 1.0, 0.5):
        found = tilt(rewards, coefficient)
        law = float(rewards.std()) * sqrt(2 * found.divergence)
        rows.append(
            {
                "what": f"gain of the tilt over its law at {found.divergence:.3g} nats",
                "measured": (found.reward - float(rewards.mean())) / law,
                "formula": 1.0,
                "standard errors off": None,
            }
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
