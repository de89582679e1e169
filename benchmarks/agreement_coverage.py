"""How often the 95 % interval of alpha covers the truth, over 1,000 crowds a design, each of new labelers and items.

The truth of a design is the mean alpha of large crowds drawn in the same way (20,000 items, 2,000 labelers). Beside the
jackknife stand an interval that clusters by items alone, which is about these labelers rather than labelers like them,
and, with ``--bootstrap``, the bootstrap that draws items and labelers at once.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from math import sqrt
from typing import get_args

import numpy as np

from tacit.measure import proportion
from tacit.measure.agreement import Ratings, bootstrap_alpha, krippendorff_alpha
from tacit.measure.agreement.distances import Metric

TRUTH_CROWDS = 8
TRUTH_ITEMS, TRUTH_LABELERS, TRUTH_LABELS = 20_000, 2_000, 5


@dataclass(frozen=True)
class Design:
    """A way to draw a crowd.

    Args:
        name: in the table.
        n_items, n_labelers, per_item: how many; as many labels an item.
        metric: classes if nominal, else a scale with a bias and a noise of each labeler's own.
        skill: parameters of the Beta law of the probability to know the class; the rest guess.
        uneven: whether some labelers do far more than others.
    """

    name: str
    n_items: int
    n_labelers: int
    per_item: int
    metric: Metric = "nominal"
    skill: tuple[float, float] = (7, 3)
    uneven: bool = False


DESIGNS = (
    Design("sparse crowd", 200, 40, 5),
    Design("large sparse crowd", 1_000, 100, 3),
    Design("sparse, uneven workload", 200, 40, 5, uneven=True),
    Design("ten labelers see all", 50, 10, 10),
    Design("five labelers see all", 100, 5, 5),
    Design("high agreement", 300, 30, 5, skill=(18, 2)),
    Design("low agreement", 100, 10, 10, skill=(4, 6)),
    Design("ordinal, eight see all", 100, 8, 8, metric="ordinal"),
    Design("interval, sparse", 100, 20, 3, metric="interval"),
    Design("interval, uneven workload", 60, 20, 4, metric="interval", uneven=True),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--simulations", type=int, default=1_000)
    parser.add_argument("--bootstrap", type=int, default=0, metavar="N", help="also bootstrap the first N crowds")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = [_row(design, arguments.simulations, arguments.bootstrap) for design in DESIGNS]
    result = {"agreement_coverage": rows, "three million labels": [_speed(metric) for metric in get_args(Metric)]}
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=1))


def _speed(metric: Metric) -> dict[str, object]:
    """Return the CPU seconds of alpha with its interval, on 3,000,000 labels by a thousand labelers, five an item."""
    rng = np.random.default_rng(0)
    item = np.repeat(np.arange(600_000), 5)
    labeler = (rng.integers(0, 1_000, 600_000)[:, None] + 200 * np.arange(5)).ravel() % 1_000
    value = np.where(
        rng.random(len(item)) < 0.6, np.repeat(rng.integers(0, 4, 600_000), 5), rng.integers(0, 4, len(item))
    )
    began_s = time.process_time()
    estimate = krippendorff_alpha(Ratings(item, labeler, value.astype(np.float64), 600_000, 1_000), metric).estimate()
    return {
        "metric": metric,
        "labels": len(item),
        "alpha": str(estimate),
        "cpu_s": round(time.process_time() - began_s, 2),
    }


def _row(design: Design, simulations: int, bootstrapped: int) -> dict[str, object]:
    truths = [
        krippendorff_alpha(_crowd(design, 1_000_000 + seed, large=True), design.metric).alpha
        for seed in range(TRUTH_CROWDS)
    ]
    truth, began_s = float(np.mean(truths)), time.process_time()
    both = items = drawn = 0
    for seed in range(simulations):
        ratings = _crowd(design, seed, large=False)
        alpha = krippendorff_alpha(ratings, design.metric)
        wide, narrow = alpha.estimate(clusters="item and labeler"), alpha.estimate(clusters="item")
        both += wide.low <= truth <= wide.high
        items += narrow.low <= truth <= narrow.high
        if seed < bootstrapped:
            estimate = bootstrap_alpha(ratings, design.metric, seed=seed, n_resamples=400)
            drawn += estimate.low <= truth <= estimate.high
    covered = proportion(both, simulations)
    row: dict[str, object] = {
        "design": design.name,
        "metric": design.metric,
        "true alpha": round(truth, 4),
        "its error": round(float(np.std(truths, ddof=1)) / sqrt(TRUTH_CROWDS), 4),
        "covered": round(covered.mean, 4),
        "95 % interval": f"[{covered.low:.3f}, {covered.high:.3f}]",
        "by items alone": round(items / simulations, 4),
        "simulations": simulations,
        "cpu_s": round(time.process_time() - began_s, 1),
    }
    if bootstrapped:
        share = proportion(drawn, min(bootstrapped, simulations))
        row["bootstrap"] = f"{share.mean:.3f} [{share.low:.3f}, {share.high:.3f}]"
    return row


def _crowd(design: Design, seed: int, *, large: bool) -> Ratings:
    rng = np.random.default_rng(seed)
    if large:
        n_items, n_labelers, per_item = TRUTH_ITEMS, TRUTH_LABELERS, TRUTH_LABELS
        labeler = rng.integers(0, n_labelers, (n_items, per_item * 2))  # with room to drop labelers drawn twice
        labeler = (_different(labeler, per_item, n_labelers) + rng.integers(0, n_labelers, (n_items, 1))) % n_labelers
    else:
        n_items, n_labelers, per_item = design.n_items, design.n_labelers, design.per_item
        activity = rng.pareto(1.2, n_labelers) + 0.05 if design.uneven else np.ones(n_labelers)
        keys = rng.gumbel(size=(n_items, n_labelers)) + np.log(activity)
        labeler = np.argsort(-keys, axis=1)[:, :per_item]
    value = _values(design, rng, labeler, n_items, n_labelers)
    item = np.repeat(np.arange(n_items), per_item)
    return Ratings(item, labeler.ravel(), value.ravel(), n_items, n_labelers)


def _different(labeler: np.ndarray, per_item: int, n_labelers: int) -> np.ndarray:
    """Return the first so many different labelers of each row; a row with too few is filled with the next ones."""
    ordered = np.sort(labeler, axis=1)
    ordered[:, 1:][ordered[:, 1:] == ordered[:, :-1]] = n_labelers  # out of range: sorted to the end
    first = np.sort(ordered, axis=1)[:, :per_item]
    if (first == n_labelers).any():
        raise RuntimeError("too few different labelers were drawn for an item")
    return first


def _values(design: Design, rng: np.random.Generator, labeler: np.ndarray, n_items: int, n_labelers: int) -> np.ndarray:
    if design.metric == "nominal":
        truth, skill = rng.choice(4, n_items, p=[0.4, 0.3, 0.2, 0.1]), rng.beta(*design.skill, n_labelers)
        knows = rng.random(labeler.shape) < skill[labeler]
        return np.where(knows, truth[:, None], rng.integers(0, 4, labeler.shape)).astype(np.float64)
    place, bias = rng.normal(size=n_items), rng.normal(0, 0.5, n_labelers)
    noise = 0.7 * rng.gamma(4, 0.25, n_labelers)
    value = place[:, None] + bias[labeler] + noise[labeler] * rng.normal(size=labeler.shape)
    return np.clip(np.round(1.2 * value + 3), 1, 5) if design.metric == "ordinal" else np.asarray(value)


if __name__ == "__main__":
    main()
