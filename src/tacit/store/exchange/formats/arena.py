"""Votes between two anonymous models, as Chatbot Arena publishes them: JSON lines, JSON, Parquet or CSV.

Each has ``model_a``, ``model_b`` and ``winner``: model_a, model_b, tie or tie (bothbad), or the three columns
``winner_model_a`` … of the competition's files. Where the vote has conversations or responses, these are the items of
the comparison, and the models stand in the question's occasion, where no judge sees them; where it has none, the items
are the models' names. The first item was shown left.

Source: Zheng et al. 2023, arXiv:2306.05685, and the files published with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tacit.judging import Item, ItemKind, Outcome, QuestionKind, content_hash
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

NAME = "arena"
CONTAINERS = ("jsonl", "json", "parquet", "csv")
GROUPED = False
WINNERS: dict[str, tuple[Outcome, int | None]] = {
    "model_a": (Outcome.ANSWERED, 0),
    "model_b": (Outcome.ANSWERED, 1),
    "tie": (Outcome.TIE, None),
    "tie (bothbad)": (Outcome.BOTH_BAD, None),
}
ONE_HOT = {"winner_model_a": "model_a", "winner_model_b": "model_b", "winner_tie": "tie"}
SIDES = ("conversation", "response")
FIELDS = {
    *("model_a", "model_b", "winner", "judge", "question_id", "id", "tstamp", "prompt", OURS),
    *ONE_HOT,
    *(f"{side}_{which}" for side in SIDES for which in "ab"),
}


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether a file whose first record is this is of this format."""
    return {"model_a", "model_b"} <= set(record) and ("winner" in record or set(ONE_HOT) <= set(record))


def read(record: Mapping[str, Any], how: ReadOptions) -> Iterator[Judged | LeftOut]:
    """Give the vote of a record.

    Raises:
        LeftOut: both sides are the same.
    """
    rest = record.get(OURS) or {}
    models = [record.get(name) for name in ("model_a", "model_b")]
    side = next((side for side in SIDES if record.get(f"{side}_a") is not None), None)
    if side is None and not all(isinstance(model, str) and model for model in models):
        raise wrong("model_a", got=repr(models[0]), expected="the name of a model")
    values = models if side is None else [record.get(f"{side}_{which}") for which in "ab"]
    kind = ItemKind.TEXT if side is None else ItemKind.DIALOGUE
    items = tuple(item_of(v, kind=kind, hint=h) for v, h in zip(values, hints_in(rest, 2), strict=True))
    if items[0].item_id == items[1].item_id:
        raise LeftOut("both sides the same")
    outcome, better = _winner(record)
    vote = record.get("question_id", record.get("id"))
    plain = {name: value for name, value in record.items() if name != OURS}
    named = content_hash(json.dumps(plain, sort_keys=True, default=str).encode()) if vote is None else str(vote)
    judge, prompt = record.get("judge"), record.get("prompt")
    said = {
        "kind": str(QuestionKind.COMPARISON),
        "outcome": str(outcome),
        "comparison": better,
        "judgment_id": f"arena {named}",
        "labeler_id": rest.get("labeler_id") or how.labeler(judge),
        "occasion": "" if side is None else json.dumps(models, ensure_ascii=False),
        "question_text": prompt if isinstance(prompt, str) else "" if prompt is None else json.dumps(prompt),
        "answered_at_s": _seconds(record.get("tstamp")),
        "shown_left": 0,
    }
    yield with_remainder(Judged(items, said), rest, items)


def write(group: Sequence[Judged]) -> dict[str, Any]:
    """Return the record of a vote.

    Raises:
        LeftOut: no comparison, or an outcome that is no vote.
    """
    (judged,) = group
    if judged.get("kind") != QuestionKind.COMPARISON:
        raise LeftOut(f"a {judged.get('kind')}")
    cast = (judged.get("outcome"), judged.get("comparison"))
    winner = next((name for name, (outcome, better) in WINNERS.items() if cast == (outcome, better)), None)
    if winner is None:
        raise LeftOut(str(judged.get("outcome")))
    models = _models(judged)
    names: list[str | None] = [*models] if models else [_name(item) for item in judged.items]
    record: dict[str, Any] = {
        "question_id": str(judged.get("judgment_id")).removeprefix("arena "),
        "model_a": names[0],
        "model_b": names[1],
        "winner": winner,
        "judge": judged.get("labeler_id"),
        "conversation_a": None,
        "conversation_b": None,
        "prompt": judged.get("question_text") or None,
        "tstamp": judged.get("answered_at_s"),
    }
    if models or names[0] is None or names[1] is None:
        record |= {"model_a": names[0] or "a", "model_b": names[1] or "b"}
        record |= {f"conversation_{which}": value_of(item) for which, item in zip("ab", judged.items, strict=True)}
    native = only(read(record, ReadOptions()))
    kind = ItemKind.TEXT if record["conversation_a"] is None else ItemKind.DIALOGUE
    rest = remainder(native, judged, kind=kind)
    return record | ({OURS: rest} if rest else {})


def _winner(record: Mapping[str, Any]) -> tuple[Outcome, int | None]:
    word = record.get("winner")
    if word is None:
        hot = [name for column, name in ONE_HOT.items() if str(record.get(column)) in ("1", "1.0", "True", "true")]
        word = hot[0] if len(hot) == 1 else None
    if not isinstance(word, str) or word not in WINNERS:
        raise wrong("winner", got=repr(word), expected=f"one of {', '.join(WINNERS)}")
    return WINNERS[word]


def _models(judged: Judged) -> list[str] | None:
    """Return the two models that an occasion names."""
    try:
        models = json.loads(judged.get("occasion"))
    except ValueError:
        return None
    return models if isinstance(models, list) and len(models) == 2 and all(isinstance(m, str) for m in models) else None


def _name(item: Item) -> str | None:
    """Return the name that an item is, or None for an item that is more than a name."""
    value = value_of(item)
    short = isinstance(value, str) and item.kind is ItemKind.TEXT and 0 < len(value) < 100 and "\n" not in value
    return value if short else None


def _seconds(cell: object) -> float | None:
    try:
        return None if cell is None else float(str(cell))
    except ValueError:
        raise wrong("tstamp", got=repr(cell), expected="seconds since 1970-01-01") from None
