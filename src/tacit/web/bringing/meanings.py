"""Which column of a table means what, by the headers that people use, or as the lead says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tacit.errors import BadFile, UnknownName
from tacit.judging import DATA_SHEETS, QuestionKind

ITEM = (
    *("text", "item", "content", "image", "audio", "video", "file", "file_name", "filename", "path"),
    *("dialogue", "messages", "conversation", "transcript", "sentence", "document", "review", "passage"),
    *("response", "output", "completion", "input", "prompt", "question", "title", "body"),
)
PAIRS = (
    ("first", "second"),
    ("left", "right"),
    ("a", "b"),
    ("item_a", "item_b"),
    ("item_1", "item_2"),
    ("text_a", "text_b"),
    ("response_a", "response_b"),
    ("response_1", "response_2"),
    ("completion_a", "completion_b"),
    ("answer_a", "answer_b"),
    ("image_a", "image_b"),
    ("conversation_a", "conversation_b"),
    ("chosen", "rejected"),
    ("option_a", "option_b"),
)
LISTED = ("items", "responses", "candidates", "completions", "options", "texts")
BESIDE = {
    "prompt": ("prompt", "question", "instruction", "context", "query"),
    "expected": ("gold", "expected", "gold_answer", "gold_label", "right_answer"),
    "priority": ("priority", "urgency"),
    "sensitive": ("sensitive",),
    "stratum": ("stratum", "group", "quota"),
}
MANY_IN_ROW = re.compile(r"^(item|response|completion|text|image|candidate)_?(\d+)$")


@dataclass(frozen=True)
class Layout:
    """What the columns of a table mean.

    Args:
        items: columns that each hold one item, in the question's own order.
        listed: the column that holds a list of items, empty where there is none.
        beside: meaning → column, for the meanings in `BESIDE`.
        ignored: columns that mean nothing here.
    """

    items: tuple[str, ...]
    listed: str
    beside: Mapping[str, str]
    ignored: tuple[str, ...]

    @property
    def whole_questions(self) -> bool:
        """Whether a row holds all items of a question, rather than one that has yet to meet others."""
        return len(self.items) > 1 or bool(self.listed)


def layout_of(columns: Sequence[str], kind: QuestionKind, *, item: str, where: str) -> Layout:
    """Return what the columns of a table mean in a project of `kind`.

    Args:
        columns: as the table has them.
        item: the column that holds the item, as the lead says; empty to go by the headers.
        where: the table, for messages.

    Raises:
        BadFile: no column says what the item is. UnknownName: the table has no column `item`.
    """
    by_lower = {column.strip().lower().replace(" ", "_"): column for column in reversed(columns)}
    items, listed = _items(by_lower, columns, kind, item, where)
    beside = {}
    for meaning, headers in BESIDE.items():
        found = next((by_lower[h] for h in headers if h in by_lower and by_lower[h] not in (*items, listed)), None)
        if found is not None:
            beside[meaning] = found
    used = {*items, listed, *beside.values()}
    return Layout(items, listed, beside, tuple(column for column in columns if column not in used))


def _items(
    by_lower: Mapping[str, str], columns: Sequence[str], kind: QuestionKind, item: str, where: str
) -> tuple[tuple[str, ...], str]:
    if item:
        if item not in columns:
            raise UnknownName(f"column of {where}", item, columns)
        return (item,), ""
    most = DATA_SHEETS[kind].n_items[1]
    if most > 1:
        if kind is QuestionKind.RANKING and (many := _numbered(by_lower)):
            return many, ""
        for first, second in PAIRS:
            if first in by_lower and second in by_lower:
                return (by_lower[first], by_lower[second]), ""
        if listed := next((by_lower[name] for name in LISTED if name in by_lower), ""):
            return (), listed
    known = {header for headers in BESIDE.values() for header in headers} - set(ITEM)
    if single := next((by_lower[name] for name in ITEM if name in by_lower), None):
        return (single,), ""
    others = [column for lower, column in by_lower.items() if lower not in known]
    if len(others) == 1:
        return (others[0],), ""
    wanted = "a column 'text', 'image' or 'item'" + (", or 'first' and 'second'" if most > 1 else "")
    shown = ", ".join(columns[:12]) or "none"
    raise BadFile(where, got=f"the columns {shown}", expected=wanted, do="Say below which column holds the item")


def _numbered(by_lower: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns item_1, item_2 …, in order, where there are at least two with one name."""
    found: dict[str, list[tuple[int, str]]] = {}
    for lower, column in by_lower.items():
        if matched := MANY_IN_ROW.match(lower):
            found.setdefault(matched[1], []).append((int(matched[2]), column))
    many = max(found.values(), key=len, default=[])
    return tuple(column for _, column in sorted(many)) if len(many) > 1 else ()
