import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.errors import BadJudgment, NotFinite
from tacit.judging import (
    IN_LIKELIHOOD,
    Outcome,
    Question,
    QuestionKind,
    check_judgments,
    in_force,
    judgments_schema,
    judgments_table,
    questions_table,
)

ASKED = {
    "choice": Question(QuestionKind.CHOICE, ("a",), settings={"options": ["cat", 'do"g', "dög"]}),
    "comparison": Question(QuestionKind.COMPARISON, ("a", "b")),
    "ranking": Question(QuestionKind.RANKING, ("a", "b", "c")),
    "rating": Question(QuestionKind.RATING, ("a",), settings={"low": 1, "high": 5}),
    "stepped": Question(QuestionKind.RATING, ("b",), settings={"low": 0.1, "high": 0.9, "step": 0.2}),
    "text": Question(QuestionKind.TEXT, ("a",)),
    "spans": Question(QuestionKind.SPANS, ("a",), settings={"options": ["name", "place"]}),
    "free": Question(QuestionKind.SPANS, ("b",)),
    "probability": Question(QuestionKind.PROBABILITY, ("a", "b")),
}
QUESTIONS = questions_table(list(ASKED.values()))


def span(start, end, label="name"):
    return {"start": start, "end": end, "label": label}


def judgments(*rows):
    """Return a table from rows of (question, outcome, other columns)."""
    columns: dict[str, list[object]] = {name: [] for name in judgments_schema()}
    for number, (asked, outcome, other) in enumerate(rows):
        fixed = {
            "judgment_id": f"j{number}",
            "question_id": ASKED[asked].question_id if asked in ASKED else asked,
            "labeler_id": "ann",
            "outcome": outcome,
        }
        for name, values in columns.items():
            values.append({**fixed, **other}.get(name))
    return judgments_table(columns)


def check(*rows):
    check_judgments(judgments(*rows), QUESTIONS, where="file.csv")


# ---- worked by hand

GOOD = [
    ("choice", "answered", {"choice": "dög"}),
    ("choice", "answered", {"choice": 'do"g'}),
    ("comparison", "answered", {"comparison": 1, "shown_left": 1, "credence": 0.8}),
    ("comparison", "tie", {}),
    ("comparison", "both_bad", {}),
    ("ranking", "answered", {"ranking": [1, 0, 1]}),
    ("rating", "answered", {"rating": 4.5}),
    ("stepped", "answered", {"rating": 0.7}),
    ("text", "answered", {"text": ""}),
    ("spans", "answered", {"spans": [span(0, 4), span(2, 3, "place")]}),
    ("spans", "answered", {"spans": []}),
    ("free", "answered", {"spans": [span(0.5, 0.75, "anything")]}),
    ("probability", "answered", {"probability": 1.0}),
    ("text", "cant_tell", {}),
    ("rating", "not_shown", {}),
    ("comparison", "skipped", {"duration_s": 0.0}),
]


@pytest.mark.parametrize("row", GOOD, ids=lambda row: f"{row[0]} {row[1]}")
def test_what_the_data_sheet_allows_is_taken(row):
    check(row)


def test_a_whole_table_of_all_kinds_is_taken():
    check(*GOOD)


def test_no_judgments_are_fine():
    check_judgments(judgments_table({}), QUESTIONS)


def test_absent_columns_become_null():
    table = judgments_table({"judgment_id": ["x", "y"], "comparison": [0, None]})
    assert dict(table.schema) == judgments_schema()
    assert (table.height, table["rating"].null_count()) == (2, 2)
    assert judgments_table({}).height == 0


def test_of_a_chain_of_judgments_the_last_is_in_force():
    table = judgments_table({"judgment_id": ["a", "b", "c", "d"], "follows": [None, "a", "b", None]})
    assert in_force(table)["judgment_id"].to_list() == ["c", "d"]


def test_draws_and_answers_enter_the_likelihood_and_nothing_else_does():
    assert set(Outcome) - set(IN_LIKELIHOOD) == {Outcome.CANT_TELL, Outcome.NOT_SHOWN, Outcome.SKIPPED}


# ---- invariants


@settings(max_examples=25)
@given(st.permutations(GOOD))
def test_order_does_not_matter(rows):
    check(*rows)


# ---- refuses

BAD = [
    (("elsewhere", "answered", {"comparison": 0}), "question_id", "a question of this project"),
    ((None, "answered", {"comparison": 0}), "question_id", "a question of this project"),
    (("comparison", "won", {}), "outcome", "one of answered, tie"),
    (("comparison", None, {"comparison": 0}), "outcome", "one of answered, tie"),
    (("comparison", "answered", {}), "outcome", "one answer, in the column of the question's kind"),
    (("comparison", "answered", {"rating": 1.0}), "outcome", "in the column of the question's kind"),
    (("comparison", "answered", {"comparison": 0, "rating": 1.0}), "outcome", "one answer"),
    (("comparison", "tie", {"comparison": 0}), "outcome", "no answer beside an outcome other than 'answered'"),
    (("rating", "tie", {}), "outcome", "a draw only between two items or more"),
    (("comparison", "answered", {"comparison": 2}), "comparison", "0 (the first item) or 1 (the second)"),
    (("comparison", "answered", {"comparison": -1}), "comparison", "0 (the first item) or 1 (the second)"),
    (("choice", "answered", {"choice": "cow"}), "choice", "one of the question's options"),
    (("rating", "answered", {"rating": 0.99}), "rating", "a rating on the question's scale"),
    (("rating", "answered", {"rating": 5.5}), "rating", "a rating on the question's scale"),
    (("stepped", "answered", {"rating": 0.6}), "rating", "a rating on one of the scale's steps"),
    (("ranking", "answered", {"ranking": [0, 1]}), "ranking", "one rank an item"),
    (("ranking", "answered", {"ranking": [0, None, 1]}), "ranking", "one rank an item"),
    (("ranking", "answered", {"ranking": [-1, 0, 1]}), "ranking", "ranks from 0"),
    (("ranking", "answered", {"ranking": [1, 2, 2]}), "ranking", "ranks from 0"),
    (("ranking", "answered", {"ranking": [0, 1, 3]}), "ranking", "ranks below the number of items"),
    (("spans", "answered", {"spans": [span(4, 4)]}), "spans", "0 ≤ start < end"),
    (("spans", "answered", {"spans": [span(0, 1), span(-1, 4)]}), "spans", "0 ≤ start < end"),
    (("spans", "answered", {"spans": [span(None, 4)]}), "spans", "0 ≤ start < end"),
    (("spans", "answered", {"spans": [span(0, 4, "thing")]}), "spans", "labels among the question's options"),
    (("probability", "answered", {"probability": 1.01}), "probability", "a number from 0 to 1"),
    (("comparison", "tie", {"credence": -0.1}), "credence", "a number from 0 to 1"),
    (("comparison", "tie", {"duration_s": -1.0}), "duration_s", "no negative time"),
    (("comparison", "tie", {"shown_left": 2}), "shown_left", "the index of an item of the question"),
    (("comparison", "tie", {"shown_left": -1}), "shown_left", "the index of an item of the question"),
    (("comparison", "tie", {"labeler_id": ""}), "labeler_id", "who answered"),
    (("comparison", "tie", {"judgment_id": None}), "judgment_id", "an id"),
    (("comparison", "tie", {"judgment_id": "x", "follows": "x"}), "follows", "another judgment's id"),
]


@pytest.mark.parametrize(("row", "column", "expected"), BAD)
def test_what_the_data_sheet_does_not_allow_is_refused_by_row_and_column(row, column, expected):
    with pytest.raises(BadJudgment) as caught:
        check(*GOOD, row, *GOOD)
    assert caught.value.where == f"file.csv, row {len(GOOD) + 1}, column {column!r}"
    assert expected in caught.value.expected


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "row",
    [
        lambda bad: ("rating", "answered", {"rating": bad}),
        lambda bad: ("probability", "answered", {"probability": bad}),
        lambda bad: ("comparison", "tie", {"credence": bad}),
        lambda bad: ("comparison", "tie", {"answered_at_s": bad}),
        lambda bad: ("comparison", "tie", {"duration_s": bad}),
        lambda bad: ("free", "answered", {"spans": [span(0, bad)]}),
    ],
)
def test_numbers_that_are_not_finite_are_refused(row, bad):
    with pytest.raises(NotFinite, match=r"file\.csv, row 2, .*finite number"):
        check(GOOD[0], row(bad))


def test_rows_that_share_a_fault_are_counted():
    row = ("comparison", "answered", {"comparison": 7})
    with pytest.raises(BadJudgment, match=r"row 2, column 'comparison': got 7, .* 3 rows share this fault\."):
        check(GOOD[0], row, row, row)


def test_a_table_of_other_columns_or_types_is_refused():
    table = judgments(GOOD[2])
    with pytest.raises(BadJudgment, match="column 'rating': got no such column, expected Float64"):
        check_judgments(table.drop("rating"), QUESTIONS)
    with pytest.raises(BadJudgment, match="column 'comparison': got Int64, expected Int8"):
        check_judgments(table.cast({"comparison": pl.Int64}), QUESTIONS)


def test_an_unknown_column_is_refused():
    with pytest.raises(BadJudgment, match="got column 'colour', expected one of judgment_id, question_id"):
        judgments_table({"colour": ["red"]})


@pytest.mark.parametrize("value", ["left", 300])
def test_a_value_that_a_column_cannot_hold_is_refused(value):
    with pytest.raises(BadJudgment, match=r"judgments table: got .* expected columns of these types: comparison Int8"):
        judgments_table({"comparison": [value]})
