"""Hear spoken digits, of speakers that a small recogniser knows and of one that it has never heard.

``python benchmarks/spoken_digits.py [--json] [--part neighbours|known|unseen] [--seeds 5]``. The recordings are the
free spoken digit dataset: ten digits, six speakers, fifty takes each. Known speakers are tested on takes 0 to 4 of each
digit and speaker, as its authors split it, by as many trainings as there are seeds. Unseen speakers are left out of
training one by one, and beside the recogniser stand the nearest neighbours by dynamic time warping of MFCCs, which know
the same five speakers. Each finished part is kept in ``benchmarks/out/spoken_digits_parts.json``, so that a run that
was cut goes on.

Errors are shares of single words, with Wilson's interval over takes; CPU seconds are those of training alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from tacit.measure.estimate import proportion
from tacit_speech import Alphabet
from tacit_speech.acoustic import (
    AcousticModel,
    Augmentation,
    ConvolutionSettings,
    ModelSettings,
    Normalization,
    SoundsInMemory,
    Spectrogram,
    Trainer,
    TrainingSettings,
)
from tacit_speech.audio import read_sound
from tacit_speech.decode import greedy

Floats = NDArray[np.float32]
ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("TACIT_DATA", ROOT.parent / "shared" / "data")) / "fsdd"
PARTS = ROOT / "benchmarks" / "out" / "spoken_digits_parts.json"

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
RATE_HZ = 8_000
TEST_TAKES = 5
NEIGHBOURS = (1, 9)

SPECTROGRAM = Spectrogram(RATE_HZ, window_s=0.025, hop_s=0.01, mel_bands=24, lowest_hz=150.0)
MODEL = ModelSettings(
    convolutions=(
        ConvolutionSettings(16, (5, 5), (2, 2)),
        ConvolutionSettings(24, (5, 5), (2, 1)),
        ConvolutionSettings(32, (3, 5), (1, 2)),
    ),
    layers=1,
    width=96,
    dropout=0.3,
)
TRAINING = TrainingSettings(
    epochs=16,
    batch_size=16,
    learning_rate=3e-3,
    augmentation=Augmentation(
        speed=0.15, tempo=0.2, vocal_tract=0.15, microphone=1.0, noise_share=0.5, noise_db=(5.0, 30.0), pad_s=0.15
    ),
)


@dataclass(frozen=True, eq=False)
class Takes:
    """The recordings.

    Args:
        sounds: samples at 8 kHz.
        digits: what is said, shape (takes,).
        speakers: who says it.
        takes: which of a speaker's takes of a digit.
    """

    sounds: list[Floats]
    digits: NDArray[np.int64]
    speakers: NDArray[np.str_]
    takes: NDArray[np.int64]

    @property
    def names(self) -> list[str]:
        """The speakers, sorted."""
        return sorted(set(self.speakers.tolist()))


def main() -> int:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--part", choices=("neighbours", "known", "unseen"), help="measure but this")
    parser.add_argument("--seeds", type=int, default=5, help="trainings on known speakers")
    parser.add_argument("--afresh", action="store_true", help="measure again what was kept")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"no folder {DATA}: set TACIT_DATA to the folder that holds fsdd")
    if arguments.afresh:
        PARTS.unlink(missing_ok=True)
    asked = (arguments.part,) if arguments.part else ("neighbours", "known", "unseen")
    if "neighbours" in asked:
        _kept("neighbours", neighbours)
    if "known" in asked:
        for seed in range(arguments.seeds):
            _kept(f"known {seed}", partial(known, seed))
    if "unseen" in asked:
        for name in _takes().names:
            _kept(f"unseen {name}", partial(unseen, name))
    print(json.dumps({"name": "spoken digits", "rows": _rows(_parts())}, indent=None if arguments.json else 1))
    return 0


@cache
def _takes() -> Takes:
    files = sorted(DATA.glob("*.wav"))
    parts = [path.stem.split("_") for path in files]
    return Takes(
        [read_sound(path, RATE_HZ) for path in files],
        np.array([int(digit) for digit, _, _ in parts]),
        np.array([speaker for _, speaker, _ in parts]),
        np.array([int(take) for _, _, take in parts]),
    )


def _parts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PARTS.read_text(encoding="utf-8")) if PARTS.exists() else {}
    return found


def _kept(name: str, measure: Callable[[], dict[str, Any]]) -> None:
    """Measure a part, unless it was measured before."""
    if name in _parts():
        return
    result = measure()
    PARTS.parent.mkdir(exist_ok=True)
    unfinished = PARTS.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps({**_parts(), name: result}, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(PARTS)
    print(f"{name}: {result}", file=sys.stderr, flush=True)


# ---- the recogniser


def known(seed: int) -> dict[str, Any]:
    """Train on takes 5 to 49 of all speakers and test on takes 0 to 4."""
    takes = _takes()
    return _trained(takes.takes >= TEST_TAKES, takes.takes < TEST_TAKES, seed)


def unseen(speaker: str) -> dict[str, Any]:
    """Train on five speakers and test on the sixth."""
    takes = _takes()
    return _trained(takes.speakers != speaker, takes.speakers == speaker, seed=0)


def _trained(train: NDArray[np.bool_], test: NDArray[np.bool_], seed: int) -> dict[str, Any]:
    takes = _takes()
    model = AcousticModel.new(Alphabet(WORDS), SPECTROGRAM, Normalization("level"), MODEL, seed=seed)
    rows, held_out = np.flatnonzero(train).tolist(), np.flatnonzero(test).tolist()
    corpus = SoundsInMemory.of(
        model, [takes.sounds[row] for row in rows], [WORDS[int(takes.digits[row])] for row in rows]
    )
    began_s = time.process_time()
    Trainer(model, corpus, TRAINING, seed).run()
    cpu_s = time.process_time() - began_s
    heard = greedy(model.posteriors([takes.sounds[row] for row in held_out]))
    said = [WORDS[int(takes.digits[row])] for row in held_out]
    wrong = sum(one.text != word for one, word in zip(heard, said, strict=True))
    return {"takes": len(said), "wrong": wrong, "cpu_s": round(cpu_s, 1), "parameters": model.n_parameters}


# ---- the nearest neighbours


def neighbours() -> dict[str, Any]:
    """Return the errors of nearest neighbours by dynamic time warping, each speaker among the takes of the others."""
    takes = _takes()
    began_s = time.process_time()
    features = [_mfcc(sound) for sound in takes.sounds]
    distances = np.full((len(features), len(features)), np.inf, np.float32)
    for number, name in enumerate(takes.names[:-1]):  # the distance is symmetric: each pair is measured once
        later = np.flatnonzero(np.isin(takes.speakers, takes.names[number + 1 :]))
        templates = [features[row] for row in later.tolist()]
        for row in np.flatnonzero(takes.speakers == name).tolist():
            distances[row, later] = distances[later, row] = warped_distances(features[row], templates)
    cpu_s = time.process_time() - began_s
    nearest = distances.argsort(axis=1, kind="stable")[:, : max(NEIGHBOURS)]
    result: dict[str, Any] = {"cpu_s": round(cpu_s, 1)}
    for k in NEIGHBOURS:
        votes = [Counter(row).most_common(1)[0][0] for row in takes.digits[nearest[:, :k]].tolist()]
        wrong = np.array(votes) != takes.digits
        result[str(k)] = {name: int(wrong[takes.speakers == name].sum()) for name in takes.names}
    return result


def _mfcc(sound: Floats) -> Floats:
    """Return 13 cepstral coefficients and their slopes, each with mean 0 and spread 1 over the recording."""
    frames = Spectrogram(RATE_HZ, window_s=0.025, hop_s=0.01, mel_bands=26).frames(sound)
    cepstrum = dct(frames, norm="ortho")[:, :13]
    both = np.hstack([cepstrum, np.gradient(cepstrum, axis=0)])
    return np.asarray((both - both.mean(axis=0)) / (both.std(axis=0) + 1e-6), np.float32)


def warped_distances(query: Floats, templates: list[Floats], *, at_once: int = 256) -> Floats:
    """Return the dynamic time warping distance of a recording to each template, a step of all of them at a time.

    Steps go one frame on in either or both; a frame's cost is its Euclidean distance; the sum is divided by the frames
    of both. Diagonals are walked one after the other, since all their cells can be had at once.
    """
    order = np.argsort([len(one) for one in templates], kind="stable")
    out = np.empty(len(templates), np.float32)
    for first in range(0, len(order), at_once):
        rows = order[first : first + at_once]
        lengths = np.array([len(templates[row]) for row in rows])
        padded = np.zeros((int(lengths.max()), len(rows), query.shape[1]), np.float32)
        for column, row in enumerate(rows.tolist()):
            padded[: len(templates[row]), column] = templates[row]
        out[rows] = _warped(_costs(query, padded), lengths) / (len(query) + lengths)
    return out


def _costs(query: Floats, padded: Floats) -> Floats:
    """Return the distance of each frame of the query to each frame of each template: (frames, frames, templates)."""
    squares = (query**2).sum(axis=1)[:, None, None] + (padded**2).sum(axis=2)[None]
    products = (query @ padded.reshape(-1, query.shape[1]).T).reshape(squares.shape)
    return np.asarray(np.sqrt(np.maximum(squares - 2 * products, 0)), np.float32)


def _warped(costs: Floats, lengths: NDArray[np.int64]) -> Floats:
    n_query, n_template, n = costs.shape
    n_diagonals = n_query + n_template - 1
    skewed = np.full((n_query, n_diagonals, n), np.inf, np.float32)
    strides = (skewed.strides[0] + skewed.strides[1], skewed.strides[1], skewed.strides[2])
    np.lib.stride_tricks.as_strided(skewed, costs.shape, strides)[:] = costs  # cell (i, j) goes to diagonal i + j
    before = np.full((n_query + 1, n), np.inf, np.float32)
    last, ends = before.copy(), lengths + n_query - 2
    totals = np.empty(n, np.float32)
    for diagonal in range(n_diagonals):
        best = np.minimum(np.minimum(last[1:], last[:-1]), before[:-1])
        if diagonal == 0:
            best[0] = 0
        now = np.full_like(last, np.inf)
        now[1:] = best + skewed[:, diagonal]
        ended = np.flatnonzero(ends == diagonal)
        totals[ended] = now[-1, ended]
        before, last = last, now
    return totals


# ---- the table


def _rows(parts: dict[str, Any]) -> list[dict[str, Any]]:
    seeds = [value for name, value in parts.items() if name.startswith("known")]
    folds = {name.removeprefix("unseen "): value for name, value in parts.items() if name.startswith("unseen")}
    rows = [
        _row(f"known speakers, seed {name.split()[1]}", one) for name, one in sorted(parts.items()) if "known" in name
    ]
    if seeds:
        rows.append(_row(f"known speakers, {len(seeds)} seeds together", _sum(seeds)))
    beside = parts.get("neighbours")
    for name, one in sorted(folds.items()):
        rows.append(
            _row(f"unseen speaker {name}", one, {k: beside[k][name] for k in beside if k != "cpu_s"} if beside else {})
        )
    if folds:
        counts = {k: sum(beside[k][name] for name in folds) for k in beside if k != "cpu_s"} if beside else {}
        rows.append(_row(f"unseen speakers, {len(folds)} folds together", _sum(list(folds.values())), counts))
    return rows


def _sum(results: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: sum(one[key] for one in results) for key in ("takes", "wrong", "cpu_s")}


def _row(what: str, one: dict[str, Any], beside: dict[str, int] | None = None) -> dict[str, Any]:
    error = proportion(one["wrong"], one["takes"])
    row: dict[str, Any] = {
        "what": what,
        "takes": one["takes"],
        "error": error.mean,
        "low": error.low,
        "high": error.high,
        "training_cpu_s": one["cpu_s"],
    }
    for k in NEIGHBOURS:
        row[f"{k}-NN by DTW"] = beside[str(k)] / one["takes"] if beside else None
    row["ratio to 1-NN"] = error.mean / row["1-NN by DTW"] if beside and row["1-NN by DTW"] else None
    return row


if __name__ == "__main__":
    sys.exit(main())
