"""CPU time, memory and distance from the optimum of Bradley–Terry fits, beside choix and crowd-kit.

``python benchmarks/bradley_terry.py [--repeats 3] [--small] [--json]``

True scores are standard normal and pairs uniform. Every fit runs in a process of its own on one thread; the clock is
CPU time of the fit alone, with the data in memory in the form that each library takes, and for tacit also with the
intervals of all scores, and of the whole command on a CSV file. "short of the optimum" is the mean log-likelihood of a
comparison at the optimum less that of the fit. The optimum is found here by a plain dense Newton method that shares no
code with tacit, until the slope of the mean log-likelihood is below 1e-12 (for 10³ items; beyond, tacit's own is taken
and its slope is given). Bars: at most 1e-10 short; at 10⁵ comparisons of 10³ items a fiftieth of the CPU time of
choix's Newton-CG; 10⁶ × 10³, 10⁶ × 10⁴ and 10⁷ × 10⁵ in 2, 2 and 15 CPU-s, 10⁶ within 1 GB.
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
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.cli.terminal import table
from tacit.crowd.comparisons import PairedComparisons, fit_comparisons

FOLDER = Path(__file__).parent
PEERS = {name: FOLDER / ".venvs" / name / "bin" / "python" for name in ("choix", "crowdkit")}
SIZES = [(100_000, 1_000), (1_000_000, 1_000), (1_000_000, 10_000), (10_000_000, 100_000)]
DENSE_ITEMS = 1_000
ONCE = ("choix newton", "crowd-kit")  # a minute and more of a busy machine each
Float64 = NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="the first size alone")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("COMPARISONS", "SCORES"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        return _one(*given.one)
    for name, python in PEERS.items():
        if not python.exists():
            print(f"{python} is missing: make bench makes it from peers/{name}.txt", file=sys.stderr)
            return 1
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for n, items in SIZES[:1] if given.small else SIZES:
            rows += _size(Path(folder), n, items, given.repeats)
            if not given.json:
                cells = [[_cell(value) for value in row.values()] for row in rows]
                print(table(cells, header=list(rows[0])), flush=True)
    if given.json:
        print(json.dumps({"name": "bradley_terry", "rows": rows}))
    return 0


def _size(folder: Path, n: int, items: int, repeats: int) -> list[dict[str, Any]]:
    source, scores = folder / "comparisons.npz", folder / "scores.npy"
    winner, loser = _draw(n, items)
    np.savez(source, winner=winner, loser=loser, n_items=items)
    fits: dict[str, list[str]] = {"tacit": [sys.executable, __file__, "--one", str(source), str(scores)]}
    if n <= 100_000:
        script = str(FOLDER / "peers" / "choix_bradley_terry.py")
        for method in ("newton", "ilsr"):
            alpha = "0" if method == "newton" else "0.001"  # without it the other one refuses an item that never won
            fits[f"choix {method}"] = [str(PEERS["choix"]), script, method, str(source), str(scores), alpha]
    if items <= 1_000:
        script = str(FOLDER / "peers" / "crowdkit_bradley_terry.py")
        fits["crowd-kit"] = [str(PEERS["crowdkit"]), script, str(source), str(scores)]
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in fits}
    found: dict[str, Float64] = {}
    for repeat in range(repeats if n <= 1_000_000 else 1):
        for name, command in fits.items():
            if repeat and name in ONCE:
                continue
            measured[name].append(_run(command))
            found[name] = np.load(scores)
    best = _dense_newton(winner, loser, items, found["tacit"]) if items <= DENSE_ITEMS else found["tacit"]
    optimum = _mean_log_likelihood(best, winner, loser)
    rows = []
    for name, runs in measured.items():
        cpu_s = median(run["cpu_s"] for run in runs)
        rows.append(
            {
                "library": name,
                "comparisons": n,
                "items": items,
                "CPU-s": cpu_s,
                "with intervals": median(run.get("with_intervals_s", np.nan) for run in runs),
                "times tacit": cpu_s / median(run["cpu_s"] for run in measured["tacit"]),
                "short of the optimum": float(optimum - _mean_log_likelihood(found[name], winner, loser)),
                "slope left": float(np.abs(_slope(found[name], winner, loser)).max()),
                "peak MB": max(run["peak_mb"] for run in runs),
            }
        )
    if n == 1_000_000:
        rows.append(_whole_command(folder, winner, loser, items, repeats))
    return rows


def _draw(n: int, items: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rng = np.random.default_rng(0)
    score = rng.normal(0, 1, items)
    left = rng.integers(0, items, n)
    right = (left + rng.integers(1, items, n)) % items
    first = rng.random(n) < 1 / (1 + np.exp(score[right] - score[left]))
    return np.where(first, left, right), np.where(first, right, left)


def _one(source: str, target: str) -> int:
    """Fit in this process, which does nothing else."""
    given = np.load(source)
    names = [str(i) for i in range(int(given["n_items"]))]
    made = PairedComparisons(names, given["winner"], given["loser"], np.zeros(len(given["winner"]), dtype=np.int8))
    began_s = time.process_time()
    fit = fit_comparisons(made)
    cpu_s = time.process_time() - began_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    fit.intervals()
    both_s = time.process_time() - began_s
    np.save(target, fit.score)
    print(json.dumps({"cpu_s": cpu_s, "with_intervals_s": both_s, "peak_mb": peak_mb}))
    return 0


def _whole_command(
    folder: Path, winner: NDArray[np.intp], loser: NDArray[np.intp], items: int, repeats: int
) -> dict[str, Any]:
    source = folder / "comparisons.csv"
    np.savetxt(
        source, np.column_stack([winner, loser]), fmt="item%d,item%d,left", header="left,right,winner", comments=""
    )
    command = [str(Path(sys.executable).with_name("tacit")), "rank", str(source), "--out", str(folder / "scores.csv")]
    spent, peak = [], []
    for _ in range(repeats):
        pid = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=_environment()).pid
        usage = os.wait4(pid, 0)[2]
        spent.append(usage.ru_utime + usage.ru_stime)
        peak.append(usage.ru_maxrss / 1024)
    empty = {"times tacit": None, "short of the optimum": None, "slope left": None, "peak MB": max(peak)}
    name = "tacit rank, file to file"
    return {
        "library": name,
        "comparisons": len(winner),
        "items": items,
        "CPU-s": None,
        "with intervals": median(spent),
        **empty,
    }


def _run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=_environment())
    measured: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return measured


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def _mean_log_likelihood(score: Float64, winner: NDArray[np.intp], loser: NDArray[np.intp]) -> np.longdouble:
    """Return the mean in extended precision, for differences of 1e-16 are looked for."""
    terms = -np.logaddexp(0, score[loser] - score[winner])
    return np.longdouble(terms.astype(np.longdouble).sum() / len(winner))


def _slope(score: Float64, winner: NDArray[np.intp], loser: NDArray[np.intp]) -> Float64:
    lost = 1 / (1 + np.exp(score[winner] - score[loser]))
    n = len(score)
    return (np.bincount(winner, lost, n) - np.bincount(loser, lost, n)) / len(winner)


def _dense_newton(winner: NDArray[np.intp], loser: NDArray[np.intp], items: int, near: Float64) -> Float64:
    """Return the optimum by full Newton steps on the dense matrix of counts, from zero."""
    score, cell = np.zeros_like(near), winner * items + loser
    for _ in range(50):
        if np.abs(_slope(score, winner, loser)).max() < 1e-12:
            break
        p = 1 / (1 + np.exp(score[winner] - score[loser]))
        half = np.bincount(cell, p * (1 - p), items**2).reshape(items, items)
        whole = half + half.T
        curvature = (np.diag(whole.sum(axis=0)) - whole) / len(winner)
        step = np.linalg.solve(curvature + 1 / items**2, _slope(score, winner, loser))
        score = score + step - step.mean()
    return score


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2e}" if 0 < abs(value) < 1e-3 else f"{value:.3g}"
    return "" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
