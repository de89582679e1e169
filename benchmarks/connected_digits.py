"""Connected digits: what a language model that knows the grammar takes off the word error rate of greedy decoding.

``python benchmarks/connected_digits.py [--seeds 1] [--epochs 7] [--json]``

Spoken digits (``fsdd`` of the data folder: six speakers, 50 takes of each digit) are joined to strings of digits, with
.05 to .25 s of faint noise between them. A recogniser whose symbols are the ten words and the space learns 520 strings
of 1 to 3 digits, all equally likely, from takes 15 to 49 of five speakers. Tested are strings that training has not
heard, of takes 0 to 9: by the five known speakers, and by the sixth, whom it has never heard. Another speaker is left
out with each seed.

The grammars: *dates* (the days of 2000 to 2029 as eight digits; the model is built from two thirds of them, and the
strings of the test come from the others), *codes* (a prefix of three digits out of 40, then four equally likely ones;
built from 3,000 codes, the test has others), and *any* (eight equally likely digits: there is nothing to know). Alpha
and beta are chosen on strings of their own: takes 10 to 14, known speakers, the same grammar. "closed" is the search
over the ten words without a grammar, its beta chosen likewise, which shows what that alone is worth.

A rate is over the words of all strings, its interval from resampling strings. Each symbol but the space is a word to
greedy decoding, so that a space that was not heard is no error of it. `cut_of_greedy` is its rate over that with the
grammar, `cut_of_closed` that of the search without a grammar.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.cli.terminal import table
from tacit.measure.word_errors import Utterances, word_errors
from tacit_speech import Alphabet, Posteriors
from tacit_speech.acoustic import (
    AcousticModel,
    Augmentation,
    ModelSettings,
    Normalization,
    SoundsInMemory,
    Spectrogram,
    Trainer,
    TrainingSettings,
)
from tacit_speech.audio import read_sound
from tacit_speech.decode import BeamSettings, beam_search, greedy
from tacit_speech.decode.ngram import NGram, build, evaluate
from tacit_speech.decode.tuning import Weights, fusion_of, tune

DATA = Path(os.environ.get("TACIT_DATA", "../shared/data"))
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
RATE_HZ = 8_000
N_TRAINING, N_TUNING, N_TEST = 520, 30, 50
TEST_TAKES, TUNING_TAKES, TRAINING_TAKES = range(10), range(10, 15), range(15, 50)
LENGTHS = (1, 1, 1, 1, 2, 3)
"""Of the strings that training draws from: single digits are learned first, and fast."""
ALPHAS, BETAS = (0.5, 1.0, 1.5, 2.0), (0.0, 2.0, 4.0)
WIDTH = BeamSettings(width=50)

Samples = NDArray[np.float32]
Takes = dict[tuple[str, int, int], Samples]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=1, help="recognisers to train (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=7, help="of each (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not (DATA / "fsdd").is_dir():
        print(f"no {DATA / 'fsdd'}: set TACIT_DATA to the folder of the data", file=sys.stderr)
        return 1
    takes = read_takes(DATA / "fsdd")
    rows = []
    for seed in range(given.seeds):
        rows += _one_recogniser(takes, seed, given.epochs)
    if given.json:
        print(json.dumps({"name": "connected_digits", "rows": rows}))
    else:
        print(table([[_cell(value) for value in row.values()] for row in rows], header=list(rows[0])))
    return 0


def read_takes(folder: Path) -> Takes:
    """Return speaker, digit and take → sound."""
    takes = {}
    for path in sorted(folder.glob("*.wav")):
        digit, speaker, take = path.stem.split("_")
        takes[speaker, int(digit), int(take)] = read_sound(path, RATE_HZ)
    return takes


def _one_recogniser(takes: Takes, seed: int, epochs: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    unseen = SPEAKERS[(seed + 4) % len(SPEAKERS)]
    known = [speaker for speaker in SPEAKERS if speaker != unseen]
    strings = [_any(rng, int(rng.choice(LENGTHS))) for _ in range(N_TRAINING)]
    began_s = time.process_time()
    recogniser = _trained(takes, strings, known, rng, seed, epochs)
    trained_s = time.process_time() - began_s
    rows = []
    for name, (training, others) in grammars(rng).items():
        model, _ = build(map(_words, training), len(others[0]))
        bits = float(np.log2(evaluate(model, map(_words, others)).perplexity.mean)) * (len(others[0]) + 1)
        models = {"closed": build(NAMES, 1)[0], "grammar": model}
        weights = _chosen(models, recogniser, takes, others[:N_TUNING], known, rng)
        for who, speakers in (("known speakers", known), ("an unseen speaker", [unseen])):
            test = others[N_TUNING : N_TUNING + N_TEST]
            utterances = _heard(recogniser, takes, test, speakers, TEST_TAKES, rng)
            rates = _rates(utterances, list(map(_words, test)), models, weights)
            rows.append(
                {
                    "seed": seed,
                    "digits": name,
                    "bits_a_digit": bits / len(others[0]),
                    "speakers": who,
                    **rates,
                    "alpha": weights["grammar"].alpha,
                    "beta": weights["grammar"].beta,
                    "closed_beta": weights["closed"].beta,
                    "training_cpu_s": trained_s,
                }
            )
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def grammars(rng: np.random.Generator) -> dict[str, tuple[list[str], list[str]]]:
    """Return name → strings of digits for the language model, and others for tuning and test."""
    days = np.arange(np.datetime64("2000-01-01"), np.datetime64("2030-01-01"))
    dates = [str(day).replace("-", "") for day in rng.permutation(days)]
    prefixes = rng.choice(np.arange(100, 1_000), 40, replace=False)
    codes = list({f"{rng.choice(prefixes)}{rng.integers(10_000):04d}" for _ in range(3_200)})
    rng.shuffle(codes)
    free = [_any(rng, 8) for _ in range(3_200)]
    split = len(dates) * 2 // 3
    return {
        "dates": (dates[:split], dates[split:]),
        "codes": (codes[:3_000], codes[3_000:]),
        "any": (free[:3_000], free[3_000:]),
    }


def _any(rng: np.random.Generator, length: int) -> str:
    return "".join(map(str, rng.integers(10, size=length)))


def _words(digits: str) -> str:
    return " ".join(NAMES[int(digit)] for digit in digits)


def _spoken(takes: Takes, digits: str, speaker: str, from_takes: Sequence[int], rng: np.random.Generator) -> Samples:
    """Return a string of digits by one speaker, with pauses."""
    parts: list[Samples] = []
    for digit in digits:
        pause = int(RATE_HZ * rng.uniform(0.05, 0.25))
        parts.append((1e-3 * rng.normal(size=pause)).astype(np.float32))
        parts.append(takes[speaker, int(digit), int(rng.choice(from_takes))])
    return np.concatenate([*parts, parts[0]])


def _trained(
    takes: Takes, strings: list[str], speakers: list[str], rng: np.random.Generator, seed: int, epochs: int
) -> AcousticModel:
    sounds = [_spoken(takes, one, str(rng.choice(speakers)), TRAINING_TAKES, rng) for one in strings]
    alphabet = Alphabet((" ", *NAMES))
    model = AcousticModel.new(
        alphabet, Spectrogram(sample_rate_hz=RATE_HZ), Normalization(), ModelSettings(), seed=seed
    )
    corpus = SoundsInMemory.of(model, sounds, list(map(_words, strings)))
    Trainer(model, corpus, TrainingSettings(epochs=epochs, batch_size=8, augmentation=Augmentation.none()), seed).run(
        lambda done: print(f"epoch {done.epoch}: {done.loss:.2f} nats", file=sys.stderr, flush=True)
    )
    return model


def _heard(
    recogniser: AcousticModel,
    takes: Takes,
    strings: list[str],
    speakers: list[str],
    from_takes: Sequence[int],
    rng: np.random.Generator,
) -> list[Posteriors]:
    spoken = [_spoken(takes, one, speakers[i % len(speakers)], from_takes, rng) for i, one in enumerate(strings)]
    return recogniser.posteriors(spoken)


def _chosen(
    models: dict[str, NGram],
    recogniser: AcousticModel,
    takes: Takes,
    strings: list[str],
    known: list[str],
    rng: np.random.Generator,
) -> dict[str, Weights]:
    """Return the weights of the model that knows the grammar, and of the one that knows but the ten words."""
    utterances = _heard(recogniser, takes, strings, known, TUNING_TAKES, rng)
    said = list(map(_words, strings))
    tried = {"grammar": ALPHAS, "closed": (0.0,)}
    return {
        name: tune(model, utterances, said, alphas=tried[name], betas=BETAS, closed=True, settings=WIDTH).best
        for name, model in models.items()
    }


def _rates(
    utterances: list[Posteriors], said: list[str], models: dict[str, NGram], weights: dict[str, Weights]
) -> dict[str, Any]:
    alphabet = utterances[0].alphabet
    words = [[alphabet.symbols[i - 1] for i in one.ids if i != alphabet.space] for one in greedy(utterances)]
    heard = {"greedy": list(map(" ".join, words))}
    for name, model in models.items():
        fusion = fusion_of(model, alphabet, weights[name], closed=True)
        heard[name] = [found[0].text for found in beam_search(utterances, fusion, WIDTH)]
    wer = {name: word_errors(Utterances.of(said, texts)).rates["wer"] for name, texts in heard.items()}
    rates: dict[str, Any] = {}
    for name, rate in wer.items():
        rates |= {name: rate.mean, f"{name}_low": rate.low, f"{name}_high": rate.high}
    for name in ("greedy", "closed"):
        rates[f"cut_of_{name}"] = wer[name].mean / wer["grammar"].mean if wer["grammar"].mean else float("inf")
    return rates


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
