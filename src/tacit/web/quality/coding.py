"""Answers of any kind as coded values that can be held against each other: what is judged, by whom, which value.

=============  ===================================================================================================
choice         the class
comparison     the first, the second, or a draw
ranking        each pair of its items by itself: which one stands higher, or neither
rating,        the number, on an interval scale
probability
text           the words, whatever the spaces and capitals
spans          all passages together: the same only if all are
=============  ===================================================================================================
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.judging import IN_LIKELIHOOD, Outcome, QuestionKind

Metric = Literal["nominal", "interval"]
Index = NDArray[np.intp]
DRAW = "a draw"
SIDE_NAMES = ("the first", "the second")
MOST_RANKED = 12
ADJUDICATED = "adjudication-"


@dataclass(frozen=True)
class Coded:
    """Answers that say something, a row each; a ranking has a row for each pair of its items.

    Args:
        unit: code of what was judged, shape (row,). labeler: code of who, shape (row,).
        value: a number, or the code of a value, shape (row,).
        units: the question of each unit, by its row in the store. labelers: pseudonyms.
        names: what the values are called, for nominal ones; empty for numbers.
        metric: how two values differ.
        answered_at_s, duration_s: of each row, NaN where not known. left: 1 where what was shown left was chosen, 0
            where not, NaN where that cannot be said.
    """

    unit: Index
    labeler: Index
    value: NDArray[np.float64]
    units: NDArray[np.int64]
    labelers: tuple[str, ...]
    names: tuple[str, ...]
    metric: Metric
    answered_at_s: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    left: NDArray[np.float64]


def coded(answers: pl.DataFrame, kind: QuestionKind) -> Coded:
    """Return the answers in force that enter a likelihood, the last of each judge to each question.

    Args:
        answers: columns of `tacit.store.work.records.ANSWERS`, in order of arrival, those that were replaced left out.
        kind: of the project's questions.
    """
    said = answers.filter(pl.col("outcome").is_in([str(outcome) for outcome in IN_LIKELIHOOD]))
    said = said.unique(["question", "labeler"], keep="last", maintain_order=True)
    rows = _pairs_of_rankings(said) if kind is QuestionKind.RANKING else _plain(said, kind)
    rows = rows.filter(pl.col("value").is_not_null())
    metric: Metric = "interval" if kind in (QuestionKind.RATING, QuestionKind.PROBABILITY) else "nominal"
    names: tuple[str, ...] = ()
    if metric == "nominal":
        values = rows.get_column("value").cast(pl.String)
        names = tuple(values.unique().sort())
        codes = values.replace_strict(list(names), range(len(names)), return_dtype=pl.Float64) if names else values
        rows = rows.with_columns(codes.cast(pl.Float64).alias("value"))
    units = rows.get_column("unit").unique(maintain_order=True)
    labelers = rows.get_column("labeler_id").unique(maintain_order=True)
    question = rows.unique("unit", keep="first", maintain_order=True).get_column("question")
    return Coded(
        unit=_codes(rows.get_column("unit"), units),
        labeler=_codes(rows.get_column("labeler_id"), labelers),
        value=rows.get_column("value").cast(pl.Float64).to_numpy(),
        units=question.to_numpy(),
        labelers=tuple(labelers),
        names=names,
        metric=metric,
        answered_at_s=rows.get_column("answered_at_s").fill_null(np.nan).to_numpy(),
        duration_s=rows.get_column("duration_s").fill_null(np.nan).to_numpy(),
        left=rows.get_column("left").fill_null(np.nan).to_numpy(),
    )


def in_force_answers(answers: pl.DataFrame) -> pl.DataFrame:
    """Return the answers that no later one follows."""
    replaced = answers.get_column("follows").drop_nulls()
    return answers.filter(~pl.col("judgment_id").is_in(replaced.implode()))


def by_judges_and_reviewers(standing: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the answers of judges to ordinary questions, and the decisions of reviewers; checks are left out."""
    reviewed = pl.col("judgment_id").str.starts_with(ADJUDICATED)
    of_judges = (pl.col("purpose").is_null() & ~reviewed) | (pl.col("purpose") == "ordinary")
    return standing.filter(of_judges), standing.filter(reviewed)


def _plain(said: pl.DataFrame, kind: QuestionKind) -> pl.DataFrame:
    answered = pl.col("outcome") == Outcome.ANSWERED
    column = pl.col(kind.value)
    if kind is QuestionKind.COMPARISON:
        side = column.replace_strict([0, 1], list(SIDE_NAMES), default=None, return_dtype=pl.String)
        value = pl.when(answered).then(side).otherwise(pl.lit(DRAW))
    elif kind is QuestionKind.TEXT:
        value = pl.when(answered).then(column.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars())
    else:
        value = pl.when(answered).then(column)
    left = pl.when(answered & pl.col("shown_left").is_not_null() & pl.col("comparison").is_not_null()).then(
        (pl.col("comparison") == pl.col("shown_left")).cast(pl.Float64)
    )
    return said.with_columns(value=value, unit=pl.col("question"), left=left)


def _pairs_of_rankings(said: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each pair of items of each ranking; of rankings of very many items, the first ones."""
    rows = said.with_columns(left=pl.lit(None, dtype=pl.Float64))
    units, values = [], []
    for question, outcome, ranking in rows.select("question", "outcome", "ranking").iter_rows():
        ranks = json.loads(ranking)[:MOST_RANKED] if outcome == Outcome.ANSWERED and ranking else []
        pairs = list(combinations(range(len(ranks)), 2))
        units.append([f"{question} {i} {j}" for i, j in pairs])
        values.append([_order(ranks[i], ranks[j]) for i, j in pairs])
    listed = rows.with_columns(
        pl.Series("unit", units, dtype=pl.List(pl.String)), pl.Series("value", values, dtype=pl.List(pl.String))
    )
    return listed.explode("unit", "value", empty_as_null=True)


def _order(first: int, second: int) -> str:
    return DRAW if first == second else SIDE_NAMES[int(first > second)]


def _codes(values: pl.Series, known: pl.Series) -> Index:
    place = {value: code for code, value in enumerate(known)}
    return np.fromiter((place[value] for value in values), dtype=np.intp, count=len(values))
