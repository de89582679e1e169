"""Annotated tasks as Prodigy exports them (``db-out``) and reads them: JSON lines.

=========================================  ===========================================================================
``label`` with ``answer``                  a *choice* between accept and reject; the label is the question's words
``options`` with ``accept``                a *choice*; several accepted at once are left out
``spans``                                  *spans* in characters; ``audio_spans`` in seconds
``user_input``                             a *text*
``accept``, ``reject``, ``mapping``        a *comparison* of two outputs: what was accepted is better; the input is the
                                           question's words
``answer: ignore``                         the outcome *skipped*
=========================================  ===========================================================================

Source: the interfaces and their tasks at https://prodi.gy/docs/api-interfaces.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tacit.judging import Item, Outcome, QuestionKind
from tacit.store.exchange.formats.judged import (
    OURS,
    Judged,
    LeftOut,
    ReadOptions,
    hints_in,
    is_whole,
    item_of,
    only,
    remainder,
    value_of,
    with_remainder,
    wrong,
)

NAME = "prodigy"
CONTAINERS = ("jsonl", "json")
GROUPED = False
ITEMS = ("text", "image", "audio", "video", "html")
SPANS = {"spans": "character", "audio_spans": "second"}
ANSWERS = ("accept", "reject", "ignore")
FIELDS = {
    *ITEMS,
    *SPANS,
    *("label", "options", "accept", "reject", "mapping", "input", "user_input", "answer", "A", "B"),
    *("_annotator_id", "_session_id", "_timestamp", OURS),
}


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether a file whose first record is this is of this format."""
    return record.get("answer") in ANSWERS or "_task_hash" in record


def read(record: Mapping[str, Any], how: ReadOptions) -> Iterator[Judged | LeftOut]:
    """Give the answer of a record.

    Raises:
        LeftOut: an answer that tacit has no place for.
    """
    rest = record.get(OURS) or {}
    items, compared = _items(record, rest, how)
    if is_whole(rest):
        yield with_remainder(None, rest, items)
        return
    if record.get("answer") not in ANSWERS:
        raise wrong("answer", got=repr(record.get("answer")), expected=f"one of {', '.join(ANSWERS)}")
    said = _compared(record, items) if compared else _asked(record)
    if record["answer"] == "ignore":
        said = {name: said[name] for name in ("kind", "settings", "question_text") if name in said}
        said["outcome"] = str(Outcome.SKIPPED)
    timestamp = record.get("_timestamp")
    named = record.get("_annotator_id") or record.get("_session_id")
    said["answered_at_s"] = float(timestamp) if isinstance(timestamp, int | float) else None
    said["labeler_id"] = rest.get("labeler_id") or how.labeler(named)
    yield with_remainder(Judged(items, said), rest, items)


def write(group: Sequence[Judged]) -> dict[str, Any]:
    """Return the record of an answer.

    Raises:
        LeftOut: more items or another kind than Prodigy has an interface for.
    """
    (judged,) = group
    kind, answered = judged.get("kind"), judged.get("outcome") == Outcome.ANSWERED
    record: dict[str, Any]
    if kind == QuestionKind.COMPARISON:
        record = _comparison(judged)
    elif len(judged.items) == 1 and kind in (QuestionKind.CHOICE, QuestionKind.SPANS, QuestionKind.TEXT):
        value = value_of(judged.items[0])
        record = {_field(judged.items[0]): value if isinstance(value, str) else judged.items[0].content.decode()}
        settings = json.loads(judged.get("settings"))
        if kind == QuestionKind.CHOICE:
            record["options"] = [{"id": name, "text": name} for name in settings["options"]]
            record["accept"] = [judged.get("choice")] if answered else []
        elif kind == QuestionKind.SPANS:
            name = "audio_spans" if settings.get("unit") == "second" else "spans"
            record[name] = [_as_span(span) for span in judged.get("spans") or []]
        elif answered:
            record["user_input"] = judged.get("text")
    else:
        raise LeftOut(f"a {kind}" if len(judged.items) == 1 else f"a {kind} of {len(judged.items)} items")
    record["answer"] = "accept" if answered else "ignore"
    if judged.get("answered_at_s") is not None:
        record["_timestamp"] = judged.get("answered_at_s")
    record["_annotator_id"] = judged.get("labeler_id")
    try:
        native = only(read(record, ReadOptions()))
    except LeftOut:
        native = None
    rest = remainder(native, judged)
    return record | ({OURS: rest} if rest else {})


def _items(record: Mapping[str, Any], rest: Mapping[str, Any], how: ReadOptions) -> tuple[tuple[Item, ...], bool]:
    """Return the items of a record, and whether they were compared."""
    if isinstance(record.get("accept"), dict) and isinstance(record.get("reject"), dict):
        hints = hints_in(rest, 2)
        sides = [item_of(_content(record[name]), hint=hint) for name, hint in zip(ANSWERS[:2], hints, strict=True)]
        return tuple(sides), True
    field = how.field("item", next((name for name in ITEMS if isinstance(record.get(name), str)), "text"))
    if not isinstance(record.get(field), str):
        raise wrong(field, got=repr(record.get(field)), expected="a text", do="Name the field with --map item=FIELD")
    return (item_of(record[field], hint=hints_in(rest, 1)[0]),), False


def _asked(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return question and answer of a task about one item."""
    accepted = record["answer"] == "accept"
    if isinstance(record.get("options"), list):
        options = [str(o.get("id")) if isinstance(o, dict) else str(o) for o in record["options"]]
        chosen = [str(c) for c in record.get("accept") or []]
        if record["answer"] != "ignore" and not (accepted and len(chosen) == 1):
            raise LeftOut("several options or none accepted")
        settings = json.dumps({"options": options}, separators=(",", ":"), ensure_ascii=False)
        return {"kind": str(QuestionKind.CHOICE), "choice": next(iter(chosen), None), "settings": settings}
    for name, unit in SPANS.items():
        if isinstance(record.get(name), list) and "label" not in record:
            if record["answer"] == "reject":
                raise LeftOut("rejected spans")
            spans = [_span(name, span) for span in record[name]]
            return {"kind": str(QuestionKind.SPANS), "spans": spans, "settings": f'{{"unit":"{unit}"}}'}
    if isinstance(record.get("user_input"), str):
        return {"kind": str(QuestionKind.TEXT), "text": record["user_input"]}
    if isinstance(record.get("label"), str):
        choice = {"kind": str(QuestionKind.CHOICE), "choice": record["answer"], "question_text": record["label"]}
        return choice | {"settings": '{"options":["accept","reject"]}'}
    raise LeftOut("an interface that tacit has no question for")


def _compared(record: Mapping[str, Any], items: tuple[Item, ...]) -> dict[str, Any]:
    if items[0].item_id == items[1].item_id:
        raise LeftOut("both sides the same")
    asked = record.get("input")
    words = _content(asked) if asked else ""
    better = 0 if record["answer"] == "accept" else 1
    return {"kind": str(QuestionKind.COMPARISON), "comparison": better, "question_text": words}


def _comparison(judged: Judged) -> dict[str, Any]:
    sides = {name: {_field(item): _text(item)} for name, item in zip(ANSWERS[:2], judged.items, strict=True)}
    record: dict[str, Any] = {**sides, "mapping": {"A": "accept", "B": "reject"}}
    if judged.get("shown_left") == 1:
        record["mapping"] = {"A": "reject", "B": "accept"}
    return record | ({"input": {"text": judged.get("question_text")}} if judged.get("question_text") else {})


def _content(side: Mapping[str, Any]) -> str:
    value = next((side[name] for name in ITEMS if isinstance(side.get(name), str)), None)
    if value is None:
        raise wrong("accept", got=repr(side), expected=f"one of {', '.join(ITEMS)}")
    return str(value)


def _field(item: Item) -> str:
    return str(item.kind) if item.kind in ITEMS else "text"


def _text(item: Item) -> str:
    value = value_of(item)
    return value if isinstance(value, str) else item.content.decode()


def _span(name: str, span: object) -> dict[str, Any]:
    match span:
        case {"start": int() | float() as start, "end": int() | float() as end, "label": str() as label}:
            return {"start": float(start), "end": float(end), "label": label}
    raise wrong(name, got=repr(span), expected="spans with start, end and label")


def _as_span(span: Mapping[str, Any]) -> dict[str, Any]:
    places = {name: int(at) if (at := span[name]) == int(at) else at for name in ("start", "end")}
    return {**places, "label": span["label"]}
