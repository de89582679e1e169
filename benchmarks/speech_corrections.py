"""How many corrections a recogniser of spoken digits needs: those it is least sure of, against takes at random.

Six speakers say ten digits; a pool of takes is to be transcribed, and others measure. The loop of
`tacit speech correct` begins from twenty transcribed takes, with a simulated person who is always right. The bar: with
at most 40 % of the pool's labels it is as good as the same recogniser taught the whole pool.

``python benchmarks/speech_corrections.py [--seeds 2] [--steps N] [--json]``. Every step (learning the whole pool, or
one round of either way to pick) is kept in ``benchmarks/out/speech_corrections``, so that a run that was cut goes on;
with ``--steps`` it does so many and stops.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.transcripts.simulated import SimulatedTranscriber
from tacit.judging import Item, ItemKind
from tacit.measure import proportion
from tacit.store import Store
from tacit.store.run_folder import write_text
from tacit_speech.audio import read_sound
from tacit_speech.labeler import CorrectionLoop, Plan, Recognizer, Retraining, Takes, taught

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("TACIT_DATA", ROOT.parent / "shared" / "data")) / "fsdd"
OUT = ROOT / "benchmarks" / "out" / "speech_corrections"
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
RATE_HZ = 8_000
POOL_TAKES, FIRST_TEST_TAKE, TEST_TAKES = 25, 30, 15
SHARE = 0.4
PICKS = ("uncertainty", "random")
WHOLE = Retraining(takes=8_000, symbols="words")
ROUND = Retraining(takes=2_000, symbols="words", first_times=0.3)


@dataclass(frozen=True, eq=False)
class Set:
    """Takes: their files, samples and words."""

    files: list[bytes]
    sounds: list[NDArray[np.float32]]
    said: list[str]


def read_takes(first: int, n: int) -> Set:
    """Return takes `first` to `first + n − 1` of every speaker and digit."""
    found = Set([], [], [])
    for path in sorted(DATA.glob("*.wav")):
        digit, _, take = path.stem.split("_")
        if first <= int(take) < first + n:
            found.files.append(path.read_bytes())
            found.sounds.append(read_sound(path, RATE_HZ))
            found.said.append(DIGITS[int(digit)])
    return found


def n_wrong(recognizer: Recognizer, test: Set) -> int:
    """Return how many takes are not recognised."""
    heard = recognizer.hear(test.sounds)
    return sum(one.text != text for one, text in zip(heard, test.said, strict=True))


def whole(seed: int, pool: Set, test: Set) -> dict[str, Any]:
    """Return the row of the recogniser that learned the whole pool."""
    before = time.process_time()
    model = taught(None, pool.sounds, pool.said, sample_rate_hz=RATE_HZ, how=WHOLE, seed=seed)
    return {"seed": seed, "labels": len(pool.said), **_measured(Recognizer(model), test, time.process_time() - before)}


def one_round(seed: int, pick: str, pool: Set, test: Set) -> dict[str, Any]:
    """Ask about some more takes, learn, and return the row."""
    folder = OUT / f"seed_{seed}_{pick}"
    plan = Plan(labels=round(SHARE * len(pool.said)), first=20, a_round=20, growth=0.6, pick=pick)
    saved = folder / "model"
    recognizer = Recognizer.load(saved) if saved.is_dir() else None
    with Store.open(folder / "project") as store:
        items = [Item(ItemKind.AUDIO, content, "audio/wav") for content in pool.files]
        store.add_items(items)
        ids = [item.item_id for item in items]
        takes = Takes(dict(zip(ids, pool.sounds, strict=True)), RATE_HZ)
        person = SimulatedTranscriber(dict(zip(ids, pool.said, strict=True)), seed=seed)
        known = store.n_judgments()
        step = Plan(known + plan.n_next(known), plan.first, plan.a_round, plan.growth, pick)
        before = time.process_time()
        loop = CorrectionLoop(store, takes, person, step, ROUND, seed=seed, recognizer=recognizer)
        recognizer = loop.run()
        cpu_s = time.process_time() - before
        recognizer.save(saved)
        return {"seed": seed, "labels": store.n_judgments(), **_measured(recognizer, test, cpu_s)}


def steps(seeds: int, rows: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, int]]:
    """Yield what is still to be done, again and again: a name of `rows`, and the seed."""
    for seed in range(seeds):
        if not any(row["seed"] == seed for row in rows["whole"]):
            yield "whole", seed
        for pick in PICKS:
            while _last(rows, pick, seed) < round(SHARE * 60 * POOL_TAKES):
                yield pick, seed


def main() -> None:
    """Do what is left, and print what has been measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=10**6)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    path = OUT / "rows.json"
    rows = json.loads(path.read_text()) if path.is_file() else {"whole": [], **{pick: [] for pick in PICKS}}
    pool, test = read_takes(0, POOL_TAKES), read_takes(FIRST_TEST_TAKE, TEST_TAKES)
    for done, (what, seed) in enumerate(steps(arguments.seeds, rows), start=1):
        row = whole(seed, pool, test) if what == "whole" else one_round(seed, what, pool, test)
        rows[what].append(row)
        OUT.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(rows))
        if done >= arguments.steps:
            break
    print(json.dumps(rows) if arguments.json else _shown(rows, arguments.seeds))


def _measured(recognizer: Recognizer, test: Set, cpu_s: float) -> dict[str, Any]:
    return {"wrong": n_wrong(recognizer, test), "test": len(test.said), "cpu_s": cpu_s}


def _last(rows: dict[str, list[dict[str, Any]]], pick: str, seed: int) -> int:
    return max((int(row["labels"]) for row in rows[pick] if row["seed"] == seed), default=0)


def _shown(rows: dict[str, list[dict[str, Any]]], seeds: int) -> str:
    lines = []
    for what, found in rows.items():
        for labels in sorted({int(row["labels"]) for row in found}):
            some = [row for row in found if row["labels"] == labels and row["seed"] < seeds]
            error = proportion(sum(row["wrong"] for row in some), sum(row["test"] for row in some))
            lines.append(f"{what:<12} {labels:>5} labels, {len(some)} seeds: takes wrong {error}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
