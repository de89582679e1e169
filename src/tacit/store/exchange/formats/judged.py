"""One answer with its question and its items, as it stands between a file of another tool and a project."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tacit.errors import BadFile
from tacit.judging import Item, ItemKind
from tacit.store.exchange.columns import exchange_schema

OURS = "tacit"
"""The field beside those of the tool that holds what the tool has no field for."""

COLUMNS = tuple(name for name in exchange_schema() if name not in ("item_ids", "question_id"))
DEFAULTS: dict[str, Any] = {"outcome": "answered", "question_text": "", "occasion": "", "settings": "{}"}
DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,([A-Za-z0-9+/=]*)")


class LeftOut(Exception):
    """What one side cannot say. The message is a reason that is counted and named in the result."""


@dataclass(frozen=True)
class Judged:
    """An answer.

    Args:
        items: in the question's own order.
        columns: those of an exchange file but for item_ids and question_id; an absent one is empty. `settings` is None
            for a choice whose options are those that occur in the file.
    """

    items: tuple[Item, ...]
    columns: Mapping[str, Any]

    def get(self, name: str) -> Any:  # noqa: ANN401  a cell of any type
        """Return a column's value, or what stands for an empty one."""
        return self.columns.get(name, DEFAULTS.get(name))


@dataclass(frozen=True)
class ReadOptions:
    """What the user says about a file, where the file does not.

    Args:
        labeler_id: who answered.
        kind: choice or text, for labels that may be either.
        headers: our name for a field → the file's, such as item → body.
    """

    labeler_id: str | None = None
    kind: str | None = None
    headers: Mapping[str, str] = None  # type: ignore[assignment]

    def field(self, name: str, default: str) -> str:
        """Return the file's name for one of our fields."""
        return (self.headers or {}).get(name, default)

    def labeler(self, named: object = None) -> str:
        """Return who answered: as the file says, else as the user says.

        Raises:
            BadFile: neither does.
        """
        labeler_id = named if isinstance(named, str) and named else self.labeler_id
        if labeler_id is None:
            do = "Say --labeler NAME if one labeler gave all answers"
            raise wrong("", got="nothing that says who answered", expected="a labeler", do=do)
        return labeler_id


def wrong(field: str, *, got: object, expected: str, do: str = "") -> BadFile:
    """Return the error about one record; whoever knows the file and the row puts them before it."""
    return BadFile(f"field {field!r}" if field else "", got=got, expected=expected, do=do)


def item_of(value: object, *, kind: ItemKind = ItemKind.TEXT, hint: Mapping[str, Any] | None = None) -> Item:
    """Return the item that a field's value is: a text, a list of messages, or media as a data URI.

    Args:
        value: the field's value.
        kind: what a text is.
        hint: what the value does not say: kind, media_type, and `verbatim` for a text that looks like a data URI.
    """
    hint = hint or {}
    if not isinstance(value, str):
        item = Item(ItemKind.DIALOGUE, _messages(value).encode(), "application/json")
    elif not hint.get("verbatim") and (found := DATA_URI.fullmatch(value)):
        try:
            content = base64.b64decode(found[2], validate=True)
        except binascii.Error:
            raise wrong("", got="a data URI that is cut short", expected="base64") from None
        major = found[1].partition("/")[0]
        item = Item(ItemKind(major) if major in ("image", "audio", "video") else ItemKind.TEXT, content, found[1])
    else:
        item = Item(kind, value.encode(), "text/plain")
    return Item(ItemKind(hint.get("kind", item.kind)), item.content, hint.get("media_type", item.media_type))


def _messages(value: object) -> str:
    """Return a dialogue as text that is the same whatever order a container gives the fields of a message."""
    if isinstance(value, list):
        value = [
            {name: message[name] for name in sorted(message, key=_field_order) if message[name] is not None}
            if isinstance(message, dict)
            else message
            for message in value
        ]
    return json.dumps(value, ensure_ascii=False)


def _field_order(name: str) -> tuple[int, str]:
    return {"role": 0, "content": 1}.get(name, 2), name


def value_of(item: Item) -> Any:  # noqa: ANN401  any JSON value
    """Return an item as the value of a field."""
    try:
        text = item.content.decode()
    except UnicodeDecodeError:
        text = None
    if text is not None and item.media_type == "application/json":
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if isinstance(value, list) and all(isinstance(message, dict) for message in value) and _messages(value) == text:
            return value
    if text is not None and item.kind in (ItemKind.TEXT, ItemKind.DIALOGUE, ItemKind.TABLE):
        return text
    return f"data:{item.media_type};base64,{base64.b64encode(item.content).decode()}"


def hint_for(item: Item, *, kind: ItemKind = ItemKind.TEXT) -> dict[str, Any] | None:
    """Return what `item_of(value_of(item))` needs to be told, or None."""
    value = value_of(item)
    if item_of(value, kind=kind) == item:
        return None
    hint: dict[str, Any] = {"kind": str(item.kind), "media_type": item.media_type}
    return hint | {"verbatim": True} if isinstance(value, str) and value.encode() == item.content else hint


def only(answers: Iterator[Judged | LeftOut]) -> Judged | None:
    """Return the one answer that a record of ours holds, by the tool's own fields; None if they say none."""
    try:
        found = list(answers)
    except LeftOut:
        return None
    return found[0] if len(found) == 1 and isinstance(found[0], Judged) else None


def remainder(native: Judged | None, true: Judged, *, kind: ItemKind = ItemKind.TEXT) -> dict[str, Any]:
    """Return what must stand in our own field, so that the answer comes back as it was.

    Args:
        native: what the tool's own fields say; None if they say nothing that can be read back.
        true: what is to be said.
        kind: what a text is in this format.
    """
    apart = native is None or native.get("kind") != true.get("kind") or len(native.items) != len(true.items)
    said = Judged((), {}) if native is None or apart else native
    rest = {name: true.get(name) for name in COLUMNS if said.get(name) != true.get(name)}
    hints = [hint_for(item, kind=kind) for item in true.items]
    return rest | ({"items": hints} if any(hints) else {})


def with_remainder(native: Judged | None, rest: Mapping[str, Any], items: tuple[Item, ...]) -> Judged:
    """Return the answer that a record of our own holds; the opposite of `remainder`."""
    said = {} if native is None else dict(native.columns)
    return Judged(items, said | {name: value for name, value in rest.items() if name in COLUMNS})


def hints_in(rest: Mapping[str, Any], n: int) -> Sequence[Mapping[str, Any] | None]:
    """Return the hints for `n` items."""
    hints = rest.get("items") or []
    return [hints[i] if i < len(hints) else None for i in range(n)]


def is_whole(rest: Mapping[str, Any] | None) -> bool:
    """Whether our field says everything, so that the tool's own need not be read."""
    return rest is not None and "kind" in rest
