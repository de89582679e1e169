"""How often the intervals of scores cover the true scores, simulation by simulation.

``python benchmarks/comparison_coverage.py [--simulations 1000] [--designs NAME ...] [--json]``

Each simulation draws scores (normal), comparisons or rankings from the model that is fitted, fits it and asks which of
its 95 % intervals hold the truth; the share is averaged over items and simulations, and its own interval is over
simulations, within which items are not independent. Simulations whose maximum-likelihood scores are infinite are
refused, as a user's would be; they are counted and drawn again. Three slow designs are
simulated a tenth or a fifth as often. Bar: 93 to 97 %.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.cli.terminal import table
from tacit.crowd.comparisons import (
    PairedComparisons,
    ScoreIntervals,
    TieModel,
    bootstrap_scores,
    fit_comparisons,
    fit_rankings,
    fit_with_raters,
    rankings_from_places,
)
from tacit.errors import NotIdentified
from tacit.measure import mean_estimate

Float64 = NDArray[np.float64]
Drawn = tuple[ScoreIntervals, Float64]
RESAMPLES = 100


def pairs(
    n_items: int, n: int, *, tie: float | None = None, side: float = 0.0, model: TieModel = TieModel.DAVIDSON
) -> Callable[[np.random.Generator], tuple[PairedComparisons, Float64]]:
    """Return a function that draws comparisons of uniform random pairs."""

    def draw(rng: np.random.Generator) -> tuple[PairedComparisons, Float64]:
        score = rng.normal(0, 1, n_items)
        score -= score.mean()
        left = rng.integers(0, n_items, n)
        right = (left + rng.integers(1, n_items, n)) % n_items
        eta = score[left] - score[right] + side
        if model is TieModel.RAO_KUPPER and tie is not None:
            up, down = 1 / (1 + np.exp(tie - eta)), 1 / (1 + np.exp(tie + eta))
            p = np.stack([up, down, 1 - up - down])
        else:
            weight = np.stack([np.exp(eta / 2), np.exp(-eta / 2), np.full(n, 0.0 if tie is None else np.exp(tie))])
            p = weight / weight.sum(axis=0)
        winner = np.minimum((rng.random(n) > np.cumsum(p, axis=0)).sum(axis=0), 2 if tie is not None else 1)
        return PairedComparisons([str(i) for i in range(n_items)], left, right, winner), score

    return draw


def fisher(
    draw: Callable[[np.random.Generator], tuple[PairedComparisons, Float64]],
    *,
    ties: TieModel = TieModel.DAVIDSON,
    side_bias: bool = False,
) -> Callable[[np.random.Generator], Drawn]:
    """Return a simulation whose intervals are by the Fisher information."""

    def simulate(rng: np.random.Generator) -> Drawn:
        comparisons, score = draw(rng)
        return fit_comparisons(comparisons, ties=ties, side_bias=side_bias).intervals(), score

    return simulate


def resampled(
    draw: Callable[[np.random.Generator], tuple[PairedComparisons, Float64]],
) -> Callable[[np.random.Generator], Drawn]:
    """Return a simulation whose intervals are by the bootstrap."""

    def simulate(rng: np.random.Generator) -> Drawn:
        comparisons, score = draw(rng)
        fit = fit_comparisons(comparisons)

        def again(rows: NDArray[np.intp]) -> Float64:
            return fit_comparisons(comparisons.take(rows), start=fit.score).score

        seed = int(rng.integers(2**31))
        return bootstrap_scores(len(comparisons), again, fit.score, seed=seed, n_resamples=RESAMPLES), score

    return simulate


def partial_rankings(n_items: int, n: int, shown: int) -> Callable[[np.random.Generator], Drawn]:
    """Return a simulation of rankings of `shown` random items each."""

    def simulate(rng: np.random.Generator) -> Drawn:
        score = rng.normal(0, 1, n_items)
        score -= score.mean()
        item = np.argsort(rng.random((n, n_items)), axis=1)[:, :shown]
        place = np.argsort(np.argsort(-(score[item] + rng.gumbel(size=item.shape)), axis=1), axis=1)
        names = [str(i) for i in range(n_items)]
        made = rankings_from_places(names, np.repeat(np.arange(n), shown), item.ravel(), place.ravel())
        return fit_rankings(made).intervals(), score

    return simulate


def rated(n_items: int, n: int, n_raters: int) -> Callable[[np.random.Generator], Drawn]:
    """Return a simulation of raters of different precision, whose precisions are fitted and then held fixed."""

    def simulate(rng: np.random.Generator) -> Drawn:
        score = rng.normal(0, 1, n_items)
        score -= score.mean()
        precision = np.exp(rng.normal(0, 0.4, n_raters))
        precision /= np.exp(np.log(precision).mean())
        left, rater = rng.integers(0, n_items, n), rng.integers(0, n_raters, n)
        right = (left + rng.integers(1, n_items, n)) % n_items
        eta = precision[rater] * (score[left] - score[right])
        winner = (rng.random(n) > 1 / (1 + np.exp(-eta))).astype(int)
        items, raters = ([str(i) for i in range(k)] for k in (n_items, n_raters))
        return fit_with_raters(PairedComparisons(items, left, right, winner, rater, raters)).fit.intervals(), score

    return simulate


DESIGNS: dict[str, Callable[[np.random.Generator], Drawn]] = {
    "Bradley–Terry, 10 items × 300": fisher(pairs(10, 300)),
    "Bradley–Terry, 100 items × 3,000": fisher(pairs(100, 3_000)),
    "Bradley–Terry, 3,000 items × 150,000, estimated diagonal": fisher(pairs(3_000, 150_000)),
    "Davidson, 10 items × 300, a third ties": fisher(pairs(10, 300, tie=0.0)),
    "Davidson with a side bias, 20 items × 1,000": fisher(pairs(20, 1_000, tie=-0.5, side=0.3), side_bias=True),
    "Rao–Kupper, 20 items × 1,000": fisher(
        pairs(20, 1_000, tie=0.5, model=TieModel.RAO_KUPPER), ties=TieModel.RAO_KUPPER
    ),
    "Plackett–Luce, 15 items, 200 rankings of 4": partial_rankings(15, 200, 4),
    "Bradley–Terry, 10 items × 300, bootstrap": resampled(pairs(10, 300)),
    "10 raters of unequal precision, 10 items × 1,000": rated(10, 1_000, 10),
}

SLOW = {
    "Bradley–Terry, 3,000 items × 150,000, estimated diagonal": 10,
    "Bradley–Terry, 10 items × 300, bootstrap": 5,
    "10 raters of unequal precision, 10 items × 1,000": 5,
}
"""Designs of which only one simulation in so many is made."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--simulations", type=int, default=1_000)
    parser.add_argument("--designs", nargs="+", choices=DESIGNS, default=list(DESIGNS), metavar="NAME")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = []
    for name in given.designs:
        rows.append(_row(name, DESIGNS[name], max(2, given.simulations // SLOW.get(name, 1))))
        if not given.json:
            print(table([[_cell(v) for v in rows[-1].values()]], header=list(rows[-1])), flush=True)
    if given.json:
        print(json.dumps({"name": "comparison_coverage", "rows": rows}))
    return 0


def _row(name: str, simulate: Callable[[np.random.Generator], Drawn], n: int) -> dict[str, Any]:
    covered: list[float] = []
    refused, seed = 0, 0
    began_s = time.process_time()
    while len(covered) < n:
        try:
            found, score = simulate(np.random.default_rng(seed))
            covered.append(float(np.mean((found.low <= score) & (score <= found.high))))
        except NotIdentified:
            refused += 1
        seed += 1
    made = mean_estimate(covered)
    return {
        "design": name,
        "simulations": n,
        "refused": refused,
        "coverage": made.mean,
        "low": made.low,
        "high": made.high,
        "CPU-s": time.process_time() - began_s,
    }


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
