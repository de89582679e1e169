"""Records as Argilla exports them, and as Hugging Face datasets of them hold them: Parquet, JSON lines or JSON.

A record has fields, and for each question the responses with their users: nested in JSON (`to_json`), or as the columns
``NAME.responses``, ``NAME.responses.users`` and ``NAME.responses.status`` (`to_datasets`). By its value a response is

==================================================  ==================================================================
a text that names one of two fields                 a *comparison* of the two
another text                                        a *choice*, or a *text* if the user says so
a number                                            a *rating* from 0 to 10, unless the file is ours
a list of {label, start, end}                       *spans* in characters
a list of {value, rank}, where values name fields   a *ranking*
==================================================  ==================================================================

Suggestions, vectors and drafts are left out.

Source: https://docs.argilla.io, and the records that argilla 2 writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from tacit.judging import Item, Outcome, QuestionKind, content_hash
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

NAME = "argilla"
CONTAINERS = ("parquet", "jsonl", "json")
GROUPED = True
FIELDS = {"id", "status", "fields", "responses", "_server_id", OURS}
RESPONSES = ".responses"
NOT_FIELDS = {"id", "status", "_server_id", "metadata", "score", OURS}
TENS = '{"high":10,"low":0}'
IN_CHARACTERS = '{"unit":"character"}'


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether a file whose first record is this is of this format."""
    nested = isinstance(record.get("fields"), dict) and isinstance(record.get("responses"), dict)
    return nested or any(name.endswith(RESPONSES) for name in record)


def read(record: Mapping[str, Any], how: ReadOptions) -> Iterator[Judged | LeftOut]:
    """Give the answers of a record, and what tacit has no question for."""
    nested = isinstance(record.get("fields"), dict)
    fields = record["fields"] if nested else _flat_fields(record)
    fields = {name: value for name, value in fields.items() if isinstance(value, str | list)}
    responses = _nested_responses(record) if nested else _flat_responses(record)
    ours = record.get(OURS) or []
    if not responses:
        yield LeftOut("a record without responses")
    for number, (user, value, status) in enumerate(responses):
        rest = ours[number] if number < len(ours) and ours[number] else {}
        if is_whole(rest):
            hints = hints_in(rest, len(fields))
            items = tuple(item_of(v, hint=hint) for v, hint in zip(fields.values(), hints, strict=True))
            yield with_remainder(None, rest, items)
        elif status == "draft" or value is None:
            yield LeftOut(f"a response that is {status or 'empty'}")
        else:
            try:
                items, said = _answer(fields, value, how, rest)
            except LeftOut as reason:
                yield reason
                continue
            said["labeler_id"] = rest.get("labeler_id") or how.labeler(user)
            if words := how.field("question_text", ""):
                said["question_text"] = str(fields.get(words, ""))
            if status == "discarded":
                said = {name: cell for name, cell in said.items() if name not in set(QuestionKind)}
                said["outcome"] = str(Outcome.SKIPPED)
            yield with_remainder(Judged(items, said), rest, items)


def ignored(record: Mapping[str, Any]) -> list[str]:
    """Return what a record holds that means nothing to tacit."""
    if isinstance(record.get("fields"), dict):
        return [name for name, value in record.items() if name not in FIELDS and value]
    fields = _flat_fields(record)
    return [name for name in record if name not in FIELDS and name not in fields and RESPONSES not in name]


def write(group: Sequence[Judged]) -> dict[str, Any]:
    """Return the record of the answers to one question, nested."""
    first = group[0]
    kind, n = str(first.get("kind")), len(first.items)
    names = {1: ["text"], 2: ["first", "second"]}.get(n, [f"item_{i + 1}" for i in range(n)])
    fields = {name: value_of(item) for name, item in zip(names, first.items, strict=True)}
    if not all(isinstance(value, str) or _is_chat(value) for value in fields.values()):
        raise LeftOut("a list that is no dialogue")
    responses = [{"value": _value(j, names), "user_id": _user(str(j.get("labeler_id")))} for j in group]
    asked = [*fields.values(), first.get("question_text"), first.get("settings"), first.get("occasion"), kind]
    record = {
        "id": content_hash(json.dumps(asked, ensure_ascii=False).encode())[:32],
        "fields": fields,
        "metadata": {},
        "suggestions": {},
        "responses": {kind: responses},
        "vectors": {},
        "status": "completed",
    }
    alone = ({**record, "responses": {kind: [response]}} for response in responses)
    natives = [only(read(one, ReadOptions())) for one in alone]
    return record | {OURS: [remainder(native, judged) for native, judged in zip(natives, group, strict=True)]}


def flattened(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a nested record as a row of a Hugging Face dataset."""
    ((question, responses),) = record["responses"].items()
    columns = {"id": record["id"], "status": record["status"], **record["fields"]}
    columns[f"{question}{RESPONSES}"] = [response["value"] for response in responses]
    columns[f"{question}{RESPONSES}.users"] = [response["user_id"] for response in responses]
    columns[f"{question}{RESPONSES}.status"] = ["submitted" for _ in responses]
    return columns | {OURS: record[OURS]}


def _flat_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: value for name, value in record.items() if name not in NOT_FIELDS and "." not in name}
    return {name: value for name, value in named.items() if isinstance(value, str) or _is_chat(value)}


def _is_chat(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(m, dict) and "role" in m for m in value)


def _nested_responses(record: Mapping[str, Any]) -> list[tuple[object, Any, str | None]]:
    found = record["responses"]
    if not isinstance(found, dict) or not all(isinstance(given, list) for given in found.values()):
        raise wrong("responses", got=repr(found), expected="a list of responses for each question")
    return [(r.get("user_id"), r.get("value"), r.get("status")) for given in found.values() for r in given]


def _flat_responses(record: Mapping[str, Any]) -> list[tuple[object, Any, str | None]]:
    found = []
    for name, values in record.items():
        if name.endswith(RESPONSES) and values is not None:
            users = record.get(f"{name}.users") or [None] * len(values)
            statuses = record.get(f"{name}.status") or [None] * len(values)
            if not len(values) == len(users) == len(statuses):
                raise wrong(name, got=f"{len(values)} responses, {len(users)} users", expected="as many of each")
            found += list(zip(users, values, statuses, strict=True))
    return found


def _answer(
    fields: Mapping[str, Any], value: object, how: ReadOptions, rest: Mapping[str, Any]
) -> tuple[tuple[Item, ...], dict[str, Any]]:
    """Return the items, and kind, settings and answer, that a response says."""
    named = [how.field(name, "") for name in ("first", "second")]
    two = named if all(name in fields for name in named) else list(fields)
    if isinstance(value, str) and len(two) == 2 and value in two:
        kind = QuestionKind.COMPARISON
        return _items(fields, two, rest), {"kind": str(kind), "comparison": two.index(value)}
    if isinstance(value, list) and value and all(isinstance(v, dict) and "rank" in v for v in value):
        names = [str(v.get("value")) for v in value]
        if len(names) < 2 or not set(names) <= set(fields):
            raise LeftOut("a ranking of what is no field")
        return _items(fields, names, rest), {
            "kind": str(QuestionKind.RANKING),
            "ranking": [int(v["rank"]) - 1 for v in value],
        }
    item = _items(fields, [_field(fields, how)], rest)
    match value:
        case str() if how.kind == QuestionKind.TEXT:
            return item, {"kind": str(QuestionKind.TEXT), "text": value}
        case str():
            return item, {"kind": str(QuestionKind.CHOICE), "choice": value, "settings": None}
        case bool():
            raise LeftOut("a response that is true or false")
        case int() | float():
            return item, {"kind": str(QuestionKind.RATING), "rating": float(value), "settings": TENS}
        case list() if all(isinstance(v, dict) and {"start", "end", "label"} <= set(v) for v in value):
            spans = [{"start": float(v["start"]), "end": float(v["end"]), "label": v["label"]} for v in value]
            return item, {"kind": str(QuestionKind.SPANS), "spans": spans, "settings": IN_CHARACTERS}
    raise LeftOut("several labels at once")


def _items(fields: Mapping[str, Any], names: Sequence[str], rest: Mapping[str, Any]) -> tuple[Item, ...]:
    hints = hints_in(rest, len(names))
    items = tuple(item_of(fields[name], hint=hint) for name, hint in zip(names, hints, strict=True))
    if len({item.item_id for item in items}) < len(items):
        raise LeftOut("both sides the same")
    return items


def _field(fields: Mapping[str, Any], how: ReadOptions) -> str:
    named = how.field("item", "text")
    if named in fields:
        return named
    if len(fields) == 1:
        return next(iter(fields))
    got, do = f"the fields {', '.join(fields) or 'none'}", "Name the one that was judged with --map item=FIELD"
    raise wrong("fields", got=got, expected="what was judged", do=do)


def _value(judged: Judged, names: Sequence[str]) -> Any:  # noqa: ANN401  as the kind has it
    """Return an answer as the value of a response; None if there is none."""
    if judged.get("outcome") != Outcome.ANSWERED:
        return None
    kind = judged.get("kind")
    answer = judged.get(kind)
    if kind == QuestionKind.COMPARISON:
        return names[answer]
    if kind == QuestionKind.RANKING:
        return [{"value": name, "rank": rank + 1} for name, rank in zip(names, answer, strict=True)]
    return [dict(span) for span in answer] if kind == QuestionKind.SPANS else answer


def _user(labeler_id: str) -> str:
    """Return the id of a user, which is a UUID in Argilla."""
    try:
        return str(UUID(labeler_id)) if str(UUID(labeler_id)) == labeler_id else str(uuid5(NAMESPACE_URL, labeler_id))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, labeler_id))
