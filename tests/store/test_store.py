"""A project keeps what it is given, adds nothing twice, and refuses what means nothing."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.errors import BadFile, BadJudgment, BadQuestion, NotFinite, StoreError, UnknownName
from tacit.judging import Item, ItemKind, Media, Question, QuestionKind, judgments_schema, questions_schema
from tacit.judging import questions_table as table_of
from tacit.store import Store

# Worked by hand


def test_items_come_back_as_they_were_in_the_order_asked_for(store, samples):
    items = [*samples.items(), Item(ItemKind.IMAGE, b"\0" * 100_000, "image/x-test")]
    assert store.add_items(items) == 7
    wanted = [items[6], items[0], items[6]]
    assert store.items([item.item_id for item in wanted]) == wanted
    assert store.item(items[3].item_id) == items[3]


def test_an_item_is_added_once(store, samples):
    items = samples.items(2)
    assert store.add_items([*items, *items]) == 2
    assert store.add_items(items) == 0
    assert store.add_items([]) == 0


def test_questions_and_judgments_of_every_kind_come_back_as_they_were(store, samples):
    items = samples.items()
    questions, judgments = samples.every_kind(items)
    store.add_items(items)
    assert store.add_questions(questions) == 7
    assert store.add_judgments(judgments) == 9
    assert store.questions().equals(questions)
    assert store.judgments().equals(judgments)
    assert dict(store.judgments().schema) == judgments_schema()
    assert (store.n_judgments(), store.last_sequence()) == (9, 9)


def test_an_empty_project_has_tables_with_all_columns(store):
    assert dict(store.judgments().schema) == judgments_schema()
    assert dict(store.questions().schema) == questions_schema()
    assert dict(store.questions([]).schema) == questions_schema()
    assert dict(store.unanswered("ann").schema) == questions_schema()
    assert (store.n_judgments(), store.last_sequence()) == (0, 0)
    assert store.add_judgments(store.judgments()) == 0
    assert store.add_questions(store.questions()) == 0


def test_a_repeated_judgment_adds_nothing_and_changes_nothing(store, samples):
    store.add_items(samples.items())
    questions = samples.comparisons(samples.items(), 3)
    store.add_questions(questions)
    first = samples.answers(questions)
    assert store.add_judgments(first) == 3
    other = first.with_columns(comparison=pl.lit(1, pl.Int8))
    assert store.add_judgments(pl.concat([other, samples.answers(questions[:1], labeler="bob")])) == 1
    assert store.judgments()[:3].equals(first)
    assert store.n_judgments() == 4


def test_new_judgments_are_those_after_the_last_one_seen(store, samples):
    store.add_items(samples.items())
    questions = samples.comparisons(samples.items(), 5)
    store.add_questions(questions)
    judgments = samples.answers(questions)
    store.add_judgments(judgments[:2])
    seen = store.last_sequence()
    store.add_judgments(judgments[2:])
    assert store.judgments(after=seen).equals(judgments[2:])
    assert store.judgments(until=seen).equals(judgments[:2])


def test_a_question_is_unanswered_until_the_labeler_has_judged_it_in_any_way(store, samples):
    store.add_items(samples.items())
    questions = samples.comparisons(samples.items(), 3)
    store.add_questions(questions)
    skipped = samples.answers(questions[1:2]).with_columns(outcome=pl.lit("skipped"), comparison=pl.lit(None, pl.Int8))
    store.add_judgments(skipped)
    assert store.unanswered("ann").equals(questions[[0, 2]])
    assert store.unanswered("bob").equals(questions)


def test_questions_come_in_the_order_of_their_ids(store, samples):
    store.add_items(samples.items())
    questions = samples.comparisons(samples.items(), 4)
    store.add_questions(questions)
    wanted = questions[[3, 1, 3]]
    assert store.questions(wanted["question_id"]).equals(wanted)
    assert store.questions(wanted["question_id"].to_list()).equals(wanted)


def test_a_rendition_is_kept_and_can_be_made_anew(store, samples):
    item = samples.items(1)[0]
    store.add_items([item])
    assert store.rendition(item.item_id) is None
    for shown in (Media(b"small", "text/plain"), Media(b"x" * 50_000, "video/mp4")):
        store.add_rendition(item.item_id, shown)
        store.add_rendition(item.item_id, shown)
        assert store.rendition(item.item_id) == shown


def test_what_one_process_has_written_another_one_reads(full, tmp_path):
    with Store.open(tmp_path / "full", create=False) as again:
        assert again.judgments().equals(full.judgments())
        assert again.judgments_hash() == full.judgments_hash()


# Invariant


def test_the_hash_tells_answers_apart_but_not_their_order_or_time(samples):
    questions = samples.comparisons(samples.items(), 3)
    answers = samples.answers(questions)

    def hashed(judgments):
        with Store.in_memory() as store:
            store.add_items(samples.items())
            store.add_questions(questions)
            store.add_judgments(judgments)
            return store.judgments_hash()

    same = hashed(answers)
    assert hashed(answers.reverse()) == same
    assert hashed(answers.with_columns(answered_at_s=pl.lit(0.0), duration_s=pl.lit(3.0))) == same
    assert hashed(answers.with_columns(comparison=pl.lit(1, pl.Int8))) != same
    assert hashed(answers.with_columns(labeler_id=pl.lit("bob"))) != same
    assert hashed(answers[:2]) != same


def test_the_hash_of_the_first_judgments_stays_as_more_come(full, samples):
    before, until = full.judgments_hash(), full.last_sequence()
    full.add_judgments(samples.answers(full.questions()[1:2], labeler="new"))
    assert full.judgments_hash() != before
    assert full.judgments_hash(until=until) == before


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
FLOATS = st.floats(-1e300, 1e300)
POSITIVE = st.floats(0, 1e300)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(TEXTS, min_size=1, max_size=4),
    FLOATS,
    st.lists(st.tuples(POSITIVE, POSITIVE, TEXTS), max_size=3),
    TEXTS.filter(bool),
)
def test_any_text_number_or_span_comes_back_as_it_was(texts, number, spans, labeler):
    item = Item(ItemKind.TEXT, b"x", "text/plain")
    questions = table_of(
        [Question(QuestionKind.TEXT, (item.item_id,), text=text, occasion=str(i)) for i, text in enumerate(texts)]
        + [Question(QuestionKind.SPANS, (item.item_id,)), Question(QuestionKind.RATING, (item.item_id,), "", SCALE)]
    )
    n = len(texts)
    found = [{"start": min(a, b), "end": max(a, b), "label": label} for a, b, label in spans if a != b]
    answers = {
        "judgment_id": [f"{labeler}{i}" for i in range(n + 2)],
        "question_id": questions["question_id"].to_list(),
        "labeler_id": [labeler] * (n + 2),
        "outcome": ["answered"] * (n + 2),
        "text": [*texts, None, None],
        "spans": [*[None] * n, found, None],
        "rating": [*[None] * (n + 1), number],
    }
    schema = judgments_schema()
    judgments = pl.DataFrame(answers, schema={name: schema[name] for name in answers})
    judgments = judgments.select(
        pl.col(name) if name in answers else pl.lit(None, dtype).alias(name) for name, dtype in schema.items()
    )
    with Store.in_memory() as store:
        store.add_items([item])
        store.add_questions(questions)
        store.add_judgments(judgments)
        assert store.questions().equals(questions)
        assert store.judgments().equals(judgments)


SCALE = {"low": -1e300, "high": 1e300}

# Refuses


def test_a_question_about_an_unknown_item_is_refused_and_nothing_is_added(store, samples):
    store.add_items(samples.items(1))
    questions = samples.comparisons(samples.items(), 2)
    with pytest.raises(UnknownName, match=samples.items()[1].item_id):
        store.add_questions(questions)
    assert store.questions().height == 0


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("question_id", "0" * 64, "hash of the question"),
        ("kind", "coice", "one of choice, comparison"),
        ("settings", '{"options": ["a","b"]}', "setting|canonical"),
        ("settings", "[]", "JSON object"),
        ("settings", "{", "JSON object"),
        ("text", None, "empty cell"),
        ("item_ids", ["a"], "1 items, expected 2 to 2"),
        ("item_ids", ["a", "a"], "the same item twice"),
        ("item_ids", ["a", None], "null"),
    ],
)
def test_a_question_that_is_none_is_refused(store, samples, column, value, message):
    store.add_items(samples.items())
    questions = samples.comparisons(samples.items(), 1)
    questions = questions.with_columns(pl.Series(column, [value], dtype=questions.schema[column]))
    with pytest.raises(BadQuestion, match=message):
        store.add_questions(questions)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("question_id", "unknown", "a question of this project"),
        ("question_id", None, "a question of this project"),
        ("judgment_id", None, "an id"),
        ("labeler_id", "", "who answered"),
        ("labeler_id", "a\0b", "NUL"),
        ("outcome", "answerd", "one of answered"),
        ("comparison", 2, "0 .the first item. or 1"),
        ("follows", "nobody", "a judgment of this project"),
    ],
)
def test_a_judgment_that_its_question_does_not_allow_is_refused(store, samples, column, value, message):
    store.add_items(samples.items())
    questions = samples.comparisons(samples.items(), 2)
    store.add_questions(questions)
    judgments = samples.answers(questions)
    bad = judgments.with_columns(pl.Series(column, [judgments[column][0], value], dtype=judgments.schema[column]))
    with pytest.raises(BadJudgment, match=message):
        store.add_judgments(bad)
    assert store.n_judgments() == 0


def test_a_span_without_a_place_is_refused(store, samples):
    items = samples.items()
    questions, judgments = samples.every_kind(items)
    store.add_items(items)
    store.add_questions(questions)
    for start, label, error in ((float("nan"), "x,y", NotFinite), (0.0, "x\0y", BadJudgment)):
        spans = pl.Series("spans", [[{"start": start, "end": 1.0, "label": label}]], dtype=judgments.schema["spans"])
        with pytest.raises(error, match="row 1, column 'spans'"):
            store.add_judgments(judgments[5:6].with_columns(spans))


def test_other_columns_are_refused(store, samples):
    with pytest.raises(BadJudgment, match="no such column"):
        store.add_judgments(pl.DataFrame({"judgment_id": ["a"]}))
    with pytest.raises(BadQuestion, match="questions_schema"):
        store.add_questions(pl.DataFrame({"question_id": ["a"]}))


def test_a_judgment_may_follow_one_that_comes_with_it(store, samples):
    store.add_items(samples.items())
    questions = samples.comparisons(samples.items(), 1)
    store.add_questions(questions)
    twice = samples.answers(pl.concat([questions, questions]), ids=["second", "first"])
    assert store.add_judgments(twice.with_columns(follows=pl.Series(["first", None]))) == 2


def test_unknown_names_are_refused(store):
    with pytest.raises(UnknownName, match="item"):
        store.item("nothing")
    with pytest.raises(UnknownName, match="question"):
        store.questions(["nothing"])
    with pytest.raises(UnknownName, match="item"):
        store.add_rendition("nothing", Media(b"", "text/plain"))


def test_media_that_were_changed_on_disk_are_refused(tmp_path):
    large = Item(ItemKind.TEXT, b"x" * 50_000, "text/plain")
    with Store.open(tmp_path) as store:
        store.add_items([large])
        kept = tmp_path / "media" / large.item_id[:2] / large.item_id[2:]
        assert kept.read_bytes() == large.content
        kept.write_bytes(b"y" * 50_000)
        with pytest.raises(BadFile, match="another hash"):
            store.item(large.item_id)
        kept.unlink()
        with pytest.raises(BadFile, match="No such file"):
            store.item(large.item_id)
        store.add_items([large])  # what was lost can be given again
        assert store.item(large.item_id) == large


def test_a_closed_project_says_so(store, samples):
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.add_items(samples.items())
