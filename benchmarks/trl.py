"""Tokens per CPU-second and memory of preference models, DPO, GRPO and RLOO, beside TRL's trainers.

``python benchmarks/trl.py [--steps 10] [--repeats 3] [--only WHICH] [--json]``

Both train the same GPT-2 with random weights: width 256, four layers, four heads, 1,024 tokens, 3.49 million
parameters, 32-bit floats, one thread. A step is 16 pairs, or 16 completions of four prompts, of 64 tokens of prompt
and 64 of completion; tokens are counted the same way for both, prompts with every text. Every run is a process of its
own; runs alternate, and medians of CPU seconds a step are compared, without set-up and without the first two steps.
Bars: 1.1 times the tokens for preference models, 1.3 for DPO, 2 for GRPO and RLOO, and at most 60 % of the memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from tacit.cli.terminal import table
from tacit_language.models import GPT, GPTConfig, Sampling
from tacit_language.policy import KLControl, PolicyOptimiser, PolicySettings, grpo, rloo
from tacit_language.policy.dpo import DirectMember, ImplicitReward
from tacit_language.preference import PreferenceModel, Preferences, PreferenceSettings, pairs, sequences
from tacit_language.preference.member import Member

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "trl" / "bin" / "python"
WORDS, LENGTH, ROWS, PER_PROMPT, FIRST_STEPS = 1_024, 64, 16, 4, 2
BARS = {"preference": 1.1, "dpo": 1.3, "grpo": 2.0, "rloo": 2.0}
MEMORY_BAR = 0.6


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=BARS, nargs="+", default=list(BARS))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", choices=BARS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(ours(given.child, given.steps, given.seed)))
        return 0
    if not PEER.exists():
        print(f"{PEER} is missing: make bench makes it from peers/trl.txt", file=sys.stderr)
        return 1
    here: dict[str, list[dict[str, float]]] = {which: [] for which in given.only}
    there: dict[str, list[dict[str, float]]] = {which: [] for which in given.only}
    for seed in range(given.repeats):
        for which in given.only:
            own = [sys.executable, __file__, "--child", which, "--steps", str(given.steps), "--seed", str(seed)]
            peer = [str(PEER), str(FOLDER / "peers" / "trl_trainers.py"), which, str(given.steps), str(seed)]
            here[which].append(_measured(own))
            there[which].append(_measured(peer))
            print(f"{which} {seed}: tacit {here[which][-1]}, TRL {there[which][-1]}", file=sys.stderr, flush=True)
    rows = [_row(which, here[which], there[which]) for which in given.only]
    if given.json:
        print(json.dumps({"name": "trl", "rows": rows}))
    else:
        cells = [[f"{v:.3g}" if isinstance(v, float) else v for v in row.values()] for row in rows]
        print(table(cells, header=list(rows[0])))
    return 0


def _row(which: str, here: list[dict[str, float]], there: list[dict[str, float]]) -> dict[str, Any]:
    tokens = ROWS * 2 * LENGTH * (2 if which in ("preference", "dpo") else 1)
    times = [t["step_s"] / h["step_s"] for h, t in zip(here, there, strict=True)]
    memory = [h["peak_mb"] / t["peak_mb"] for h, t in zip(here, there, strict=True)]
    return {
        "what": which,
        "tacit tokens/CPU-s": tokens / median(h["step_s"] for h in here),
        "TRL tokens/CPU-s": tokens / median(t["step_s"] for t in there),
        "times": median(times),
        "lowest": min(times),
        "highest": max(times),
        "bar": BARS[which],
        "tacit MB": median(h["peak_mb"] for h in here),
        "TRL MB": median(t["peak_mb"] for t in there),
        "memory share": median(memory),
        "memory bar": MEMORY_BAR,
    }


def _measured(command: list[str]) -> dict[str, float]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    result = json.loads(done.stdout.strip().rpartition("\n")[2])
    return {"step_s": median(result["cpu_s"]), "peak_mb": result["peak_mb"]}


def ours(which: str, steps: int, seed: int) -> dict[str, Any]:
    """Return CPU seconds of each step from the third on, and the largest resident memory in MB."""
    torch.set_num_threads(1)
    model = GPT(GPTConfig(context_length=256, width=256, n_layers=4, n_heads=4, vocabulary_size=WORDS), seed=seed)
    draw = np.random.default_rng(seed)
    step = _preferring(model, which, steps, draw) if which in ("preference", "dpo") else _optimising(model, which, draw)
    at_s = []
    for _ in range(steps):
        step()
        at_s.append(time.process_time())
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu_s": np.diff(at_s[FIRST_STEPS - 1 :]).tolist(), "peak_mb": peak_mb}


def _preferring(model: GPT, which: str, steps: int, draw: np.random.Generator) -> Callable[[], object]:
    """Return what takes one step on 16 pairs of random texts."""
    n = ROWS * steps
    given = _random_pairs(n, draw)
    common: dict[str, Any] = {
        "precision": np.ones(1),
        "held_out": np.zeros(n, np.bool_),
        "settings": PreferenceSettings(epochs=1, batch_size=ROWS, learning_rate=1e-5),
        "seed": [0],
        "name": which,
    }
    if which == "preference":
        member: Member[Any] = Member(PreferenceModel(model), given, **common)
    else:
        implicit = ImplicitReward(model, deepcopy(model).eval().requires_grad_(False), 0.1)
        member = DirectMember(implicit, given, **common)
    batches = member.batches()
    return lambda: member.train_batch(next(batches))


def _random_pairs(n: int, draw: np.random.Generator) -> Preferences:
    prompts = draw.integers(3, WORDS, (n, LENGTH)).repeat(2, axis=0)
    written = draw.integers(3, WORDS, (2 * n, LENGTH))
    texts = sequences(list(prompts), list(written), context_length=256)
    return pairs(texts, 2 * np.arange(n), 2 * np.arange(n) + 1)


def _optimising(model: GPT, which: str, draw: np.random.Generator) -> Callable[[], object]:
    """Return what writes 16 completions, scores them and takes one step."""
    settings = PolicySettings(Sampling(LENGTH), n_per_prompt=PER_PROMPT, learning_rate=1e-5, kl=KLControl(0.05))
    method = grpo() if which == "grpo" else rloo()
    optimiser = PolicyOptimiser(model, _different_words, settings, method, seed=0)
    return lambda: optimiser.step(draw.integers(3, WORDS, (ROWS // PER_PROMPT, LENGTH)).tolist())


def _different_words(_: list[list[int]], completions: list[list[int]]) -> list[float]:
    return [len(set(words)) / LENGTH for words in completions]


if __name__ == "__main__":
    sys.exit(main())
