"""The page of a recogniser's errors: by speaker and condition with intervals, and the recordings, to be listened to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tacit.errors import BadValue
from tacit.measure import Estimate
from tacit.measure.calibration import expected_calibration_error
from tacit.measure.word_errors import (
    SCLITE,
    Alignment,
    Normalization,
    Scoring,
    Utterances,
    WordErrors,
    confusions,
    speaker_table,
    word_errors,
)
from tacit.report.sheet import Grid, Line, Part, Sheet
from tacit.report.wording import counted, number, percent_and_interval
from tacit_speech.pages.recording import Listened, is_right, recording_of

RATES = {
    "wer": ("word error rate", "errors for each word that was said"),
    "cer": ("character error rate", "the same, letter by letter"),
    "ser": ("recordings with an error", "the share that is not right from end to end"),
}
FEWEST_WORDS = 100
"""Words from which on it is measured whether credences come true."""
SHOWN_PAIRS = 12


@dataclass(frozen=True, eq=False)
class Scored:
    """Recordings beside what was said in them.

    Args:
        listened: those whose words are known.
        errors: of all of them. alignments: one a recording.
        credence: of each recognised word. right: whether it is, 1 or 0.
    """

    listened: Sequence[Listened]
    errors: WordErrors
    alignments: Sequence[Alignment]
    credence: np.ndarray
    right: np.ndarray

    @property
    def calibration_error(self) -> Estimate | None:
        """How far credences of words are off, where there are words enough to tell."""
        if len(self.right) < FEWEST_WORDS:
            return None
        return expected_calibration_error(self.credence, self.right)

    def by(self, what: str) -> list[Line]:
        """Return the word error rate of each ``speaker`` or ``condition``, the worst first."""
        names = tuple(str(getattr(one, what)) for one in self.listened)
        utterances = replace(self.errors.utterances, speakers=names)
        rows = speaker_table(replace(self.errors, utterances=utterances))
        worst = sorted(rows, key=lambda row: -row.wer.mean if np.isfinite(row.wer.mean) else 0.0)
        return [Line(row.speaker, row.wer, counted(row.n_utterances, "recording"), share=True) for row in worst]


def score(listened: Sequence[Listened], *, ignore_case: bool = True, seed: int = 0) -> Scored:
    """Hold recordings against what was said in them; those of which nobody knows it are left out.

    Args:
        listened: at least one with its words.
        ignore_case: whether upper and lower case are one.
        seed: of the bootstrap.

    Raises:
        BadValue: no recording whose words are known.
    """
    known = [one for one in listened if one.said is not None and one.said.strip()]
    if not known:
        raise BadValue("score", got="no recording with its transcript", expected="at least one")
    utterances = Utterances(
        tuple(one.name for one in known),
        tuple(one.speaker for one in known),
        tuple(one.said or "" for one in known),
        tuple(one.heard.text for one in known),
    )
    scoring = Scoring(Normalization(casefold=ignore_case), SCLITE)
    errors = word_errors(utterances, scoring, seed=seed)
    alignments = list(errors.alignments())
    right = [step.kind == "hit" for one in alignments for step in one if step.hypothesis]
    credence = [word.credence for one in known for word in one.heard.words]
    return Scored(known, errors, alignments, np.array(credence), np.array(right, dtype=np.float64))


def listening_sheet(scored: Scored, *, of: str, command: str, shown: int = 12, notes: Sequence[str] = ()) -> Sheet:
    """Return the page.

    Args:
        scored: recordings beside what was said.
        of: what was recognised, such as a file's name.
        command: the call that makes it again.
        shown: recordings to listen to: those with most errors, then the least sure of the right ones.
        notes: what to keep in mind.
    """
    wer = scored.errors.rates["wer"]
    n_words = int(scored.errors.counts.reference_words.sum())
    parts = [_rates(scored), *_groups(scored), _confused(scored), *_heard(scored, shown)]
    return Sheet(
        "Speech recognised",
        of,
        f"The word error rate is {percent_and_interval(wer)} over {counted(n_words, 'word')}.",
        _reading(scored),
        [part for part in parts if part is not None],
        notes,
        command,
    )


def _reading(scored: Scored) -> str:
    n_right = sum(map(is_right, scored.alignments))
    text = f"{number(n_right)} of {counted(len(scored.alignments), 'recording')} are right from end to end."
    if (off := scored.calibration_error) is None:
        return text
    return f"{text} What it says of how sure it is of a word is off by {percent_and_interval(off)} on average."


def _rates(scored: Scored) -> Part:
    lines = [Line(name, scored.errors.rates[key], note, share=True) for key, (name, note) in RATES.items()]
    if (off := scored.calibration_error) is not None:
        note = "stated credence against share of words that are right (expected calibration error)"
        lines.append(Line("credence of a word, off by", off, note, share=True))
    return Part("How well it understands", (), lines)


def _groups(scored: Scored) -> list[Part]:
    parts = []
    for what, title in (("speaker", "Who was understood"), ("condition", "Under which conditions")):
        if lines := scored.by(what):
            text = f"Word error rate of each {what}, the worst first; each interval rests on that {what} alone."
            parts.append(Part(title, (text,), lines))
    return parts


def _confused(scored: Scored) -> Part | None:
    found = confusions(scored.alignments)
    rows = [(said, heard, number(n)) for said, heard, n in found.substitutions]
    rows += [(said, "···", number(n)) for said, n in found.deletions]
    rows += [("···", heard, number(n)) for heard, n in found.insertions]
    rows = sorted(rows, key=lambda row: -int(row[2].replace(",", "")))[:SHOWN_PAIRS]
    if not rows:
        return None
    return Part("Which words were confused", (), (), (Grid("", ("said", "recognised", "times"), rows),))


def _heard(scored: Scored, shown: int) -> list[Part]:
    """Return the recordings to listen to: with errors, most of them first, and without, the least sure first."""
    errors = scored.errors.counts.errors
    sure = np.array([one.heard.credence for one in scored.listened])
    order = np.lexsort((sure, -errors))[: max(shown, 0)].tolist()
    text = (
        "A word, when clicked, plays its stretch of the sound; a place in a picture plays from there. Below a word "
        "that is wrong stands what was recognised: S for another word, D for none, I for one that nobody said."
    )
    parts: list[Part] = []
    for title, some in (
        ("Where it went wrong", [k for k in order if errors[k] > 0]),
        ("Right, and least sure of it", [k for k in order if errors[k] == 0]),
    ):
        if some:
            recordings = [recording_of(scored.listened[k], scored.alignments[k]) for k in some]
            parts.append(Part(title, (text,) if not parts else (), recordings=recordings))
    return parts


def summary(scored: Scored) -> dict[str, object]:
    """Return the figures of the page, as ``--json`` prints them."""
    off = scored.calibration_error
    return {
        "recordings": len(scored.listened),
        **scored.errors.counts.total(),
        **{key: _shares(scored.errors.rates[key]) for key in RATES},
        "calibration_error": None if off is None else _shares(off),
        "speakers": {line.name: _shares(line.estimate) for line in scored.by("speaker")},
        "conditions": {line.name: _shares(line.estimate) for line in scored.by("condition")},
        "mean_credence": float(scored.credence.mean()) if len(scored.credence) else None,
    }


def shown_summary(result: dict[str, object]) -> list[str]:
    """Return the figures as lines for a person."""
    lines = [f"{name}: {_words(result[key])}" for key, (name, _) in RATES.items()]
    if result["calibration_error"] is not None:
        lines.append(f"credence of a word is off by {_words(result['calibration_error'])}")
    for what in ("speakers", "conditions"):
        groups = result[what]
        assert isinstance(groups, dict)  # noqa: S101 (as `summary` made it)
        lines += [f"  {name}: {_words(rate)}" for name, rate in groups.items()]
    return lines


def _shares(estimate: Estimate) -> dict[str, float | int]:
    return {"estimate": estimate.mean, "low": estimate.low, "high": estimate.high, "n": estimate.n}


def _words(one: object) -> str:
    assert isinstance(one, dict)  # noqa: S101 (as `_shares` made it)
    return f"{100 * one['estimate']:.1f} % [{100 * one['low']:.1f}, {100 * one['high']:.1f}]"
