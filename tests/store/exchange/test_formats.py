"""What is written for another tool comes back as it was, in every format and container."""

import gzip
import json
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.judging import Item, ItemKind, Outcome, Question, QuestionKind
from tacit.store import ImportOptions, Store
from tacit.store.exchange.columns import exchange_schema
from tacit.store.exchange.foreign import ForeignFile, export_foreign
from tacit.store.exchange.formats.judged import ReadOptions
from tacit.store.exchange.formats.known import READ, WRITTEN

KINDS = {
    "label-studio": ("choice", "comparison", "rating", "text", "spans"),
    "argilla": tuple(QuestionKind),
    "doccano": ("choice", "text", "spans"),
    "prodigy": ("choice", "comparison", "text", "spans"),
    "hh-rlhf": ("comparison",),
    "arena": ("comparison",),
}
CASES = [(name, container) for name, format_ in READ.items() for container in format_.CONTAINERS]

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
STRANGE = [
    "[1]",
    '"',
    "{",
    "data:text/plain;base64,eA==",
    "\n\nHuman: a\n\nAssistant: b",
    "model_a",
    "first",
    "a\r\nb",
    "0",
]
CONTENT = TEXT.filter(bool) | st.sampled_from(STRANGE)
MESSAGES = st.lists(
    st.permutations(["role", "content"]).flatmap(
        lambda names: st.tuples(TEXT, TEXT).map(lambda words: dict(zip(names, words, strict=True)))
    ),
    min_size=1,
    max_size=2,
)
NAME = TEXT.filter(bool)
SPAN = st.tuples(st.integers(0, 50) | st.floats(0, 50), st.integers(1, 9) | st.floats(0.5, 9), NAME)
ANSWERS = {
    QuestionKind.CHOICE: st.sampled_from(["a", 'b,"', "null"]),
    QuestionKind.COMPARISON: st.integers(0, 1),
    QuestionKind.RANKING: st.permutations([0, 1, 2]),
    QuestionKind.RATING: st.integers(1, 5).map(float) | st.floats(-1e6, 1e6),
    QuestionKind.TEXT: TEXT,
    QuestionKind.SPANS: st.lists(SPAN, max_size=2),
    QuestionKind.PROBABILITY: st.floats(0, 1),
}
SETTINGS = {
    QuestionKind.CHOICE: {"options": ["a", 'b,"', "null"]},
    QuestionKind.RATING: {"low": -1e6, "high": 1e6},
}
N_ITEMS = {QuestionKind.COMPARISON: 2, QuestionKind.RANKING: 3}


def an_item():
    """Texts, dialogues as text and as messages, other texts, and media."""
    text = CONTENT.map(lambda words: Item(ItemKind.TEXT, words.encode(), "text/plain"))
    dialogue = CONTENT.map(lambda words: Item(ItemKind.DIALOGUE, words.encode(), "text/plain"))
    messages = MESSAGES.map(lambda m: Item(ItemKind.DIALOGUE, json.dumps(m).encode(), "application/json"))
    marked = CONTENT.map(lambda words: Item(ItemKind.TEXT, words.encode(), "text/markdown"))
    image = st.binary(min_size=1, max_size=8).map(lambda b: Item(ItemKind.IMAGE, b"\xff" + b, "image/png"))
    segment = st.binary(min_size=1, max_size=8).map(lambda b: Item(ItemKind.SEGMENT, b"\xff" + b, "application/x-npz"))
    return st.one_of(text, dialogue, messages, marked, image, segment)


@st.composite
def judged(draw, kinds):
    kind = QuestionKind(draw(st.sampled_from(kinds)))
    n = N_ITEMS.get(kind, 1)
    items = draw(st.lists(an_item(), min_size=n, max_size=n, unique_by=lambda item: item.item_id))
    question = Question(kind, tuple(i.item_id for i in items), draw(TEXT), SETTINGS.get(kind, {}), occasion=draw(TEXT))
    outcomes = [Outcome.ANSWERED] * 3 + [Outcome.SKIPPED, Outcome.CANT_TELL]
    outcome = draw(st.sampled_from([*outcomes, Outcome.TIE] if kind is QuestionKind.COMPARISON else outcomes))
    answer = draw(ANSWERS[kind]) if outcome is Outcome.ANSWERED else None
    if kind is QuestionKind.SPANS and answer is not None:
        answer = [{"start": float(s), "end": float(s + length), "label": label} for s, length, label in answer]
    return (
        items,
        question,
        {
            "labeler_id": draw(NAME | st.sampled_from(["7", "0b3f5e02-6f5c-4a4e-9a62-5b9a2a5d9a11", "a@b.c"])),
            "outcome": str(outcome),
            kind.value: answer,
            "shown_left": draw(st.sampled_from([None, 0, 1])) if n == 2 else None,
            "credence": draw(st.none() | st.floats(0, 1)),
            "answered_at_s": draw(st.none() | st.floats(0, 4e9)),
            "duration_s": draw(st.none() | st.floats(0, 1e6)),
        },
    )


def rows_of(answers):
    """Return answers as rows of an exchange file."""
    rows = [
        {
            **answer,
            "judgment_id": f"{number} {answer['labeler_id']}",
            "kind": str(question.kind),
            "item_ids": list(question.item_ids),
            "question_text": question.text,
            "settings": question.settings_json,
            "occasion": question.occasion,
            "question_id": question.question_id,
        }
        for number, (_, question, answer) in enumerate(answers)
    ]
    schema = exchange_schema()
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def expected_left_out(name, rows):
    """Draws are no pairs, and other outcomes no votes; in doccano everything is a text."""
    outcomes = Counter(rows["outcome"])
    answered = outcomes["answered"]
    return {"hh-rlhf": rows.height - answered, "arena": outcomes["skipped"] + outcomes["cant_tell"]}.get(name, 0)


@pytest.mark.parametrize(("name", "container"), CASES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_judgments_come_back(tmp_path_factory, name, container, data):
    """What cannot be said is counted, and all the rest comes back: answers, questions and items."""
    path, format_ = tmp_path_factory.mktemp("any") / f"file.{container}", READ[name]
    answers = data.draw(st.lists(judged(KINDS[name]), min_size=1, max_size=4))
    rows = rows_of(answers).sort("question_id") if format_.GROUPED else rows_of(answers)
    known = {item.item_id: item for items, _, _ in answers for item in items}
    count = export_foreign(iter([rows]), lambda ids: [known[item_id] for item_id in ids], path, format_)
    n_left_out = sum(count.left_out.values())
    assert count.rows + n_left_out == rows.height
    assert n_left_out == expected_left_out(name, rows) or name == "doccano"
    file = ForeignFile(path, format_, ReadOptions(), ())
    batches = list(file.batches())
    assert (file.left_out, file.ignored) == ({}, {})
    again = (
        pl.concat([table for table, _, _ in batches]) if batches else pl.DataFrame(schema={"judgment_id": pl.String})
    )
    assert again.height == count.rows
    if again.height:
        said = rows.filter(pl.col("judgment_id").is_in(again["judgment_id"].implode()))
        plain = again.select(said.drop("question_id").columns)
        assert plain.sort("judgment_id").equals(said.drop("question_id").sort("judgment_id"))
    for _, items, _ in batches:
        assert all(known[item.item_id] == item for item in items)


@pytest.mark.parametrize("name", [*READ, "crowd"])
def test_a_project_comes_back_through_every_format(samples, tmp_path, name):
    items = samples.items()
    questions, judgments = samples.every_kind(items)
    with Store.in_memory() as store, Store.in_memory() as again:
        store.add_items(items)
        store.add_questions(questions)
        store.add_judgments(judgments)
        path = tmp_path / f"file.{WRITTEN[name].CONTAINERS[0]}"
        count = store.export_as(path, name)
        assert count.rows + sum(count.left_out.values()) == 9
        how = ImportOptions(file_format=name, options=["chat", "chien, chat", '""'])
        said = again.import_judgments(path, how)
        assert (said.rows, said.judgments_added, said.left_out) == (count.rows, count.rows, {})
        ids = again.judgments()["judgment_id"]
        wanted = store.judgments().filter(pl.col("judgment_id").is_in(ids.implode()))
        assert again.judgments().sort("judgment_id").drop("answered_at_s").equals(wanted.drop("answered_at_s"))
        assert again.import_judgments(path, how).judgments_added == 0


def test_real_pairs_come_back_byte_for_byte(real_data, tmp_path):
    packed = real_data / "hh_rlhf" / "harmless_base_test.jsonl.gz"
    before = [json.loads(line) for line in gzip.decompress(packed.read_bytes()).decode().splitlines()]
    with Store.in_memory() as store:
        count = store.import_judgments(packed, ImportOptions(labeler_id="crowd"))
        assert (count.rows, count.judgments_added, count.left_out) == (2312, 2312, {})
        chosen_first = store.judgments()["comparison"].mean()
        assert 0.45 < chosen_first < 0.55  # the order of the items says nothing about the answer
        store.export_as(tmp_path / "pairs.jsonl", "hh-rlhf")
    after = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [{name: pair[name] for name in ("chosen", "rejected")} for pair in after] == before


@pytest.mark.parametrize(("folder", "labels"), [("bluebirds", "labels.csv.gz")])
def test_a_real_crowd_comes_back(real_data, tmp_path, folder, labels):
    table = pl.read_csv(real_data / folder / labels, infer_schema=False)
    table.write_csv(tmp_path / "crowd.csv")
    named = {"item": table.columns[1], "labeler": table.columns[0], "label": table.columns[2]}
    with Store.in_memory() as store, Store.in_memory() as again:
        store.import_judgments(tmp_path / "crowd.csv", ImportOptions(headers=named))
        assert store.export_as(tmp_path / "again.csv", "crowd").rows == table.height
        count = again.import_judgments(tmp_path / "again.csv")
        assert (count.judgments_added, count.columns_ignored) == (table.height, ())
        assert again.judgments().equals(store.judgments())


def test_every_format_is_written_and_read_where_the_project_is_a_database(postgres_url, samples, tmp_path):
    items = samples.items()
    questions, judgments = samples.every_kind(items)
    with Store.open(postgres_url) as store:
        store.add_items(items)
        store.add_questions(questions)
        store.add_judgments(judgments)
        for name, format_ in READ.items():
            path = tmp_path / f"{name}.{format_.CONTAINERS[0]}"
            count = store.export_as(path, name)
            assert count.rows + sum(count.left_out.values()) == 9
            assert store.import_judgments(path, ImportOptions(file_format=name)).judgments_added == 0
