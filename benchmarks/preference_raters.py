"""Whether preference models of texts survive a third of the raters answering at random, or the wrong way round.

``python benchmarks/preference_raters.py [--seeds 10] [--pairs 1000] [--json]``

Nine raters compare texts of a planted worth, the sum of their symbols' values, by a logistic law; three of the nine
answer at random, or all the wrong way round. A small GPT without pre-training is fitted to all answers with its raters,
to all answers alike, and to the answers of the six honest raters alone. Accuracy is against the truth on fresh pairs;
differences are paired by seed. The calibration error is that of an honest fit's probabilities on fresh pairs that are
answered by the same logistic law, over ten bins of equal mass, the temperature fitted on pairs held out of training;
it is measured for the honest raters' answers above and for 2,000 honest answers.

Bars: rater-aware accuracy within one point of honest-only; calibration error at most 0.03.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from run import show
from scipy.special import expit

from tacit.measure import mean_estimate
from tacit.measure.calibration import expected_calibration_error
from tacit_language.models import GPT, GPTConfig
from tacit_language.preference import PreferenceFit, PreferenceSettings, Sequences, fit_preferences, pairs, sequences

SYMBOLS, PROMPT, LENGTH, RATERS, ODD, FRESH = 32, 4, 12, 9, 3, 4_000
STEEPNESS = 3.0  # log-odds per standard deviation of worth
SETTINGS = PreferenceSettings(members=3, epochs=10, patience=2, learning_rate=5e-3)
BAR_POINTS, BAR_CALIBRATION = 1.0, 0.03


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    trials: list[dict[str, float]] = []
    for seed in range(given.seeds):
        trials.append({**trial(seed, given.pairs), "calibration error, 2,000": calibration(seed, 2_000)})
        print(trials[-1], file=sys.stderr, flush=True)
    tables = {"raters": _rows(trials), "calibration": _calibration(trials)}
    print(json.dumps(tables)) if given.json else show(tables)
    return 0


def trial(seed: int, n: int) -> dict[str, float]:
    """Return accuracies and the calibration error of one seed."""
    draw = np.random.default_rng(seed)
    texts, worth = planted(n, draw)
    fresh, fresh_worth = planted(FRESH, draw)
    difference = worth[::2] - worth[1::2]
    rater = draw.integers(0, RATERS, n)
    odd = rater < ODD
    honest = draw.random(n) < expit(difference)
    answers = {"random": draw.random(n) < 0.5, "inverted": ~honest}
    first = 2 * np.arange(n)
    names = tuple(f"rater {i}" for i in range(RATERS))

    def fitted(answer: NDArray[np.bool_], who: NDArray[np.bool_], rounds: int) -> PreferenceFit:
        given = pairs(texts, first, first + 1, answer, rater=rater, raters=names).take(who)
        return fit_preferences(given, a_trunk(seed), SETTINGS, seed=seed, rounds=rounds)

    def accuracy(fit: PreferenceFit) -> float:
        score = fit.score(fresh)
        return float(np.mean((score[::2] > score[1::2]) == (fresh_worth[::2] > fresh_worth[1::2])))

    alone = fitted(honest, ~odd, 1)
    measured = {"honest only": accuracy(alone)}
    for kind, wrong in answers.items():
        given = np.where(odd, wrong, honest)
        began_s = time.process_time()
        measured[f"{kind}, with raters"] = accuracy(fitted(given, np.ones(n, np.bool_), 3))
        measured[f"{kind}, cpu_s"] = time.process_time() - began_s
        measured[f"{kind}, all alike"] = accuracy(fitted(given, np.ones(n, np.bool_), 1))
    measured["calibration error"] = _error(alone, fresh, fresh_worth, draw)
    return measured


def calibration(seed: int, n: int) -> float:
    """Return the calibration error of a fit to n honest answers, on fresh pairs."""
    draw = np.random.default_rng([seed, 1])
    texts, worth = planted(n, draw)
    fresh, fresh_worth = planted(FRESH, draw)
    first = 2 * np.arange(n)
    given = pairs(texts, first, first + 1, draw.random(n) < expit(worth[::2] - worth[1::2]))
    return _error(fit_preferences(given, a_trunk(seed), SETTINGS, seed=seed), fresh, fresh_worth, draw)


def _error(fit: PreferenceFit, fresh: Sequences, worth: NDArray[np.float64], draw: np.random.Generator) -> float:
    score = fit.score(fresh)
    p = expit(score[::2] - score[1::2])
    answered = draw.random(FRESH) < expit(worth[::2] - worth[1::2])
    return expected_calibration_error(p, answered, n_bins=10).mean


def a_trunk(seed: int) -> GPT:
    """Return a small GPT without pre-training."""
    return GPT(GPTConfig(context_length=16, width=32, n_layers=1, n_heads=4, vocabulary_size=SYMBOLS), seed=seed)


def planted(n: int, draw: np.random.Generator) -> tuple[Sequences, NDArray[np.float64]]:
    """Return n pairs of texts, those of a pair after one prompt, and their worth in log-odds, shape (2n,)."""
    value = np.random.default_rng(7).normal(size=SYMBOLS)
    prompts = draw.integers(0, SYMBOLS, (n, PROMPT)).repeat(2, axis=0)
    written = draw.integers(0, SYMBOLS, (2 * n, LENGTH))
    worth = value[written].sum(axis=1) / np.sqrt(LENGTH) * STEEPNESS
    return sequences(list(prompts), list(written), context_length=16), worth


def _rows(trials: list[dict[str, float]]) -> list[dict[str, Any]]:
    rows = []
    for kind in ("random", "inverted"):
        points = mean_estimate([100 * (t[f"{kind}, with raters"] - t["honest only"]) for t in trials])
        plain = mean_estimate([100 * (t[f"{kind}, all alike"] - t["honest only"]) for t in trials])
        rows.append(
            {
                "a third are": kind,
                "seeds": len(trials),
                "honest only": float(np.mean([t["honest only"] for t in trials])),
                "with raters": float(np.mean([t[f"{kind}, with raters"] for t in trials])),
                "all alike": float(np.mean([t[f"{kind}, all alike"] for t in trials])),
                "points off honest": points.mean,
                "low": points.low,
                "high": points.high,
                "bar": -BAR_POINTS,
                "points off, all alike": plain.mean,
                "cpu_s a fit": float(np.mean([t[f"{kind}, cpu_s"] for t in trials])),
            }
        )
    return rows


def _calibration(trials: list[dict[str, float]]) -> list[dict[str, Any]]:
    rows = []
    for name, what in (("calibration error", "the honest of all"), ("calibration error, 2,000", "2,000")):
        error = mean_estimate([t[name] for t in trials])
        rows.append(
            {
                "answers": what,
                "expected calibration error": error.mean,
                "low": error.low,
                "high": error.high,
                "highest": max(t[name] for t in trials),
                "bar": BAR_CALIBRATION,
            }
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
