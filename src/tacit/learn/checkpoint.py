"""Checkpoints: everything that an iteration left, so that a killed run goes on from there with the same result."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from tacit.errors import BadFile, CannotWrite
from tacit.store.run_folder import read_json, write_bytes, write_json

KEPT = 2
"""Checkpoints kept: the newest, and the one before it in case the disk lies about the newest."""


@dataclass(frozen=True)
class Checkpoint:
    """The end of an iteration.

    Args:
        iteration: how many iterations are done.
        arrays: name → array, of the producer and of what has been asked.
        facts: JSON values: progress rows, names of items, CPU seconds spent.
        reward_folder: where the reward model was saved.
    """

    iteration: int
    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]
    reward_folder: Path

    def part(self, prefix: str) -> dict[str, NDArray[Any]]:
        """Return the arrays whose name begins with `prefix` and a slash, without it."""
        return {name[len(prefix) + 1 :]: a for name, a in self.arrays.items() if name.startswith(f"{prefix}/")}


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Add a checkpoint to `folder` and remove those no longer needed.

    ``facts.json`` is written last: a checkpoint without it was never finished and is passed over when reading.

    Raises:
        CannotWrite: the disk is full or read-only; earlier checkpoints are kept.
    """
    path = checkpoint_folder(folder, checkpoint.iteration)
    arrays = {name: np.ascontiguousarray(array) for name, array in checkpoint.arrays.items()}
    write_bytes(path / "arrays.safetensors", save(arrays))
    write_json(path / "facts.json", dict(checkpoint.facts))
    for old in _numbers(folder)[:-KEPT]:
        shutil.rmtree(checkpoint_folder(folder, old))


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the newest finished checkpoint in `folder`; None if there is none.

    Raises:
        BadFile: a finished checkpoint is damaged.
    """
    for number in reversed(_numbers(folder)):
        path = checkpoint_folder(folder, number)
        if not (path / "facts.json").exists():
            continue
        try:
            facts = read_json(path / "facts.json")
            arrays = load((path / "arrays.safetensors").read_bytes())
        except BadFile as error:
            raise damaged(path, error.got) from None
        except (OSError, SafetensorError) as error:
            raise damaged(path, error) from None
        return Checkpoint(number, arrays, facts, path / "reward")
    return None


def damaged(path: Path, got: object) -> BadFile:
    """Return the error that says how to go on without the checkpoint in the folder `path`."""
    return BadFile(
        str(path), got=got, expected="a whole checkpoint", do=f"Delete the folder {path} to go on from before"
    )


def checkpoint_folder(folder: Path, iteration: int) -> Path:
    """Return the folder of the checkpoint after `iteration` iterations."""
    return folder / f"{iteration:06d}"


def remove_checkpoints(folder: Path) -> None:
    """Remove all checkpoints of a finished run.

    Raises:
        CannotWrite: permission is missing.
    """
    try:
        shutil.rmtree(folder, ignore_errors=False)
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotWrite(
            str(folder), got=error.strerror or str(error), expected="a folder that can be removed"
        ) from None


def _numbers(folder: Path) -> list[int]:
    return sorted(int(path.name) for path in folder.glob("[0-9]" * 6)) if folder.exists() else []
