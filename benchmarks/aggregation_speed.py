"""CPU time and memory of Dawid–Skene to convergence beside crowd-kit, and of votes streamed from a Parquet file.

``python benchmarks/aggregation_speed.py [--votes 1000000 10000000] [--parquet 0] [--no-peer]
[--peer-iterations 100] [--json]``

The votes are those of the crowd with spammers (`tacit.crowd.choices.simulated`): a thousand labelers, four classes.
Each fit runs in a process of its own, one thread, from integer codes in memory; the clock is its CPU time from the
codes to the labels, and memory is the process's peak. crowd-kit is given its data frame before its clock starts; if it
is stopped early by ``--peer-iterations``, its time is a lower bound of what it takes to converge. With
``--parquet N``, N votes are written as a Parquet file of integers and read, aggregated and written as CSV by the verb,
from which reading, fitting, reliability and writing are timed together. Bars: ten times less CPU than crowd-kit at 10⁶
and 10⁷; 10⁷ in 12 CPU-s and 1.5 GB; 10⁸ from Parquet within 16 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tacit.cli.main import main as tacit
from tacit.cli.terminal import table
from tacit.crowd.choices import choices_from_codes
from tacit.crowd.choices.methods import METHODS
from tacit.crowd.choices.simulated import spammed

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "crowdkit" / "bin" / "python"
OURS = ("dawid_skene", "dawid_skene_ml", "hierarchical")
VOTES_AT_ONCE = 5_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--votes", type=int, nargs="*", default=[1_000_000, 10_000_000])
    parser.add_argument("--parquet", type=int, default=0)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--peer-iterations", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("METHOD", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--verb", metavar="FOLDER", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        return _fit_here(given.one[0], Path(given.one[1]))
    if given.verb:
        return _verb_here(Path(given.verb))
    if not given.no_peer and not PEER.exists():
        print(f"{PEER} is missing: make bench makes it from peers/crowdkit.txt", file=sys.stderr)
        return 1
    rows = [row for n in given.votes for row in _rows(n, peer_iterations=0 if given.no_peer else given.peer_iterations)]
    if given.parquet:
        rows.append(_parquet(given.parquet))
    if given.json:
        print(json.dumps({"name": "aggregation_speed", "rows": rows}))
    else:
        print(table([[_cell(v) for v in row.values()] for row in rows], header=list(rows[0])))
    return 0


def _rows(n_votes: int, *, peer_iterations: int) -> list[dict[str, Any]]:
    """Return one row a method for one number of votes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        crowd = spammed(n_votes, 0)
        np.savez(folder / "votes.npz", item=crowd.item, labeler=crowd.labeler, label=crowd.label)
        truth = crowd.truth
        del crowd
        measured = {method: _child("--one", method, name) for method in OURS}
        accuracy = {method: float((np.load(folder / f"{method}.npy") == truth).mean()) for method in OURS}
        if peer_iterations:
            script = str(FOLDER / "peers" / "crowdkit_choices.py")
            words = [str(PEER), script, "DawidSkene", str(folder / "votes.npz"), str(folder / "peer.npy")]
            words += [json.dumps({"n_iter": peer_iterations})]
            measured["crowd-kit DawidSkene"] = _run(words)
            accuracy["crowd-kit DawidSkene"] = float((np.load(folder / "peer.npy") == truth).mean())
    theirs = measured.get("crowd-kit DawidSkene", {}).get("cpu_s")
    return [
        {
            "votes": n_votes,
            "method": method,
            "cpu_s": one["cpu_s"],
            "iterations": one["iterations"],
            "peak_mb": one["peak_mb"],
            "accuracy": accuracy[method],
            "crowd-kit's CPU / this": None if theirs is None else theirs / one["cpu_s"],
        }
        for method, one in measured.items()
    ]


def _fit_here(method: str, folder: Path) -> int:
    """Fit in this process, and print what it took."""
    with np.load(folder / "votes.npz") as votes:  # as narrow as a caller would keep them
        item, labeler = votes["item"].astype(np.int32), votes["labeler"].astype(np.uint16)
        label = votes["label"].astype(np.uint8)
    began_s = time.process_time()
    fit = METHODS[method]().fit(choices_from_codes(item, labeler, label))
    labels = fit.label
    cpu_s = time.process_time() - began_s
    np.save(folder / f"{method}.npy", labels)
    print(json.dumps({"cpu_s": cpu_s, "iterations": fit.iterations, "converged": fit.converged, "peak_mb": _peak_mb()}))
    return 0


def _parquet(n_votes: int) -> dict[str, Any]:
    (FOLDER / "out").mkdir(exist_ok=True)  # a temporary folder of the system may be too small
    with tempfile.TemporaryDirectory(dir=FOLDER / "out") as name:
        path = Path(name) / "votes.parquet"
        _write(path, n_votes)
        one = _child("--verb", name)
    return {
        "votes": n_votes,
        "method": "tacit aggregate, from Parquet",
        "cpu_s": one["cpu_s"],
        "iterations": one["iterations"],
        "peak_mb": one["peak_mb"],
        "accuracy": None,
        "crowd-kit's CPU / this": None,
    }


def _write(path: Path, n_votes: int) -> None:
    """Write votes part by part; each part says the same of items of its own, by the same labelers."""
    pa, pq = (import_module(name) for name in ("pyarrow", "pyarrow.parquet"))  # of the development extra alone

    schema = pa.schema([("item", pa.int32()), ("worker", pa.int32()), ("label", pa.int8())])
    crowd = spammed(min(VOTES_AT_ONCE, n_votes), 0)
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, n_votes, len(crowd.item)):
            item = crowd.item + start // 5
            columns = {"item": item, "worker": crowd.labeler, "label": crowd.label}
            writer.write_table(pa.table({n: pa.array(v, schema.field(n).type) for n, v in columns.items()}))


def _verb_here(folder: Path) -> int:
    """Run the verb in this process, and print what it took."""
    began_s = time.process_time()
    out = folder / "result.json"
    with out.open("w") as stream:
        kept, sys.stdout = sys.stdout, stream
        code = tacit(["aggregate", str(folder / "votes.parquet"), "--out", str(folder / "out.csv"), "--json"])
        sys.stdout = kept
    if code:
        return code
    iterations = json.loads(out.read_text())["iterations"]
    n_items = pl.scan_csv(folder / "out.csv").select(pl.len()).collect().item()
    cpu_s = time.process_time() - began_s
    print(json.dumps({"cpu_s": cpu_s, "iterations": iterations, "peak_mb": _peak_mb(), "items": n_items}))
    return 0


def _child(*words: str) -> dict[str, Any]:
    return _run([sys.executable, __file__, *words])


def _run(words: list[str]) -> dict[str, Any]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    result: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return result


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
