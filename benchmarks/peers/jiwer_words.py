"""Counts and CPU time of jiwer on two files with a line an utterance; runs in jiwer's own environment.

``python jiwer_words.py REF HYP COUNTS``: prints CPU seconds as JSON and writes hits, substitutions, deletions and
insertions of each utterance to COUNTS.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jiwer


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Return the least CPU time of three calls, and what the last one returned."""
    best_s = float("inf")
    for _ in range(3):
        began_s = time.process_time()
        result = function()
        best_s = min(best_s, time.process_time() - began_s)
    return best_s, result


def lengths(alignment: list[Any]) -> list[int]:
    """Return hits, substitutions, deletions and insertions of one utterance."""
    counts = dict.fromkeys(("equal", "substitute", "delete", "insert"), 0)
    for chunk in alignment:
        counts[chunk.type] += max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
    return list(counts.values())


references, hypotheses = (Path(path).read_text(encoding="utf-8").split("\n")[:-1] for path in sys.argv[1:3])
words_s, processed = timed(lambda: jiwer.process_words(references, hypotheses))
wer_s, wer = timed(lambda: jiwer.wer(references, hypotheses))
cer_s, cer = timed(lambda: jiwer.cer(references, hypotheses))
Path(sys.argv[3]).write_text(json.dumps([lengths(one) for one in processed.alignments]), encoding="utf-8")
print(json.dumps({"process_words": words_s, "wer": wer_s, "cer": cer_s, "wer_value": wer, "cer_value": cer}))
