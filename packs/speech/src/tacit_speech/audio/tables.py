"""Manifests that are one file: CSV, TSV, JSON lines and NIST's stm."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from pathlib import Path

from tacit.errors import BadFile
from tacit.measure.transcripts.lines import file_lines
from tacit.measure.transcripts.timed import read_stm
from tacit_speech.audio.recording import LeftOut, Recording
from tacit_speech.audio.sound import AUDIO_SUFFIXES, FILM_SUFFIXES

NAMES = {
    "path": ("path", "audio", "audio_filepath", "audio_path", "file", "file_name", "filename", "wav"),
    "name": ("name", "id", "utterance", "utt_id"),
    "text": ("text", "transcript", "transcription", "sentence", "words"),
    "speaker": ("speaker", "speaker_id", "spk_id", "spk", "client_id"),
    "condition": ("condition", "microphone", "room"),
    "start_s": ("start_s", "start", "begin_s", "offset"),
    "end_s": ("end_s", "end"),
    "duration_s": ("duration_s", "duration"),
}
"""What a recording has → the names under which tools keep it (Common Voice, NeMo, SpeechBrain …), in lower case."""


def rows_of_table(path: Path) -> Iterator[Recording | LeftOut]:
    """Yield the rows of a CSV or TSV file with a header.

    Raises:
        BadFile: it cannot be read, or no column names the sound.
    """
    lines = file_lines(path)
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    reader = csv.DictReader(lines, delimiter=separator, strict=True)
    header = list(reader.fieldnames or ())
    _column_of_sound(path, header)
    where = f"{path}, line 1"
    try:
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if None in row:
                yield LeftOut(
                    where, path.name, f"{len(header) + len(row[None])} cells, where the header has {len(header)}"
                )
            else:
                yield _recording(path, where, {key: value for key, value in row.items() if value is not None})
    except csv.Error as error:
        raise BadFile(where, got=str(error), expected="cells in a table") from None


def rows_of_json_lines(path: Path) -> Iterator[Recording | LeftOut]:
    """Yield the rows of a file with a JSON object a line.

    Raises:
        BadFile: it cannot be read.
    """
    for number, line in enumerate(file_lines(path), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            yield LeftOut(where, path.name, f"not JSON: {error.msg} at column {error.colno}")
            continue
        if not isinstance(value, dict):
            yield LeftOut(where, path.name, f"a JSON {type(value).__name__}, not an object")
        else:
            yield _recording(path, where, value)


def rows_of_stm(path: Path) -> Iterator[Recording | LeftOut]:
    """Yield the segments of an stm file; segments that are marked as not to be scored are passed over.

    Raises:
        BadFile: it cannot be read, or a line lacks a field.
    """
    for number, segment in enumerate(read_stm(path), start=1):
        if segment.text.strip().lower() == "ignore_time_segment_in_scoring":
            continue
        where, file = f"{path}, line {segment.row}", segment.channel[0]
        found = sound_beside(path.parent, file)
        if found is None:
            yield LeftOut(where, file, "no recording of that name beside the file")
            continue
        name = f"{segment.speaker}-{file}-{number:04d}"
        yield Recording(name, found, where, segment.text, segment.speaker, "", segment.begin_s, segment.end_s)


def sound_beside(folder: Path, name: str) -> Path | None:
    """Return the recording in `folder` whose name is `name`, whatever its kind and case; None if there is none."""
    if (folder / name).is_file() and Path(name).suffix.lower() in AUDIO_SUFFIXES + FILM_SUFFIXES:
        return folder / name
    for suffix in AUDIO_SUFFIXES + FILM_SUFFIXES:
        if (found := folder / f"{name}{suffix}").is_file():
            return found
    same = (one for one in sorted(folder.glob("*")) if one.stem.lower() == name.lower())
    return next((one for one in same if one.suffix.lower() in AUDIO_SUFFIXES + FILM_SUFFIXES), None)


def _column_of_sound(path: Path, header: Iterable[str]) -> None:
    known = {name.lower() for name in header}
    if known.isdisjoint(NAMES["path"]) and known.isdisjoint(NAMES["name"]):
        got = f"columns {', '.join(header)}" if known else "no header"
        raise BadFile(f"{path}, line 1", got=got, expected=f"one that names the sound: {', '.join(NAMES['path'])}")


def _recording(path: Path, where: str, row: Mapping[str, object]) -> Recording | LeftOut:
    """Return what a row says, whatever names its columns have."""
    plain = {str(key).strip().lower(): value for key, value in row.items() if value not in (None, "")}
    cells = {what: next((plain[name] for name in names if name in plain), None) for what, names in NAMES.items()}
    if cells["path"] is None and cells["name"] is None:
        return LeftOut(where, path.name, "no file named")
    file = str(cells["path"] if cells["path"] is not None else cells["name"])
    sound = path.parent / file
    if cells["path"] is None:
        beside = sound_beside(path.parent, file)
        if beside is None:
            return LeftOut(where, file, "no recording of that name beside the file")
        sound = beside
    try:
        start_s = _seconds(cells["start_s"]) or 0.0
        # A duration without a beginning is that of the whole file, as most manifests give it.
        duration_s = _seconds(cells["duration_s"]) if cells["start_s"] is not None else None
        end_s = _seconds(cells["end_s"]) if cells["end_s"] is not None else None
    except ValueError as error:
        return LeftOut(where, file, str(error))
    if end_s is None and duration_s is not None:
        end_s = start_s + duration_s
    if end_s is not None and end_s <= start_s:
        return LeftOut(where, file, f"ends at {end_s:g} s, not after its beginning at {start_s:g} s")
    part = f"@{start_s:g}" if start_s else ""
    name = str(cells["name"]) if cells["name"] is not None else Path(file).with_suffix("").as_posix() + part
    text = None if cells["text"] is None else str(cells["text"])
    speaker, condition = (str(cells[what] or "") for what in ("speaker", "condition"))
    return Recording(name, sound, where, text, speaker, condition, start_s, end_s)


def _seconds(cell: object) -> float | None:
    if cell is None:
        return None
    try:
        value = float(str(cell))
    except ValueError:
        value = -1.0
    if not isfinite(value) or value < 0:
        raise ValueError(f"a time of {cell!r}, not a number of seconds")
    return value
