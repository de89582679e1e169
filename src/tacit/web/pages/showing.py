"""Items and answers in words and pictures for a lead: everything as text but media that cannot carry script."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from tacit.judging import Outcome, QuestionKind
from tacit.store.work.visit import ShownItem
from tacit.web.pages.kinds import OUTCOME_NAMES

LONGEST_SHOWN = 20_000
LONGEST_IN_LIST = 80
BEGINS_ALIKE = 40
PICTURED = ("image", "video")


@dataclass(frozen=True)
class PageItem:
    """An item as a page shows it.

    Args:
        kind: of the item. label: what it is called, such as “First item”.
        url: of media; empty where it is text. text: of what can be read. turns: (role, text) of a dialogue.
    """

    kind: str
    label: str
    url: str
    text: str
    turns: tuple[tuple[str, str], ...]


def page_items(items: Sequence[ShownItem]) -> list[PageItem]:
    """Return items in the question's own order."""
    names = ["The item"] if len(items) == 1 else [f"Item {n}" for n in range(1, len(items) + 1)]
    if len(items) == 2:
        names = ["First item", "Second item"]
    return [_page_item(one, name) for one, name in zip(items, names, strict=True)]


def described(items: Sequence[ShownItem]) -> str:
    """Return items in a few words, for a row of a list; of texts that begin alike, what tells them apart.

    >>> text = "Human: tell me a story about a cat Assistant: "
    >>> described([ShownItem("", "text", "text/plain", text=text + end) for end in ("No.", "Once upon a time")])
    'Human: tell me a story about a cat Assis… … No. · … Once upon a time'
    """
    words = [None if one.text is None else " ".join(one.text.split()) for one in items[:4]]
    more = " …" if len(items) > 4 else ""
    texts = [text for text in words if text is not None]
    alike = [letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))]
    shared = "".join(alike) if len(texts) == len(words) > 1 else ""
    shared = shared[: shared.rfind(" ") + 1]
    if len(shared) > BEGINS_ALIKE:
        return f"{shared[:BEGINS_ALIKE]}… " + " · ".join(f"… {_cut(text[len(shared) :])}" for text in texts) + more
    shown = (one.kind if text is None else _cut(text) for one, text in zip(items, words, strict=False))
    return " · ".join(shown) + more


def in_a_row(items: Sequence[ShownItem]) -> dict[str, Any]:
    """Return items as a row of a list shows them: words, and small pictures where they are images."""
    return {"about": described(items), "thumbs": [_thumb(one) for one in items[:4] if one.url and one.kind in PICTURED]}


def _thumb(one: ShownItem) -> str:
    return one.url or "" if one.kind == "image" else f"/preview/{one.id}/poster"


def answer_words(kind: str, outcome: str, answer: Any) -> str:  # noqa: ANN401 (by kind)
    """Return an answer in words."""
    if outcome != Outcome.ANSWERED:
        return OUTCOME_NAMES.get(outcome, outcome)
    return _WORDS.get(kind, lambda text: str(text) or "an empty text")(answer)


def _spans_words(spans: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{one['label'] or 'mark'} {one['start']:g}–{one['end']:g}" for one in spans) or "no passage"


def ranking_words(ranks: Sequence[int]) -> str:
    """Return ranks as an order, best first.

    >>> ranking_words([1, 0, 1])
    '2 > 1 = 3'
    """
    places: dict[int, list[str]] = {}
    for number, rank in enumerate(ranks, start=1):
        places.setdefault(rank, []).append(str(number))
    return " > ".join(" = ".join(places[rank]) for rank in sorted(places))


_WORDS: dict[str, Callable[[Any], str]] = {
    QuestionKind.COMPARISON: lambda side: ("the first", "the second")[int(side)],
    QuestionKind.RANKING: ranking_words,
    QuestionKind.PROBABILITY: lambda p: f"{100 * float(p):.0f} %",
    QuestionKind.RATING: lambda number: f"{float(number):g}",
    QuestionKind.SPANS: _spans_words,
}


def expected_words(kind: str, expected: Any) -> str:  # noqa: ANN401 (by kind)
    """Return what a check expects, in words."""
    if isinstance(expected, Mapping) and "outcome" in expected:
        return answer_words(kind, str(expected["outcome"]), None)
    return answer_words(kind, Outcome.ANSWERED, expected)


def choices_of(kind: str, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (value, words) of the answers among which a form lets choose; none where it asks for text or a number."""
    if kind == QuestionKind.CHOICE:
        return [(str(option), str(option)) for option in settings["options"]]
    if kind == QuestionKind.COMPARISON:
        draws = [(one, OUTCOME_NAMES[one]) for one in ("tie", "both_bad")]
        return [("first", "the first"), ("second", "the second"), *draws]
    return []


def _page_item(one: ShownItem, label: str) -> PageItem:
    text = (one.text or "").strip("\n")[:LONGEST_SHOWN]
    kind = one.kind if one.url else "text"
    if not one.url and one.text is None:
        text = "not ready to be shown"
    return PageItem(kind, label, one.url or "", text, _turns(one))


def _turns(one: ShownItem) -> tuple[tuple[str, str], ...]:
    if one.kind != "dialogue" or one.media_type != "application/json" or not one.text:
        return ()
    try:
        turns = json.loads(one.text)
        return tuple((str(turn["role"]), str(turn["text"])) for turn in turns)
    except (ValueError, TypeError, KeyError):
        return ()  # another program's dialogue: its JSON is shown as it is


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST_IN_LIST else words[:LONGEST_IN_LIST] + "…"
