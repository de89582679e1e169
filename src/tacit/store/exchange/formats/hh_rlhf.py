"""Pairs of a chosen and a rejected text, as in Anthropic's HH-RLHF: JSON lines, JSON or Parquet.

Each record has ``chosen`` and ``rejected``: two whole dialogues as text (paragraphs begin with Human: or Assistant:)
or lists of messages; or, with a ``prompt``, two replies to it. The two become the items of a comparison in the order of
their hashes, so that nothing about the answer shows in the order. Draws cannot be said.

Source: Bai et al. 2022, arXiv:2204.05862, and the files published with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tacit.judging import ItemKind, Outcome, QuestionKind
from tacit.store.exchange.formats.judged import (
    OURS,
    Judged,
    LeftOut,
    ReadOptions,
    hints_in,
    item_of,
    only,
    remainder,
    value_of,
    with_remainder,
    wrong,
)

NAME = "hh-rlhf"
CONTAINERS = ("jsonl", "json", "parquet")
GROUPED = False
FIELDS = {"chosen", "rejected", "prompt", OURS}


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether a file whose first record is this is of this format."""
    return {"chosen", "rejected"} <= set(record)


def read(record: Mapping[str, Any], how: ReadOptions) -> Iterator[Judged | LeftOut]:
    """Give the answer of a record."""
    rest = record.get(OURS) or {}
    hints = hints_in(rest, 2)
    sides = []
    for field, hint in zip(
        ("chosen", "rejected"), hints if rest.get("comparison", 0) == 0 else hints[::-1], strict=True
    ):
        if not isinstance(record.get(field), str | list) or not record[field]:
            raise wrong(field, got=repr(record.get(field)), expected="a text or a list of messages")
        sides.append(item_of(record[field], kind=ItemKind.DIALOGUE, hint=hint))
    if sides[0].item_id == sides[1].item_id:
        raise LeftOut("the same text chosen and rejected")
    comparison = int(sides[0].item_id > sides[1].item_id)
    said = {
        "kind": str(QuestionKind.COMPARISON),
        "comparison": comparison,
        "labeler_id": rest.get("labeler_id") or how.labeler(),
        "question_text": record.get("prompt") or "",
    }
    native = Judged(tuple(sides[::-1] if comparison else sides), said)
    items = tuple(sides[::-1] if rest.get("comparison", comparison) else sides)
    yield with_remainder(native, rest, items)


def write(group: Sequence[Judged]) -> dict[str, Any]:
    """Return the record of an answer.

    Raises:
        LeftOut: a draw, or no comparison.
    """
    (judged,) = group
    if judged.get("kind") != QuestionKind.COMPARISON:
        raise LeftOut(f"a {judged.get('kind')}")
    if judged.get("outcome") != Outcome.ANSWERED:
        raise LeftOut(str(judged.get("outcome")))
    chosen, rejected = judged.items if judged.get("comparison") == 0 else judged.items[::-1]
    record = {"chosen": value_of(chosen), "rejected": value_of(rejected)}
    if not (record["chosen"] and record["rejected"]):
        raise LeftOut("an empty text")
    if judged.get("question_text"):
        record["prompt"] = judged.get("question_text")
    native = only(read(record, ReadOptions(labeler_id="")))
    rest = remainder(native, judged, kind=ItemKind.DIALOGUE)
    if "items" in rest:  # the order of the hints is that of the question, which `comparison` tells
        rest["comparison"] = judged.get("comparison")
    return record | ({OURS: rest} if rest else {})
