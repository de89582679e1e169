"""Tasks with annotations as Label Studio exports and imports them: JSON.

A task has ``data`` and ``annotations``; an annotation has who made it and a list of results, each with a type:

===========================  =========================================================================================
``choices``                  a *choice*; several at once are left out
``pairwise``                 a *comparison* of the two texts or media of the task
``rating``, ``number``       a *rating*; its scale is five stars unless the file is ours
``textarea``                 a *text*
``labels`` …                 *spans*, in characters of a text or in seconds of a recording
``was_cancelled``            left out, as the file does not say what was skipped; but one of ours does
===========================  =========================================================================================

The words of a question are the name of its control. Media are kept as they stand in the task: a link stays a text that
says where, and is not followed; a data URI becomes the media.

Source: https://labelstud.io/guide/task_format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
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
    remainder,
    value_of,
    with_remainder,
    wrong,
)

NAME = "label-studio"
CONTAINERS = ("json", "jsonl")
GROUPED = True
FIELDS = {"id", "data", "annotations", "completions"}
STARS = '{"high":5,"low":1,"step":1}'
LABELS = ("labels", "hypertextlabels", "paragraphlabels", "timeserieslabels")
RECORDINGS = ("audio", "video", "timeseries", "timeserieslabels")


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether a file whose first record is this is of this format."""
    return isinstance(record.get("data"), dict) and ("annotations" in record or "completions" in record)


def read(record: Mapping[str, Any], how: ReadOptions) -> Iterator[Judged | LeftOut]:
    """Give the answers of a task, and what tacit has no question for."""
    data, annotations = record.get("data"), record.get("annotations", record.get("completions"))
    if not isinstance(data, dict):
        raise wrong("data", got=repr(data), expected="an object with what is judged")
    if not isinstance(annotations, list) or not all(isinstance(a, dict) for a in annotations):
        raise wrong("annotations", got=repr(annotations), expected="a list of annotations")
    if not annotations:
        yield LeftOut("a task without annotations")
    for annotation in annotations:
        yield from _annotation(data, annotation, how)


def write(group: Sequence[Judged]) -> dict[str, Any]:
    """Return the task of the answers to one question.

    Raises:
        LeftOut: a kind that Label Studio has no single control for.
    """
    first = group[0]
    if len(first.items) > 2 or first.get("kind") in (QuestionKind.RANKING, QuestionKind.PROBABILITY):
        raise LeftOut(f"a {first.get('kind')}")
    names = ["item"] if len(first.items) == 1 else ["first", "second"]
    task = {"data": {name: value_of(item) for name, item in zip(names, first.items, strict=True)}}
    return {**task, "annotations": [_as_annotation(task["data"], judged) for judged in group]}


def _annotation(data: Mapping[str, Any], annotation: Mapping[str, Any], how: ReadOptions) -> Iterator[Judged | LeftOut]:
    """Give the answers of an annotation: one for each of its controls."""
    rest = annotation.get(OURS) or {}
    if is_whole(rest):
        hints = hints_in(rest, len(data))
        items = tuple(item_of(value, hint=hint) for value, hint in zip(data.values(), hints, strict=True))
        yield with_remainder(None, rest, items)
        return
    who = {
        "labeler_id": rest.get("labeler_id") or how.labeler(_labeler(annotation.get("completed_by"))),
        "answered_at_s": _seconds(annotation.get("created_at")),
        "duration_s": _number(annotation.get("lead_time")),
    }
    results = annotation.get("result")
    if annotation.get("was_cancelled") or not results:
        yield LeftOut("skipped, without what was asked" if annotation.get("was_cancelled") else "an empty annotation")
        return
    if not isinstance(results, list) or not all(
        isinstance(r, dict) and isinstance(r.get("value"), dict) for r in results
    ):
        raise wrong("result", got=repr(results), expected="a list of results, each with a value")
    by_control: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        by_control.setdefault(str(result.get("from_name")), []).append(result)
    for control, of_control in by_control.items():
        try:
            items, said = _answer(data, of_control, how, rest)
        except LeftOut as reason:
            yield reason
        else:
            yield with_remainder(Judged(items, {**said, **who, "question_text": control}), rest, items)


def _answer(
    data: Mapping[str, Any], results: Sequence[Mapping[str, Any]], how: ReadOptions, rest: Mapping[str, Any]
) -> tuple[tuple[Item, ...], dict[str, Any]]:
    """Return the items, and kind, settings and answer, that the results of one control say."""
    kind, value = str(results[0].get("type")).lower(), results[0]["value"]
    if kind == "pairwise":
        items = _both(data, how, rest)
        sides = {"left": 0, "right": 1}
        if value.get("selected") not in sides:
            raise wrong("selected", got=repr(value.get("selected")), expected="left or right")
        return items, {"kind": str(QuestionKind.COMPARISON), "comparison": sides[value["selected"]], "shown_left": 0}
    item = (_one(data, results[0], how, rest),)
    match kind:
        case "choices":
            if len(results) > 1 or not isinstance(value.get("choices"), list) or len(value["choices"]) != 1:
                raise LeftOut("several choices at once")
            return item, {"kind": str(QuestionKind.CHOICE), "choice": str(value["choices"][0]), "settings": None}
        case "rating" | "number":
            number = _number(value.get(kind))
            if number is None or (kind == "number" and "settings" not in rest):
                raise LeftOut("a number, whose scale the file does not say")
            return item, {"kind": str(QuestionKind.RATING), "rating": number, "settings": STARS}
        case "textarea":
            texts = value.get("text")
            texts = texts if isinstance(texts, list) else [texts]
            if len(results) > 1 or len(texts) != 1 or not isinstance(texts[0], str):
                raise LeftOut("several texts at once")
            return item, {"kind": str(QuestionKind.TEXT), "text": texts[0]}
        case _ if kind in LABELS:
            unit = "second" if any(r in str(results[0].get("to_name")).lower() for r in RECORDINGS) else "character"
            spans = [span for result in results for span in _spans(result["value"], kind)]
            return item, {"kind": str(QuestionKind.SPANS), "spans": spans, "settings": f'{{"unit":"{unit}"}}'}
    raise LeftOut(f"results of the type {kind}")


def _as_annotation(data: Mapping[str, Any], judged: Judged) -> dict[str, Any]:
    """Return an answer as an annotation."""
    answered = judged.get("outcome") == Outcome.ANSWERED
    labeler = str(judged.get("labeler_id"))
    annotation: dict[str, Any] = {
        "completed_by": int(labeler) if labeler.isdecimal() and labeler.isascii() else {"email": labeler},
        "was_cancelled": not answered,
        "result": _results(judged) if answered else [],
    }
    if judged.get("answered_at_s") is not None:
        annotation["created_at"] = _moment(judged.get("answered_at_s"))
    if judged.get("duration_s") is not None:
        annotation["lead_time"] = judged.get("duration_s")
    scale = {"settings": None} if judged.get("kind") == QuestionKind.RATING else {}
    natives = list(_annotation(data, {**annotation, OURS: scale}, ReadOptions()))
    native = natives[0] if len(natives) == 1 else None
    rest = remainder(native if isinstance(native, Judged) else None, judged)
    return annotation | ({OURS: rest} if rest else {})


def _results(judged: Judged) -> list[dict[str, Any]]:
    """Return an answer as results; a control without a name is called after its kind."""
    kind, settings = judged.get("kind"), json.loads(judged.get("settings"))
    control = judged.get("question_text") or str(kind)
    place = {"from_name": control, "to_name": "item"}
    if kind == QuestionKind.COMPARISON:
        chosen = "left" if judged.get("comparison") == 0 else "right"
        return [{"from_name": control, "to_name": control, "type": "pairwise", "value": {"selected": chosen}}]
    if kind == QuestionKind.CHOICE:
        return [{**place, "type": "choices", "value": {"choices": [judged.get("choice")]}}]
    if kind == QuestionKind.TEXT:
        return [{**place, "type": "textarea", "value": {"text": [judged.get("text")]}}]
    if kind == QuestionKind.RATING:
        stars = judged.get("rating") == int(judged.get("rating")) and settings.get("low") in (0, 1)
        number = int(judged.get("rating")) if stars else judged.get("rating")
        name = "rating" if stars else "number"
        return [{**place, "type": name, "value": {name: number}}]
    place["to_name"] = "audio" if settings.get("unit") == "second" else "item"
    return [{**place, "type": "labels", "value": _region(judged, span)} for span in judged.get("spans")]


def _region(judged: Judged, span: Mapping[str, Any]) -> dict[str, Any]:
    start, end = (int(at) if (at := span[name]) == int(at) else at for name in ("start", "end"))
    text = value_of(judged.items[0])
    words = (
        {"text": text[start:end]} if isinstance(text, str) and isinstance(start, int) and isinstance(end, int) else {}
    )
    return {"start": start, "end": end, **words, "labels": [span["label"]]}


def _one(data: Mapping[str, Any], result: Mapping[str, Any], how: ReadOptions, rest: Mapping[str, Any]) -> Item:
    """Return the item that a result speaks of: the field it names, or the only one there is."""
    named = [how.field("item", ""), str(result.get("source", "")).removeprefix("$"), str(result.get("to_name"))]
    shown = [name for name, value in data.items() if isinstance(value, str | list)]
    field = next((name for name in named if name in shown), shown[0] if len(shown) == 1 else None)
    if field is None:
        got, do = f"several fields ({', '.join(shown)})", "Name the one that was judged with --map item=FIELD"
        raise wrong("data", got=got if shown else "no text", expected="what was judged", do=do)
    return item_of(data[field], hint=hints_in(rest, 1)[0])


def _both(data: Mapping[str, Any], how: ReadOptions, rest: Mapping[str, Any]) -> tuple[Item, ...]:
    """Return the two items that were compared."""
    named = [how.field(name, "") for name in ("first", "second")]
    shown = [name for name, value in data.items() if isinstance(value, str | list)]
    fields = named if all(name in shown for name in named) else shown
    if len(fields) != 2:
        do = "Name the two that were compared with --map first=FIELD --map second=FIELD"
        raise wrong("data", got=f"the fields {', '.join(shown) or 'none'}", expected="two to compare", do=do)
    items = tuple(item_of(data[name], hint=hint) for name, hint in zip(fields, hints_in(rest, 2), strict=True))
    if items[0].item_id == items[1].item_id:
        raise LeftOut("both sides the same")
    return items


def _spans(value: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    start = _number(value.get("globalOffsets", {}).get("start", value.get("start")))
    end = _number(value.get("globalOffsets", {}).get("end", value.get("end")))
    labels = value.get(kind)
    if start is None or end is None or not isinstance(labels, list):
        raise wrong(kind, got=repr(dict(value)), expected="start, end and labels")
    yield from ({"start": start, "end": end, "label": str(label)} for label in labels)


def _is_result(result: object) -> bool:
    return isinstance(result, dict) and isinstance(result.get("value"), dict)


def _labeler(completed_by: object) -> str | None:
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return None if completed_by in (None, "") else str(completed_by)


def _number(cell: object) -> float | None:
    try:
        return None if cell is None else float(str(cell))
    except ValueError:
        return None


def _seconds(moment: object) -> float | None:
    try:
        return None if moment is None else datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        raise wrong("created_at", got=repr(moment), expected="a moment such as 2021-03-09T22:16:08Z") from None


def _moment(at_s: float) -> str | None:
    try:
        return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None
