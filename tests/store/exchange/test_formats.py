"""What is written for another tool comes back as it was, in every format and container."""

import gzip
import json
from collections import Counter

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tacit.judging import Item, ItemKind, Outcome, Question, QuestionKind, judgments_schema, judgments_table
from tacit.judging import questions_table as table_of
from tacit.store import ImportOptions, Store
from tacit.store.exchange.formats.known import READ

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


def project(answers):
    store = Store.in_memory()
    store.add_items([item for items, _, _ in answers for item in items])
    store.add_questions(table_of([question for _, question, _ in answers]).unique("question_id", maintain_order=True))
    columns = {name: [answer.get(name) for _, _, answer in answers] for name in judgments_schema()}
    columns["judgment_id"] = [f"{number} {answer['labeler_id']}" for number, (_, _, answer) in enumerate(answers)]
    columns["question_id"] = [question.question_id for _, question, _ in answers]
    store.add_judgments(judgments_table(columns))
    return store


def in_order(table):
    return table.sort("judgment_id")


@pytest.mark.parametrize(("name", "container"), CASES)
@settings(max_examples=40, deadline=None, phases=[Phase.generate])
@given(data=st.data())
def test_any_judgments_come_back(tmp_path_factory, name, container, data):
    """What cannot be said is counted, and all the rest comes back: answers, questions and items."""
    path = tmp_path_factory.mktemp("any") / f"file.{container}"
    with project(data.draw(st.lists(judged(KINDS[name]), min_size=1, max_size=4))) as store, Store.in_memory() as again:
        count = store.export_as(path, name)
        n_left_out = sum(count.left_out.values())
        assert count.rows + n_left_out == store.n_judgments()
        expect_left_out(name, store, n_left_out)
        said = again.import_judgments(path, ImportOptions(file_format=name))
        assert (said.rows, said.judgments_added, said.left_out, said.columns_ignored) == (
            count.rows,
            count.rows,
            {},
            (),
        )
        kept = again.judgments().get_column("judgment_id")
        wanted = store.judgments().filter(pl.col("judgment_id").is_in(kept.implode()))
        assert wanted.height == count.rows
        assert in_order(again.judgments()).equals(in_order(wanted))
        asked = again.questions()
        assert asked.sort("question_id").equals(store.questions(asked["question_id"]).sort("question_id"))
        items = asked["item_ids"].explode().drop_nulls().unique().to_list()
        assert again.items(items) == store.items(items)
        assert again.import_judgments(path, ImportOptions(file_format=name)).judgments_added == 0


def expect_left_out(name, store, n_left_out):
    """Draws are left out of pairs, and what is no vote out of votes; media out of doccano. Nothing else is."""
    outcomes = Counter(store.judgments()["outcome"])
    if name == "hh-rlhf":
        assert n_left_out == store.n_judgments() - outcomes["answered"]
    elif name == "arena":
        assert n_left_out == outcomes["skipped"] + outcomes["cant_tell"]
    elif name == "doccano":
        assert n_left_out <= store.n_judgments()
    elif name == "label-studio" or name in ("argilla", "prodigy"):
        assert n_left_out == 0


def test_real_pairs_come_back_byte_for_byte(real_data, tmp_path):
    packed = real_data / "hh_rlhf" / "harmless_base_test.jsonl.gz"
    before = [json.loads(line) for line in gzip.decompress(packed.read_bytes()).decode().splitlines()]
    with Store.in_memory() as store:
        count = store.import_judgments(packed, ImportOptions(labeler_id="crowd"))
        assert (count.rows, count.judgments_added, count.left_out) == (2312, 2312, {})
        chosen_first = store.judgments()["comparison"].mean()
        assert 0.45 < chosen_first < 0.55  # the order of the items says nothing about the answer
        store.export_as(tmp_path / "pairs.jsonl", "hh-rlhf")
    after = [json.loads(line) for line in (tmp_path / "pairs.jsonl").open(encoding="utf-8")]
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
