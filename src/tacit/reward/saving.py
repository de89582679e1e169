"""A folder with arrays as safetensors and their record as JSON.

The record is written twice: into the header of the safetensors file, from which it is read back, so that arrays and
record can never be of two different fits; and as a JSON file beside it, for people and other programs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from tacit import __version__
from tacit.errors import BadFile
from tacit.store.run_folder import write_bytes, write_json

FORMAT = 1
ARRAYS_NAME, RECORD_NAME = "reward.safetensors", "reward.json"
KEY = "tacit_reward"


def write_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]], record: Mapping[str, Any]) -> None:
    """Write arrays and record into `folder`, all of it or nothing.

    Raises:
        CannotWrite: the disk is full or read-only, or permission is missing; what was there is kept.
    """
    versions = {"tacit": __version__, "numpy": np.__version__}
    full = {"format": FORMAT, **record, "versions": versions}
    header = {KEY: json.dumps(full, allow_nan=False)}
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_bytes(folder / ARRAYS_NAME, save(contiguous, metadata=header))
    write_json(folder / RECORD_NAME, full)


def read_arrays(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the record in `folder`.

    Raises:
        BadFile: there are none, the file is cut short or foreign, or a later tacit wrote it.
    """
    path = folder / ARRAYS_NAME
    try:
        with safe_open(path, framework="numpy") as stored:
            header = (stored.metadata() or {}).get(KEY)
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 (not a dict)
    except FileNotFoundError:
        raise BadFile(str(path), got="no such file", expected="a reward written by tacit") from None
    except (SafetensorError, OSError) as error:
        raise BadFile(str(path), got=str(error), expected="a whole safetensors file written by tacit") from None
    try:
        record = json.loads(header or "")
        version = int(record["format"])
    except (ValueError, KeyError, TypeError):
        raise BadFile(str(path), got="arrays without tacit's record", expected="a reward written by tacit") from None
    if version > FORMAT:
        raise BadFile(
            str(path), got=f"format {version}", expected=f"{FORMAT} or lower", do="Install a newer tacit to read it"
        )
    return arrays, record
