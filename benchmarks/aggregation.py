"""How often the aggregated label is right, where the truth is known, beside majority, crowd-kit and the best possible.

``python benchmarks/aggregation.py [--votes 10000 100000 1000000] [--seeds 20] [--first-seed 0] [--peer-seeds 3]
[--brief] [--json]``

Crowds are simulated with the class names permuted; see `tacit.crowd.choices.simulated`. Bars: on the crowd with
spammers .885, .915 and .932 on average at 10⁴, 10⁵ and 10⁶ votes; on the others never below the majority on average.
crowd-kit's Dawid–Skene runs on the first few seeds of the same crowds, and its column is the mean over those; beside it
stands the default's mean over the same seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tacit.cli.terminal import table
from tacit.crowd.choices.methods import METHODS
from tacit.crowd.choices.simulated import CROWDS, Crowd, oracle
from tacit.measure import mean_estimate

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "crowdkit" / "bin" / "python"
DEFAULT = next(iter(METHODS))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--votes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--crowds", nargs="+", choices=CROWDS, default=list(CROWDS))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--peer-seeds", type=int, default=3)
    parser.add_argument("--brief", action="store_true", help="leave out Dawid–Skene and the best possible")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.peer_seeds and not PEER.exists():
        print(f"{PEER} is missing: make bench makes it from peers/crowdkit.txt", file=sys.stderr)
        return 1
    rows = []
    for name in given.crowds:
        for n_votes in given.votes:
            seeds = range(given.first_seed, given.first_seed + given.seeds)
            rows.append(_row(name, n_votes, seeds, given.peer_seeds, brief=given.brief))
            if not given.json:
                print(table([[_cell(v) for v in rows[-1].values()]], header=list(rows[-1])), flush=True)
    if given.json:
        print(json.dumps({"name": "aggregation", "rows": rows}))
    return 0


def _row(name: str, n_votes: int, seeds: range, peer_seeds: int, *, brief: bool) -> dict[str, Any]:
    right: dict[str, list[float]] = {key: [] for key in (DEFAULT, "dawid_skene", "majority", "oracle", "crowd-kit")}
    for seed in seeds:
        crowd = CROWDS[name](n_votes, seed)
        choices = crowd.choices
        for method in (DEFAULT, "majority") if brief else (DEFAULT, "dawid_skene", "majority"):
            right[method].append(float((METHODS[method]().fit(choices, seed=seed).label == crowd.truth).mean()))
        if len(crowd.confusion) and not brief:
            right["oracle"].append(float((oracle(crowd) == crowd.truth).mean()))
        if seed - seeds.start < peer_seeds:
            right["crowd-kit"].append(_theirs(crowd))
    gain = mean_estimate(np.subtract(right[DEFAULT], right["majority"]))
    n_peer = len(right["crowd-kit"])
    return {
        "crowd": name,
        "votes": n_votes,
        "seeds": len(seeds),
        "default": float(np.mean(right[DEFAULT])),
        "majority": float(np.mean(right["majority"])),
        "default − majority": gain.mean,
        "low": gain.low,
        "high": gain.high,
        "dawid_skene": float(np.mean(right["dawid_skene"])) if right["dawid_skene"] else None,
        "oracle": float(np.mean(right["oracle"])) if right["oracle"] else None,
        "crowd-kit DS": float(np.mean(right["crowd-kit"])) if n_peer else None,
        "default, same seeds": float(np.mean(right[DEFAULT][:n_peer])) if n_peer else None,
        "peer seeds": n_peer,
    }


def _theirs(crowd: Crowd) -> float:
    """Return the accuracy of crowd-kit's Dawid–Skene on the same votes."""
    with tempfile.TemporaryDirectory() as folder:
        votes, labels = Path(folder) / "votes.npz", Path(folder) / "labels.npy"
        np.savez(votes, item=crowd.item, labeler=crowd.labeler, label=crowd.label)
        command = [str(PEER), str(FOLDER / "peers" / "crowdkit_choices.py"), "DawidSkene", str(votes), str(labels)]
        subprocess.run(command, stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True)
        return float((np.load(labels) == crowd.truth).mean())


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
