"""Which of a run's questions the page shows, what was answered, and what the reward model makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tacit.judging import IN_LIKELIHOOD, Item, Media, Outcome, QuestionKind
from tacit.report.media import Shown, shown, shown_item
from tacit.report.wording import percent
from tacit.store import Store

Render = Callable[[Item], Media]
"""Shows an item as media, such as `Producer.render`."""

SIDES = ("left", "right")
OUTCOME_WORDS = {
    Outcome.ANSWERED: "answered",
    Outcome.TIE: "called it a tie",
    Outcome.BOTH_BAD: "found both bad",
    Outcome.CANT_TELL: "could not tell",
    Outcome.NOT_SHOWN: "could not see both",
    Outcome.SKIPPED: "skipped it",
}


@dataclass(frozen=True)
class Pair:
    """One comparison as the page shows it; the question's first item stands left.

    Args:
        number: its place in the order asked, from 1.
        text: the words put to the judge.
        clips: left and right.
        marks: what to write below each clip, empty for none.
        answers: what each labeler answered, a sentence each.
        chances: the reward model's probability that each is preferred, as text; empty if not recorded.
        agreement: whether the reward model agrees, in words; empty if it cannot be said.
    """

    number: int
    text: str
    clips: tuple[Shown, Shown]
    marks: tuple[str, str]
    answers: tuple[str, ...]
    chances: tuple[str, str]
    agreement: str


@dataclass(frozen=True)
class Asked:
    """The questions of a run.

    Args:
        n_comparisons: how many comparisons were asked.
        n_rendered: how many of them can be shown.
        n_other: how many questions of other kinds were asked.
        pairs: those shown, in the order asked.
    """

    n_comparisons: int = 0
    n_rendered: int = 0
    n_other: int = 0
    pairs: tuple[Pair, ...] = ()

    @property
    def text(self) -> str:
        """The words put to the judge, where they are the same in every question shown; else empty."""
        texts = {pair.text for pair in self.pairs}
        return texts.pop() if len(texts) == 1 else ""


def asked_questions(
    project: Store,
    judgments: pl.DataFrame,
    p_first: Mapping[str, float],
    *,
    n: int | None,
    render: Render | None = None,
) -> Asked:
    """Return `n` of the comparisons, evenly spread over the run, those already rendered first; all if `n` is None.

    Args:
        project: the run's store.
        judgments: those in force.
        p_first: question → the reward model's probability that its first item is preferred.
        n: how many to show.
        render: shows an item that has not been rendered; what it makes is kept in `project`. Without it, only
            questions rendered before are shown.
    """
    questions = project.questions()
    comparisons = questions.filter(pl.col("kind") == QuestionKind.COMPARISON)
    of_row = comparisons.get_column("item_ids").to_list()
    rendered = [row for row, item_ids in enumerate(of_row) if not _missing(project, item_ids)]
    chosen = _choose(rendered, comparisons.height if render else len(rendered), n)
    if render:
        missing = {item_id: None for row in chosen for item_id in _missing(project, of_row[row])}
        for item in project.items(list(missing)):
            project.add_rendition(item.item_id, render(item))
    pairs = tuple(_pair(project, row + 1, comparisons.row(row, named=True), judgments, p_first) for row in chosen)
    n_rendered = len({*rendered, *chosen})
    return Asked(comparisons.height, n_rendered, questions.height - comparisons.height, pairs)


def evenly_spread(rows: Sequence[int], n: int) -> list[int]:
    """Return `n` of `rows` in their order, the first and the last among them when `n` is two or more."""
    return [rows[i] for i in np.linspace(0, len(rows) - 1, min(n, len(rows))).round().astype(int)]


def _choose(rendered: Sequence[int], n_showable: int, n: int | None) -> list[int]:
    wanted = n_showable if n is None else min(n, n_showable)
    if wanted <= len(rendered):
        return evenly_spread(rendered, wanted)
    others = sorted(set(range(n_showable)) - set(rendered))
    return sorted([*rendered, *evenly_spread(others, wanted - len(rendered))])


def _missing(project: Store, item_ids: Sequence[str]) -> list[str]:
    return [item_id for item_id in item_ids if _shown(project, item_id) is None]


def _shown(project: Store, item_id: str) -> Shown | None:
    media = project.rendition(item_id)
    return shown_item(project.item(item_id)) if media is None else shown(media)


def _pair(
    project: Store, number: int, question: Mapping[str, Any], judgments: pl.DataFrame, p_first: Mapping[str, float]
) -> Pair:
    clips = [one for one in (_shown(project, item_id) for item_id in question["item_ids"]) if one is not None]
    given = judgments.filter(pl.col("question_id") == question["question_id"]).to_dicts()
    votes = _votes(given)
    p_left = p_first.get(question["question_id"])
    return Pair(
        number=number,
        text=question["text"],
        clips=(clips[0], clips[1]),
        marks=_marks(votes, sum(judgment["outcome"] in IN_LIKELIHOOD for judgment in given)),
        answers=tuple(map(_answer, given)),
        chances=("", "") if p_left is None else (percent(p_left), percent(1 - p_left)),
        agreement=_agreement(p_left, votes),
    )


def _votes(given: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Return how many prefer the left and the right clip; a draw counts half to each."""
    votes = [0.0, 0.0]
    for judgment in given:
        if judgment["outcome"] == Outcome.ANSWERED and judgment["comparison"] is not None:
            votes[judgment["comparison"]] += 1
        elif judgment["outcome"] in IN_LIKELIHOOD:
            votes = [votes[0] + 0.5, votes[1] + 0.5]
    return votes[0], votes[1]


def _marks(votes: tuple[float, float], n: int) -> tuple[str, str]:
    if n == 0:
        return "", ""
    if votes[0] == votes[1]:
        return "tie", "tie"
    words = "preferred" if n == 1 else f"preferred by {max(votes):g} of {n}"
    return (words, "") if votes[0] > votes[1] else ("", words)


def _answer(judgment: Mapping[str, Any]) -> str:
    who, outcome = judgment["labeler_id"], judgment["outcome"]
    if outcome == Outcome.ANSWERED and judgment["comparison"] is not None:
        return f"{who} preferred the {SIDES[judgment['comparison']]} clip"
    return f"{who} {OUTCOME_WORDS.get(outcome, outcome)}"


def _agreement(p_left: float | None, votes: tuple[float, float]) -> str:
    """Return what the reward model makes of it, in words; nothing where there is nothing to agree with."""
    if p_left is None or p_left == 0.5 or votes[0] == votes[1]:
        return ""
    favoured = 0 if p_left > 0.5 else 1
    return f"The reward model {'agrees' if votes[favoured] > votes[1 - favoured] else 'disagrees'}"
