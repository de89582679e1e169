"""The page of ``tacit wer``: the rates in plain words, who was understood, and which words were not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, islice
from math import isfinite

import numpy as np

from tacit.measure import Estimate
from tacit.measure.word_errors import Alignment, WordErrors, confusions, speaker_table, vocabulary
from tacit.report.sheet import Grid, Line, Part, Sheet
from tacit.report.wording import THIN, counted, number, percent, percent_interval

SHOWN = 15
SHOWN_UTTERANCES = 12
SHOWN_WORDS = 40

NOTES = {
    "wer": "(S + D + I) / N: errors for each word that was said",
    "word_accuracy": "1 − word error rate; negative where more is wrong than was said",
    "hunt": "(S + ½D + ½I) / N: a word left out or put in counts half",
    "mer": "(S + D + I) / (H + S + D + I): the share of matches that are errors",
    "wil": "1 − H² / (N P): what of the words was lost on the way",
    "wip": "H² / (N P): what of the words arrived",
    "cer": "the same as the word error rate, letter by letter",
    "ser": "the share of utterances with any error",
    "normalized_edit_distance": "least weight of an editing path by its length, an utterance at a time",
}


def wer_sheet(measured: WordErrors, names: dict[str, str], *, of: str, command: str, notes: Sequence[str]) -> Sheet:
    """Return the page of a comparison.

    Args:
        measured: the whole family.
        names: rate → what it is called.
        of: the file of the hypotheses.
        command: the call that makes it again.
        notes: what to keep in mind.
    """
    alignments = list(measured.alignments())
    parts = [_rates(measured, names), _speakers(measured), _confused(alignments), _words(alignments)]
    parts.append(_worst(measured, alignments))
    return Sheet(
        "Word errors",
        of,
        _verdict(measured.rates["wer"], int(measured.counts.reference_words.sum())),
        _reading(measured),
        [part for part in parts if part is not None],
        notes,
        command,
    )


def _verdict(wer: Estimate, n_words: int) -> str:
    if n_words == 0:
        return "Nothing was said, so there is no word to be wrong about."
    if not isfinite(wer.low):
        return (
            f"The word error rate is {percent(wer.mean)} over {counted(n_words, 'word')}; one utterance bounds nothing."
        )
    level = f"{100 * wer.level:g}{THIN}%"
    interval = f"{percent(wer.mean)} {percent_interval(wer)}"
    return f"The word error rate is {interval} over {counted(n_words, 'word')}, with {level} confidence."


def _reading(measured: WordErrors) -> str:
    total = measured.counts.total()
    kinds = {
        "substituted": total["substitutions"],
        "left out": total["deletions"],
        "put in": total["insertions"],
    }
    n_right = int((measured.counts.errors == 0).sum())
    said = ", ".join(f"{number(n)} words are {kind}" for kind, n in kinds.items())
    right = f"{number(n_right)} of {counted(len(measured.utterances), 'utterance')} are right from end to end."
    return f"{said}. {right}" if sum(kinds.values()) else right


def _rates(measured: WordErrors, names: dict[str, str]) -> Part:
    lines = [Line(name, measured.rates[key], NOTES[key], share=True) for key, name in names.items()]
    total = measured.counts.total()
    sums = {
        "utterances": len(measured.utterances),
        "words said (N)": int(measured.counts.reference_words.sum()),
        "words recognised (P)": int(measured.counts.hypothesis_words.sum()),
        "hits (H)": total["hits"],
        "substitutions (S)": total["substitutions"],
        "deletions (D)": total["deletions"],
        "insertions (I)": total["insertions"],
    }
    rows = [(name, number(n)) for name, n in sums.items()]
    return Part("The rates", (), lines, (Grid("", ("what", "how many"), rows),))


def _speakers(measured: WordErrors) -> Part | None:
    rows = speaker_table(measured)
    if not rows:
        return None
    worst = sorted(rows, key=lambda one: -one.wer.mean if isfinite(one.wer.mean) else 0.0)
    lines = [Line(one.speaker, one.wer, counted(one.n_utterances, "utterance"), share=True) for one in worst]
    text = "Word error rate of each speaker, the worst understood first; each interval rests on that speaker alone."
    return Part("Who was understood", (text,), lines)


def _confused(alignments: Sequence[Alignment]) -> Part | None:
    found = confusions(alignments)
    grids = [
        Grid(
            "Taken for another", ("said", "recognised", "times"), [(a, b, number(n)) for a, b, n in found.substitutions]
        ),
        Grid("Left out", ("said", "times"), [(word, number(n)) for word, n in found.deletions]),
        Grid("Put in", ("recognised", "times"), [(word, number(n)) for word, n in found.insertions]),
    ]
    shown = [Grid(one.title, one.header, one.rows[:SHOWN]) for one in grids if one.rows]
    return Part("Which words were confused", ("The most frequent of each kind.",), (), shown) if shown else None


def _words(alignments: Sequence[Alignment]) -> Part | None:
    missed = [one for one in vocabulary(alignments) if one.error_rate.mean > 0]
    if not missed:
        return None
    rows = [
        (
            one.word,
            number(one.error_rate.n),
            f"{percent(one.error_rate.mean)} {percent_interval(one.error_rate)}",
            number(one.substituted),
            number(one.deleted),
            number(one.intruded),
        )
        for one in missed[:SHOWN_WORDS]
    ]
    header = ("word", "said", "single-word error rate", "substituted", "left out", "recognised wrongly")
    text = f"Words that cost most errors, {number(len(rows))} of {counted(len(missed), 'word')} that were ever missed."
    return Part("Words that are missed", (text,), (), (Grid("", header, rows),))


def _worst(measured: WordErrors, alignments: Sequence[Alignment]) -> Part | None:
    errors = measured.counts.errors
    order = [row for row in islice(np.argsort(-errors, kind="stable").tolist(), SHOWN_UTTERANCES) if errors[row] > 0]
    if not order:
        return None
    grids = [
        Grid(
            "",
            (f"{measured.utterances.ids[row]}: {counted(int(errors[row]), 'error')}",),
            [(_line(alignments[row], said=True),), (_line(alignments[row], said=False),)],
        )
        for row in order
    ]
    text = "The utterances with most errors: what was said, and below it what was recognised. Brackets are about words "
    text += "that differ; dots stand for words that are missing."
    return Part("Where it went wrong", (text,), (), grids)


def _line(alignment: Alignment, *, said: bool) -> str:
    """Return one side of an alignment, words that differ in brackets together."""
    pieces = []
    for wrong, steps in groupby(alignment, key=lambda step: step.kind != "hit"):
        words = " ".join(filter(None, (step.reference if said else step.hypothesis for step in steps)))
        pieces.append(f"[{words or '···'}]" if wrong else words)
    return " ".join(pieces)
