"""The quality of a project's answers, computed whole from a table of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.errors import InputError
from tacit.judging import Outcome, QuestionKind
from tacit.measure import Estimate, proportion
from tacit.measure.agreement import Ratings, fleiss_kappa, krippendorff_alpha
from tacit.web.quality.coding import Coded, by_judges_and_reviewers, coded, in_force_answers
from tacit.web.quality.reliability import infer_reliability, items_of_questions

N_PARTS = 6
FEWEST_IN_PART = 10
MOST_PAIRS = 30
FEWEST_UNITS = 2
MOST_FOR_INTERVALS = 300_000


@dataclass(frozen=True)
class Agreement:
    """One measure of agreement.

    Args:
        name: what it is called. meaning: what it says, in plain words. estimate: with its interval.
    """

    name: str
    meaning: str
    estimate: Estimate


@dataclass(frozen=True)
class PairAgreement:
    """How often two judges gave the same answer to the same question."""

    first: str
    second: str
    estimate: Estimate


@dataclass(frozen=True)
class Part:
    """Answers that came one after the other.

    Args:
        until_s: when the last came. n: how many. median_s: median time for one, NaN where not measured.
        with_others: how often they are what most others answered; None where nobody else did.
        left: share that chose what was shown left, None where that cannot be said.
    """

    until_s: float
    n: int
    median_s: float
    with_others: Estimate | None
    left: float | None


@dataclass(frozen=True)
class Disputed:
    """A question that judges answer differently.

    Args:
        question: its row in the store. share: of pairs of answers that are the same; for numbers, 1 less their spread
            relative to that of all. answers: (value in words, how many gave it), the most frequent first.
    """

    question: int
    share: float
    answers: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Quality:
    """What is known of the answers so far.

    Args:
        n_answers: all that came, whatever their outcome. n_units: things judged at least twice.
        agreement: measures, none where nothing was judged twice.
        with_others: pseudonym → how often the judge answered as most others did.
        reliability: pseudonym → how likely they are to agree with the consensus, inferred together with it.
        pairs: judges two by two, those who agree least first.
        parts: the answers cut by time. drift: what that shows, in words; empty if nothing.
        outcomes: outcome → how many. disputed: the most disputed questions first.
        sequence: the last judgment that it rests on.
    """

    n_answers: int = 0
    n_units: int = 0
    agreement: tuple[Agreement, ...] = ()
    with_others: dict[str, Estimate] = field(default_factory=dict)
    reliability: dict[str, Estimate] = field(default_factory=dict)
    pairs: tuple[PairAgreement, ...] = ()
    parts: tuple[Part, ...] = ()
    drift: str = ""
    outcomes: dict[str, int] = field(default_factory=dict)
    disputed: tuple[Disputed, ...] = ()
    sequence: int = 0


def compute(answers: pl.DataFrame, kind: QuestionKind, *, n_disputed: int = 200) -> Quality:
    """Return the quality of a project's answers.

    Args:
        answers: columns of `tacit.store.work.records.ANSWERS`, in order of arrival.
        kind: of the project's questions.
        n_disputed: how many of the most disputed questions to name.
    """
    if not answers.height:
        return Quality()
    standing = in_force_answers(answers)
    of_judges, _ = by_judges_and_reviewers(standing)
    counted = dict(of_judges.get_column("outcome").value_counts().iter_rows())
    outcomes = {str(one): counted[str(one)] for one in Outcome if counted.get(str(one))}
    sequence = int(answers["sequence"][-1])
    rows = coded(of_judges, kind)
    if not len(rows.value):
        return Quality(n_answers=standing.height, outcomes=outcomes, sequence=sequence)
    as_others = same_as_others(rows)
    parts = _parts(rows, as_others)
    return Quality(
        n_answers=standing.height,
        n_units=int(np.count_nonzero(np.bincount(rows.unit) >= 2)),
        agreement=tuple(_agreement(rows)),
        with_others=_by_judge(rows, as_others),
        reliability=infer_reliability(rows, kind, items_of_questions(of_judges)),
        pairs=tuple(_pairs(rows)),
        parts=parts,
        drift=_drift(parts),
        outcomes=outcomes,
        disputed=tuple(_disputed(rows, n_disputed)),
        sequence=sequence,
    )


def same_as_others(rows: Coded) -> NDArray[np.float64]:
    """Return for each row whether it is what most of the others answered: 1, 0, ½ where it shares the lead, NaN where
    nobody else answered. For numbers: whether it lies within a tenth of the range from the others' mean.
    """
    n_others = np.bincount(rows.unit, minlength=len(rows.units))[rows.unit] - 1
    if rows.metric == "interval":
        total = np.bincount(rows.unit, weights=rows.value)[rows.unit]
        mean = np.divide(total - rows.value, n_others, out=np.full(len(n_others), np.nan), where=n_others > 0)
        near = np.abs(rows.value - mean) <= _reach(rows)
        return np.where(n_others > 0, near.astype(np.float64), np.nan)
    n_values = len(rows.names)
    key = rows.unit.astype(np.int64) * n_values + rows.value.astype(np.int64)
    cells, cell, votes = np.unique(key, return_inverse=True, return_counts=True)
    of_unit = cells // n_values
    most = np.zeros(len(rows.units), dtype=np.int64)
    np.maximum.at(most, of_unit, votes)
    leads = votes == most[of_unit]
    alone = np.bincount(of_unit[leads], minlength=len(rows.units)) == 1
    second = np.zeros(len(rows.units), dtype=np.int64)
    np.maximum.at(second, of_unit[~leads], votes[~leads])
    best_other = np.where(leads & alone[of_unit], second[of_unit], most[of_unit])[cell]  # of the values but mine
    without_me = votes[cell] - 1
    agrees = np.where(without_me > best_other, 1.0, np.where(without_me == best_other, 0.5, 0.0))
    return np.where(n_others > 0, agrees, np.nan)


def _reach(rows: Coded) -> float:
    """Return how far two values may differ and still count as the same."""
    return 0.1 * max(float(np.ptp(rows.value)), 1e-12) if rows.metric == "interval" else 0.5


def _agreement(rows: Coded) -> list[Agreement]:
    ratings = Ratings(rows.unit, rows.labeler, rows.value, len(rows.units), len(rows.labelers))
    found: list[Agreement] = []
    if ratings.n_pairable_items < FEWEST_UNITS:
        return found
    same_what = "answer" if rows.metric == "nominal" else "number"
    words = f"1 where all give the same {same_what}, 0 where as chance would have it"
    try:
        alpha = krippendorff_alpha(ratings, rows.metric)
        clusters: Literal["item"] | None = "item" if len(rows.value) > MOST_FOR_INTERVALS else None
        found.append(Agreement("Krippendorff's alpha", words, alpha.estimate(clusters=clusters)))
        if rows.metric == "nominal":
            same = alpha.estimate(of="agreement", clusters=clusters)
            found.append(Agreement("Same answer", "probability that two judges give the same one", same))
            found.append(Agreement("Fleiss' kappa", "as alpha, for these very questions", fleiss_kappa(ratings)))
    except InputError:
        return found  # nothing was judged twice, or only one value occurs: then there is no agreement to speak of
    return found


def _by_judge(rows: Coded, as_others: NDArray[np.float64]) -> dict[str, Estimate]:
    known = np.isfinite(as_others)
    n = np.bincount(rows.labeler[known], minlength=len(rows.labelers))
    right = np.bincount(rows.labeler[known], weights=as_others[known], minlength=len(rows.labelers))
    return {
        name: proportion(float(right[code]), int(n[code])) for code, name in enumerate(rows.labelers) if n[code] > 0
    }


def _pairs(rows: Coded) -> list[PairAgreement]:
    """Return judges two by two; with very many judges, the busiest alone."""
    busiest = np.argsort(-np.bincount(rows.labeler, minlength=len(rows.labelers)), kind="stable")[:40]
    table = pl.DataFrame({"unit": rows.unit, "labeler": rows.labeler, "value": rows.value})
    table = table.filter(pl.col("labeler").is_in(busiest.tolist()))
    joined = table.join(table, on="unit", suffix="_2").filter(pl.col("labeler") < pl.col("labeler_2"))
    same = (pl.col("value") - pl.col("value_2")).abs() <= _reach(rows)
    counts = joined.group_by("labeler", "labeler_2", maintain_order=True).agg(n=pl.len(), n_same=same.sum())
    found = [
        PairAgreement(rows.labelers[a], rows.labelers[b], proportion(n_same, n))
        for a, b, n, n_same in counts.iter_rows()
    ]
    return sorted(found, key=lambda pair: pair.estimate.mean)[:MOST_PAIRS]


def _parts(rows: Coded, as_others: NDArray[np.float64]) -> tuple[Part, ...]:
    n_parts = min(N_PARTS, len(rows.value) // FEWEST_IN_PART)
    if n_parts < 2:
        return ()
    order = np.argsort(rows.answered_at_s, kind="stable")
    return tuple(_part(rows, as_others, of_part) for of_part in np.array_split(order, n_parts))


def _part(rows: Coded, as_others: NDArray[np.float64], of_part: NDArray[np.intp]) -> Part:
    known = as_others[of_part][np.isfinite(as_others[of_part])]
    times = rows.duration_s[of_part][np.isfinite(rows.duration_s[of_part])]
    left = rows.left[of_part][np.isfinite(rows.left[of_part])]
    return Part(
        until_s=float(np.nanmax(rows.answered_at_s[of_part])),
        n=len(of_part),
        median_s=float(np.median(times)) if len(times) else float("nan"),
        with_others=proportion(float(known.sum()), len(known)) if len(known) else None,
        left=float(left.mean()) if len(left) else None,
    )


def _drift(parts: tuple[Part, ...]) -> str:
    """Return what the first and the last part say about a drift, in words; nothing where their intervals overlap."""
    if not parts:
        return ""
    first, last, said = parts[0], parts[-1], []
    before, after = first.with_others, last.with_others
    if before is not None and after is not None and (after.high < before.low or after.low > before.high):
        word = "less" if after.mean < before.mean else "more"
        said.append(
            f"Judges agree {word} with each other now ({after.mean:.2f}) than at the beginning ({before.mean:.2f})."
        )
    if isfinite(first.median_s) and isfinite(last.median_s) and last.median_s < first.median_s / 2:
        said.append("They take less than half the time that they took at the beginning.")
    return " ".join(said)


def _disputed(rows: Coded, n: int) -> list[Disputed]:
    per_unit = np.bincount(rows.unit, minlength=len(rows.units))
    if rows.metric == "interval":
        mean = np.bincount(rows.unit, weights=rows.value) / np.maximum(per_unit, 1)
        spread = np.sqrt(np.bincount(rows.unit, weights=(rows.value - mean[rows.unit]) ** 2) / np.maximum(per_unit, 1))
        widest = max(float(np.ptp(rows.value)), 1e-12)
        share = 1 - 2 * spread / widest
    else:
        n_values = len(rows.names)
        cells, votes = np.unique(
            rows.unit.astype(np.int64) * n_values + rows.value.astype(np.int64), return_counts=True
        )
        same = np.bincount(cells // n_values, weights=votes * (votes - 1.0), minlength=len(rows.units))
        share = same / np.maximum(per_unit * (per_unit - 1.0), 1.0)
    twice = np.flatnonzero((per_unit >= 2) & (share < 1 - 1e-9))
    chosen = twice[np.argsort(share[twice], kind="stable")][:n]
    wanted = set(chosen.tolist())
    values: dict[int, dict[str, int]] = {unit: {} for unit in wanted}
    for row in np.flatnonzero(np.isin(rows.unit, chosen)).tolist():
        name = rows.names[int(rows.value[row])] if rows.names else f"{rows.value[row]:g}"
        counts = values[int(rows.unit[row])]
        counts[name] = counts.get(name, 0) + 1
    listed = {unit: tuple(sorted(counts.items(), key=lambda one: -one[1])) for unit, counts in values.items()}
    found = [Disputed(int(rows.units[unit]), float(share[unit]), listed[int(unit)]) for unit in chosen]
    return list({one.question: one for one in reversed(found)}.values())[::-1]
