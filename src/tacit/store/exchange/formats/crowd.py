"""Plain tables of a crowd: ``item,labeler,label`` or ``first,second,winner,labeler``, as CSV, JSON lines or Parquet.

They are read by `tacit.store.exchange.plain`; this writes them. An item is named by its text where it is one, else by
its id; a file holds choices or comparisons, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tacit.judging import Item, ItemKind, Outcome, QuestionKind
from tacit.store.exchange.formats.judged import Judged, LeftOut

NAME = "crowd"
CONTAINERS = ("csv", "jsonl", "parquet")
GROUPED = False
BESIDE = (
    *("judgment_id", "question_text", "occasion", "shown_left"),
    *("credence", "answered_at_s", "duration_s", "follows"),
)


def write(group: Sequence[Judged]) -> dict[str, Any]:
    """Return the row of an answer.

    Raises:
        LeftOut: another kind of question, or a choice that was not answered.
    """
    (judged,) = group
    kind, outcome = judged.get("kind"), judged.get("outcome")
    beside = {name: judged.get(name) for name in BESIDE}
    if kind == QuestionKind.COMPARISON:
        names = [_name(item) for item in judged.items]
        answered = outcome == Outcome.ANSWERED
        winner = names[judged.get("comparison")] if answered else outcome
        if not answered and outcome in names:
            raise LeftOut("an item called like a draw")
        return {"first": names[0], "second": names[1], "winner": winner, "labeler": judged.get("labeler_id"), **beside}
    if kind != QuestionKind.CHOICE:
        raise LeftOut(f"a {kind}")
    if outcome != Outcome.ANSWERED:
        raise LeftOut(str(outcome))
    return {
        "item": _name(judged.items[0]),
        "labeler": judged.get("labeler_id"),
        "label": judged.get("choice"),
        **beside,
    }


def _name(item: Item) -> str:
    if item.kind is not ItemKind.TEXT or item.media_type != "text/plain":
        return item.item_id
    if not item.content:
        raise LeftOut("an empty text")
    return item.content.decode()
