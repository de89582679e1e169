"""Records are read a little at a time, wherever a piece of the file happens to end."""

import gzip
import json

import pytest

from tacit.errors import BadFile
from tacit.store.exchange.formats import records
from tacit.store.exchange.formats.records import container_of, read_records, write_records

MADE = [{"n": n, "text": 'a "quoted" [bracket], {brace}\n' * n, "list": [[1, "é"], None]} for n in range(12)]


@pytest.mark.parametrize("chunk", [1, 7, 64, 10_000])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("packed", [False, True])
def test_a_list_is_read_element_by_element(tmp_path, monkeypatch, chunk, indent, packed):
    monkeypatch.setattr(records, "CHUNK", chunk)
    path = tmp_path / "list.json"
    text = json.dumps(MADE, indent=indent, ensure_ascii=False).encode()
    path.write_bytes(gzip.compress(text) if packed else b"\xef\xbb\xbf \n" + text)
    assert container_of(path) == "json"
    found = list(read_records(path))
    assert [one.record for one in found] == MADE
    assert [one.number for one in found] == list(range(1, 13))
    assert found[-1].share == 1.0


def test_a_list_is_not_read_as_a_whole(tmp_path, monkeypatch):
    """The first element is given before the last has been looked at: what comes after it is no JSON at all."""
    monkeypatch.setattr(records, "CHUNK", 64)
    path = tmp_path / "list.json"
    path.write_text('[{"n": 1}, {"n": 2},' + " " * 1_000 + "and then something else")
    reader = read_records(path)
    assert [next(reader).record, next(reader).record] == [{"n": 1}, {"n": 2}]
    with pytest.raises(BadFile, match="row 3"):
        next(reader)


@pytest.mark.parametrize("container", ["json", "jsonl", "parquet", "csv"])
def test_what_is_written_is_read_again(tmp_path, container):
    path = tmp_path / f"file.{container}"
    rows = [{"a": f"text {n}", "b": '[not, "JSON"', "c": "[1]", "tacit": {"n": n}} for n in range(5)]
    write_records(iter(rows), path, container)
    assert container_of(path) == container
    assert [one.record for one in read_records(path)] == rows


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"a": 1}, {"a": \xff}]', "not UTF-8"),
        (b'{"a": 1}\n{"a": \n', "row 2"),
        (b'{"a": 1}\n[2]\n', "row 2: got a JSON list"),
        (gzip.compress(b'[{"a": 1}]' * 1_000, mtime=0)[:60], "end|Compressed|row 2"),
    ],
    ids=["not UTF-8", "cut line", "no object", "cut archive"],
)
def test_a_damaged_file_is_one_message(tmp_path, content, message):
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=message):
        list(read_records(path))


def test_a_column_of_texts_and_lists_comes_back_from_parquet(tmp_path):
    path = tmp_path / "mixed.parquet"
    records = [
        {"said": "[no list", "n": 1},
        {"said": [{"role": "", "content": "\x1f"}], "n": 2},
        {"said": "\n", "n": 3},
    ]
    write_records(iter(records), path, "parquet")
    assert [numbered.record for numbered in read_records(path)] == records
