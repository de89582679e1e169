"""Praat's TextGrid files: tiers of labelled stretches of time, in the long and the short form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tacit.errors import BadFile

_TOKEN = re.compile(r'"(?:[^"]|"")*"|(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.:\]])|<exists>')
WORD_TIERS = ("words", "word", "transcript", "transcription", "sentence", "text", "utterance")


@dataclass(frozen=True)
class Interval:
    """A labelled stretch of time; of a point tier, of no length.

    Args:
        start_s: where it begins.
        end_s: where it ends.
        label: its text.
    """

    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True)
class Tier:
    """A row of intervals that do not overlap.

    Args:
        name: of the tier.
        intervals: in order of time.
        points: whether its labels belong to moments.
    """

    name: str
    intervals: tuple[Interval, ...]
    points: bool = False


def read_text_grid(path: Path) -> list[Tier]:
    """Return the tiers of a TextGrid file, in UTF-8 or UTF-16.

    Raises:
        BadFile: it cannot be read, is none, or is cut short.

    Source: Praat's manual, TextGrid file formats.
    """
    try:
        content = path.read_bytes()
        utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(str(path), got=str(error), expected="a TextGrid file in UTF-8 or UTF-16") from None
    tokens = iter(_TOKEN.findall(text))
    if [next(tokens, ""), next(tokens, "")] != ['"ooTextFile"', '"TextGrid"']:
        raise BadFile(str(path), got=repr(text[:30]), expected='File type = "ooTextFile", object class "TextGrid"')
    try:
        _, _ = _number(tokens), _number(tokens)
        if next(tokens) != "<exists>":
            return []
        return [_tier(tokens) for _ in range(int(_number(tokens)))]
    except (StopIteration, ValueError):
        raise BadFile(str(path), got="a file that is cut short or mixed up", expected="whole tiers") from None


def _tier(tokens: Iterator[str]) -> Tier:
    kind, name = _label(tokens), _label(tokens)
    _, _, n = _number(tokens), _number(tokens), int(_number(tokens))
    points = kind == "TextTier"
    intervals = []
    for _ in range(n):
        start_s = _number(tokens)
        end_s = start_s if points else _number(tokens)
        intervals.append(Interval(start_s, end_s, _label(tokens)))
    return Tier(name, tuple(intervals), points)


def _number(tokens: Iterator[str]) -> float:
    return float(next(tokens))


def _label(tokens: Iterator[str]) -> str:
    token = next(tokens)
    if not token.startswith('"'):
        raise ValueError(token)
    return token[1:-1].replace('""', '"')


def transcript_of(tiers: Sequence[Tier]) -> str | None:
    """Return the words of the tier that holds them: one named so, else the first of intervals; None if all is empty."""
    whole = [tier for tier in tiers if not tier.points]
    named = [tier for name in WORD_TIERS for tier in whole if tier.name.lower() == name]
    for tier in named or whole[:1]:
        if words := " ".join(" ".join(one.label for one in tier.intervals).split()):
            return words
    return None


def text_grid_text(tiers: Sequence[Tier], duration_s: float) -> str:
    """Return a TextGrid file in the long form; stretches between intervals are filled with empty ones, as Praat asks.

    Args:
        tiers: with their intervals in order of time.
        duration_s: of the whole recording.
    """
    end = f"{duration_s:.6g}"
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, tier in enumerate(tiers, start=1):
        filled = _filled(tier.intervals, duration_s)
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f"        name = {_quoted(tier.name)}"]
        lines += ["        xmin = 0", f"        xmax = {end}", f"        intervals: size = {len(filled)}"]
        for row, one in enumerate(filled, start=1):
            lines += [f"        intervals [{row}]:", f"            xmin = {one.start_s:.6g}"]
            lines += [f"            xmax = {one.end_s:.6g}", f"            text = {_quoted(one.label)}"]
    return "\n".join(lines) + "\n"


def _filled(intervals: Sequence[Interval], duration_s: float) -> list[Interval]:
    filled, at_s = [], 0.0
    for one in intervals:
        if one.start_s > at_s:
            filled.append(Interval(at_s, one.start_s, ""))
        filled.append(one)
        at_s = one.end_s
    if at_s < duration_s:
        filled.append(Interval(at_s, duration_s, ""))
    return filled


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
