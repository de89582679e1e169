"""What is exported and imported again is the same, in every format; importing it twice adds nothing."""

from math import inf

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.judging import (
    Item,
    ItemKind,
    Outcome,
    Question,
    QuestionKind,
    judgments_schema,
    judgments_table,
    questions_table,
)
from tacit.store import Store
from tacit.store.exchange.columns import exchange_schema

FORMATS = ("jsonl", "csv", "parquet")
ITEMS = [Item(ItemKind.TEXT, f"item {i}".encode(), "text/plain") for i in range(6)]
IDS = [item.item_id for item in ITEMS]


def project(questions, judgments):
    store = Store.in_memory()
    store.add_items(ITEMS)
    store.add_questions(questions)
    store.add_judgments(judgments)
    return store


def same_after(store, path):
    """Export, import into a project that holds the items alone, and hold the two against each other."""
    n = store.export_judgments(path)
    with Store.in_memory() as again:
        again.add_items(ITEMS)
        count = again.import_judgments(path)
        assert (count.rows, count.judgments_added) == (n, n)
        assert again.judgments().equals(store.judgments())
        assert again.judgments_hash() == store.judgments_hash()
        answered = store.judgments()["question_id"].unique(maintain_order=True)
        assert again.questions().equals(store.questions(answered))
        assert again.import_judgments(path).judgments_added == 0
        assert again.n_judgments() == n


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_kind_of_judgment_comes_back(samples, tmp_path, file_format):
    questions, judgments = samples.every_kind(ITEMS)
    with project(questions, judgments) as store:
        same_after(store, tmp_path / f"file.{file_format}")


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_empty_project_comes_back(tmp_path, file_format):
    with Store.in_memory() as store:
        assert store.export_judgments(tmp_path / f"file.{file_format}") == 0
        assert store.import_judgments(tmp_path / f"file.{file_format}").rows == 0


def test_a_file_has_one_row_a_judgment_with_its_question_beside_it(samples, tmp_path):
    questions, judgments = samples.every_kind(ITEMS)
    with project(questions, judgments) as store:
        store.export_judgments(tmp_path / "file.parquet")
    rows = pl.read_parquet(tmp_path / "file.parquet")
    assert dict(rows.schema) == exchange_schema()
    beside = rows.select("question_id", "kind", "item_ids", "settings", "occasion", text="question_text")
    assert beside[:7].select(questions.columns).equals(questions)
    assert rows.select(judgments.columns).equals(judgments)


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6)
NAME = TEXT.filter(bool)
NUMBER = st.floats(-1e300, 1e300)
TIME = st.none() | st.floats(0, 1e12)
SPAN = st.tuples(st.floats(0, 1e6), st.floats(1e-3, 1e6), TEXT).filter(lambda s: s[0] < s[0] + s[1])
ANSWERS = {
    QuestionKind.CHOICE: st.sampled_from(["a", 'b,"', "null"]),
    QuestionKind.COMPARISON: st.integers(0, 1),
    QuestionKind.RANKING: st.permutations([0, 1, 2]),
    QuestionKind.RATING: NUMBER,
    QuestionKind.TEXT: TEXT,
    QuestionKind.SPANS: st.lists(SPAN, max_size=2),
    QuestionKind.PROBABILITY: st.floats(0, 1),
}
SETTINGS = {
    QuestionKind.CHOICE: {"options": ["a", 'b,"', "null"]},
    QuestionKind.RATING: {"low": -1e300, "high": 1e300},
}
N_ITEMS = {QuestionKind.COMPARISON: 2, QuestionKind.RANKING: 3}


@st.composite
def judged(draw):
    """A question and one answer to it."""
    kind = draw(st.sampled_from(list(QuestionKind)))
    question = Question(
        kind, tuple(IDS[: N_ITEMS.get(kind, 1)]), draw(TEXT), SETTINGS.get(kind, {}), occasion=draw(TEXT)
    )
    skipped = draw(st.booleans()) and draw(st.booleans())
    answer = None if skipped else draw(ANSWERS[kind])
    if kind is QuestionKind.SPANS and answer is not None:
        answer = [{"start": start, "end": start + length, "label": label} for start, length, label in answer]
    return question, {
        "labeler_id": draw(NAME),
        "outcome": str(Outcome.SKIPPED if skipped else Outcome.ANSWERED),
        kind.value: answer,
        "credence": draw(st.none() | st.floats(0, 1)),
        "answered_at_s": draw(TIME),
        "duration_s": draw(TIME),
    }


@settings(max_examples=12, deadline=None)
@given(rows=st.lists(judged(), min_size=1, max_size=6), file_format=st.sampled_from(FORMATS))
def test_any_judgments_come_back(tmp_path_factory, rows, file_format):
    questions = questions_table([question for question, _ in rows]).unique("question_id", maintain_order=True)
    columns = {name: [answer.get(name) for _, answer in rows] for name in judgments_schema()}
    columns["judgment_id"] = [f"{number} {answer['labeler_id']}" for number, (_, answer) in enumerate(rows)]
    columns["question_id"] = [question.question_id for question, _ in rows]
    with project(questions, judgments_table(columns)) as store:
        same_after(store, tmp_path_factory.mktemp("any") / f"file.{file_format}")


@pytest.mark.parametrize("file_format", FORMATS)
def test_many_batches_come_back_in_order(samples, tmp_path, monkeypatch, file_format):
    """Batches of five rows, and room to remember four questions."""
    for name in ("ROWS_PER_BATCH", "LINES_PER_BATCH"):
        monkeypatch.setattr(f"tacit.store.exchange.reading.{name}", 5)
    monkeypatch.setattr("tacit.store.sql.bulk_rows.ROWS_PER_BATCH", 5)
    monkeypatch.setattr("tacit.store.exchange.asked.MOST_QUESTIONS", 4)
    monkeypatch.setattr("tacit.store.exchange.exporting.MOST_QUESTIONS", 4)
    questions = samples.comparisons(ITEMS, 9)
    answers = pl.concat([samples.answers(questions, labeler=name) for name in ("ann", "bob", "cy")])
    shares = []
    with project(questions, answers) as store:
        same_after(store, tmp_path / f"file.{file_format}")
        store.export_judgments(tmp_path / f"file.{file_format}", progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert max(shares) < inf


def test_ids_that_repeat_within_a_file_are_added_once(samples, tmp_path):
    """Into an empty project too, where ids are held against each other only at the end."""
    questions = samples.comparisons(ITEMS, 2)
    with project(questions, samples.answers(questions)) as store:
        store.export_judgments(tmp_path / "file.jsonl")
    text = (tmp_path / "file.jsonl").read_text()
    (tmp_path / "file.jsonl").write_text(text + text)
    with Store.open(tmp_path / "project") as again:
        again.add_items(ITEMS)
        count = again.import_judgments(tmp_path / "file.jsonl")
        assert (count.rows, count.judgments_added, count.questions_added) == (4, 2, 2)
        assert again.judgments().equals(samples.answers(questions))
        assert again.add_judgments(samples.answers(questions)) == 0
        with again._database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
