"""A batch looked at and kept: what makes an item, what makes a question, and what is left out."""

from __future__ import annotations

import io
import json
import zipfile

import polars as pl
import pytest

from tacit.judging import ItemKind, Outcome, QuestionKind
from tacit.web.bringing.rows import Plan

CHOICE = Plan(QuestionKind.CHOICE, "Is it kind?", {"options": ["yes", "no"]})
COMPARISON = Plan(QuestionKind.COMPARISON, "Which is better?")


def test_a_table_of_texts_makes_a_question_a_row(make_batch, kept):
    batch = make_batch({"texts.csv": b"text,note\nthe sun,a\nthe moon,b\n"})
    report = batch.check(CHOICE)
    assert (report.n_rows, report.n_faults, report.n_questions) == (2, 0, 2)
    assert report.tables[0].layout.ignored == ("note",)
    batch.keep(CHOICE, kept)
    assert kept.finished
    assert kept.shown() == [("the sun",), ("the moon",)]
    assert kept.questions[0][0].settings == {"options": ["yes", "no"]}


def test_a_table_of_pairs_makes_a_comparison_a_row_in_its_own_order(make_batch, kept):
    lines = "prompt;response_a;response_b\nSay hello;hi;go away\n;yes;no\n"
    make_batch({"pairs.csv": lines.encode()}).keep(COMPARISON, kept)
    assert kept.shown() == [("hi", "go away"), ("yes", "no")]
    assert [question.text for question, _ in kept.questions] == ["Which is better?\n\nSay hello", "Which is better?"]


def test_json_lines_and_parquet_are_read_like_csv(make_batch, kept, tmp_path):
    rows = [{"text": "one", "gold": None}, {"text": "two", "gold": "no"}]
    pl.DataFrame(rows).write_parquet(tmp_path / "made.parquet")
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    batch = make_batch({"a.jsonl": lines, "b.parquet": (tmp_path / "made.parquet").read_bytes()})
    report = batch.check(CHOICE)
    assert (report.n_rows, report.n_duplicates, report.n_questions, report.n_expected) == (4, 2, 2, 1)
    batch.keep(CHOICE, kept)
    assert [brought.expected for _, brought in kept.questions] == [None, (Outcome.ANSWERED, "no")]


def test_a_folder_of_images_compared_makes_every_image_meet_as_many_others(make_batch, kept, png):
    files = {f"folder/{n}.png": png(n) for n in range(6)}
    batch = make_batch(files)
    # a ring of 6 gone round with steps 1 and 2: 12 comparisons, each image in 4 of them
    assert batch.check(COMPARISON).n_questions == 12
    batch.keep(COMPARISON, kept)
    met = [item_id for question, _ in kept.questions for item_id in question.item_ids]
    assert sorted(met.count(item_id) for item_id in kept.kept) == [4] * 6
    assert {item.kind for item in kept.kept.values()} == {ItemKind.IMAGE}


def test_a_table_that_names_files_takes_them_and_leaves_the_others(make_batch, kept, png):
    files = {"set/table.csv": b"image\na.png\nset/b.png\nc.png\n", "set/a.png": png(1), "set/b.png": png(2)}
    batch = make_batch(files | {"set/unused.png": png(3)})
    report = batch.check(CHOICE)
    assert (report.n_rows, report.n_faults, report.unnamed) == (2, 1, ("set/unused.png",))
    assert (report.faults[0].row, report.faults[0].got) == (4, "'c.png'")
    batch.keep(CHOICE, kept)
    assert len(kept.questions) == 2


def test_dialogues_are_known_by_their_turns(make_batch, kept):
    turns = [{"role": "user", "content": "hi"}, {"from": "gpt", "value": "hello"}]
    rows = [{"messages": turns}, {"messages": "\n\nHuman: hi\n\nAssistant: hello"}]
    make_batch({"d.jsonl": "\n".join(map(json.dumps, rows)).encode()}).keep(CHOICE, kept)
    first, second = kept.kept.values()
    assert (first.kind, second.kind) == (ItemKind.DIALOGUE, ItemKind.DIALOGUE)
    assert json.loads(first.content) == [{"role": "user", "text": "hi"}, {"role": "gpt", "text": "hello"}]


def test_a_zip_holds_what_a_folder_would(make_batch, kept, png):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("folder/a.png", png(1))
        archive.writestr("../../evil.txt", "a text")
        archive.writestr("__MACOSX/._a.png", b"junk")
    batch = make_batch({"all.zip": packed.getvalue()})
    report = batch.check(CHOICE)
    assert (report.n_files, report.n_rows, report.n_faults) == (2, 2, 0)
    batch.keep(CHOICE, kept)
    assert {item.kind for item in kept.kept.values()} == {ItemKind.IMAGE, ItemKind.TEXT}
    assert not (batch.folder.parent.parent / "evil.txt").exists()


def test_rankings_of_items_brought_one_by_one_share_items(make_batch, kept):
    plan = Plan(QuestionKind.RANKING, "In order?", rounds=1, ranked_together=3)
    lines = "text\n" + "".join(f"item {n}\n" for n in range(6))
    make_batch({"t.csv": lines.encode()}).keep(plan, kept)
    # a ring of 6 in groups of 3, neighbours sharing one: groups begin at 0, 2 and 4
    assert [len(question.item_ids) for question, _ in kept.questions] == [3, 3, 3]
    assert len({item_id for question, _ in kept.questions for item_id in question.item_ids}) == 6


def test_the_lead_may_say_which_column_is_the_item(make_batch, kept):
    batch = make_batch({"t.csv": b"id,words\n1,the sun\n2,the moon\n"})
    report = batch.check(CHOICE)
    assert (report.n_rows, report.stopped, report.tables[0].columns) == (0, True, ("id", "words"))
    assert "which column holds the item" in report.faults[0].do
    batch.keep(Plan(CHOICE.kind, CHOICE.text, CHOICE.settings, item_column="words"), kept)
    assert kept.shown() == [("the sun",), ("the moon",)]


@pytest.mark.parametrize(
    ("kind", "settings", "written", "read"),
    [
        ("choice", {"options": ["cat", "dog"]}, "cat", (Outcome.ANSWERED, "cat")),
        ("comparison", {}, "second", (Outcome.ANSWERED, 1)),
        ("comparison", {}, "Tie", (Outcome.TIE, None)),
        ("comparison", {}, "both bad", (Outcome.BOTH_BAD, None)),
        ("rating", {"low": 1, "high": 5}, "4", (Outcome.ANSWERED, 4.0)),
        ("probability", {}, "0.25", (Outcome.ANSWERED, 0.25)),
        ("ranking", {}, "[1, 0]", (Outcome.ANSWERED, [1, 0])),
    ],
)
def test_gold_is_read_as_people_write_it(make_batch, kept, kind, settings, written, read):
    columns = {"first": "x", "second": "y"} if kind in ("comparison", "ranking") else {"text": "x"}
    row = json.dumps({**columns, "gold": written}).encode()
    make_batch({"t.jsonl": row}).keep(Plan(QuestionKind(kind), "?", settings), kept)
    assert kept.questions[0][1].expected == read
