"""How many corrections a recogniser of spoken digits needs: those it is least sure of, against takes at random.

Six speakers say ten digits; a pool of takes is to be transcribed, and the others measure. The loop of
`tacit speech correct` begins from twenty transcribed takes, with a simulated person who is always right. The bar: with
at most 40 % of the pool's labels it is as good as the same recogniser taught the whole pool.

    python benchmarks/speech_corrections.py --seeds 3 --out benchmarks/out/speech_corrections.jsonl
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.transcripts.simulated import SimulatedTranscriber
from tacit.judging import Item, ItemKind
from tacit.measure import mean_estimate
from tacit.store import Store
from tacit_speech.audio import read_sound
from tacit_speech.labeler import CorrectionLoop, Plan, Recognizer, Retraining, Round, Takes, taught

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
RATE_HZ = 8_000
Samples = NDArray[np.float32]
FIRST_TEST_TAKE, N_TEST_TAKES = 30, 15


def read_takes(data: Path, first: int, n: int) -> tuple[list[bytes], list[Samples], list[str]]:
    """Return files, samples and words of takes `first` to `first + n − 1` of every speaker and digit."""
    files, sounds, said = [], [], []
    for path in sorted(data.glob("*.wav")):
        digit, _, take = path.stem.split("_")
        if first <= int(take) < first + n:
            files.append(path.read_bytes())
            sounds.append(read_sound(path, RATE_HZ))
            said.append(DIGITS[int(digit)])
    return files, sounds, said


def error_of(recognizer: Recognizer, sounds: list[Samples], said: list[str]) -> float:
    """Return the share of takes that are not recognised."""
    heard = recognizer.hear(sounds)
    return float(np.mean([one.text != text for one, text in zip(heard, said, strict=True)]))


@dataclass(frozen=True)
class Seed:
    """The errors of one seed: of the whole pool, and (labels, error) after each round of either way to pick."""

    full: float
    rounds: dict[str, list[tuple[int, float]]]


def one_seed(arguments: argparse.Namespace, seed: int, say: Callable[[dict[str, object]], None]) -> Seed:
    """Return what one seed comes to, told row by row."""
    files, sounds, said = read_takes(arguments.data, 0, arguments.takes)
    _, test_sounds, test_said = read_takes(arguments.data, FIRST_TEST_TAKE, N_TEST_TAKES)
    how = Retraining(takes=arguments.seen, symbols="words", first_times=0.3)
    whole = Retraining(takes=arguments.seen_whole, symbols="words")
    before = time.process_time()
    model = taught(None, sounds, said, sample_rate_hz=RATE_HZ, how=whole, seed=seed)
    full = error_of(Recognizer(model), test_sounds, test_said)
    cpu_s = time.process_time() - before
    say({"seed": seed, "pool": len(said), "test": len(test_said), "full": full, "cpu_s": cpu_s})
    rounds: dict[str, list[tuple[int, float]]] = {}
    for pick in ("uncertainty", "random"):
        plan = Plan(labels=round(0.4 * len(said)), first=20, a_round=20, growth=0.6, pick=pick)
        rows: list[tuple[int, float]] = []

        def measured(done: Round, pick: str = pick, rows: list[tuple[int, float]] = rows) -> None:
            rows.append((done.labels, error_of(done.recognizer, test_sounds, test_said)))
            say({"seed": seed, "pick": pick, "labels": rows[-1][0], "error": rows[-1][1], "cpu_s": done.cpu_s})

        with Store.in_memory() as store:
            items = [Item(ItemKind.AUDIO, content, "audio/wav") for content in files]
            store.add_items(items)
            ids = [item.item_id for item in items]
            labeler = SimulatedTranscriber(dict(zip(ids, said, strict=True)), seed=seed)
            takes = Takes(dict(zip(ids, sounds, strict=True)), RATE_HZ)
            CorrectionLoop(store, takes, labeler, plan, how, seed=seed).run(measured)
        rounds[pick] = rows
    return Seed(full, rounds)


def main() -> None:
    """Measure, writing every row as it comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TACIT_DATA", "../shared/data")) / "fsdd")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--takes", type=int, default=25, help="takes a speaker and digit in the pool (default: 25)")
    parser.add_argument("--seen", type=int, default=2_000, help="utterances that a round of learning sees")
    parser.add_argument("--seen-whole", type=int, default=12_000, help="those that learning from the whole pool sees")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/speech_corrections.jsonl"))
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("a", encoding="utf-8") as file:

        def say(row: dict[str, object]) -> None:
            print(json.dumps(row), file=file, flush=True)
            print(json.dumps(row), flush=True)

        results = [
            one_seed(arguments, seed, say)
            for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds)
        ]
    for name in ("full", "uncertainty", "random"):
        ends = [one.full if name == "full" else one.rounds[name][-1][1] for one in results]
        print(name, mean_estimate(ends) if len(ends) > 1 else ends)


if __name__ == "__main__":
    main()
