"""CPU time and true return of Pendulum-v1 learned from 200 comparisons, beside imitation 1.0.1.

``python benchmarks/pendulum.py [--seeds 0,1,2,3,4] [--json]``

Both spend 102,400 steps in 25 rounds of two rollouts, with the PPO settings of imitation's tutorial: 8 copies, rollouts
of 256 steps, batches of 64, 10 epochs, learning rate 2e-3 without decay, clip 0.1, λ 0.95, γ 0.97, entropy bonus 0.01,
two layers of 32. The rest is each library's own: imitation fits one reward network and asks about random pairs of clips
of 100 steps; tacit fits three, asks where they disagree, keeps questions and judgments in a store and writes a
checkpoint a round, all of which is in its time.

The clock is CPU time of the whole process and its children, from after the imports until there is a policy, which is
then measured by 100 episodes of the unmodified environment. "to the end" adds what tacit does with a policy and
imitation does not: comparing it with the first one, writing it down, and filming it and a dozen questions. Steps are as
each library counts them: tacit's include those taken for the first questions alone, imitation's do not. Runs alternate,
a process each.
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
from math import isfinite
from pathlib import Path
from statistics import mean, median
from typing import Any

from tacit.cli.terminal import table
from tacit.measure import mean_estimate, paired_ratio

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "imitation" / "bin" / "python"
STEPS, LABELS, ROUNDS, EPISODES, BAR = 102_400, 200, 25, 100, 6.0
PPO = {
    "n_copies": 8,
    "n_steps": 256,
    "n_epochs": 10,
    "batch_size": 64,
    "learning_rate": 2e-3,
    "final_rate_share": 1.0,
    "clip": 0.1,
    "gae_lambda": 0.95,
    "discount": 0.97,
    "entropy_bonus": 0.01,
    "hidden": 32,
    "log_sd": -0.6931,  # a standard deviation of 1 in the environment's unit, as there; half its range is 2
}
Measured = dict[str, list[dict[str, float]]]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", default="0,1,2,3,4", help="which seeds, with commas between")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", type=int, metavar="SEED", help="do one run of tacit in this process")
    given = parser.parse_args()
    if given.one is not None:
        print(json.dumps(ours(given.one)))
        return 0
    if not PEER.exists():
        print(f"{PEER} is missing: make bench makes it from peers/imitation.txt", file=sys.stderr)
        return 1
    commands = {
        "tacit": [sys.executable, __file__, "--one"],
        "imitation": [str(PEER), str(FOLDER / "peers" / "imitation_pendulum.py")],
    }
    measured: Measured = {name: [] for name in commands}
    for seed in map(int, given.seeds.split(",")):
        for name, command in commands.items():
            more = [] if name == "tacit" else list(map(str, (STEPS, LABELS, ROUNDS, EPISODES)))
            measured[name].append(in_process([*command, str(seed), *more]))
            print(name, seed, measured[name][-1], file=sys.stderr, flush=True)
    rows = [_row(name, measured) for name in measured]
    if given.json:
        print(json.dumps({"name": "pendulum", "rows": rows, "bar": BAR}))
    else:
        print(table([[_cell(value) for value in row.values()] for row in rows], header=list(rows[0])))
    return 0


def in_process(command: list[str]) -> dict[str, float]:
    """Return what a process prints last, as a JSON object."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    result: dict[str, float] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return result


def ours(seed: int) -> dict[str, float]:
    """Return CPU seconds, environment steps and true return of one run of tacit."""
    from tacit.catalogue import find_producer  # noqa: PLC0415  the process that compares needs none of these
    from tacit.learn import LearningRun, LoopSettings, RunSettings, Schedule  # noqa: PLC0415
    from tacit.store.run_folder import RunFolder  # noqa: PLC0415
    from tacit_control.episodes import true_returns  # noqa: PLC0415
    from tacit_control.policy import load_policy  # noqa: PLC0415

    _, open_producer = find_producer("Pendulum-v1")
    import_cpu_s = _cpu_s()
    settings = RunSettings(
        producer="Pendulum-v1",
        producer_settings={"total_steps": STEPS, "ppo": PPO},
        loop=LoopSettings(Schedule(labels=LABELS, budget=STEPS, iterations=ROUNDS), measured_points=0),
        seed=seed,
        episodes=1,
        controls=False,
    )
    policy_at_s: list[float] = []

    def stage(what: str, _share: float) -> None:
        if what == "measuring":
            policy_at_s.append(_cpu_s() - import_cpu_s)

    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder) / "run")
        result = LearningRun(run, settings, open_producer, command=[], stage=stage).run()
        end_cpu_s = _cpu_s() - import_cpu_s
        returns = true_returns(load_policy(run.policy_path), "Pendulum-v1", EPISODES, seed + 1_000)
    times = {"cpu_s": policy_at_s[0], "end_cpu_s": end_cpu_s, "import_cpu_s": import_cpu_s}
    return {**times, "env_steps": result["env_steps"], "true_return": float(returns.mean())}


def _row(name: str, measured: Measured) -> dict[str, Any]:
    runs, tacit = measured[name], measured["tacit"]
    cpu_s, return_ = [run["cpu_s"] for run in runs], mean_estimate([run["true_return"] for run in runs])
    row: dict[str, Any] = {"library": name, "seeds": len(runs), "env steps": round(mean(r["env_steps"] for r in runs))}
    row |= {"CPU-s": median(cpu_s), "lowest": min(cpu_s), "highest": max(cpu_s)}
    row |= {"to the end": median(run.get("end_cpu_s", run["cpu_s"]) for run in runs)}
    row |= {"imports": median(run["import_cpu_s"] for run in runs)}
    row |= {"times tacit": mean(cpu_s) / mean(run["cpu_s"] for run in tacit), "from": None, "to": None}
    if len(runs) > 1 and name != "tacit":
        ratio = paired_ratio(cpu_s, [run["cpu_s"] for run in tacit])
        row |= {"times tacit": ratio.mean, "from": ratio.low, "to": ratio.high}
    low, high = (x if isfinite(x) else None for x in (return_.low, return_.high))
    return {**row, "true return": return_.mean, "low": low, "high": high}


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _cpu_s() -> float:
    """Return CPU seconds of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    sys.exit(main())
