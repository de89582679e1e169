"""Prompts are read, divided for good, and refused by line; exchanges become items that a page can show."""

import json

import pytest

from tacit.errors import BadFile
from tacit.judging import Item, ItemKind
from tacit_language.loop.asking import Prompts, group_keys, of_item, read_prompts, to_item, to_media
from tacit_language.loop.grammar import Exchange


def test_a_prompt_stays_on_its_side_whatever_others_there_are():
    texts = [f"how is number {n}?" for n in range(40)]
    divided = Prompts.of(texts, where="prompts")
    assert len(divided.held_out) == 10
    assert sorted([*divided.taught, *divided.held_out]) == sorted(texts)
    again = Prompts.of([*reversed(texts), texts[0]], where="prompts")
    assert set(again.held_out) == set(divided.held_out)


def test_prompts_are_read_from_json_lines_and_from_text(tmp_path):
    lines, text = tmp_path / "a.jsonl", tmp_path / "b.txt"
    lines.write_text('{"prompt": " how is the sea? "}\n\n"and the hill?"\n')
    text.write_text("how is the sea?\n\nand the hill?\n")
    assert read_prompts(lines) == read_prompts(text) == ["how is the sea?", "and the hill?"]


def test_an_exchange_survives_being_an_item():
    exchange = Exchange("how is <b>it</b>?", 'so-so: "ok"\nüber')
    item = to_item(exchange)
    assert item.kind is ItemKind.DIALOGUE
    assert [turn["role"] for turn in json.loads(item.content)] == ["human", "assistant"]
    assert of_item(item) == exchange
    assert to_media(item).content.decode() == 'Human: how is <b>it</b>?\n\nAssistant: so-so: "ok"\nüber'


def test_equal_prompts_have_equal_keys():
    keys = group_keys(["a", "b", "a"])
    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", r"line 1"),
        ('{"prompt": "a"}\n{"text": "b"}', r'line 2: got {"text": "b"}'),
        ('{"prompt": ""}', "line 1"),
    ],
)
def test_a_line_without_a_prompt_is_named(tmp_path, content, what):
    path = tmp_path / "prompts.jsonl"
    path.write_text(content)
    with pytest.raises(BadFile, match=what):
        read_prompts(path)


def test_files_that_hold_no_prompts_are_refused(tmp_path):
    with pytest.raises(BadFile, match="a file of prompts"):
        read_prompts(tmp_path / "none.txt")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadFile, match="UTF-8"):
        read_prompts(tmp_path / "bytes.txt")
    with pytest.raises(BadFile, match="at least 2"):
        Prompts.of(["one", "one"], where="prompts.txt")
    with pytest.raises(BadFile, match="prompt and a reply"):
        of_item(Item(ItemKind.DIALOGUE, b"[]", "application/json"))
