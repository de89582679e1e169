"""Prefix beam search beside pyctcdecode and flashlight-text: CPU seconds and word error rate at equal width.

``python benchmarks/decoding.py [--utterances 24] [--width 100] [--json]``

Synthetic posteriors: sentences of 12 words over a lexicon of 1,500, each letter one or two frames long, half of them
with a blank behind it, the right symbol 5 above the others in the logits and normal noise on all. The language model is
a bigram that tacit builds from 8,000 other sentences and writes as ARPA; kenlm reads the same file for the peers.

All decoders see the same posteriors, alpha, beta and width, one thread. tacit searches all utterances at once ("batch")
or one after another ("one by one"); each peer takes one at a time, as it must. "open" may write words that are in no
lexicon, as pyctcdecode may; "closed" may not, as flashlight-text here. Loading is not counted, but for tacit's own back
end by flashlight-text, which is run where that is installed beside tacit. A ratio above 1 is in tacit's favour; the
lesser of two runs counts, for every decoder. Each drops symbols and texts by its own defaults, and tacit leaves out no
frame.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tacit.cli.terminal import table
from tacit.measure.word_errors import Utterances, word_errors
from tacit_speech import Alphabet, Posteriors
from tacit_speech.decode import BeamSettings, Fusion, NoLanguageModel, beam_search, greedy, word_fusion
from tacit_speech.decode.flashlight import flashlight_search
from tacit_speech.decode.ngram import NGram, build, save_model
from tacit_speech.decode.words import UNKNOWN_LOG_PROB

FOLDER = Path(__file__).parent
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SYMBOLS = " " + LETTERS + "'"
WEIGHTS = ((0.5, 1.5), (1.0, 1.0))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--utterances", type=int, default=24, help="how many to decode (default: %(default)s)")
    parser.add_argument("--width", type=int, default=100, help="of the beam (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    missing = [name for name in ("pyctcdecode", "flashlight_text") if not _python(name).exists()]
    if missing:
        print(f"no environment of {missing[0]}: make bench makes it from peers/{missing[0]}.txt", file=sys.stderr)
        return 1
    training, said, utterances = synthetic(given.utterances, seed=0)
    model, _ = build(training, 2)
    ours = _ours(model, utterances, given.width)
    theirs = _theirs(model, utterances, given.width)
    rows = _rows(said, {**ours, **theirs})
    if given.json:
        print(json.dumps({"name": "decoding", "rows": rows}))
    else:
        print(table([[_cell(value) for value in row.values()] for row in rows], header=list(rows[0])))
    return 0


def synthetic(n: int, *, seed: int) -> tuple[list[str], list[str], list[Posteriors]]:
    """Return training sentences, what was said, and posteriors of it."""
    rng = np.random.default_rng(seed)
    words = sorted({"".join(rng.choice(list(LETTERS), rng.integers(2, 9))) for _ in range(1_500)})
    frequency = 1 / np.arange(1, len(words) + 1)
    frequency /= frequency.sum()
    rng.shuffle(words)
    follow = [rng.choice(len(words), 20, p=frequency) for _ in words]

    def sentence() -> str:
        chain = [int(rng.choice(len(words), p=frequency))]
        for _ in range(11):
            likely = rng.random() < 0.85
            chain.append(int(rng.choice(follow[chain[-1]]) if likely else rng.choice(len(words), p=frequency)))
        return " ".join(words[i] for i in chain)

    training, said = [sentence() for _ in range(8_000)], [sentence() for _ in range(n)]
    return training, said, [_posteriors(text, rng) for text in said]


def _posteriors(text: str, rng: np.random.Generator) -> Posteriors:
    alphabet, frames, before = Alphabet(tuple(SYMBOLS)), [], 0
    for symbol in alphabet.ids(text).tolist():
        frames += [0] * (symbol == before) + [symbol] * int(rng.integers(1, 3)) + [0] * int(rng.random() < 0.5)
        before = symbol
    logits = 1.15 * rng.normal(size=(len(frames), len(alphabet)))
    logits[np.arange(len(frames)), frames] += 5
    normal = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return Posteriors(normal.astype(np.float32), alphabet, frame_s=0.02)


def _ours(model: NGram, utterances: list[Posteriors], width: int) -> dict[tuple[str, str], dict[str, Any]]:
    settings = BeamSettings(width=width)
    results = {("tacit, greedy", "no model"): _timed(lambda: [one.text for one in greedy(utterances)])}
    fusions: dict[tuple[str, str], Fusion] = {("open", "no model"): NoLanguageModel()}
    for alpha, beta in WEIGHTS:
        for kind, unknown in (("open", UNKNOWN_LOG_PROB), ("closed", None)):
            fusion = word_fusion(model, utterances[0].alphabet, alpha=alpha, beta=beta, unknown_log_prob=unknown)
            fusions[kind, _setting(alpha, beta)] = fusion
    for (kind, name), one in fusions.items():
        results[f"tacit, {kind}, batch", name] = _timed(partial(_best, [utterances], one, settings))
        results[f"tacit, {kind}, one by one", name] = _timed(partial(_best, [[u] for u in utterances], one, settings))
    for alpha, beta in WEIGHTS if find_spec("flashlight") else ():
        name = _setting(alpha, beta)
        results["tacit, flashlight back end", name] = _timed(
            partial(_compiled, utterances, model, alpha, beta, settings)
        )
    return results


def _best(batches: list[list[Posteriors]], fusion: Fusion, settings: BeamSettings) -> list[str]:
    return [found[0].text for batch in batches for found in beam_search(batch, fusion, settings)]


def _compiled(
    utterances: list[Posteriors], model: NGram, alpha: float, beta: float, settings: BeamSettings
) -> list[str]:
    """Return the texts of the optional back end; its loading of the model is counted."""
    found = flashlight_search(utterances, model, alpha=alpha, beta=beta, settings=settings)
    return [texts[0].text for texts in found]


def _theirs(model: NGram, utterances: list[Posteriors], width: int) -> dict[tuple[str, str], dict[str, Any]]:
    results: dict[tuple[str, str], dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_model(model, folder / "model.arpa")
        np.save(folder / "posteriors.npy", np.concatenate([u.log_posteriors for u in utterances]))
        (folder / "lengths.json").write_text(json.dumps([len(u) for u in utterances]), encoding="utf-8")
        (folder / "labels.json").write_text(json.dumps(["", *SYMBOLS]), encoding="utf-8")
        (folder / "words.json").write_text(json.dumps(model.vocabulary[3:]), encoding="utf-8")
        for peer, pairs in (("pyctcdecode", ((None, 0.0), *WEIGHTS)), ("flashlight_text", WEIGHTS)):
            settings = [{"alpha": alpha, "beta": beta, "width": width} for alpha, beta in pairs]
            command = [str(_python(peer)), str(FOLDER / "peers" / f"{peer}_beam.py"), name, json.dumps(settings)]
            runs = [_last_json(command) for _ in range(2)]
            for i, (alpha, beta) in enumerate(pairs):
                least = min(run[i]["cpu_s"] for run in runs)
                results[peer, _setting(alpha, beta)] = {"texts": runs[0][i]["texts"], "cpu_s": least}
    return results


def _last_json(command: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return found


def _rows(said: list[str], results: dict[tuple[str, str], dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for (decoder, setting), found in results.items():
        wer = word_errors(Utterances.of(said, found["texts"])).rates["wer"]
        peers = {peer: results.get((peer, setting)) for peer in ("pyctcdecode", "flashlight_text")}
        rows.append(
            {
                "decoder": decoder,
                "model": setting,
                "wer": wer.mean,
                "low": wer.low,
                "high": wer.high,
                "cpu_ms_per_utterance": 1_000 * found["cpu_s"] / len(said),
                **{f"{peer}_ratio": one["cpu_s"] / found["cpu_s"] if one else None for peer, one in peers.items()},
            }
        )
    return rows


def _timed(function: Callable[[], list[str]]) -> dict[str, Any]:
    least_s, texts = float("inf"), function()
    for _ in range(2):
        began_s = time.process_time()
        texts = function()
        least_s = min(least_s, time.process_time() - began_s)
    return {"texts": texts, "cpu_s": least_s}


def _setting(alpha: float | None, beta: float) -> str:
    return "no model" if alpha is None else f"alpha {alpha:g}, beta {beta:g}"


def _python(peer: str) -> Path:
    return FOLDER / ".venvs" / peer / "bin" / "python"


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else "" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
