"""Whether the alarm of over-optimisation rings in time, and only then, where a planted gold reward tells what is true.

``python benchmarks/over_optimisation.py [--seeds 20] [--first-seed 1000] [--json]``

A text has 16 places; at each stands one of four common words, each with a worth of its own (64 numbers, normal with
standard deviation 0.7), or, once in ten, one of 24 rare words, which are all worth −0.5. Judges compare 2,000 pairs of
texts of the first policy by a logistic law of the difference of their worth, and one answer in ten is turned round. A
reward model is logistic regression on all 448 words, with a weak penalty; one is fitted to half of the answers, and
the policy is the tilt of the first one towards it, in 25 steps of equal √KL up to 6, by which its reward rises all the
way. The worth of its texts rises, and falls when it begins to favour rare words that few answers have spoken of. The
alarm sees what a user has: mean scores of 256 texts a step by that reward, and by four members fitted to parts of the
other half of the answers. In the runs without over-optimisation every word is common, and the worth rises to the end.

Bars: the alarm rings between half the √KL of the peak and the peak in at least 8 of 10 runs; it is silent in at least
8 of 10 without over-optimisation. Beside it, what the eye would take for the alarm: the first step at which
the mean test reward falls. How cautious the alarm is was chosen on seeds 100 to 115 and 200 to 223 of a sketch of this
script, so that it errs to both sides alike; the seeds of the benchmark are others.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from tacit.cli.terminal import table
from tacit.learn.diagnostics import over_optimisation
from tacit.measure import proportion

PLACES, STEPS, FARTHEST, TEXTS, MEMBERS, PAIRS = 16, 25, 6.0, 256, 4, 2_000
RARE_SHARE, RARE_WORTH, SPREAD, TURNED, PENALTY = 0.1, -0.5, 0.7, 0.1, 0.05
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """A policy on its way: √KL, worth and the optimised reward, shape (step,); members of the other, (member, step)."""

    far: Array
    worth: Array
    train: Array
    members: Array


def main() -> int:
    """Run all seeds of both cases and print how often the alarm did what it should."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    rows = [_row("over-optimised", seeds, common=4, rare=24), _row("not over-optimised", seeds, common=16, rare=0)]
    if given.json:
        print(json.dumps({"name": "over_optimisation", "rows": rows}))
    else:
        print(table([[_cell(v) for v in row.values()] for row in rows], header=list(rows[0])))
    return 0


def _row(case: str, seeds: range, *, common: int, rare: int) -> dict[str, object]:
    places, naive, silent, peaks = [], [], 0, []
    for seed in seeds:
        course = run(seed, common=common, rare=rare)
        peak = float(course.far[course.worth.argmax()])
        found = over_optimisation(course.train, course.members.mean(axis=0), course.members)
        places.append(np.inf if found.fired is None else float(course.far[found.fired]) / peak)
        falls = np.flatnonzero(np.diff(course.members.mean(axis=0)) < 0)
        naive.append(float(course.far[falls[0] + 1]) / peak if len(falls) else np.inf)
        silent += found.fired is None
        peaks.append(peak)
    n, good = len(places), sum(0.5 <= place <= 1 for place in places) if rare else silent
    interval = proportion(good, n)
    return {
        "case": case,
        "runs": n,
        "alarm right": good,
        "low": round(interval.low, 3),
        "high": round(interval.high, 3),
        "early": sum(place < 0.5 for place in places),
        "late": sum(1 < place < np.inf for place in places),
        "silent": silent,
        "first fall of the test reward right": sum(0.5 <= p <= 1 if rare else p == np.inf for p in naive),
        "median peak": float(np.median(peaks)),
        "bar": f"at least {round(0.8 * n)} of {n}",
        "holds": bool(good >= 0.8 * n),
    }


def run(seed: int, *, common: int, rare: int) -> Course:
    """Return one policy's way."""
    rng = np.random.default_rng([seed, 2])
    words = common + rare
    share = RARE_SHARE if rare else 0.0
    log_first = np.log(np.r_[np.full(common, (1 - share) / common), np.full(rare, share / max(rare, 1))])
    worth = np.full((PLACES, words), RARE_WORTH)
    worth[:, :common] = SPREAD * rng.normal(size=(PLACES, common))
    first = np.tile(np.exp(log_first), (PLACES, 1))
    difference = _texts(first, PAIRS, rng) - _texts(first, PAIRS, rng)
    answer = rng.random(PAIRS) < expit(difference @ worth.ravel())
    answer ^= rng.random(PAIRS) < TURNED
    half = PAIRS // 2
    train = fit(difference[:half], answer[:half], np.ones(half))
    parts = [(rng.random(half) > np.exp(-1)).astype(np.float64) for _ in range(MEMBERS)]
    members = np.stack([fit(difference[half:], answer[half:], part) for part in parts])
    rows = []
    for far in np.linspace(0, FARTHEST, STEPS):
        policy = tilted(log_first, train.reshape(PLACES, words), far)
        texts = _texts(policy, TEXTS, rng)
        rows.append(
            (far, float((policy * worth).sum()), float((texts @ train).mean()), *(texts @ members.T).mean(axis=0))
        )
    columns = np.array(rows).T
    return Course(columns[0], columns[1], columns[2], columns[3:])


def tilted(log_first: Array, reward: Array, far: float) -> Array:
    """Return the tilt of the first policy whose √KL from it is `far`, shape (place, word)."""
    low, high, policy = 0.0, 1_000.0, np.exp(np.tile(log_first, (len(reward), 1)))
    for _ in range(40):
        middle = (low + high) / 2
        log_policy = log_first + middle * reward
        log_policy -= logsumexp(log_policy, axis=1, keepdims=True)
        policy = np.exp(log_policy)
        kl = float((policy * (log_policy - log_first)).sum())
        low, high = (middle, high) if kl < far**2 else (low, middle)
    return policy


def fit(difference: Array, answer: NDArray[np.bool_], weight: Array) -> Array:
    """Return the penalised logistic regression of answers on differences, by Newton's method."""
    reward = np.zeros(difference.shape[1])
    for _ in range(12):
        p = expit(difference @ reward)
        slope = difference.T @ (weight * (p - answer)) + PENALTY * reward
        bend = (difference * (weight * p * (1 - p))[:, None]).T @ difference + PENALTY * np.eye(len(reward))
        reward = reward - np.linalg.solve(bend, slope)
    return reward


def _texts(policy: Array, n: int, rng: np.random.Generator) -> Array:
    """Return `n` texts as which word stands at which place, shape (text, place · word)."""
    drawn = rng.random((n, len(policy)))
    word = np.minimum((drawn[:, :, None] > np.cumsum(policy, axis=1)).sum(axis=2), policy.shape[1] - 1)
    return np.asarray(np.eye(policy.shape[1])[word].reshape(n, -1))


def _cell(value: object) -> object:
    return f"{value:.3g}" if isinstance(value, float) else value


if __name__ == "__main__":
    raise SystemExit(main())
