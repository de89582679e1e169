"""The rules of a project: how many judges a question, what is mixed in, how long a lease, how much a judge may do."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from typing import Any, Self

from tacit.errors import BadValue, UnknownName

MOST_CHECKS = 0.5
MOST_PREFETCHED = 50


@dataclass(frozen=True)
class Rules:
    """How the tasks of a project are handed out.

    Args:
        overlap: valid answers that a question gets, each from another judge.
        gold_share: share of questions with a known answer among those handed out.
        attention_share: share of checks whose answer is plain to anyone who looks.
        repeat_share: share of a judge's own earlier questions, put again.
        exploration_share: share drawn at random whatever their priority, where there are priorities.
        lease_s: how long a question is kept for the judge who holds it; each answer of theirs renews it.
        quota: answers that one judge may give; 0 for any number.
        strata: name of a stratum → questions of it that are to be finished, then no more are asked.
        undo_s: how long an answer can be taken back.
        shortest_s: an answer quicker than this is counted as hasty.
        gate: judges must say that they have read the instructions before they work.
        training_pass: share of training questions to be answered rightly, where there are any.
        training_attempts: how often the training may be tried.
        more_to_come: when nothing is open, judges wait for more instead of being told that all is done.
        page: what the judging page reads: break_every_s, blur, keys, prefetch, credence, outcomes …

    Raises:
        BadValue: a rule outside its range.
    """

    overlap: int = 1
    gold_share: float = 0.05
    attention_share: float = 0.0
    repeat_share: float = 0.05
    exploration_share: float = 0.1
    lease_s: float = 600.0
    quota: int = 0
    strata: dict[str, int] = field(default_factory=dict)
    undo_s: float = 3600.0
    shortest_s: float = 0.3
    gate: bool = True
    training_pass: float = 0.8
    training_attempts: int = 2
    more_to_come: bool = False
    page: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shares = self.gold_share + self.attention_share + self.repeat_share
        whole = all(type(n) is int for n in (self.overlap, self.quota, self.training_attempts))
        numbers = (self.gold_share, self.attention_share, self.repeat_share, self.exploration_share, self.training_pass)
        ranges = {
            "overlap": (whole and 1 <= self.overlap <= 1000, "a whole number from 1 to 1000"),
            "quota": (whole and self.quota >= 0, "a whole number, 0 for no limit"),
            "training_attempts": (whole and self.training_attempts >= 1, "a whole number, 1 or more"),
            "gold_share": (all(0 <= share <= 1 for share in numbers), "shares from 0 to 1"),
            "repeat_share": (shares <= MOST_CHECKS, f"gold, attention and repeats together at most {MOST_CHECKS}"),
            "lease_s": (5 <= self.lease_s <= 7 * 86400, "seconds, from 5 to a week"),
            "undo_s": (isfinite(self.undo_s) and self.undo_s >= 0, "seconds, 0 or more"),
            "shortest_s": (isfinite(self.shortest_s) and self.shortest_s >= 0, "seconds, 0 or more"),
            "strata": (all(type(n) is int and n >= 0 for n in self.strata.values()), "a number of questions for each"),
        }
        for name, (holds, expected) in ranges.items():
            if not holds:
                raise BadValue(f"rule {name!r}", got=repr(getattr(self, name)), expected=expected)

    @property
    def json(self) -> str:
        """The rules as JSON text."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the rules in a JSON text that `json` wrote."""
        return cls.of(json.loads(text))

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Return rules from some of them by name; the others are as by default.

        Raises:
            UnknownName: no such rule. BadValue: a rule outside its range or of another type.
        """
        known = [one.name for one in fields(cls)]
        if unknown := sorted(set(given) - set(known)):
            raise UnknownName("rule", unknown[0], known)
        for name in ("strata", "page"):
            if not isinstance(given.get(name, {}), dict):
                raise BadValue(f"rule {name!r}", got=repr(given[name]), expected="an object")
        try:
            return cls(**given)
        except TypeError as error:
            raise BadValue("rules", got=str(error), expected="numbers where numbers are due") from None
