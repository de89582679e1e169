"""Annotated texts as doccano exports and imports them: JSON lines or JSON.

``{"text": …, "label": …}``, where the label is a list of classes, of texts, or of spans ``[start, end, class]``; files
of projects with relations or intents have ``entities`` and ``cats``. A class is a *choice*, spans are *spans* in
characters, and another text is a *text* if the user says so, for nothing else tells it from a class. The files do not
say who answered: doccano writes one a user.

Source: doccano's own exports, https://github.com/doccano/doccano (data_export).
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
    is_whole,
    item_of,
    only,
    remainder,
    value_of,
    with_remainder,
    wrong,
)

NAME = "doccano"
CONTAINERS = ("jsonl", "json")
GROUPED = False
FIELDS = {"id", "text", "label", "labels", "entities", "cats", OURS}
IN_CHARACTERS = '{"unit":"character"}'


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether a file whose first record is this is of this format."""
    labels = next((record[name] for name in ("label", "labels", "entities") if name in record), None)
    return isinstance(record.get("text"), str) and isinstance(labels, list) and "answer" not in record


def read(record: Mapping[str, Any], how: ReadOptions) -> Iterator[Judged | LeftOut]:
    """Give the answers of a record: one, or two where it has classes and spans.

    Raises:
        LeftOut: no label, or several classes for one text.
    """
    text, rest = record.get(how.field("item", "text")), record.get(OURS) or {}
    if not isinstance(text, str):
        raise wrong(how.field("item", "text"), got=repr(text), expected="a text")
    items = (item_of(text, hint=hints_in(rest, 1)[0]),)
    if is_whole(rest):
        yield with_remainder(None, rest, items)
        return
    given = [name for name in ("label", "labels", "entities", "cats") if record.get(name)]
    if not given:
        yield LeftOut("no label")
    for name in given:
        try:
            said = _answer(name, record[name], how)
        except LeftOut as reason:
            yield reason
        else:
            said["labeler_id"] = rest.get("labeler_id") or how.labeler()
            yield with_remainder(Judged(items, said), rest, items)


def write(group: Sequence[Judged]) -> dict[str, Any]:
    """Return the record of an answer.

    Raises:
        LeftOut: it is not about a text, or of a kind that doccano does not have.
    """
    (judged,) = group
    value, kind = value_of(judged.items[0]), judged.get("kind")
    if len(judged.items) != 1 or judged.items[0].kind not in (ItemKind.TEXT, ItemKind.DIALOGUE, ItemKind.TABLE):
        raise LeftOut("not about one text")
    if not isinstance(value, str):
        value = judged.items[0].content.decode()
    if kind not in (QuestionKind.CHOICE, QuestionKind.TEXT, QuestionKind.SPANS):
        raise LeftOut(f"a {kind}")
    label: list[Any] = []
    if judged.get("outcome") == Outcome.ANSWERED:
        if kind == QuestionKind.SPANS:
            label = [[_whole(s["start"]), _whole(s["end"]), s["label"]] for s in judged.get("spans")]
        else:
            label = [judged.get(kind)]
    record: dict[str, Any] = {"text": value, "label": label}
    try:
        native = only(read(record, ReadOptions(labeler_id="")))
    except LeftOut:
        native = None
    rest = remainder(native, judged)
    return record | ({OURS: rest} if rest else {})


def _answer(name: str, labels: object, how: ReadOptions) -> dict[str, Any]:
    """Return kind, settings and answer that a field of labels says."""
    if not isinstance(labels, list):
        raise wrong(name, got=repr(labels), expected="a list")
    if all(isinstance(label, str) for label in labels):
        if len(labels) != 1:
            raise LeftOut("several classes for one text")
        if how.kind == QuestionKind.TEXT:
            return {"kind": str(QuestionKind.TEXT), "text": labels[0]}
        return {"kind": str(QuestionKind.CHOICE), "choice": labels[0], "settings": None}
    return {"kind": str(QuestionKind.SPANS), "spans": [_span(name, s) for s in labels], "settings": IN_CHARACTERS}


def _span(name: str, span: object) -> dict[str, Any]:
    if isinstance(span, dict):
        span = [span.get("start_offset"), span.get("end_offset"), span.get("label")]
    match span:
        case [int() | float() as start, int() | float() as end, str() as label]:
            return {"start": float(start), "end": float(end), "label": label}
    raise wrong(name, got=repr(span), expected="[start, end, class]")


def _whole(number: float) -> float | int:
    return int(number) if number == int(number) else number
