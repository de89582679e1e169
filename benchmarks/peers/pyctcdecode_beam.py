"""Texts and CPU time of pyctcdecode on posteriors in a folder; runs in pyctcdecode's own environment.

``python pyctcdecode_beam.py FOLDER SETTINGS``: FOLDER holds ``posteriors.npy``, ``lengths.json``, ``labels.json``,
``words.json`` and ``model.arpa``; SETTINGS is a JSON list of objects with ``alpha`` (null: no language model), ``beta``
and ``width``. Prints a JSON list with the texts and the CPU seconds of each. Loading is not counted; every other option
has its default.
"""

import json
import logging
import sys
import time
from pathlib import Path

import numpy as np
from pyctcdecode import build_ctcdecoder


def main() -> None:
    logging.disable(logging.WARNING)
    folder, results = Path(sys.argv[1]), []
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    ends = np.cumsum(json.loads((folder / "lengths.json").read_text(encoding="utf-8")))
    tables = np.split(np.load(folder / "posteriors.npy"), ends[:-1])
    for one in json.loads(sys.argv[2]):
        if one["alpha"] is None:
            decoder = build_ctcdecoder(labels)
        else:
            arpa = str(folder / "model.arpa")
            decoder = build_ctcdecoder(labels, arpa, unigrams=words, alpha=one["alpha"], beta=one["beta"])
        began_s = time.process_time()
        texts = [decoder.decode(table, beam_width=one["width"]) for table in tables]
        results.append({"texts": texts, "cpu_s": time.process_time() - began_s})
    print(json.dumps(results))


if __name__ == "__main__":
    main()
