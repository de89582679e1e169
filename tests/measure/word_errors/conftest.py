"""Reads the alignments that NIST sclite saved (``.pra``), so that ours can be laid beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Saved:
    """One utterance of a saved output.

    Args:
        name: in lower case.
        counts: hits, substitutions, deletions, insertions.
        pairs: (said, recognised) in order, as they were printed, with an empty string for a word that is missing.
    """

    name: str
    counts: tuple[int, ...] = ()
    pairs: list[tuple[str, str]] = field(default_factory=list)


def read_pra(path: Path, encoding: str, optional_words: bool) -> list[Saved]:
    """Return the utterances of a ``.pra`` file."""
    found: list[Saved] = []
    said = b""
    for raw in path.read_bytes().split(b"\n"):
        line = raw.decode(encoding)
        if line.startswith("id:"):
            found.append(Saved(line[4:].strip().strip("()").lower()))
        elif line.startswith("Scores:"):
            found[-1].counts = tuple(map(int, line.partition(")")[2].split()))
        elif line.startswith("REF:"):
            said = raw[6:]
        elif line.startswith("HYP:"):
            by_column = _paired(said, raw[6:], encoding) if optional_words else []
            in_turn = zip(said.decode(encoding).split(), line[6:].split(), strict=not optional_words)
            found[-1].pairs += by_column or [(_word(a), _word(b)) for a, b in in_turn]
    return found


def _paired(said: bytes, heard: bytes, encoding: str) -> list[tuple[str, str]]:
    """Return the words of two lines column by column, which sclite makes as wide as their bytes.

    A column left blank is an optional word that the other side leaves out.
    """
    pairs, at = [], 0
    while at < max(len(said.rstrip()), len(heard.rstrip())):
        a, b = (line[at:].partition(b" ")[0] for line in (said, heard))
        pairs.append((_word(a.decode(encoding)), _word(b.decode(encoding))))
        at += max(len(a), len(b)) + 1
    return pairs


def _word(cell: str) -> str:
    return "" if set(cell) <= {"*"} else cell


@pytest.fixture
def saved_by_sclite(real_data: Path):
    """Return a function that reads what sclite saved of one of its tests."""
    return lambda test, encoding, optional_words=False: read_pra(
        real_data / "sctk" / "base" / f"{test}.pra", encoding, optional_words
    )
