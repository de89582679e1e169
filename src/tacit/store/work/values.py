"""Answers as judges see them, and in the question's own order: which side was left, which rank is whose."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from tacit.errors import BadJudgment
from tacit.judging import QuestionKind

LONGEST_TEXT = 100_000
MOST_SPANS = 10_000
STEP_TOLERANCE = 1e-6
SAME_PROBABILITY = 0.2
"""A probability this far from the expected one still passes as right."""

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class _Asked:
    """The settings of a question, and the order in which its items were shown."""

    settings: Settings
    order: Sequence[int]


def stored_answer(kind: str, settings: Settings, order: Sequence[int], value: object) -> Any:  # noqa: ANN401  by kind
    """Return the value of the judgment's column.

    Args:
        kind: of the question.
        settings: of the question.
        order: index, in the question's own order, of each item in the order shown.
        value: the answer as shown.

    Raises:
        BadJudgment: a value that the question does not allow.
    """
    return _STORED[kind](_Asked(settings, order), value)


def shown_answer(kind: str, order: Sequence[int], stored: Any) -> Any:  # noqa: ANN401  by kind
    """Return a stored answer as it looks to a judge who was shown this order: the way back from `stored_answer`."""
    if isinstance(stored, dict):
        return stored.get("outcome")
    if kind == QuestionKind.COMPARISON:
        return "left" if order[0] == stored else "right"
    if kind == QuestionKind.RANKING:
        return [stored[index] for index in order]
    if kind == QuestionKind.PROBABILITY:
        return stored if order[0] == 0 else 1 - stored
    return stored


def is_right(kind: str, settings: Settings, expected: Any, outcome: str, stored: Any) -> bool:  # noqa: ANN401  by kind
    """Return whether an answer is the expected one, within what its kind lets pass.

    Args:
        kind: of the question.
        settings: of the question.
        expected: a value in the question's own order, or ``{"outcome": "tie"}``.
        outcome: of the answer.
        stored: the answer in the question's own order; None unless `outcome` is answered.
    """
    if isinstance(expected, dict) and "outcome" in expected:
        return bool(expected["outcome"] == outcome)
    if outcome != "answered":
        return False
    if kind in (QuestionKind.RATING, QuestionKind.PROBABILITY):
        scale = settings.get("step") or 0.05 * (settings.get("high", 0.0) - settings.get("low", 0.0))
        within = SAME_PROBABILITY if kind == QuestionKind.PROBABILITY else scale
        return bool(abs(stored - expected) <= within + STEP_TOLERANCE)
    if kind == QuestionKind.TEXT:
        return " ".join(stored.split()).casefold() == " ".join(expected.split()).casefold()
    return _span_set(stored) == _span_set(expected) if kind == QuestionKind.SPANS else bool(stored == expected)


def column_text(stored: Any) -> Any:  # noqa: ANN401  by kind
    """Return a stored answer as the database keeps it: lists as JSON."""
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":")) if isinstance(stored, list) else stored


def _bad(expected: str, value: object) -> BadJudgment:
    return BadJudgment("answer", got=repr(value)[:80], expected=expected)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e300 and isfinite(value) else None


def _choice(asked: _Asked, value: object) -> str:
    if not isinstance(value, str) or value not in asked.settings["options"]:
        raise _bad("one of the question's options", value)
    return value


def _comparison(asked: _Asked, value: object) -> int:
    if value not in ("left", "right"):
        raise _bad("left or right", value)
    return asked.order[0] if value == "left" else asked.order[1]


def _ranking(asked: _Asked, value: object) -> list[int]:
    fits = isinstance(value, list) and len(value) == len(asked.order) and all(type(rank) is int for rank in value)
    if not isinstance(value, list) or not fits or min(value) != 0 or max(value) >= len(asked.order):
        raise _bad(f"{len(asked.order)} ranks from 0, in the order shown", value)
    ranks = [0] * len(asked.order)
    for index, rank in zip(asked.order, value, strict=True):
        ranks[index] = rank
    return ranks


def _rating(asked: _Asked, value: object) -> float:
    number, step = _number(value), asked.settings.get("step")
    if number is None or not asked.settings["low"] <= number <= asked.settings["high"]:
        raise _bad(f"a number from {asked.settings['low']} to {asked.settings['high']}", value)
    if step:
        steps = (number - asked.settings["low"]) / step
        if abs(steps - round(steps)) > STEP_TOLERANCE:
            raise _bad(f"a rating in steps of {step}", value)
    return number


def _text(_: _Asked, value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise _bad(f"a text of at most {LONGEST_TEXT} characters, without NUL", value)
    return value


def _spans(asked: _Asked, value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MOST_SPANS:
        raise _bad(f"a list of at most {MOST_SPANS} spans", value)
    options = asked.settings.get("options")
    spans: list[dict[str, Any]] = []
    for one in value:
        start, end = (_number(one.get(name)) if isinstance(one, dict) else None for name in ("start", "end"))
        label = one.get("label") if isinstance(one, dict) else None
        if start is None or end is None or not 0 <= start < end:
            raise _bad("spans with 0 ≤ start < end", one)
        if not (label is None or isinstance(label, str)) or (options is not None and label not in options):
            raise _bad("spans with one of the question's labels", one)
        if isinstance(label, str) and (len(label) > 1000 or "\0" in label):
            raise _bad("labels of at most 1000 characters, without NUL", one)
        spans.append({"start": start, "end": end, "label": label})
    return spans


def _probability(asked: _Asked, value: object) -> float:
    number = _number(value)
    if number is None or not 0 <= number <= 1:
        raise _bad("a number from 0 to 1", value)
    return number if asked.order[0] == 0 else 1 - number


def _span_set(spans: Sequence[Mapping[str, Any]]) -> set[tuple[float, float, str | None]]:
    return {(float(one["start"]), float(one["end"]), one.get("label")) for one in spans}


_STORED: dict[str, Callable[[_Asked, object], Any]] = {
    QuestionKind.CHOICE: _choice,
    QuestionKind.COMPARISON: _comparison,
    QuestionKind.RANKING: _ranking,
    QuestionKind.RATING: _rating,
    QuestionKind.TEXT: _text,
    QuestionKind.SPANS: _spans,
    QuestionKind.PROBABILITY: _probability,
}
