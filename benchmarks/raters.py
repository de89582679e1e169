"""Whether one odd rater among three is found, and the reward unharmed by it.

``python benchmarks/raters.py [--seeds 10] [--labels 200] [--json]``

Three raters compare different pairs of segments, 200 each: two who are honest, and one who flips a coin or answers the
wrong way round. The honest ones are faultless, or noisy: then they choose by a logistic law, one answer in twenty is a
slip, and so is the inverted one's. For each seed the reward and the raters are fitted together, and once more to the
honest raters alone. Accuracy is against the truth, on
pairs of segments that nobody saw. Bars: the odd rater has the lowest `p_agree`, its interval apart from both others in
at least nine seeds of ten, and the mean accuracy is within one point of the honest-only fit.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.cli.terminal import table
from tacit.judging import Irrationality, Question, QuestionKind, SimulatedLabeler, questions_table
from tacit.measure import mean_estimate
from tacit.reward import RewardFit, SegmentEnsemble, comparisons_from_judgments, fit_reward

STEPS, FEATURES, FRESH_PAIRS = 25, 5, 2_000
PRECISION, SLIP = 2.0, 0.05  # log-odds per standard deviation of the difference between two segments
HONEST = {"faultless": Irrationality(), "noisy": Irrationality(precision=PRECISION, mistake=SLIP)}
COIN, INVERTED = "coin-flipper", "inverted"
ODD = {
    (COIN, "faultless"): Irrationality(mistake=0.5),
    (INVERTED, "faultless"): Irrationality(mistake=1.0),
    (COIN, "noisy"): Irrationality(mistake=0.5),
    (INVERTED, "noisy"): Irrationality(precision=PRECISION, mistake=1 - SLIP),
}
"""(odd rater, the two honest ones) → how the odd one answers."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = [_row(*case, [_trial(*case, seed, given.labels) for seed in range(given.seeds)]) for case in ODD]
    if given.json:
        print(json.dumps({"name": "raters", "rows": rows}))
    else:
        cells = [[f"{v:.3f}" if isinstance(v, float) else v for v in row.values()] for row in rows]
        print(table(cells, header=list(rows[0])))
    return 0


def _row(odd: str, honest: str, trials: Sequence[dict[str, Any]]) -> dict[str, Any]:
    difference = mean_estimate([t["accuracy"] - t["honest_only"] for t in trials])
    return {
        "odd rater": odd,
        "honest ones": honest,
        "seeds": len(trials),
        "lowest": sum(t["lowest"] for t in trials),
        "intervals apart": sum(t["apart"] for t in trials),
        "accuracy": float(np.mean([t["accuracy"] for t in trials])),
        "honest only": float(np.mean([t["honest_only"] for t in trials])),
        "all alike": float(np.mean([t["all_alike"] for t in trials])),
        "difference": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "p_agree honest": float(np.mean([t["p_agree"][:2] for t in trials])),
        "p_agree odd": float(np.mean([t["p_agree"][2] for t in trials])),
        "cpu_s a fit": float(np.mean([t["cpu_s"] for t in trials])),
    }


def _trial(odd_kind: str, honest_kind: str, seed: int, labels: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    n_items = 2 * (3 * labels + FRESH_PAIRS)
    start = rng.normal(size=(n_items, 1, FEATURES))
    features = (start + rng.normal(0, 0.3, (n_items, STEPS, FEATURES)).cumsum(axis=1)).astype(np.float32)
    worth = np.tanh(features[..., 0]) - 0.3 * features[..., 1] ** 2 + 0.5 * np.sin(features[..., 2]) * features[..., 3]
    total = worth.sum(axis=1)
    worth = worth / (total[::2] - total[1::2]).std()
    names = [f"segment {i}" for i in range(n_items)]
    honest = HONEST[honest_kind]
    judges = {"first honest": honest, "second honest": honest, "the odd one": ODD[odd_kind, honest_kind]}
    asked, answered = [], []
    for i, (name, irrationality) in enumerate(judges.items()):
        pairs = range(2 * labels * i, 2 * labels * (i + 1), 2)
        questions = questions_table([Question(QuestionKind.COMPARISON, (names[p], names[p + 1])) for p in pairs])
        judge = SimulatedLabeler(_utility(names, worth), irrationality=irrationality, seed=seed, labeler_id=name)
        judge.ask(questions)
        asked.append(questions)
        answered.append(judge.collect())
    compared = slice(0, 6 * labels)
    everyone, two = (
        comparisons_from_judgments(pl.concat(a), pl.concat(q), features[compared], item_ids=names[compared])
        for a, q in ((answered, asked), (answered[:2], asked[:2]))
    )
    fresh_features, fresh_total = features[6 * labels :], total[6 * labels :]

    def accuracy(fit: RewardFit) -> float:
        p = fit.preference(fresh_features[::2], fresh_features[1::2])
        return float(np.mean((p > 0.5) == (fresh_total[::2] > fresh_total[1::2])))

    began_s = time.process_time()
    fit = fit_reward(everyone, seed=seed)
    cpu_s = time.process_time() - began_s
    first, second, odd = (fit.p_agree[name] for name in judges)
    return {
        "lowest": odd.mean < min(first.mean, second.mean),
        "apart": odd.high < min(first.low, second.low),
        "p_agree": [first.mean, second.mean, odd.mean],
        "accuracy": accuracy(fit),
        "honest_only": accuracy(fit_reward(two, seed=seed)),
        "all_alike": accuracy(SegmentEnsemble().fit(everyone, seed=seed)),
        "cpu_s": cpu_s,
    }


def _utility(names: Sequence[str], worth: NDArray[np.float64]) -> Any:  # noqa: ANN401 (a callable of ids)
    row_of = dict(zip(names, range(len(names)), strict=True))
    return lambda item_ids: worth[[row_of[i] for i in item_ids]]


if __name__ == "__main__":
    sys.exit(main())
