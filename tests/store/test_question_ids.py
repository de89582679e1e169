"""Ids of a whole table are those that each question has by itself."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.errors import BadQuestion
from tacit.judging import Question, QuestionKind, questions_table
from tacit.store.question_ids import canonical_settings, question_ids

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
QUESTIONS = st.builds(
    lambda ids, text, occasion, options: Question(
        QuestionKind.CHOICE, (ids,), text, {"options": ["a", *options]}, occasion
    ),
    TEXTS,
    TEXTS,
    TEXTS,
    st.lists(TEXTS.filter(lambda text: text not in ("", "a")), min_size=1, max_size=3, unique=True),
)


def test_one_question_has_the_id_that_it_gives_itself():
    question = Question(QuestionKind.COMPARISON, ("a" * 64, "b" * 64), "Which?", occasion="7")
    assert question_ids(questions_table([question])).to_list() == [question.question_id]


@settings(max_examples=60, deadline=None)
@given(st.lists(QUESTIONS, min_size=1, max_size=5))
def test_any_questions_have_the_ids_that_they_give_themselves(questions):
    assert question_ids(questions_table(questions)).to_list() == [q.question_id for q in questions]


def test_settings_become_canonical():
    assert canonical_settings(pl.Series(['{ "b": 1, "a": "é"}', "{}"])).to_list() == ['{"a":"é","b":1}', "{}"]


@pytest.mark.parametrize("cell", ["", "[1]", "{'a': 1}"])
def test_settings_that_are_no_object_are_refused(cell):
    with pytest.raises(BadQuestion, match="row 2, column 'settings'"):
        canonical_settings(pl.Series(["{}", cell]))
