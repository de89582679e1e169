"""The rows of the page's tables: what was reached, who judged, what it cost, and the record."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import polars as pl

from tacit.judging import Outcome
from tacit.measure.estimate import Estimate
from tacit.report.record import RunRecord
from tacit.report.wording import counted, duration, interval, mean, moment, number, percent, percent_interval

OUTCOME_NOTES = {
    Outcome.ANSWERED: "one was preferred",
    Outcome.TIE: "counts half to each",
    Outcome.BOTH_BAD: "counts half to each; neither is acceptable",
    Outcome.CANT_TELL: "counts for nothing",
    Outcome.NOT_SHOWN: "counts for nothing",
    Outcome.SKIPPED: "counts for nothing",
}


@dataclass(frozen=True)
class Strip:
    """An estimate drawn on a line, in per cent of the line's length.

    Args:
        low: where the interval begins.
        width: how long it is.
        dot: where the point estimate is.
    """

    low: float
    width: float
    dot: float


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Args:
        name: what was measured.
        value: the number, as text.
        interval: its interval, as text; empty if it has none.
        rests_on: its sample size in words.
        note: what it means, in a few words.
        strip: the same, drawn; None where it would mean nothing.
    """

    name: str
    value: str
    interval: str = ""
    rests_on: str = ""
    note: str = ""
    strip: Strip | None = None


def returns(record: RunRecord) -> list[Row]:
    """Return the true return of the policy and of its controls, drawn on one scale."""
    if record.gold_final is not None and record.gold_first is not None:
        return _gold_rows(record, record.gold_first, record.gold_final)
    named = [
        ("Taught by comparisons", "never saw the reward", record.true_return),
        ("The same optimiser, true reward", "what there is to be reached", record.baseline_true_reward),
        ("Taught by a coin-flipping judge", "the same loop, answers at random", record.coin_flip),
        ("A random policy", "acts without looking", record.random),
    ]
    low, high = return_ends(record)
    return [
        Row(name, mean(e), interval(e), counted(e.n, "episode") if e.n else "", note, strip(e, low, high))
        for name, note, e in named
        if e is not None
    ]


def _gold_rows(record: RunRecord, first: float, final: Estimate) -> list[Row]:
    """Return the true value of what both policies make, and the gain from one to the other."""
    low, high = return_ends(record)
    n = counted(final.n, record.words.sample, f"{record.words.sample[:-1]}ies")
    rows = [
        Row("The final policy", mean(final), interval(final), n, "never saw it", strip(final, low, high)),
        Row("The first policy", number(first, 2), "", n, "before any comparison"),
    ]
    if (gain := record.gold_gain) is not None:
        rows.append(Row("Gain", mean(gain), interval(gain), n, "paired: the same prompts"))
    return rows


def return_ends(record: RunRecord) -> tuple[float, float]:
    """Return the ends of the scale on which `returns` are drawn; it holds zero and every interval."""
    known = [record.true_return, record.baseline_true_reward, record.coin_flip, record.random, record.gold_final]
    ends = [end for e in known if e is not None for end in (e.low, e.mean, e.high) if isfinite(end)]
    return min([0.0, *ends]), max([0.0, *ends])


def judged(record: RunRecord) -> list[Row]:
    """Return what the judgments themselves say about the result."""
    rows = []
    if record.labels is not None:
        rows.append(Row("Labels asked", number(record.labels), note="comparisons that taught the reward model"))
    agreement, win_rate = record.heldout_agreement, record.win_rate
    if agreement is not None:
        note = "how often the reward model answers as the judge did, where it had not seen the answer"
        rows.append(_share("Held-out agreement", note, agreement, "judgment"))
    if win_rate is not None:
        note = "how often the same judge prefers the final policy to the first"
        rows.append(_share("Final over first policy", note, win_rate, "comparison"))
    if record.win_rate_at_equal_length is not None:
        note = "the same if both were equally long"
        rows.append(_share("At equal length", note, record.win_rate_at_equal_length, "comparison"))
    return rows


def labelers(record: RunRecord) -> list[Row]:
    """Return how far each labeler can be trusted, drawn from 0 to 1."""
    return [
        Row(name, percent(e.mean), percent_interval(e), counted(e.n, "judgment"), strip=strip(e, 0.0, 1.0))
        for name, e in record.labelers.items()
    ]


def outcomes(counts: Mapping[str, int]) -> list[Row]:
    """Return each outcome with its count and share; those that never came up are zero."""
    total = sum(counts.values())
    if total == 0:
        return []
    names = [*Outcome, *sorted(set(counts) - set(Outcome))]
    return [
        Row(
            name.replace("_", " ").replace("cant", "can’t"),
            number(counts.get(name, 0)),
            percent(counts.get(name, 0) / total),
            note=OUTCOME_NOTES.get(Outcome(name), "") if name in set(Outcome) else "",
        )
        for name in map(str, names)
    ]


def costs(record: RunRecord, judgments: pl.DataFrame) -> list[Row]:
    """Return what the run cost: processor, clock, environment, judgments, and people's time if it was measured."""
    rows = []
    if record.cpu_s is not None:
        rows.append(Row("Processor time", duration(record.cpu_s)))
    if record.wall_s is not None:
        rows.append(Row("Time on the clock", duration(record.wall_s)))
    if record.env_steps is not None:
        unit = record.words.unit
        rows.append(Row(f"{unit[:1].upper()}{unit[1:]}s", number(record.env_steps)))
    if record.labels is not None:
        rows.append(Row("Labels", number(record.labels)))
    timed = judgments.get_column("duration_s").drop_nulls()
    if timed.len():
        spent_s = float(timed.sum())
        note = f"{duration(spent_s / timed.len())} each, over {counted(timed.len(), 'timed judgment')}"
        rows.append(Row("People’s time", duration(spent_s), note=note))
    return rows


def command(record: RunRecord) -> list[str]:
    """Return the words of the command that started the run, each ready for a shell."""
    return [shlex.quote(word) for word in record.command]


def record_groups(record: RunRecord) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the record in named groups of names and values, those without content left out."""
    run = {
        "producer": record.producer,
        "judge": record.judge,
        "seed": record.seed,
        "status": record.status,
        "started": None if record.started_at_s is None else moment(record.started_at_s),
        "finished": None if record.finished_at_s is None else moment(record.finished_at_s),
    }
    groups = {
        "Run": {name: value for name, value in run.items() if value is not None},
        "Settings": record.settings,
        "Versions": record.versions,
        "Hashes (SHA-256)": record.hashes,
    }
    return [(title, list(_flat(values))) for title, values in groups.items() if values]


def strip(estimate: Estimate, low: float, high: float) -> Strip:
    """Return `estimate` on a line from `low` to `high`; what lies beyond an end is drawn at that end."""
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return round(100 * min(1.0, max(0.0, (value - low) / span)), 2)

    return Strip(at(estimate.low), round(at(estimate.high) - at(estimate.low), 2), at(estimate.mean))


def _share(name: str, note: str, estimate: Estimate, unit: str) -> Row:
    rests_on = counted(estimate.n, unit) if estimate.n else ""
    return Row(name, percent(estimate.mean), percent_interval(estimate), rests_on, note)


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{before}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{before}{name}", text
