"""A language model on disk: ARPA for others, or an ``.npz`` that loads at once."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from tacit.errors import BadFile, CannotWrite
from tacit_speech.decode.ngram.arpa import read_arpa, write_arpa
from tacit_speech.decode.ngram.model import NGram
from tacit_speech.decode.ngram.text import Unit

FORMAT = "tacit n-gram model 1"


def save_model(model: NGram, path: Path) -> None:
    """Write `model`: as arrays where the name ends in ``.npz``, else as ARPA.

    Raises:
        CannotWrite: no such folder, or no room.
    """
    if path.suffix != ".npz":
        write_arpa(model, path)
        return
    head = json.dumps({"format": FORMAT, "unit": model.unit, "sizes": model.sizes})
    try:
        np.savez_compressed(
            path,
            head=np.frombuffer(head.encode(), dtype=np.uint8),
            vocabulary=np.frombuffer("\n".join(model.vocabulary).encode(), dtype=np.uint8),
            contexts=model.contexts,
            words=model.words,
            log_prob=model.log_prob,
            log_backoff=model.log_backoff,
        )
    except OSError as error:
        raise CannotWrite(str(path), got=error.strerror, expected="a folder that can be written") from None


def load_model(path: Path, *, unit: Unit | None = None) -> NGram:
    """Read a model that `save_model` wrote, or any ARPA file, plain or gzipped.

    Raises:
        BadFile: neither of them, or cut short.
    """
    if path.suffix != ".npz":
        return read_arpa(path, unit=unit)
    try:
        with np.load(path, allow_pickle=False) as file:
            head = json.loads(file["head"].tobytes())
            vocabulary = tuple(file["vocabulary"].tobytes().decode().split("\n"))
            arrays = [file[name] for name in ("contexts", "words", "log_prob", "log_backoff")]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadFile(str(path), got=str(error), expected="a model that tacit speech lm wrote") from None
    if head.get("format") != FORMAT:
        raise BadFile(str(path), got=str(head.get("format")), expected=FORMAT)
    contexts, words, log_prob, log_backoff = arrays
    kind = unit or Unit(head["unit"])
    return NGram(kind, vocabulary, contexts, words, log_prob, log_backoff, tuple(head["sizes"]))
