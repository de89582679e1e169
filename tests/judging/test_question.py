import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadQuestion, UnknownName
from tacit.judging import (
    ANSWER_COLUMNS,
    DATA_SHEETS,
    Question,
    QuestionKind,
    content_hash,
    judgments_schema,
    questions_schema,
    questions_table,
)

ALLOWED = {
    QuestionKind.CHOICE: {"options": ["cat", "dog"]},
    QuestionKind.RATING: {"low": 1, "high": 5, "step": 1},
    QuestionKind.SPANS: {"options": ["name", "place"], "unit": "character"},
}


def question(kind, n_items=None, **settings):
    n = DATA_SHEETS[kind].n_items[0] if n_items is None else n_items
    return Question(kind, tuple(f"item{i}" for i in range(n)), settings=settings or ALLOWED.get(kind, {}))


# ---- worked by hand


def test_the_id_is_the_hash_of_what_was_asked():
    asked = Question(QuestionKind.COMPARISON, ("a", "b"), text="Which is better?")
    written = '["comparison", ["a", "b"], "Which is better?", "{}", ""]'
    assert asked.question_id == content_hash(written.encode())


def test_settings_are_written_in_one_way():
    one = question(QuestionKind.RATING, low=0, high=1)
    other = question(QuestionKind.RATING, high=1, low=0)
    assert one.settings_json == '{"high":1,"low":0}'
    assert one.question_id == other.question_id


def test_order_words_and_occasion_make_another_question():
    base = Question(QuestionKind.COMPARISON, ("a", "b"))
    others = [
        Question(QuestionKind.COMPARISON, ("b", "a")),
        Question(QuestionKind.COMPARISON, ("a", "b"), text="Which is kinder?"),
        Question(QuestionKind.COMPARISON, ("a", "b"), occasion="repeat 1"),
        Question(QuestionKind.RANKING, ("a", "b")),
    ]
    assert len({q.question_id for q in [base, *others]}) == 5


def test_a_kind_may_be_given_by_its_name():
    assert Question("comparison", ("a", "b")).kind is QuestionKind.COMPARISON


# ---- the data sheets


@pytest.mark.parametrize("kind", QuestionKind)
def test_every_kind_has_a_data_sheet_and_a_column_of_its_own(kind):
    sheet = DATA_SHEETS[kind]
    assert sheet.asks.endswith("?")
    assert sheet.column == str(kind)
    assert sheet.answer
    assert sheet.version >= 1
    assert 1 <= sheet.n_items[0] <= sheet.n_items[1]
    assert sheet.column in judgments_schema()


def test_the_data_sheets_name_the_column_types_that_the_schema_has():
    names = {
        "string": pl.String,
        "int8": pl.Int8,
        "list of int16": pl.List(pl.Int16),
        "float64": pl.Float64,
        "list of struct(start float64, end float64, label string)": pl.List(
            pl.Struct({"start": pl.Float64, "end": pl.Float64, "label": pl.String})
        ),
    }
    assert {k: names[DATA_SHEETS[k].dtype] for k in QuestionKind} == {k: judgments_schema()[k] for k in QuestionKind}
    assert set(ANSWER_COLUMNS) == {str(kind) for kind in QuestionKind}


@pytest.mark.parametrize("kind", QuestionKind)
def test_every_kind_can_be_asked(kind):
    table = questions_table([question(kind)])
    assert dict(table.schema) == questions_schema()
    assert table["kind"].to_list() == [str(kind)]


def test_no_questions_make_an_empty_table():
    assert dict(questions_table([]).schema) == questions_schema()


# ---- invariants


WORDS = st.text(alphabet='aé日"\\ \n', min_size=1, max_size=6)


@given(st.lists(WORDS, min_size=2, max_size=6, unique=True), WORDS)
def test_options_and_words_of_any_script_survive(options, words):
    asked = Question(QuestionKind.CHOICE, ("x",), text=words, settings={"options": options})
    again = Question(QuestionKind.CHOICE, ("x",), text=words, settings={"options": list(options)})
    assert asked.question_id == again.question_id


# ---- refuses


@pytest.mark.parametrize("kind", QuestionKind)
def test_too_few_and_too_many_items_are_refused(kind):
    low, high = DATA_SHEETS[kind].n_items
    for n in (low - 1, high + 1):
        with pytest.raises(BadQuestion, match=f"question of kind {kind}: got {n} items, expected {low} to {high}"):
            question(kind, n)


def test_an_unknown_kind_suggests_the_nearest():
    with pytest.raises(UnknownName, match=r"got 'comparisn'.*Did you mean 'comparison'"):
        Question("comparisn", ("a", "b"))


def test_an_item_is_not_compared_with_itself():
    with pytest.raises(BadQuestion, match="the same item twice"):
        Question(QuestionKind.COMPARISON, ("a", "a"))


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (QuestionKind.COMPARISON, {"options": ["a", "b"]}, "got setting 'options', expected none"),
        (QuestionKind.CHOICE, {"labels": ["a", "b"]}, r"got setting 'labels', expected \['options'\]"),
        (QuestionKind.CHOICE, {"options": ["a"]}, r"got options \['a'\], expected a list of at least 2"),
        (QuestionKind.CHOICE, {"options": ["a", "a"]}, "at least 2 different names"),
        (QuestionKind.CHOICE, {"options": "ab"}, "got options 'ab'"),
        (QuestionKind.CHOICE, {"options": ["a", 1]}, "different names"),
        (QuestionKind.RATING, {"low": 5, "high": 1}, "a scale from 5 to 1, expected two numbers, low < high"),
        (QuestionKind.RATING, {"low": 5}, "from 5 to None"),
        (QuestionKind.RATING, {"low": "a", "high": "b"}, "two numbers"),
        (QuestionKind.RATING, {"low": math.nan, "high": 1}, "JSON"),
        (QuestionKind.RATING, {"low": 0, "high": 1, "step": 0}, "got step 0"),
        (QuestionKind.RATING, {"low": 0, "high": 1, "step": 2}, "got step 2"),
        (QuestionKind.SPANS, {"unit": "minute"}, "got unit 'minute', expected character or second"),
        (QuestionKind.SPANS, {"options": []}, "a list of at least 1"),
        (QuestionKind.SPANS, {"options": {1, 2}}, "JSON"),
        (QuestionKind.TEXT, {"draft": 7}, "expected a text"),
    ],
)
def test_settings_that_a_kind_does_not_allow_are_refused(kind, settings, message):
    with pytest.raises(BadQuestion, match=message):
        question(kind, **settings)


def test_a_choice_without_options_is_refused():
    with pytest.raises(BadQuestion, match="got no options"):
        Question(QuestionKind.CHOICE, ("a",))
