"""stm and ctm files: segments of speech with their times, and recognised words with theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from tacit.errors import BadFile
from tacit.measure.transcripts.lines import file_lines
from tacit.measure.transcripts.markup import is_comment, spoken

Channel = tuple[str, str]  # file and channel, in lower case

OUT_OF_ORDER_S = 1.0
"""Recognisers write neighbours a little out of order; more than this is a file that was not sorted."""

BEGIN, NEXT, END = "<alt_begin>", "<alt>", "<alt_end>"


@dataclass(frozen=True)
class Segment:
    """A stretch of speech of one speaker.

    Args:
        channel: file and channel.
        speaker: who spoke.
        begin_s: when it begins.
        end_s: when it ends.
        text: what was said, perhaps with alternatives.
        row: its line in the file.
    """

    channel: Channel
    speaker: str
    begin_s: float
    end_s: float
    text: str
    row: int


@dataclass(frozen=True)
class TimedText:
    """A recognised word, or alternatives that belong together, in braces.

    Args:
        channel: file and channel.
        begin_s: when it begins.
        end_s: when it ends.
        middle_s: the middle of the word; of alternatives, the latest middle.
        text: the word, or the alternatives.
        row: its line in the file.
    """

    channel: Channel
    begin_s: float
    end_s: float
    middle_s: float
    text: str
    row: int


def read_stm(path: Path, *, encoding: str = "utf-8") -> list[Segment]:
    """Return the segments of an stm file in the order of the file.

    A line holds file, channel, speaker, begin and end in seconds, labels in angle brackets if there are any, and words.

    Raises:
        BadFile: a file that cannot be read, or a line that lacks a field; the message names the line.

    Source: NIST SCTK, the stm format.
    """
    segments = []
    for row, line in enumerate(file_lines(path, encoding), start=1):
        if is_comment(line):
            continue
        where = f"{path}, line {row}"
        fields = line.split(maxsplit=5)
        if len(fields) < 5:
            got = f"{len(fields)} fields"
            raise BadFile(where, got=got, expected="file, channel, speaker, begin, end, <labels> and words")
        begin_s, end_s = _seconds(fields[3], f"{where}, begin"), _seconds(fields[4], f"{where}, end")
        if end_s < begin_s:
            raise BadFile(where, got=f"an end at {end_s:g} s before its begin at {begin_s:g} s", expected="a later end")
        text = fields[5] if len(fields) > 5 else ""
        if text.startswith("<") and ">" in text:
            text = text.partition(">")[2]
        channel = (fields[0].lower(), fields[1].lower())
        segments.append(Segment(channel, fields[2], begin_s, end_s, spoken(text.strip()), row))
    return segments


def read_ctm(path: Path, *, encoding: str = "utf-8") -> list[TimedText]:
    """Return the words of a ctm file by channel, in the order of the file, alternatives together.

    A line holds file, channel, begin and duration in seconds, a word and perhaps a confidence. Alternatives stand
    between lines whose word is ``<ALT_BEGIN>``, ``<ALT>`` and ``<ALT_END>``.

    Raises:
        BadFile: a file that cannot be read, a line that lacks a field, words that are not in order of time, or
            alternatives that do not end.

    Source: NIST SCTK, the ctm format.
    """
    words: list[TimedText] = []
    opened: list[list[TimedText]] | None = None
    where = str(path)
    for row, fields in _ctm_lines(path, encoding):
        where, mark = f"{path}, line {row}", fields[4].lower()
        if mark == BEGIN:
            opened = [[]]
        elif mark in (NEXT, END) and opened is None:
            raise BadFile(where, got=fields[4], expected=f"{BEGIN.upper()} before it")
        elif mark == NEXT and opened is not None:
            opened.append([])
        elif mark == END and opened is not None:
            if any(opened):
                words.append(_together(opened))
            opened = None
        else:
            (words if opened is None else opened[-1]).append(_word(fields, row, where))
    if opened is not None:
        raise BadFile(where, got="alternatives that do not end", expected=END.upper())
    return _in_order(words, path)


def _in_order(words: list[TimedText], path: Path) -> list[TimedText]:
    """Return the words channel by channel, each in the order of the file, which must be that of time."""
    latest_s: dict[Channel, float] = {}
    for word in words:
        before_s = latest_s.get(word.channel, word.begin_s)
        if word.begin_s < before_s - OUT_OF_ORDER_S:
            got = f"a word at {word.begin_s:g} s after one at {before_s:g} s of the same channel"
            raise BadFile(f"{path}, line {word.row}", got=got, expected="words in order of time", do="Sort the file")
        latest_s[word.channel] = word.begin_s
    return sorted(words, key=lambda word: word.channel)


def _ctm_lines(path: Path, encoding: str) -> Iterator[tuple[int, list[str]]]:
    for row, line in enumerate(file_lines(path, encoding), start=1):
        if is_comment(line):
            continue
        fields = line.split()
        if len(fields) < 5:
            got = f"{len(fields)} fields"
            raise BadFile(f"{path}, line {row}", got=got, expected="file, channel, begin, duration and word")
        yield row, fields


def _word(fields: list[str], row: int, where: str) -> TimedText:
    begin_s, duration_s = _seconds(fields[2], f"{where}, begin"), _seconds(fields[3], f"{where}, duration")
    channel = (fields[0].lower(), fields[1].lower())
    middle_s = begin_s + duration_s / 2
    return TimedText(channel, begin_s, begin_s + duration_s, middle_s, spoken(fields[4]), row)


def _together(alternatives: list[list[TimedText]]) -> TimedText:
    words = [word for one in alternatives for word in one]
    text = " / ".join(" ".join(word.text for word in one) or "@" for one in alternatives)
    begin_s, end_s = min(word.begin_s for word in words), max(word.end_s for word in words)
    middle_s = max(word.middle_s for word in words)
    return TimedText(words[0].channel, begin_s, end_s, middle_s, f"{{ {text} }}", words[0].row)


def _seconds(field: str, where: str) -> float:
    try:
        value = float(field)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise BadFile(where, got=repr(field), expected="seconds, such as 12.34")
    return value
