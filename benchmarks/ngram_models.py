"""N-gram models that tacit builds, read by kenlm: the largest difference of a score, and the CPU seconds of both.

``python benchmarks/ngram_models.py [--json]``

Text: Shakespeare's lines of the data folder (``tinyshakespeare``), in small letters, the first 25,000 to build from and
the other 7,777 to score. kenlm reads each model as ARPA and scores the same lines; unknown words are ``<unk>`` to both.
kenlm's wheel cannot build a model, so building and pruning have no peer here.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from tacit.cli.terminal import table
from tacit_speech.decode.ngram import NGram, Unit, build, evaluate, load_model, prune_by_entropy, save_model
from tacit_speech.decode.ngram.text import tokens_of

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "pyctcdecode" / "bin" / "python"
DATA = Path(os.environ.get("TACIT_DATA", "../shared/data"))
N_TRAINING = 25_000


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    source = DATA / "tinyshakespeare" / "input.txt.gz"
    if not PEER.exists() or not source.exists():
        what = (
            f"{PEER} is missing: make bench makes it from peers/pyctcdecode.txt" if source.exists() else f"no {source}"
        )
        print(what, file=sys.stderr)
        return 1
    with gzip.open(source, "rt", encoding="utf-8") as file:
        lines = [" ".join(line.lower().split()) for line in file if line.strip()]
    training, held_out = lines[:N_TRAINING], lines[N_TRAINING:]
    rows = []
    for name, unit, order, cutoffs, threshold in (
        ("bigram", Unit.WORD, 2, (), None),
        ("trigram", Unit.WORD, 3, (), None),
        ("five words", Unit.WORD, 5, (), None),
        ("trigram, cut off at 1", Unit.WORD, 3, (0, 0, 1), None),
        ("trigram, pruned at 1e-6", Unit.WORD, 3, (), 1e-6),
        ("six characters", Unit.CHARACTER, 6, (), None),
    ):
        began_s = time.process_time()
        model, _ = build(training, order, unit=unit, cutoffs=cutoffs)
        built_s = time.process_time() - began_s
        if threshold is not None:
            model = prune_by_entropy(model, threshold)
        rows.append({"model": name, "ngrams": sum(model.sizes), "build_cpu_s": built_s, **_beside(model, held_out)})
    if given.json:
        print(json.dumps({"name": "ngram_models", "rows": rows}))
    else:
        print(table([[_cell(value) for value in row.values()] for row in rows], header=list(rows[0])))
    return 0 if all(row["largest_gap"] < 1e-4 for row in rows) else 1


def _beside(model: NGram, held_out: list[str]) -> dict[str, Any]:
    sentences = [tokens_of(line, model.unit) for line in held_out]
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name, part) for part in ("model.arpa", "sentences.txt", "scores.npy")]
        save_model(model, paths[0])
        paths[1].write_text("".join(f"{' '.join(tokens)}\n" for tokens in sentences), encoding="utf-8")
        command = [str(PEER), str(FOLDER / "peers" / "kenlm_scores.py"), *map(str, paths)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        theirs, theirs_scores = json.loads(done.stdout), np.load(paths[2])
        began_s = time.process_time()
        read = load_model(paths[0], unit=model.unit)
        read_s = time.process_time() - began_s
    read.sentence_log_probs(sentences[:1])  # the tables are made on first use
    began_s = time.process_time()
    ours = read.sentence_log_probs(sentences) / np.log(10)
    scored_s = time.process_time() - began_s
    return {
        "perplexity": evaluate(model, held_out).perplexity.mean,
        "largest_gap": float(np.abs(ours - theirs_scores).max()),
        "score_cpu_s": scored_s,
        "kenlm_score_cpu_s": theirs["score_cpu_s"],
        "load_cpu_s": read_s,
        "kenlm_load_cpu_s": theirs["load_cpu_s"],
    }


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
