"""trn files: a line an utterance that ends in the utterance's name in parentheses, paired by those names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tacit.errors import BadFile, BadValue
from tacit.measure.transcripts.lines import file_lines
from tacit.measure.transcripts.markup import is_comment, listed, spoken
from tacit.measure.transcripts.utterances import Utterances

_LINE = re.compile(r"^(?P<words>.*)\((?P<id>[^()\s]+)\)\s*$", re.DOTALL)
SPEAKER_RULES = ("spu_id", "wsj", "none")


def looks_like_trn(lines: Sequence[str]) -> bool:
    """Return whether every line that says anything ends in a name in parentheses."""
    telling = [line for line in lines if not is_comment(line)]
    return bool(telling) and all(_LINE.match(line) for line in telling)


def read_trn(reference: Path, hypothesis: Path, *, encoding: str = "utf-8", speaker_rule: str = "spu_id") -> Utterances:
    """Return two trn files, paired by the names of their utterances, in the order of the reference.

    Names are compared in lower case, which the two files need not share.

    Args:
        reference: what was said.
        hypothesis: what was recognised.
        encoding: of both files.
        speaker_rule: how a name tells who spoke: what stands before its first ``-`` or ``_`` (``spu_id``), its first
            three characters (``wsj``), or not at all (``none``).

    Raises:
        BadFile: a file that cannot be read, or a line without a name.
        BadValue: a name given twice, a name that one of the files lacks, or an unknown rule.

    Source: NIST SCTK, the trn format and sclite's kinds of utterance names.
    """
    if speaker_rule not in SPEAKER_RULES:
        raise BadValue("speaker rule", got=repr(speaker_rule), expected=f"one of {', '.join(SPEAKER_RULES)}")
    said, heard = _named(reference, encoding), _named(hypothesis, encoding)
    for have, have_path, lack, lack_path in (
        (said, reference, heard, hypothesis),
        (heard, hypothesis, said, reference),
    ):
        if missing := [name for name in have if name not in lack]:
            got = f"{missing[0]!r}, which {lack_path} lacks ({len(missing)} such: {listed(missing)})"
            row = have[missing[0]][1]
            raise BadValue(f"{have_path}, line {row}", got=got, expected="the same utterances in both files")
    speakers = tuple(speaker_of(name, speaker_rule) for name in said)
    references, hypotheses = (tuple(one[name][0] for name in said) for one in (said, heard))
    return Utterances(tuple(said), speakers, references, hypotheses, marked_up=True)


def speaker_of(name: str, rule: str) -> str:
    """Return who spoke an utterance by its name.

    Example:
        >>> speaker_of("4t0c0201", "wsj"), speaker_of("mary-003", "spu_id"), speaker_of("mary-003", "none")
        ('4t0', 'mary', '')
    """
    if rule == "wsj":
        return name[:3]
    return re.split("[-_]", name, maxsplit=1)[0] if rule == "spu_id" else ""


def _named(path: Path, encoding: str) -> dict[str, tuple[str, int]]:
    """Return utterance name, in lower case → transcript and line number."""
    found: dict[str, tuple[str, int]] = {}
    for row, line in enumerate(file_lines(path, encoding), start=1):
        if is_comment(line):
            continue
        parts = _LINE.match(line)
        if parts is None:
            raise BadFile(f"{path}, line {row}", got=repr(line[-40:]), expected="words and a name in parentheses")
        name = parts["id"].lower()
        if name in found:
            got = f"{name!r}, as in line {found[name][1]}"
            raise BadValue(f"{path}, line {row}", got=got, expected="a name of its own for each utterance")
        found[name] = (spoken(parts["words"]), row)
    if not found:
        raise BadValue(str(path), got="no utterances", expected="words and a name in parentheses on each line")
    return found
