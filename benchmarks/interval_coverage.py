"""How often 95 % intervals of word error rates and of calibration errors cover the truth, in simulations that know it.

``python benchmarks/interval_coverage.py [--simulations 1000] [--of words|calibration] [--json]``

Word errors: utterances of 15 words on average, each with a difficulty of its own, or each speaker with one; the truth
is the word error rate of the population; with very few utterances also ones that are all equally hard. Calibration:
predictions of nine kinds of forecaster, of which the truth over bins of equal mass is computed from two million; one is
calibrated, so that 0 is the truth and only the lower end can fail.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from tacit.cli.terminal import table
from tacit.measure import Estimate, proportion
from tacit.measure.calibration import expected_calibration_error
from tacit.measure.word_errors import ratio_of_sums

Values = NDArray[np.float64]
POPULATION = 2_000_000
WER_CASES = ((30, 0), (100, 0), (400, 0), (200, 10), (400, 20), (800, 40))
"""Utterances, and speakers among whom they are shared; 0 where each utterance stands for itself."""
FEW = (2, 3, 5)
"""Utterances, where there are hardly any."""
CALIBRATION_CASES = ((300, 10), (1_000, 10), (1_000, 15), (5_000, 15))
"""Predictions and bins."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--simulations", type=int, default=1_000, help="of each case (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--of", choices=["words", "calibration"], help="of these alone")
    given = parser.parse_args()
    rows = []
    if given.of != "calibration":
        rows += [_wer(n, n_speakers, given.simulations) for n, n_speakers in WER_CASES]
        rows += [_few(n, equal, given.simulations) for n in FEW for equal in (True, False)]
    if given.of != "words":
        rows += [
            _calibration(name, n, bins, given.simulations) for name in FORECASTERS for n, bins in CALIBRATION_CASES
        ]
    if given.json:
        print(json.dumps({"name": "interval_coverage", "rows": rows}))
    else:
        print(table([[_cell(value) for value in row.values()] for row in rows], header=list(rows[0])))
    return 0


def _wer(n: int, n_speakers: int, n_simulations: int) -> dict[str, Any]:
    rng = np.random.default_rng(n + n_speakers)
    got = []
    for seed in range(n_simulations):
        errors, words, speakers = _speech(rng, n, n_speakers)
        got.append(ratio_of_sums(errors, words, seed=seed, clusters=speakers if n_speakers else None))
    case = f"{n} utterances" + (f" of {n_speakers} speakers" if n_speakers else "")
    return _row("word error rate", case, 0.16, got)


def _few(n: int, equal: bool, n_simulations: int) -> dict[str, Any]:
    rng, got = np.random.default_rng(n), []
    for seed in range(n_simulations):
        words = rng.poisson(15, n).clip(1)
        errors = rng.binomial(words, 0.16 if equal else rng.beta(0.8, 4.2, n))
        got.append(ratio_of_sums(errors, words, seed=seed))
    return _row("word error rate", f"{n} utterances" + (", all equally hard" if equal else ""), 0.16, got)


def _speech(rng: np.random.Generator, n: int, n_speakers: int) -> tuple[Values, Values, Values]:
    """Return errors, words and speakers; difficulties have mean 0.8 / 5 = 0.16, whatever the length."""
    words = rng.poisson(15, n).clip(1)
    speakers = np.arange(n) % (n_speakers or n)
    difficulty = rng.beta(0.8, 4.2, n) if not n_speakers else rng.beta(1.6, 8.4, n_speakers)[speakers]
    return rng.binomial(words, difficulty).astype(float), words.astype(float), speakers.astype(float)


def _calibration(name: str, n: int, n_bins: int, n_simulations: int) -> dict[str, Any]:
    rng = np.random.default_rng(n + n_bins)
    p, chance = FORECASTERS[name](rng, POPULATION)
    gaps = np.array_split((p - chance)[np.argsort(p)], n_bins)
    truth = float(np.mean([abs(float(one.mean())) for one in gaps]))
    got = []
    for _ in range(n_simulations):
        p, chance = FORECASTERS[name](rng, n)
        got.append(expected_calibration_error(p, (rng.random(n) < chance).astype(float), n_bins=n_bins))
    return _row("calibration error", f"{name}, {n} in {n_bins} bins", truth, got)


def _overconfident(rng: np.random.Generator, n: int) -> tuple[Values, Values]:
    p = rng.beta(0.7, 0.7, n).clip(1e-9, 1 - 1e-9)
    return p, expit(0.6 * logit(p))


def _a_little_overconfident(rng: np.random.Generator, n: int) -> tuple[Values, Values]:
    p = rng.beta(2, 2, n)
    return p, expit(0.9 * logit(p))


def _classifier(rng: np.random.Generator, n: int) -> tuple[Values, Values]:
    p = rng.beta(8, 1.2, n)
    return p, p**1.5


def _wrong_at_one_end(rng: np.random.Generator, n: int) -> tuple[Values, Values]:
    p = rng.beta(2, 2, n)
    return p, np.where(p > 0.8, p - 0.2, p)


def _calibrated(rng: np.random.Generator, n: int) -> tuple[Values, Values]:
    p = rng.beta(2, 2, n)
    return p, p


def _underconfident(rng: np.random.Generator, n: int) -> tuple[Values, Values]:
    p = rng.beta(2, 2, n)
    return p, expit(1.3 * logit(p))


def _always_too_low(rng: np.random.Generator, n: int) -> tuple[Values, Values]:
    p = 0.9 * rng.beta(2, 2, n)
    return p, p + 0.05


def _wavering(rng: np.random.Generator, n: int) -> tuple[Values, Values]:
    p = rng.beta(2, 2, n)
    return p, (p + 0.08 * np.sin(12 * p)).clip(0, 1)


def _wrong_at_both_ends(rng: np.random.Generator, n: int) -> tuple[Values, Values]:
    p = rng.beta(1, 3, n)
    return p, np.where(p < 0.1, p + 0.1, np.where(p > 0.6, p - 0.1, p))


FORECASTERS: dict[str, Callable[[np.random.Generator, int], tuple[Values, Values]]] = {
    "overconfident": _overconfident,
    "a classifier's confidence": _classifier,
    "a little overconfident": _a_little_overconfident,
    "wrong at one end": _wrong_at_one_end,
    "calibrated": _calibrated,
    "underconfident": _underconfident,
    "always too low": _always_too_low,
    "wavering": _wavering,
    "wrong at both ends": _wrong_at_both_ends,
}


def _row(what: str, case: str, truth: float, got: list[Estimate]) -> dict[str, Any]:
    covered = proportion(sum(one.low <= truth <= one.high for one in got), len(got))
    return {
        "of": what,
        "case": case,
        "truth": truth,
        "mean_estimate": float(np.mean([one.mean for one in got])),
        "covered": covered.mean,
        "low": covered.low,
        "high": covered.high,
        "mean_width": float(np.mean([one.high - one.low for one in got])),
        "within_93_97": bool(0.93 <= covered.mean <= 0.97),
    }


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
