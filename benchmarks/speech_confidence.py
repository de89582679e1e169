"""Whether a recogniser's credences come true for speakers that it has never heard, and whether its promise is kept.

Each of the six speakers of the spoken digits is left out once. Recognisers of the others hear that speaker's takes; the
credences are fitted to what the recognisers made of *other* speakers whom they had not heard either, and measured on
this one. Then takes are split in halves, a hundred times: one half finds the threshold above which 95 % are promised,
the other says whether it is so.

``python benchmarks/speech_confidence.py [--steps N] [--json]``. Each speaker is a step, kept in
``benchmarks/out/speech_confidence.json``, so that a run that was cut goes on.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.measure import proportion
from tacit.measure.calibration import expected_calibration_error
from tacit.measure.selective import promise_precision
from tacit.store.run_folder import write_text
from tacit_speech.audio import read_sound
from tacit_speech.labeler import Recognizer, Retraining, taught
from tacit_speech.labeler.confidence import Line, fit_line, text_features, uncalibrated, word_features, word_marks

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("TACIT_DATA", ROOT.parent / "shared" / "data")) / "fsdd"
KEPT = ROOT / "benchmarks" / "out" / "speech_confidence.json"
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
RATE_HZ = 8_000
TAUGHT_TAKES = 12
HOW = Retraining(takes=6_000, symbols="words")
N_SPLITS, PRECISION = 100, 0.95

Values = NDArray[np.float64]


def read(speaker: str, takes: int) -> tuple[list[NDArray[np.float32]], list[str]]:
    """Return the first takes of each digit of a speaker, and what is said in them."""
    names = [(digit, take) for digit in range(10) for take in range(takes)]
    sounds = [read_sound(DATA / f"{digit}_{speaker}_{take}.wav", RATE_HZ) for digit, take in names]
    return sounds, [DIGITS[digit] for digit, _ in names]


def heard_anew(speaker: str) -> dict[str, Any]:
    """Return what a recogniser of the other speakers made of this one: features and marks of words and of texts."""
    sounds: list[NDArray[np.float32]] = []
    said: list[str] = []
    for other in SPEAKERS:
        if other != speaker:
            some, texts = read(other, TAUGHT_TAKES)
            sounds, said = sounds + some, said + texts
    model = taught(None, sounds, said, sample_rate_hz=RATE_HZ, how=HOW, seed=0)
    recognizer = Recognizer(model)
    test, texts = read(speaker, 50)
    found = recognizer.search(model.posteriors(test))
    words = word_features(found)
    return {
        "words": np.concatenate(words).tolist(),
        "words_right": np.concatenate(word_marks(found, texts)).tolist(),
        "texts": text_features(found, words).tolist(),
        "texts_right": [float(bool(some) and some[0].text == text) for some, text in zip(found, texts, strict=True)],
    }


def crossed(kept: dict[str, Any], what: str) -> tuple[Values, Values, Values]:
    """Return credences before and after fitting to the other speakers, and marks, of all speakers together."""
    before, after, marks = [], [], []
    for speaker in kept:
        others = [one for one in kept if one != speaker]
        features = np.concatenate([np.array(kept[one][what]) for one in others])
        right = np.concatenate([np.array(kept[one][f"{what}_right"]) for one in others])
        line: Line = fit_line(features, right, what)
        mine = np.array(kept[speaker][what])
        before.append(uncalibrated(mine))
        after.append(line.p(mine))
        marks.append(np.array(kept[speaker][f"{what}_right"]))
    return np.concatenate(before), np.concatenate(after), np.concatenate(marks)


def by_speaker(kept: dict[str, Any]) -> dict[str, Any]:
    """Return how far the credences of words are off for each speaker by itself."""
    _, credence, right = crossed(kept, "words")
    ends = np.cumsum([len(kept[one]["words"]) for one in kept])[:-1]
    parts = zip(kept, np.split(credence, ends), np.split(right, ends), strict=True)
    return {one: expected_calibration_error(p, marks).as_dict() for one, p, marks in parts}


def promises(credence: Values, right: Values) -> dict[str, Any]:
    """Return in how many of the splits the promise was kept on the other half, and how much it covered."""
    kept, covered, none = 0, [], 0
    for split in range(N_SPLITS):
        order = np.random.default_rng(split).permutation(len(right))
        fit, test = order[: len(order) // 2], order[len(order) // 2 :]
        promise = promise_precision(credence[fit], right[fit], precision=PRECISION)
        above = credence[test] > promise.threshold
        none += not promise.holds
        covered.append(float(above.mean()))
        kept += bool(right[test][above].mean() >= PRECISION) if above.any() else True
    return {"kept": kept, "splits": N_SPLITS, "nothing_promised": none, "coverage": float(np.mean(covered))}


def main() -> None:
    """Do what is left, and print what has been measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=len(SPEAKERS))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    for speaker in [one for one in SPEAKERS if one not in kept][: arguments.steps]:
        kept[speaker] = heard_anew(speaker)
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        write_text(KEPT, json.dumps(kept))
    if len(kept) < len(SPEAKERS):
        print(f"{len(kept)} of {len(SPEAKERS)} speakers are done")
        return
    result: dict[str, Any] = {}
    for what in ("words", "texts"):
        before, after, right = crossed(kept, what)
        result[what] = {
            "right": proportion(float(right.sum()), len(right)).as_dict(),
            "off_before": expected_calibration_error(before, right).as_dict(),
            "off": expected_calibration_error(after, right).as_dict(),
        }
    result["words_by_speaker"] = by_speaker(kept)
    _, credence, right = crossed(kept, "texts")
    result["promise"] = promises(credence, right)
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
