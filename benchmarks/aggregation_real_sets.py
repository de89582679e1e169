"""How often the aggregated label is right on real labels with true ones, beside crowd-kit's methods.

``python benchmarks/aggregation_real_sets.py [--limit-s 240] [--json]``

The sets are those of the folder that TACIT_DATA names, by default ../shared/data. crowd-kit's Dawid–Skene, MACE and
GLAD run with their defaults; one that takes more CPU time than the limit is left out and said. The accuracy of the
majority is the mean over seeds of its ties. For each set the default is compared with the best of crowd-kit's three,
item by item; the pooled difference is the mean over all items with a true label, with Student's interval on the paired
differences. Choosing the best peer after the fact flatters the peer; the bar is that the difference is not below 0 by
more than its interval.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.cli.terminal import table
from tacit.crowd.choices import Choices, Gold, read_choices, read_gold
from tacit.crowd.choices.methods import METHODS
from tacit.measure import mean_estimate

FOLDER = Path(__file__).parent
DATA = Path(os.environ.get("TACIT_DATA", FOLDER.parent.parent / "shared" / "data"))
PEER = FOLDER / ".venvs" / "crowdkit" / "bin" / "python"
PEERS: dict[str, dict[str, Any]] = {"DawidSkene": {}, "MACE": {"verbose": 0}, "GLAD": {"silent": True}}
SETS = {
    "bluebirds": ("bluebirds/labels.csv.gz", "bluebirds/gold.csv.gz"),
    **{f"act_crowd {s}": (f"act_crowd/{s}_labels.csv.gz",) * 2 for s in ("sp", "sp_amt", "cf", "cf_amt")},
    **{
        f"gal_crowd {s}": (f"gal_crowd/{s}_labels.csv.gz", f"gal_crowd/{s}_gold.csv.gz")
        for s in ("adult2", "hitspam_cf")
    },
}
SEEDS = 20
Right = NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--limit-s", type=float, default=240)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    for path, do in ((PEER, "make bench makes it from peers/crowdkit.txt"), (DATA, "name it with TACIT_DATA")):
        if not path.exists():
            print(f"{path} is missing: {do}", file=sys.stderr)
            return 1
    rows, pooled = [], list[Right]()
    for name in given.sets:
        row, difference = _row(name, given.limit_s)
        rows.append(row)
        pooled.append(difference)
        print(json.dumps(row), file=sys.stderr, flush=True)
    together = mean_estimate(np.concatenate(pooled))
    total = {
        "set": "pooled",
        "gold": together.n,
        "difference": together.mean,
        "low": together.low,
        "high": together.high,
    }
    rows.append({**dict.fromkeys(rows[0]), **total})
    if given.json:
        print(json.dumps({"name": "aggregation_real_sets", "rows": rows}))
    else:
        print(table([[_cell(v) for v in row.values()] for row in rows], header=list(rows[0])))
    return 0


def _row(name: str, limit_s: float) -> tuple[dict[str, Any], Right]:
    """Return a set's line of the table, and default less best peer on each item with a true label."""
    labels, gold_file = (DATA / file for file in SETS[name])
    choices = read_choices(labels)
    gold = read_gold(gold_file, choices)
    ours = {method: _ours(choices, gold, method) for method in METHODS if method != "dawid_skene_ml"}
    theirs = {method: right for method in PEERS if (right := _theirs(choices, gold, method, limit_s)) is not None}
    best = max(theirs, key=lambda method: theirs[method].mean())
    default = ours[next(iter(METHODS))]
    difference = mean_estimate(default - theirs[best])
    row = {
        "set": name,
        "votes": len(choices),
        "gold": len(gold),
        **{method: float(right.mean()) for method, right in ours.items()},
        **{f"crowd-kit {m}": float(theirs[m].mean()) if m in theirs else None for m in PEERS},
        "best peer": best,
        "difference": difference.mean,
        "low": difference.low,
        "high": difference.high,
    }
    return row, default - theirs[best]


def _ours(choices: Choices, gold: Gold, method: str) -> Right:
    """Return how often each item's label is right, over seeds of the ties."""
    fits = [METHODS[method]().fit(choices, seed=seed) for seed in range(SEEDS if method == "majority" else 1)]
    return np.asarray(np.mean([fit.label[gold.item] == gold.label for fit in fits], axis=0))


def _theirs(choices: Choices, gold: Gold, method: str, limit_s: float) -> Right | None:
    with tempfile.TemporaryDirectory() as folder:
        votes, labels = Path(folder) / "votes.npz", Path(folder) / "labels.npy"
        np.savez(votes, item=choices.item, labeler=choices.labeler, label=choices.label)
        words = [str(PEER), str(FOLDER / "peers" / "crowdkit_choices.py"), method, str(votes), str(labels)]
        words += [json.dumps(PEERS[method])]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "CPU_LIMIT_S": f"{limit_s:.0f}"}
        try:
            subprocess.run(words, stdout=subprocess.PIPE, env=environment, check=True)
        except subprocess.CalledProcessError as error:
            if error.returncode not in (-signal.SIGXCPU, -signal.SIGKILL):
                raise
            print(f"crowd-kit {method} took over {limit_s:g} CPU-s and is left out", file=sys.stderr, flush=True)
            return None
        return np.asarray(np.load(labels)[gold.item] == gold.label, dtype=np.float64)


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
