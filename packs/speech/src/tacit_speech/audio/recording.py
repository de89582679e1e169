"""Who said what in which file; and what was left out, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tacit.errors import BadFile


@dataclass(frozen=True)
class Recording:
    """One utterance, or a whole file whose words are not known yet.

    Args:
        name: its own among those of its manifest.
        path: of the file with the sound.
        where: what names it: the manifest and its line.
        text: what was said; None if nobody has written it down.
        speaker: who spoke; empty if not known.
        condition: anything else to break errors down by, such as the microphone; empty if not known.
        start_s: where in the file it begins.
        end_s: where it ends; None for the end of the file.
    """

    name: str
    path: Path
    where: str
    text: str | None = None
    speaker: str = ""
    condition: str = ""
    start_s: float = 0.0
    end_s: float | None = None


@dataclass(frozen=True)
class LeftOut:
    """Something that was passed over, so that the rest could go on.

    Args:
        where: the manifest and its line, or the file.
        what: the recording's name or file.
        reason: what is wrong with it.
    """

    where: str
    what: str
    reason: str

    def __str__(self) -> str:
        """Return the line that a person reads."""
        return f"{self.where}: {self.what}: {self.reason}"


@dataclass(frozen=True)
class Manifest:
    """Recordings in the order of their source.

    Args:
        source: the file or folder.
        recordings: those that can be looked at.
        left_out: rows that could not be read.
    """

    source: Path
    recordings: tuple[Recording, ...]
    left_out: tuple[LeftOut, ...] = ()


def manifest_of(source: Path, rows: Iterable[Recording | LeftOut]) -> Manifest:
    """Return the manifest of rows; a recording whose name was given before, or whose file is absent, is left out.

    Raises:
        BadFile: nothing is left.
    """
    kept: dict[str, Recording] = {}
    left_out: list[LeftOut] = []
    for row in rows:
        if isinstance(row, LeftOut):
            left_out.append(row)
        elif row.name in kept:
            reason = f"the name stands at {kept[row.name].where} already"
            left_out.append(LeftOut(row.where, row.name, reason))
        elif not row.path.is_file():
            left_out.append(LeftOut(row.where, str(row.path), "no such file"))
        else:
            kept[row.name] = row
    if not kept:
        got = f"{len(left_out)} rows, none of them usable: {left_out[0]}" if left_out else "no recordings"
        raise BadFile(str(source), got=got.rstrip("."), expected="recordings that exist")
    return Manifest(source, tuple(kept.values()), tuple(left_out))
