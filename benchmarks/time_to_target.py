"""CPU seconds until PPO on the true reward reaches a target, beside stable-baselines3, each at its tuned settings.

``python benchmarks/time_to_target.py [--environments CartPole-v1,Hopper-v5] [--seeds 0,1,2] [--json]``

Reached means that 20 episodes of the unmodified environment, the policy taking its most likely action, return the
target on average. That is looked at after every so many steps, and the time of looking is not counted on either side.
The clock is CPU time of the process from after the imports; runs alternate, a process each, one thread. A run that does
not reach the target within the steps of its own settings counts with all the time it took, and is said to have missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from tacit.cli.terminal import table
from tacit.measure import paired_ratio

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "stable_baselines3" / "bin" / "python"
EPISODES = 20
TARGETS = {"CartPole-v1": (475.0, 2_048, 4.0), "Hopper-v5": (2_000.0, 32_768, 2.5)}
"""Environment → the true return to reach, steps between two looks, and how many times less time is the aim."""

Run = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--environments", default=",".join(TARGETS), help="which, with commas between")
    parser.add_argument("--seeds", default="0,1,2", help="which seeds, with commas between")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", type=int, metavar="SEED", help="do one run of tacit in this process")
    given = parser.parse_args()
    environments, seeds = given.environments.split(","), [int(seed) for seed in given.seeds.split(",")]
    if unknown := sorted(set(environments) - set(TARGETS)):
        parser.error(f"no target for {unknown[0]!r}; there are {', '.join(TARGETS)}")
    if given.one is not None:
        print(json.dumps(ours(environments[0], given.one)))
        return 0
    if not PEER.exists():
        print(f"{PEER} is missing: make bench makes it from peers/stable_baselines3.txt", file=sys.stderr)
        return 1
    rows = [row for name in environments for row in _compared(name, seeds)]
    if given.json:
        print(json.dumps({"name": "time_to_target", "rows": rows}))
    else:
        print(table([[_cell(value) for value in row.values()] for row in rows], header=list(rows[0])))
    return 0


def ours(name: str, seed: int) -> Run:
    """Train until the target is reached, in this process."""
    from tacit.catalogue import find_producer  # noqa: PLC0415  the process that compares needs none of these
    from tacit.judging import KnowsTruth  # noqa: PLC0415
    from tacit_control.tuned import suggested_steps  # noqa: PLC0415

    _, open_producer = find_producer(name)
    import_cpu_s, excluded_s, spent, reached, return_ = time.process_time(), 0.0, 0, False, float("nan")
    target, interval, _ = TARGETS[name]
    steps = suggested_steps(name)
    producer = open_producer(name, {"total_steps": steps, "truth_episodes": "own"}, seed=seed)
    if not isinstance(producer, KnowsTruth):
        raise TypeError(f"{name} has no true reward")
    rng = np.random.default_rng(seed)
    while not reached and spent < steps:
        spent += int(producer.improve_on_truth(interval, int(rng.integers(2**31)))["spent"])
        began_s = time.process_time()
        return_ = float(producer.true_returns(EPISODES, int(rng.integers(2**31))).mean())
        reached = return_ >= target
        excluded_s += time.process_time() - began_s
    cpu_s = time.process_time() - import_cpu_s - excluded_s
    result = {"reached": reached, "env_steps": spent, "true_return": return_}
    return {**result, "cpu_s": cpu_s, "import_cpu_s": import_cpu_s}


def _compared(name: str, seeds: list[int]) -> list[dict[str, Any]]:
    """Return a row a library, after running them in turn."""
    target, interval, aim = TARGETS[name]
    measured: dict[str, list[Run]] = {"tacit": [], "stable-baselines3": []}
    for seed in seeds:
        peer = [str(PEER), str(FOLDER / "peers" / "sb3_to_target.py"), name]
        commands = {
            "tacit": [sys.executable, __file__, "--environments", name, "--one", str(seed)],
            "stable-baselines3": [*peer, *map(str, (target, seed, interval, EPISODES))],
        }
        for library, command in commands.items():
            measured[library].append(_in_process(command))
            print(name, library, seed, measured[library][-1], file=sys.stderr, flush=True)
    return [_row(name, library, measured, aim) for library in measured]


def _in_process(command: list[str]) -> Run:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    result: Run = json.loads(done.stdout.strip().rpartition("\n")[2])
    return result


def _row(name: str, library: str, measured: dict[str, list[Run]], aim: float) -> dict[str, Any]:
    runs = measured[library]
    cpu_s, base_s = ([run["cpu_s"] for run in rows] for rows in (runs, measured["tacit"]))
    row: dict[str, Any] = {"environment": name, "library": library, "seeds": len(runs)}
    row |= {"missed": sum(not run["reached"] for run in runs), "env steps": median(run["env_steps"] for run in runs)}
    row |= {"CPU-s": median(cpu_s), "lowest": min(cpu_s), "highest": max(cpu_s)}
    row |= {"import CPU-s": median(run["import_cpu_s"] for run in runs)}
    row |= {"times tacit": mean(cpu_s) / mean(base_s), "from": None, "to": None}
    if len(runs) > 1 and library != "tacit":
        ratio = paired_ratio(cpu_s, base_s)
        finite = np.isfinite([ratio.low, ratio.high]).all()
        row |= {"from": ratio.low, "to": ratio.high} if finite else {}
    return {**row, "aim": None if library == "tacit" else aim}


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
