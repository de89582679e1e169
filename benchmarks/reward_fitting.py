"""CPU time per comparison and epoch of fitting a reward ensemble, beside imitation's EnsembleTrainer.

``python benchmarks/reward_fitting.py [--pairs 256] [--epochs 8] [--repeats 5] [--json]``

Both fit three members with two hidden layers of 64 to the same kind of data: comparisons of two segments of 50 steps
with 5 numbers each, batches of 32, one thread. The clock is CPU time of the whole call. Each member is counted for the
pairs that it trains on: in imitation as many as there are, drawn with replacement; in tacit those it does not hold out.
Validation on the others, the adapting penalty, normalisation and what follows training are in tacit's time
and imitation does none of them. imitation runs without a normalising layer (its default) and with one (as in its
tutorials). Repeats alternate, and medians are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

from tacit.cli.terminal import table
from tacit.reward import SegmentEnsemble, compare

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "imitation" / "bin" / "python"
STEPS, FEATURES, BAR = 50, 5, 15.0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not PEER.exists():
        print(f"{PEER} is missing: make bench makes it from peers/imitation.txt", file=sys.stderr)
        return 1
    ours(given.pairs, 1, seed=0)  # torch sets itself up in its first calls
    measured: dict[str, list[float]] = {"tacit": [], "imitation": [], "imitation, normalising": []}
    for seed in range(given.repeats):
        measured["tacit"].append(ours(given.pairs, given.epochs, seed=seed))
        measured["imitation"].append(theirs(given.pairs, given.epochs, seed, "plain"))
        measured["imitation, normalising"].append(theirs(given.pairs, given.epochs, seed, "normalise"))
    ours_ms = median(measured["tacit"]) * 1e3
    rows = [
        {
            "library": name,
            "ms per comparison and epoch": median(values) * 1e3,
            "lowest": min(values) * 1e3,
            "highest": max(values) * 1e3,
            "times tacit": median(values) * 1e3 / ours_ms,
        }
        for name, values in measured.items()
    ]
    if given.json:
        print(json.dumps({"name": "reward_fitting", "rows": rows, "bar": BAR}))
    else:
        print(
            table(
                [[f"{v:.3g}" if isinstance(v, float) else v for v in row.values()] for row in rows],
                header=list(rows[0]),
            )
        )
    return 0


def ours(pairs: int, epochs: int, *, seed: int) -> float:
    """Return CPU seconds per comparison and epoch of all three members together."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(2 * pairs, STEPS, FEATURES)).astype(np.float32)
    totals = -(features**2).sum(axis=(1, 2))
    first = np.arange(0, 2 * pairs, 2)
    comparisons = compare(features, first, first + 1, totals[first] > totals[first + 1])
    ensemble = SegmentEnsemble(epochs=epochs, patience=epochs + 1)
    began_s = time.process_time()
    ensemble.fit(comparisons, seed=seed)
    cpu_s = time.process_time() - began_s
    out = comparisons.held_out(seed=seed, members=ensemble.members, share=ensemble.held_out_share)
    return cpu_s / (epochs * float((~out).sum(axis=1).mean()))


def theirs(pairs: int, epochs: int, seed: int, normalise: str) -> float:
    """Return the same for imitation, which trains its members one after the other on `pairs` each."""
    script = FOLDER / "peers" / "imitation_reward_fitting.py"
    command = [str(PEER), str(script), *map(str, (pairs, STEPS, epochs, seed)), normalise]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    result = json.loads(done.stdout.strip().rpartition("\n")[2])
    return float(result["cpu_s"]) / float(result["comparison_epochs"])


if __name__ == "__main__":
    sys.exit(main())
