"""The record of a run in its folder: begun, or found again by the same command."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tacit.errors import CannotWrite, RunExists
from tacit.learn.settings import RunSettings, first_difference
from tacit.store.run_folder import RunFolder

RECORDED_PACKAGES = ("tacit", "tacit-control", "numpy", "torch", "gymnasium", "mujoco", "envpool")
UNFINISHED = re.compile(r"\..+\.\d+")
"""Names of files that a killed process had not finished writing; see `tacit.store.run_folder.write_bytes`."""

PARTS = ("", "clips/", "policy/", "reward/", "checkpoint/**/")
"""Where in a run's folder such files may lie."""


def open_record(folder: RunFolder, settings: RunSettings, command: list[str]) -> dict[str, Any]:
    """Return the record of the run in `folder`, or a new one, which is not written yet.

    Args:
        folder: of the run.
        settings: what the run depends on.
        command: the words of the command line.

    Raises:
        RunExists: the folder holds a run with other settings, or files that are no run.
        BadFile: its record is damaged. CannotWrite: the folder may not be looked into, or not changed.
    """
    try:
        found = _found_record(folder, settings.as_json())
    except OSError as error:
        expected = "a folder that can be read and written"
        raise CannotWrite(str(folder.path), got=error.strerror or str(error), expected=expected) from None
    return found or _new_record(settings, command)


def _found_record(folder: RunFolder, wanted: dict[str, Any]) -> dict[str, Any] | None:
    """Return the record of the same run begun earlier; None if there is nothing."""
    path = folder.path
    if folder.exists():
        record = folder.record()
        if record.get("settings") != wanted:
            raise RunExists(
                str(path),
                got=f"a run with {first_difference(record.get('settings', {}), wanted)}",
                expected="an empty folder, or a run with the same settings to go on with",
                do="Choose another --out, or delete the folder",
            )
        for part in PARTS:
            _remove(found for found in path.glob(f"{part}.*") if UNFINISHED.fullmatch(found.name))
        return record
    if path.exists() and not _is_new(path):
        raise RunExists(
            str(path), got="files that are no run", expected="a new or empty folder", do="Choose another --out"
        )
    return None


def _new_record(settings: RunSettings, command: list[str]) -> dict[str, Any]:
    return {
        "verb": "learn",
        "status": "running",
        "command": command,
        "producer": settings.producer,
        "judge": settings.judge,
        "seed": settings.seed,
        "settings": settings.as_json(),
        "versions": _versions(),
        "platform": {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "system": platform.system(),
        },
        "started_at_s": time.time(),
        "warnings": [],
        "results": {},
    }


def _is_new(path: Path) -> bool:
    """Whether `path` is an empty folder, or one whose first record a killed process had not finished writing."""
    if not path.is_dir():
        return False
    found = list(path.iterdir())
    if all(UNFINISHED.fullmatch(one.name) and one.name.startswith(".run.json.") for one in found):
        _remove(found)
        return True
    return False


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink()


def _versions() -> dict[str, str]:
    found = {}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
