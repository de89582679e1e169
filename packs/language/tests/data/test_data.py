"""Dialogues and comparisons in files, doubles, splits and packing."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadFile, BadValue
from tacit_language.data import (
    Compared,
    Dialogue,
    Message,
    near_duplicates,
    pack_rows,
    read_compared,
    read_dialogues,
    same_text,
    split_by_conversation,
    token_file,
    write_compared,
    write_dialogues,
)
from tacit_language.models import ByteTokenizer

GREETING = Dialogue((Message("user", "Hi!"), Message("assistant", "Hello.")))
LONGER = Dialogue((Message("system", "Be brief."), *GREETING.messages, Message("user", "Why?"), Message("gpt", "So.")))


def test_a_dialogue_as_text_is_what_hh_rlhf_has():
    assert GREETING.text() == "\n\nHuman: Hi!\n\nAssistant: Hello."
    assert Dialogue.of_text(GREETING.text()) == GREETING
    assert GREETING.split() == ("\n\nHuman: Hi!\n\nAssistant:", " Hello.")
    assert "".join(LONGER.split()) == LONGER.text()
    assert Dialogue.of_item(LONGER.item()) == LONGER


@pytest.mark.parametrize("form", ["messages", "sharegpt", "prompt"])
def test_dialogues_come_back_from_every_form_of_file(form, tmp_path):
    path = tmp_path / "dialogues.jsonl"
    dialogues = [GREETING] * 3 if form == "prompt" else [GREETING, LONGER]
    assert write_dialogues(dialogues, path, form) == len(dialogues)
    assert list(read_dialogues(path)) == dialogues


def test_a_row_without_a_dialogue_is_named(tmp_path):
    path = tmp_path / "some.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n{"prompt": "a"}\n')
    with pytest.raises(BadFile, match=r"some.jsonl, row 2, fields: got prompt, expected messages"):
        list(read_dialogues(path))
    path.write_text('{"messages": [{"role": "cat", "content": "miaow"}]}\n')
    with pytest.raises(BadFile, match=r"row 1, message: got role 'cat', expected one of system, user, assistant"):
        list(read_dialogues(path))


@pytest.mark.parametrize(("form", "targets"), [("hh-rlhf", [1, 0]), ("arena", [1, 0, 0.5])])
def test_comparisons_come_back_from_both_formats(form, targets, tmp_path):
    other = Dialogue((Message("user", "Hi!"), Message("assistant", "Go away.")))
    written = [Compared(GREETING, other, target, "ann") for target in (1, 0, 0.5)]
    path = tmp_path / "compared.jsonl"
    assert write_compared(written, path, form) == (len(targets), 3 - len(targets))
    back = list(read_compared(path))
    assert [pair.target if pair.first == GREETING else 1 - pair.target for pair in back] == targets
    assert {pair.labeler for pair in back} == {"ann"}
    assert {pair.conversation for pair in back} == {GREETING.conversation}


@pytest.mark.parametrize(
    ("prompt", "chosen"),
    [
        ("Hi!", "Hello."),
        ([{"role": "user", "content": "Hi!"}], [{"role": "assistant", "content": "Hello."}]),
        ("\n\nHuman: Hi!\n\nAssistant:", "Hello."),
    ],
    ids=["texts", "messages", "hh-rlhf"],
)
def test_a_prompt_apart_from_its_replies_is_put_before_them(prompt, chosen, tmp_path):
    path = tmp_path / "pairs.jsonl"
    rejected = "No." if isinstance(chosen, str) else [{"role": "assistant", "content": "No."}]
    path.write_text(json.dumps({"prompt": prompt, "chosen": chosen, "rejected": rejected}) + "\n")
    (pair,) = read_compared(path)
    worse = Dialogue((Message("user", "Hi!"), Message("assistant", "No.")))
    assert {pair.first, pair.second} == {GREETING, worse}
    assert (pair.first if pair.target else pair.second) == GREETING
    assert list(read_dialogues(path)) == [GREETING]


def test_equal_pairs_are_left_out_and_unknown_files_told(tmp_path):
    path = tmp_path / "pairs.jsonl"
    text = GREETING.text()
    path.write_text(json.dumps({"chosen": text, "rejected": text}) + "\n")
    assert list(read_compared(path)) == []
    path.write_text('{"good": "a", "bad": "b"}\n')
    with pytest.raises(BadFile, match=r"row 1: got fields good, bad, expected a file of hh-rlhf or arena"):
        list(read_compared(path))


def test_the_real_pairs_are_read_whole_and_split_by_conversation(real_data):
    pairs = list(read_compared(real_data / "hh_rlhf" / "harmless_base_test.jsonl.gz"))
    assert 2_290 <= len(pairs) <= 2_312  # a few pairs are equal
    conversations = [pair.conversation for pair in pairs]
    held_out = split_by_conversation(conversations, 0.2)
    assert 0.15 < held_out.mean() < 0.25
    names = np.array(conversations)
    assert not set(names[held_out]) & set(names[~held_out])
    assert len(set(conversations)) < len(conversations)  # so that a split by comparison would have leaked


def test_a_conversation_keeps_its_side_when_rows_are_added():
    few, many = [f"c{i}" for i in range(50)], [f"c{i}" for i in range(500)]
    assert split_by_conversation(few, 0.3).tolist() == split_by_conversation(many, 0.3)[:50].tolist()
    with pytest.raises(BadValue, match=r"share held out: got 2"):
        split_by_conversation(few, 2)


# ---- doubles


def test_texts_that_are_the_same_but_for_spaces_and_capitals_are_one():
    assert same_text(["A  cat", "dog", "a cat\n", "dog."]).tolist() == [0, 1, 0, 2]


def test_texts_with_a_word_changed_are_near_and_others_are_not(rng):
    words = [f"word{i}" for i in range(2_000)]
    texts = [" ".join(rng.choice(words, size=120)) for _ in range(60)]
    changed = [text.replace(text.split()[60], "another") for text in texts[:20]]  # likeness about 1 − 2·10/860
    assert near_duplicates([*texts, *changed]).tolist() == [*range(60), *range(20)]
    # half of the words shared: a likeness of about 1/3
    halves = [" ".join(text.split()[:60] + list(rng.choice(words, size=60))) for text in texts[:20]]
    assert near_duplicates([*texts, *halves]).tolist() == list(range(80))
    assert near_duplicates(["", "a", "", "b"]).tolist() == [0, 1, 0, 2]


# ---- tokens


def test_a_file_of_tokens_holds_every_text_and_its_end(tmp_path):
    tokens = token_file(iter(["ab", "", "c"]), ByteTokenizer(), tmp_path / "tokens.bin")
    assert tokens.tolist() == [97, 98, 256, 256, 99, 256]
    assert (tmp_path / "tokens.bin").stat().st_size == 12


@given(st.lists(st.integers(1, 10), max_size=30))
def test_packed_rows_hold_every_row_once_and_fill_at_least_half(lengths):
    rows = [[i] * n for i, n in enumerate(lengths)]
    joined, flags = pack_rows(rows, [[True] * n for n in lengths], 10)
    assert all(len(row) <= 10 and len(row) == len(known) for row, known in zip(joined, flags, strict=True))
    counted = np.bincount([token for row in joined for token in row], minlength=len(lengths))
    assert counted.tolist() == lengths
    assert sum(map(sum, flags)) == sum(lengths) - len(lengths)  # the first token of each row follows nothing of its own
    assert len(joined) <= 2 * sum(lengths) / 10 + 1


def test_a_row_too_long_to_be_packed_is_refused():
    with pytest.raises(BadValue, match=r"row 1: got 3 tokens, expected at most 2"):
        pack_rows([[1], [1, 2, 3]], [[True], [True] * 3], 2)
