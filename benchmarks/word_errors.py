"""Word error counts of 10⁵ utterances beside jiwer: CPU seconds of each, and whether the counts are the same.

``python benchmarks/word_errors.py [--pairs 100000] [--json]``

Two corpora: words of a Zipf-like vocabulary of 5,000, 20 an utterance on average, with about 16 % errors; and short
utterances of five words, in which many alignments are equally good, so that S, D and I differ unless ties are broken
alike. Each call is timed three times in this process and three times in jiwer's, least CPU time, one thread, strings in
and counts out. "family" is every rate of ``tacit wer`` with its interval; jiwer has no interval and no such rates.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tacit.cli.terminal import table
from tacit.measure.word_errors import Counts, Normalization, Utterances, count_errors, word_errors
from tacit.measure.word_errors.counts import edit_distances
from tacit.measure.word_errors.tokens import characters

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "jiwer" / "bin" / "python"

Result = TypeVar("Result")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=100_000, help="utterances of each corpus (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not PEER.exists():
        print(f"{PEER} is missing: make bench makes it from peers/jiwer.txt", file=sys.stderr)
        return 1
    rows = [
        *_compared("zipf, 20 words", *corpus(given.pairs, vocabulary=5_000, mean_words=20, seed=0)),
        *_compared("five words, short", *corpus(given.pairs, vocabulary=5, mean_words=6, seed=1)),
    ]
    if given.json:
        print(json.dumps({"name": "word_errors", "rows": rows}))
    else:
        print(table([[_cell(value) for value in row.values()] for row in rows], header=list(rows[0])))
    return 0 if all(row["same"] for row in rows) else 1


def corpus(n: int, *, vocabulary: int, mean_words: int, seed: int) -> tuple[list[str], list[str]]:
    """Return references and what a recogniser that deletes 5 %, substitutes 8 % and inserts 3 % makes of them."""
    rng = np.random.default_rng(seed)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(rng.choice(letters, rng.integers(2, 10))) for _ in range(vocabulary)])
    references, hypotheses = [], []
    for length in rng.poisson(mean_words, n).clip(1):
        said = words[(rng.zipf(1.3, length) - 1) % vocabulary]
        luck = rng.random(length)
        heard = np.where(luck < 0.13, words[rng.integers(vocabulary, size=length)], said)
        kept = [[word] if stays else [] for word, stays in zip(heard, luck >= 0.05, strict=True)]
        for place in np.flatnonzero(rng.random(length) < 0.03):
            kept[place].append(words[rng.integers(vocabulary)])
        references.append(" ".join(said))
        hypotheses.append(" ".join(word for some in kept for word in some))
    return references, hypotheses


def _compared(name: str, references: list[str], hypotheses: list[str]) -> list[dict[str, Any]]:
    theirs, theirs_counts = _jiwer(references, hypotheses)
    words = Normalization().words
    count_s, counts = _timed(lambda: count_errors(map(words, references), map(words, hypotheses)))
    cer_s, distance = _timed(lambda: _character_errors(references, hypotheses))
    family_s, family = _timed(lambda: word_errors(Utterances.of(references, hypotheses)))
    n, same = len(references), bool(np.array_equal(_table(counts), theirs_counts))
    n_characters = sum(len(characters(words(text))) for text in references)
    return [
        _row(name, "counts, beside process_words", n, count_s, theirs["process_words"], same),
        _row(name, "counts, beside wer", n, count_s, theirs["wer"], same),
        _row(
            name,
            "characters, beside cer",
            n,
            cer_s,
            theirs["cer"],
            bool(distance / n_characters == theirs["cer_value"]),
        ),
        _row(
            name,
            "family, beside wer and cer",
            n,
            family_s,
            theirs["wer"] + theirs["cer"],
            bool(abs(family.rates["wer"].mean - theirs["wer_value"]) < 1e-12),
        ),
    ]


def _row(corpus_name: str, what: str, n: int, ours_s: float, theirs_s: float, same: bool) -> dict[str, Any]:
    return {
        "corpus": corpus_name,
        "what": what,
        "tacit_cpu_s": ours_s,
        "jiwer_cpu_s": theirs_s,
        "tacit_pairs_per_cpu_s": n / ours_s,
        "ratio": theirs_s / ours_s,
        "same": same,
    }


def _jiwer(references: list[str], hypotheses: list[str]) -> tuple[dict[str, float], NDArray[np.int64]]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("ref.txt", "hyp.txt", "counts.json")]
        for path, lines in zip(paths, (references, hypotheses), strict=False):
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        command = [str(PEER), str(FOLDER / "peers" / "jiwer_words.py"), *map(str, paths)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout), np.array(json.loads(paths[2].read_text(encoding="utf-8")))


def _timed(function: Callable[[], Result]) -> tuple[float, Result]:
    best_s, result = float("inf"), function()
    for _ in range(3):
        began_s = time.process_time()
        result = function()
        best_s = min(best_s, time.process_time() - began_s)
    return best_s, result


def _character_errors(references: list[str], hypotheses: list[str]) -> int:
    words = Normalization().words
    said, heard = ([characters(words(text)) for text in texts] for texts in (references, hypotheses))
    return int(edit_distances(said, heard).sum())


def _table(counts: Counts) -> NDArray[np.int64]:
    return np.column_stack([counts.hits, counts.substitutions, counts.deletions, counts.insertions])


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
