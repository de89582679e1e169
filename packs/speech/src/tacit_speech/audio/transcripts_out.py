"""Transcripts as other tools read them: trn, ctm, stm, TextGrid, CSV and JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tacit.errors import BadValue
from tacit.store.run_folder import write_text
from tacit_speech.audio.text_grid import Interval, Tier, text_grid_text


@dataclass(frozen=True)
class TimedWord:
    """A word and when it was spoken.

    Args:
        text: the word.
        start_s: where it begins in its file.
        end_s: where it ends.
        confidence: probability that it is right; None if nobody has said.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float | None = None


@dataclass(frozen=True)
class Transcript:
    """What was recognised in a recording.

    Args:
        name: of the recording.
        text: its words.
        words: with their times; empty if they are not known.
        speaker: who spoke; empty if not known.
        file: the file with the sound.
        start_s: where in the file the recording begins.
        end_s: where it ends; no later than `start_s` if that is not known.
        reference: what was said, if somebody has written it down.
    """

    name: str
    text: str
    words: tuple[TimedWord, ...] = ()
    speaker: str = ""
    file: str = ""
    start_s: float = 0.0
    end_s: float = 0.0
    reference: str | None = None


FORMATS = ("csv", "jsonl", "trn", "ctm", "stm", "TextGrid")


def write_transcripts(path: Path, transcripts: Sequence[Transcript]) -> None:
    """Write transcripts in the form that the file's name ends in.

    A TextGrid holds one recording: of several, each gets a file of its own in the folder `path`.

    Raises:
        BadValue: another form. CannotWrite: the disk is full or read-only.
    """
    form = next((form for form in FORMATS if path.name.lower().endswith(f".{form.lower()}")), None)
    if form is None:
        raise BadValue(str(path), got=path.suffix or "no ending", expected=f"one of .{', .'.join(FORMATS)}")
    if form == "TextGrid":
        several = len(transcripts) > 1
        for one in transcripts:
            target = path / f"{_flat(one.name)}.TextGrid" if several else path
            write_text(target, _as_text_grid(one))
        return
    as_text = {"csv": as_csv, "jsonl": as_json_lines, "trn": as_trn, "ctm": as_ctm, "stm": as_stm}[form]
    write_text(path, as_text(transcripts))


def as_csv(transcripts: Sequence[Transcript]) -> str:
    """Return a table: path, name, speaker, text, start_s, end_s; `tacit speech` reads it as a manifest."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["path", "name", "speaker", "text", "start_s", "end_s"])
    for one in transcripts:
        end = f"{one.end_s:.3f}" if one.end_s > one.start_s else ""  # not known: to the end of the file
        writer.writerow([one.file, one.name, one.speaker, one.text, f"{one.start_s:.3f}", end])
    return out.getvalue()


def as_json_lines(transcripts: Sequence[Transcript]) -> str:
    """Return an object a line, with the words and their times."""
    rows = (
        {
            "path": one.file,
            "name": one.name,
            "speaker": one.speaker,
            "text": one.text,
            "start_s": round(one.start_s, 3),
            "end_s": round(one.end_s, 3),
            "words": [
                {"text": w.text, "start_s": round(w.start_s, 3), "end_s": round(w.end_s, 3), "confidence": w.confidence}
                for w in one.words
            ],
        }
        for one in transcripts
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_trn(transcripts: Sequence[Transcript], *, reference: bool = False) -> str:
    """Return NIST's trn: the words and, in parentheses, the speaker, a hyphen and the name.

    Args:
        transcripts: of the recordings.
        reference: write what was said instead of what was recognised.
    """
    lines = []
    for one in transcripts:
        text = (one.reference or "") if reference else one.text
        name = f"{_flat(one.speaker) or 'unknown'}-{_flat(one.name)}"
        lines.append(f"{text} ({name})\n".lstrip())
    return "".join(lines)


def as_ctm(transcripts: Sequence[Transcript]) -> str:
    """Return NIST's ctm: file, channel, begin, duration, word and confidence, in order of file and time."""
    rows = [
        (_flat(Path(one.file).stem or one.name), word.start_s, word.end_s - word.start_s, word.text, word.confidence)
        for one in transcripts
        for word in one.words
    ]
    return "".join(
        f"{file} 1 {start_s:.3f} {length_s:.3f} {text}" + ("\n" if sure is None else f" {sure:.4f}\n")
        for file, start_s, length_s, text, sure in sorted(rows, key=lambda row: row[:2])
    )


def as_stm(transcripts: Sequence[Transcript]) -> str:
    """Return NIST's stm: file, channel, speaker, begin, end and words, in order of file and time."""
    rows = sorted(
        ((_flat(Path(one.file).stem or one.name), one.start_s, one.end_s, one) for one in transcripts),
        key=lambda row: row[:3],
    )
    return "".join(
        f"{file} 1 {_flat(one.speaker) or 'unknown'} {start_s:.3f} {end_s:.3f} {one.text}\n"
        for file, start_s, end_s, one in rows
    )


def _as_text_grid(one: Transcript) -> str:
    words = tuple(Interval(word.start_s, word.end_s, word.text) for word in one.words)
    end_s = max([one.end_s, *(word.end_s for word in one.words)])
    return text_grid_text([Tier("words", words)], end_s)


def _flat(name: str) -> str:
    """Return a name that stands in one field of a line, and is no folder."""
    return "_".join(name.replace("/", "_").replace("(", "").replace(")", "").split())
