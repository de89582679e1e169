"""How often the 95 % interval of a labeler's reliability holds the truth, over many simulated crowds.

``python benchmarks/aggregation_coverage.py [--simulations 1000] [--first-seed 0] [--json]``

Each simulation draws forty labelers anew, who label three hundred items of three classes, five labels an item: their
accuracies are Beta(8, 3) with their own confusions and 15 % who answer at random, or one accuracy each for all classes.
The truth is the probability that the labeler is right on an item drawn from the classes' true shares. Coverage is over
all labelers of all simulations; its interval allows for labelers of one simulation being alike. Bar: 93 to 97 %.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import numpy as np
import polars as pl

from tacit.cli.terminal import table
from tacit.crowd.choices import choices_from_codes
from tacit.crowd.choices.methods import METHODS
from tacit.measure import mean_estimate

KINDS = ("confused and spammed", "one coin")
SHARES = np.array([0.5, 0.3, 0.2])
N_ITEMS, N_LABELERS, VOTES_AN_ITEM, K = 300, 40, 5, len(SHARES)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--simulations", type=int, default=1_000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--crowds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["hierarchical"])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = [
        _row(kind, method, range(given.first_seed, given.first_seed + given.simulations))
        for kind in given.crowds
        for method in given.methods
    ]
    if given.json:
        print(json.dumps({"name": "aggregation_coverage", "rows": rows}))
    else:
        print(table([[_cell(v) for v in row.values()] for row in rows], header=list(rows[0])))
    return 0


def _row(kind: str, method: str, seeds: range) -> dict[str, Any]:
    each = np.array([_simulate(kind, method, seed) for seed in seeds])
    coverage = mean_estimate(each[:, 0])
    return {
        "crowd": kind,
        "method": method,
        "simulations": len(seeds),
        "coverage": coverage.mean,
        "low": coverage.low,
        "high": coverage.high,
        "mean width": float(each[:, 1].mean()),
        "mean error": float(each[:, 2].mean()),
    }


def _simulate(kind: str, method: str, seed: int) -> tuple[float, float, float]:
    """Return the share of labelers whose interval holds the truth, its mean width, and the estimate's mean error."""
    rng = np.random.default_rng(seed)
    right = rng.beta(8, 3, size=(N_LABELERS, K))
    off = rng.dirichlet(np.ones(K - 1), size=(N_LABELERS, K))
    if kind == "one coin":
        right[:], off[:] = right[:, :1], 1 / (K - 1)
    confusion = np.empty((N_LABELERS, K, K))
    for true in range(K):
        others = [k for k in range(K) if k != true]
        confusion[:, true, true] = right[:, true]
        confusion[:, true, others] = (1 - right[:, true])[:, None] * off[:, true]
    if kind != "one coin":
        confusion[rng.random(N_LABELERS) < 0.15] = 1 / K
    truth = rng.choice(K, size=N_ITEMS, p=SHARES)
    labeler = np.argsort(rng.random((N_ITEMS, N_LABELERS)), axis=1)[:, :VOTES_AN_ITEM].ravel()
    item = np.repeat(np.arange(N_ITEMS), VOTES_AN_ITEM)
    edges = confusion[labeler, truth[item]].cumsum(axis=1)
    label = (rng.random(len(item))[:, None] > edges).sum(axis=1).clip(0, K - 1)
    fit = METHODS[method]().fit(choices_from_codes(item, labeler, label, n_labels=K))
    true_skill = np.einsum("lkk,k->l", confusion, SHARES)[fit.choices.labelers.cast(pl.Int64).to_numpy()]
    low, high = fit.skill.low, fit.skill.high
    held = (low <= true_skill) & (true_skill <= high)
    return float(held.mean()), float((high - low).mean()), float((fit.skill.mean - true_skill).mean())


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
