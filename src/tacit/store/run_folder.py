"""A run's folder: the record that re-creates it, its progress row by row, its clips and its page.

::

    runs/demo/
    ├── run.json          the record: command, settings, seeds, versions, hashes of the judgments used, results
    ├── progress.jsonl    one JSON object an iteration
    ├── diagnostics.json  what the page draws beyond progress: learned against true, reliability, win rate
    ├── project/          the store: items, questions, judgments
    ├── checkpoint/       the last finished iteration; a killed run goes on from it
    ├── reward/ policy/   the frozen results: safetensors and JSON
    ├── clips/            first.mp4 and final.mp4
    └── report.html
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacit.errors import BadFile, CannotWrite

RECORD_FORMAT = 1


@dataclass(frozen=True)
class RunFolder:
    """Paths and JSON files of one run.

    Args:
        path: the folder; it need not exist yet.
    """

    path: Path

    @property
    def record_path(self) -> Path:
        """The record that re-creates the run."""
        return self.path / "run.json"

    @property
    def progress_path(self) -> Path:
        """One JSON object a line and iteration."""
        return self.path / "progress.jsonl"

    @property
    def diagnostics_path(self) -> Path:
        """What the page draws beyond progress."""
        return self.path / "diagnostics.json"

    @property
    def project_path(self) -> Path:
        """The store."""
        return self.path / "project"

    @property
    def checkpoint_path(self) -> Path:
        """The last finished iteration."""
        return self.path / "checkpoint"

    @property
    def reward_path(self) -> Path:
        """The frozen reward model."""
        return self.path / "reward"

    @property
    def policy_path(self) -> Path:
        """The frozen policy."""
        return self.path / "policy"

    @property
    def clips_path(self) -> Path:
        """Clips of the first and the final policy."""
        return self.path / "clips"

    @property
    def report_path(self) -> Path:
        """The page."""
        return self.path / "report.html"

    def exists(self) -> bool:
        """Whether a run has been recorded here."""
        return self.record_path.exists()

    def record(self) -> dict[str, Any]:
        """Return the record.

        Raises:
            BadFile: there is none, or it is not JSON, or of a later format.
        """
        record = read_json(self.record_path)
        if record.get("format", 0) > RECORD_FORMAT:
            raise BadFile(
                str(self.record_path),
                got=f"format {record['format']}",
                expected=f"{RECORD_FORMAT} or lower",
                do="Install a newer tacit to read it",
            )
        return record

    def write_record(self, record: dict[str, Any]) -> None:
        """Replace the record, all of it or nothing."""
        write_json(self.record_path, {"format": RECORD_FORMAT, **record})

    def progress(self) -> list[dict[str, Any]]:
        """Return the rows of progress; a last line cut short by a crash is left out."""
        if not self.progress_path.exists():
            return []
        rows = []
        for line in self.progress_path.read_text(encoding="utf-8").splitlines():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                break
        return rows

    def write_progress(self, rows: list[dict[str, Any]]) -> None:
        """Replace the progress, all of it or nothing."""
        write_text(self.progress_path, "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows))

    def diagnostics(self) -> dict[str, Any]:
        """Return what the page draws beyond progress; empty before the run has finished."""
        return read_json(self.diagnostics_path) if self.diagnostics_path.exists() else {}


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`.

    Raises:
        BadFile: the file is absent, not UTF-8, not JSON, or not an object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadFile(str(path), got="no such file", expected="a JSON file written by tacit") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadFile(str(path), got=str(error), expected="a JSON object") from None
    if not isinstance(value, dict):
        raise BadFile(str(path), got=f"a JSON {type(value).__name__}", expected="a JSON object")
    return value


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replace `path` by `value` as indented JSON, all of it or nothing."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text`, all of it or nothing."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Replace `path` by `content`, all of it or nothing, and on disk when this returns.

    Raises:
        CannotWrite: the disk is full or read-only, or permission is missing; the old content is kept.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):  # there may be no such folder to have left anything in
            unfinished.unlink()
        raise CannotWrite(str(path), got=error.strerror or str(error), expected="a disk with room to write") from None
