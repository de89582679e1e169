"""The public checks pass what keeps the contract, and say in a sentence what does not."""

from uuid import uuid4

import numpy as np
import polars as pl
import pytest

from tacit.errors import CheckFailed
from tacit.judging import (
    Candidates,
    Item,
    ItemKind,
    Media,
    Question,
    QuestionKind,
    SimulatedLabeler,
    check_labeler,
    check_producer,
    questions_table,
)

QUESTIONS = questions_table([Question(QuestionKind.COMPARISON, pair) for pair in ("ab", "ba", "ac", "cb")])


class Honest:
    """Answers that the item whose name comes first in the alphabet is better; the parent of all that break a rule."""

    def __init__(self):
        self.inner = SimulatedLabeler(lambda ids: np.array([[-ord(i)] for i in ids]), clock=lambda: 0.0)

    @property
    def labeler_id(self):
        return "honest"

    def ask(self, questions):
        self.inner.ask(questions)

    def collect(self):
        return self.inner.collect()


class Nameless(Honest):
    labeler_id = ""


class Renamed(Honest):
    @property
    def labeler_id(self):
        return str(uuid4())


class Untyped(Honest):
    def collect(self):
        return super().collect().cast({"comparison": pl.Int64})


class Absurd(Honest):
    def collect(self):
        return super().collect().with_columns(comparison=pl.lit(3, pl.Int8))


class Anonymous(Honest):
    def collect(self):
        return super().collect().with_columns(labeler_id=pl.lit(None, pl.String))


class Repeating(Honest):
    def __init__(self):
        super().__init__()
        self.kept = []

    def collect(self):
        self.kept.append(super().collect())
        return pl.concat(self.kept)


class Forgetful(Honest):
    def ask(self, questions):
        before = self.inner.collect()
        self.inner = SimulatedLabeler(lambda ids: np.zeros((len(ids), 1)) + len(before), clock=lambda: 0.0)
        self.kept = [*getattr(self, "kept", []), before]
        self.inner.ask(questions)

    def collect(self):
        gathered = pl.concat([*getattr(self, "kept", []), super().collect()])
        self.kept = []
        return gathered.with_row_index("n").with_columns(judgment_id=pl.format("{}-{}", "judgment_id", "n")).drop("n")


class Chatty(Honest):
    def ask(self, questions):
        super().ask(questions if questions.height else QUESTIONS)


class Swayed(Honest):
    """Prefers the first item of the first question in each batch, whatever it is."""

    def ask(self, questions):
        super().ask(questions)
        self.firsts = getattr(self, "firsts", []) + questions["question_id"].to_list()[:1]

    def collect(self):
        swayed = pl.col("question_id").is_in(getattr(self, "firsts", []))
        return (
            super().collect().with_columns(comparison=pl.when(swayed).then(pl.lit(0, pl.Int8)).otherwise("comparison"))
        )


class Shy(Honest):
    def collect(self):
        return super().collect().with_columns(outcome=pl.lit("cant_tell"), comparison=pl.lit(None, pl.Int8))


class Broken(Honest):
    def collect(self):
        raise KeyError("answers")


BROKEN_LABELERS = [
    (Nameless, "labeler_has_a_name: labeler_id is '', expected a text that is not empty"),
    (Renamed, "labeler_has_a_name: labeler_id differs between two labelers made alike"),
    (Untyped, "answers_have_the_judgments_schema: before asking, collect() has the columns"),
    (Absurd, "answers_are_allowed: judgments of honest, row 1, column 'comparison': got 3"),
    (Anonymous, "answers_carry_the_labelers_name: a judgment without labeler_id"),
    (Repeating, "collecting_twice_gives_nothing_twice: a judgment was handed over twice"),
    (Forgetful, "asking_twice_answers_once: a question asked twice was answered 2 times by one labeler"),
    (Chatty, "no_questions_is_no_error: judgments came in though nothing was asked"),
    (Swayed, "answers_do_not_depend_on_the_batch: answers differ between asking together and asking one by one"),
    (Shy, "some_question_is_answered: only outcomes ['cant_tell']"),
    (Broken, "KeyError: 'answers'"),
]


def test_an_honest_labeler_passes():
    check_labeler(Honest, QUESTIONS)


@pytest.mark.parametrize(("kind", "sentence"), BROKEN_LABELERS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_labeler_that_breaks_a_rule_is_told_which(kind, sentence):
    with pytest.raises(CheckFailed) as caught:
        check_labeler(kind, QUESTIONS)
    assert sentence in str(caught.value)


def test_all_failures_are_told_at_once():
    class Both(Nameless, Anonymous):
        pass

    with pytest.raises(CheckFailed) as caught:
        check_labeler(Both, QUESTIONS)
    assert {"labeler_has_a_name", "answers_carry_the_labelers_name"} <= {
        line.partition(":")[0] for line in str(caught.value).splitlines()
    }


def test_a_known_failure_may_be_excused_with_a_reason():
    check_labeler(Nameless, QUESTIONS, expected_failures={"labeler_has_a_name": "a crowd without names"})


def test_an_excuse_that_is_not_needed_is_a_failure():
    with pytest.raises(CheckFailed, match="labeler_has_a_name: passed, though it was expected to fail"):
        check_labeler(Honest, QUESTIONS, expected_failures={"labeler_has_a_name": "no longer true"})


def test_an_excuse_for_no_check_is_refused():
    with pytest.raises(CheckFailed, match="expected_failures names 'labeler_is_kind', which is no check"):
        check_labeler(Honest, QUESTIONS, expected_failures={"labeler_is_kind": "?"})


# ---- producers


class Lines:
    """Makes lines of text that differ by seed."""

    def produce(self, n, seed):
        features = np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)
        return Candidates(ItemKind.TEXT, "text/plain", features, lambda index: features[index].tobytes())

    def render(self, item: Item):
        return Media(item.content, "text/plain")


class Short(Lines):
    def produce(self, n, seed):
        return super().produce(n - 1, seed)


class Holed(Lines):
    def produce(self, n, seed):
        made = super().produce(n, seed)
        made.features[0, 0] = np.nan
        return made


class Moody(Lines):
    def produce(self, n, seed):
        return super().produce(n, np.random.default_rng().integers(2**60))


class Deaf(Lines):
    def produce(self, n, seed):
        return super().produce(n, 0)


class Attached(Lines):
    """Can show only what it made itself."""

    def produce(self, n, seed):
        self.made = super().produce(n, seed)
        return self.made

    def render(self, item):
        return Media(bytes(self.made.kind, "utf8"), "text/plain")


class Blank(Lines):
    def render(self, item):
        return Media(b"", "text/plain")


class Untold(Lines):
    def render(self, item):
        return Media(item.content, "words")


BROKEN_PRODUCERS = [
    (Short, "candidates_are_as_many_as_asked: produce(4) gave 3 candidates"),
    (Holed, "features_are_finite: features hold NaN or infinity"),
    (Moody, "the_same_seed_gives_the_same_items: the same state and seed gave different items"),
    (Deaf, "another_seed_gives_other_items: two different seeds gave the same items"),
    (Attached, "an_item_can_be_shown_by_another_producer: AttributeError"),
    (Blank, "an_item_can_be_shown_by_another_producer: render() gave no bytes"),
    (Untold, "an_item_can_be_shown_by_another_producer: media_type is 'words', expected an IANA media type"),
]


def test_a_producer_that_keeps_the_contract_passes():
    check_producer(Lines)


@pytest.mark.parametrize(("kind", "sentence"), BROKEN_PRODUCERS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_producer_that_breaks_a_rule_is_told_which(kind, sentence):
    with pytest.raises(CheckFailed) as caught:
        check_producer(kind)
    assert sentence in str(caught.value)
