"""The right answer to a gold question, as a person writes it, made into what a judgment's columns hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from tacit.errors import BadValue
from tacit.judging import Outcome, QuestionKind

SIDES = {"first": 0, "left": 0, "a": 0, "0": 0, "second": 1, "right": 1, "b": 1, "1": 1}
DRAWS = {"tie": Outcome.TIE, "draw": Outcome.TIE, "equal": Outcome.TIE, "both_bad": Outcome.BOTH_BAD}


def parse_expected(
    written: object, kind: QuestionKind, settings: Mapping[str, Any], *, where: str
) -> tuple[Outcome, Any]:
    """Return the outcome and the answer that a check expects, in the question's own order.

    Args:
        written: a cell or a field, such as ``cat``, ``first``, ``tie``, ``4``, ``[0, 2, 1]``.
        kind: of the question. settings: what its data sheet takes.
        where: the place, for messages.

    Raises:
        BadValue: no answer that a question of this kind allows.
    """
    text = str(written).strip()
    if kind in (QuestionKind.COMPARISON, QuestionKind.RANKING) and text.lower().replace(" ", "_") in DRAWS:
        return DRAWS[text.lower().replace(" ", "_")], None
    return Outcome.ANSWERED, _answer(text, written, kind, settings, where)


def _answer(text: str, written: object, kind: QuestionKind, settings: Mapping[str, Any], where: str) -> Any:  # noqa: ANN401 (typed by the kind)
    if kind is QuestionKind.CHOICE:
        return _option(text, [str(option) for option in settings["options"]], where)
    if kind is QuestionKind.COMPARISON:
        if text.lower() not in SIDES:
            raise BadValue(where, got=repr(text), expected="first, second, left, right, tie or both_bad")
        return SIDES[text.lower()]
    if kind in (QuestionKind.RATING, QuestionKind.PROBABILITY):
        low, high = (settings["low"], settings["high"]) if kind is QuestionKind.RATING else (0.0, 1.0)
        return _number(text, float(low), float(high), where)
    if kind is QuestionKind.TEXT:
        return str(written)
    return _listed(written, kind, where)


def _option(text: str, options: list[str], where: str) -> str:
    if text not in options:
        near = get_close_matches(text, options, n=1)
        do = f"Did you mean {near[0]!r}" if near else ""
        raise BadValue(where, got=repr(text), expected=f"one of {', '.join(options[:12])}", do=do)
    return text


def _number(text: str, low: float, high: float, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise BadValue(where, got=repr(text), expected=f"a number from {low:g} to {high:g}")
    return value


def _listed(written: object, kind: QuestionKind, where: str) -> list[Any]:
    expected = "a list of ranks, such as [0, 2, 1]" if kind is QuestionKind.RANKING else "a list of spans, as JSON"
    try:
        value = json.loads(written) if isinstance(written, str) else written
    except ValueError:
        value = None
    if not isinstance(value, list):
        raise BadValue(where, got=repr(written)[:60], expected=expected)
    if kind is QuestionKind.RANKING and not all(isinstance(rank, int) and rank >= 0 for rank in value):
        raise BadValue(where, got=repr(written)[:60], expected=expected)
    return value
