"""A file with a fault adds nothing, and the message says in which row it is."""

import json
import os
import subprocess
import sys

import polars as pl
import pytest

from tacit.errors import BadFile, BadJudgment, BadQuestion, CannotWrite, NotFinite, TacitError, UnknownName
from tacit.judging import Item, ItemKind
from tacit.store import ImportOptions, Store

ITEMS = [Item(ItemKind.TEXT, f"item {i}".encode(), "text/plain") for i in range(2)]
FIRST, SECOND = (item.item_id for item in ITEMS)


@pytest.fixture(params=["memory", "postgres"])
def store(request):
    with (
        Store.in_memory()
        if request.param == "memory"
        else Store.open(request.getfixturevalue("postgres_url")) as opened
    ):
        opened.add_items(ITEMS)
        yield opened


def comparison(**columns):
    return {"kind": "comparison", "item_ids": [FIRST, SECOND], "comparison": 1, "labeler_id": "ann", **columns}


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def refused(store, path, error, match, **options):
    with pytest.raises(error, match=match):
        store.import_judgments(path, ImportOptions(**options))
    assert store.n_judgments() == 0
    assert store.questions().height == 0


# Worked by hand


def test_what_a_file_leaves_out_is_as_it_is_by_default(store, tmp_path):
    path = written(tmp_path / "file.jsonl", [comparison(), comparison(), comparison(occasion="again")])
    count = store.import_judgments(path)
    assert (count.rows, count.judgments_added, count.questions_added) == (3, 2, 2)
    judgments = store.judgments()
    assert judgments["outcome"].to_list() == ["answered"] * 2
    assert judgments["answered_at_s"].to_list() == [None] * 2
    assert store.questions()["occasion"].to_list() == ["", "again"]


def test_the_same_answer_has_the_same_id_in_every_format(store, tmp_path):
    rows = [comparison(), comparison(labeler_id="bob", comparison=0)]
    assert store.import_judgments(written(tmp_path / "file.jsonl", rows)).judgments_added == 2
    table = pl.DataFrame(rows)
    table.write_parquet(tmp_path / "file.parquet")
    cells = pl.format('["{}"]', pl.col("item_ids").list.join('","')).alias("item_ids")
    table.with_columns(cells).write_csv(tmp_path / "file.csv")
    for name in ("file.parquet", "file.csv"):
        assert store.import_judgments(tmp_path / name).judgments_added == 0


def test_settings_need_not_be_canonical(store, tmp_path):
    row = {"kind": "choice", "item_ids": [FIRST], "labeler_id": "ann", "choice": "cat"}
    path = written(tmp_path / "file.jsonl", [{**row, "settings": '{ "options" : ["cat", "dog"] }'}])
    store.import_judgments(path)
    assert store.questions()["settings"].to_list() == ['{"options":["cat","dog"]}']


def test_columns_that_mean_nothing_are_left_out_and_named(store, tmp_path):
    path = written(tmp_path / "file.jsonl", [comparison(note="hm", mood=3)])
    assert store.import_judgments(path).columns_ignored == ("note", "mood")


# Refuses


@pytest.mark.parametrize(
    ("fault", "error", "match"),
    [
        ({"item_ids": [FIRST, "0" * 64]}, BadFile, "row 3, column 'item_ids': got '0000.*an item of this project"),
        ({"item_ids": [FIRST]}, BadQuestion, "row 3: got 1 items"),
        ({"item_ids": FIRST}, BadFile, "row 3"),
        ({"kind": "comparsion"}, BadQuestion, "row 3: got kind 'comparsion', expected one of choice"),
        ({"kind": None}, BadFile, "row 3, column 'kind': got an empty cell"),
        ({"labeler_id": None}, BadFile, "row 3, column 'labeler_id': got an empty cell"),
        ({"settings": "low=1"}, BadQuestion, "row 3, column 'settings'"),
        ({"settings": '{"low":1}'}, BadQuestion, "row 3: got setting 'low'"),
        ({"comparison": 2}, BadJudgment, "row 3, column 'comparison': got 2"),
        ({"comparison": 0.5}, BadFile, "row 3, column 'comparison': got 0.5, expected a whole number"),
        ({"comparison": "left"}, BadFile, "row 3, column 'comparison': got 'left'"),
        ({"comparison": None}, BadJudgment, "row 3, column 'outcome'"),
        ({"outcome": "Answered"}, BadJudgment, "row 3, column 'outcome': got 'Answered'"),
        ({"duration_s": -1}, BadJudgment, "row 3, column 'duration_s'"),
        ({"duration_s": "NaN"}, NotFinite, "row 3, column 'duration_s'"),
        ({"labeler_id": "a\0"}, BadJudgment, "row 3, column 'labeler_id'.*NUL"),
        ({"question_id": "0" * 64}, BadFile, "row 3, column 'question_id'.*Leave the column out"),
        ({"follows": "nobody"}, BadJudgment, "column 'follows': got 'nobody'"),
        ({"ranking": [0, 1.5]}, BadFile, "row 3, column 'ranking'"),
    ],
)
def test_a_fault_is_told_with_its_row_and_nothing_is_added(store, tmp_path, fault, error, match):
    rows = [comparison(), comparison(occasion="2"), comparison(occasion="3") | fault]
    refused(store, written(tmp_path / "file.jsonl", rows), error, match)


def test_a_row_is_counted_through_batches_and_blank_lines(store, tmp_path, monkeypatch):
    for name in ("ROWS_PER_BATCH", "LINES_PER_BATCH"):
        monkeypatch.setattr(f"tacit.store.exchange.reading.{name}", 2)
    rows = [comparison(occasion=str(i)) for i in range(7)]
    rows[6]["comparison"] = 9
    written(tmp_path / "file.jsonl", rows)
    lines = (tmp_path / "file.jsonl").read_text().splitlines()
    (tmp_path / "file.jsonl").write_text("\n\n".join(lines[:2]) + "\n" + "\n".join(lines[2:]))
    refused(store, tmp_path / "file.jsonl", BadJudgment, "row 8, column 'comparison'")


def test_a_question_changed_under_its_old_id_is_refused_in_a_later_batch_too(store, tmp_path, monkeypatch):
    for name in ("ROWS_PER_BATCH", "LINES_PER_BATCH"):
        monkeypatch.setattr(f"tacit.store.exchange.reading.{name}", 1)
    store.import_judgments(written(tmp_path / "one.jsonl", [comparison()]))
    asked = store.questions()["question_id"][0]
    rows = [comparison(labeler_id=name, question_id=asked) for name in ("bob", "cy")]
    rows[1]["question_text"] = "Which is worse?"
    with pytest.raises(BadFile, match="row 2, column 'question_id'"):
        store.import_judgments(written(tmp_path / "two.jsonl", rows))
    assert store.n_judgments() == 1


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("file.jsonl", b'{"kind": "choice"}\n{"kind"\n', "row 2: got Expecting ':'"),
        ("file.jsonl", b'{"kind": "choice"}\n[1]\n', "row 2: got a JSON list, expected one JSON object a line"),
        ("file.jsonl", b'{"kind": [1]}\n\n{"kind": {"a": 1}}\n', "row 3, column 'kind'.*as in row 1"),
        ("file.jsonl", b'{"kind": "\xff"}\n', "row 1: got 'utf-8' codec"),
        ("file.csv", b"", "no header"),
        ("file.csv", b"a,b\n1,2\n3,4,5\n", "row 3: got 3 cells, expected 2"),
        ("file.csv", b"a,b\n1,2\n\xff,2\n", "row 3: got bytes that are not UTF-8"),
        ("file.csv", b'a,b\n1,2\n"x,2\n', "row 2 or later: got a quote that does not close"),
        ("file.csv", b"a,a\n1,2\n", "the column 'a' twice"),
        ("file.parquet", b"PAR1", "a Parquet file"),
        ("file.parquet", b"", "a Parquet file"),
        ("missing.csv", None, "No such file"),
        ("missing.parquet", None, "No such file"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(store, tmp_path, name, content, match):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    refused(store, tmp_path / name, BadFile, match)


def test_a_parquet_file_that_is_cut_short_is_refused(store, tmp_path):
    pl.DataFrame([comparison(occasion=str(i)) for i in range(1000)]).write_parquet(tmp_path / "file.parquet")
    whole = (tmp_path / "file.parquet").read_bytes()
    (tmp_path / "file.parquet").write_bytes(whole[: len(whole) // 2])
    refused(store, tmp_path / "file.parquet", BadFile, "a Parquet file")
    (tmp_path / "file.parquet").write_bytes(whole[:100] + bytes(200) + whole[300:])
    refused(store, tmp_path / "file.parquet", TacitError, "file.parquet")


def test_an_unknown_ending_or_format_is_refused(store, tmp_path):
    refused(store, tmp_path / "file.xls", UnknownName, "Or say --format")
    refused(store, tmp_path / "file.csv", UnknownName, "jsonl", file_format="json")


FULL_DISK = """
import resource, sys
from pathlib import Path
from tacit.errors import CannotWrite
from tacit.store import Store

with Store.open(Path(sys.argv[1]), create=False) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    for path in map(Path, sys.argv[2:]):
        try:
            store.export_judgments(path)
        except CannotWrite as error:
            print(error)
"""


def test_an_export_without_room_keeps_the_old_file(full, tmp_path):
    paths = [tmp_path / f"file.{name}" for name in ("jsonl", "csv", "parquet")]
    for path in paths:
        path.write_text("old")
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "full"), *map(str, paths)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    for path, message in zip(paths, said, strict=True):
        assert message.startswith(f"{path}: got ")
        assert message.endswith("expected a disk with room to write.")
        assert path.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == [*sorted(path.name for path in paths), "full"]  # noqa: PTH208  names alone


def test_an_export_to_a_folder_that_is_not_there_is_one_message(full, tmp_path):
    for name in ("file.csv", "file.parquet"):
        with pytest.raises(CannotWrite, match="No such file"):
            full.export_judgments(tmp_path / "nothing" / name)
