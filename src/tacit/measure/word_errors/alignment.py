"""Which word was taken for which: the alignment of one utterance, and how it is drawn."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from tacit.measure.word_errors.costs import UNIT, Costs
from tacit.measure.word_errors.weighted import DELETE, INSERT, weighted_steps

HIT, SUBSTITUTION, DELETION, INSERTION = "hit", "substitution", "deletion", "insertion"


@dataclass(frozen=True)
class Step:
    """One step of an alignment.

    Args:
        kind: hit, substitution, deletion or insertion.
        reference: the word that was said; empty for an insertion.
        hypothesis: the word that was recognised; empty for a deletion.
    """

    kind: str
    reference: str
    hypothesis: str


Alignment = tuple[Step, ...]


def align(references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]], costs: Costs) -> list[Alignment]:
    """Return the alignment of each pair of word sequences, the one that is counted.

    Args:
        references: words, a sequence an utterance.
        hypotheses: words, as many sequences.
        costs: of the steps.

    Source: as `count_errors` and `weighted_steps`.
    """
    if costs == UNIT:
        return [_unit(r, h) for r, h in zip(references, hypotheses, strict=True)]
    steps = weighted_steps(references, hypotheses, costs)
    return [_from_codes(r, h, codes.tolist()) for r, h, codes in zip(references, hypotheses, steps, strict=True)]


def drawn(alignment: Alignment, *, width: int = 100) -> str:
    """Return an alignment as three lines, wrapped: what was said, what was recognised, and the errors.

    Words that are wrong are in capitals where their script has them; stars stand for a word that is missing.

    Args:
        alignment: to draw.
        width: most columns a line.

    Example:
        >>> print(drawn(align([["the", "cat", "sat"]], [["cat", "sat", "down", "here"]], UNIT)[0]))
        REF: THE cat sat **** ****
        HYP: *** cat sat DOWN HERE
             D           I    I
    """
    rows: list[tuple[list[str], list[str], list[str]]] = [([], [], [])]
    used = 0
    for step in alignment:
        above, below = _cells(step)
        columns = max(_columns(above), _columns(below))
        if used and used + columns > width - 5:
            rows.append(([], [], []))
            used = 0
        mark = "" if step.kind == HIT else step.kind[0].upper()
        for cells, cell in zip(rows[-1], (above, below, mark), strict=True):
            cells.append(cell + " " * (columns - _columns(cell)))
        used += columns + 1
    blocks = []
    for lines in rows:
        named = zip(("REF:", "HYP:", "    "), lines, strict=True)
        blocks.append("\n".join(f"{name} {' '.join(cells)}".rstrip() for name, cells in named).rstrip())
    return "\n\n".join(blocks)


def _unit(reference: Sequence[str], hypothesis: Sequence[str]) -> Alignment:
    steps: list[Step] = []
    for block in Levenshtein.opcodes(reference, hypothesis):
        said = reference[block.src_start : block.src_end]
        heard = hypothesis[block.dest_start : block.dest_end]
        if block.tag == "delete":
            steps += [Step(DELETION, word, "") for word in said]
        elif block.tag == "insert":
            steps += [Step(INSERTION, "", word) for word in heard]
        else:
            kind = HIT if block.tag == "equal" else SUBSTITUTION
            steps += [Step(kind, a, b) for a, b in zip(said, heard, strict=True)]
    return tuple(steps)


def _from_codes(reference: Sequence[str], hypothesis: Sequence[str], codes: Sequence[int]) -> Alignment:
    said, heard = iter(reference), iter(hypothesis)
    steps = []
    for code in codes:
        if code == DELETE:
            steps.append(Step(DELETION, next(said), ""))
        elif code == INSERT:
            steps.append(Step(INSERTION, "", next(heard)))
        else:
            a, b = next(said), next(heard)
            steps.append(Step(HIT if a == b else SUBSTITUTION, a, b))
    return tuple(steps)


def _cells(step: Step) -> tuple[str, str]:
    if step.kind == HIT:
        return step.reference, step.hypothesis
    missing = "*" * max(_columns(step.reference), _columns(step.hypothesis))
    return step.reference.upper() or missing, step.hypothesis.upper() or missing


def _columns(text: str) -> int:
    """Return how many columns of a terminal `text` takes: wide letters take two, combining marks none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)
