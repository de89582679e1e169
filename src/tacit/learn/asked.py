"""What has been asked: the items that questions were put about, with the features that a reward model sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.judging import (
    IN_LIKELIHOOD,
    Candidates,
    Item,
    Labeler,
    Outcome,
    Question,
    QuestionKind,
    in_force,
    questions_table,
)
from tacit.learn.query import Pairs
from tacit.store import Store


@dataclass(frozen=True)
class Asked:
    """Items asked about and their features, in the order of asking; each item once.

    Args:
        item_ids: names of the items.
        features: shape (item, …), empty before the first question.
        group: key of each item's group, shape (item,); empty where items have none.
    """

    item_ids: tuple[str, ...] = ()
    features: NDArray[Any] = field(default_factory=lambda: np.empty(0, np.float32))
    group: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    def including(self, item_ids: list[str], features: NDArray[Any], group: NDArray[np.uint64] | None = None) -> Asked:
        """Return this with more items; those already known are not repeated."""
        known, fresh, names = set(self.item_ids), [], []
        for row, name in enumerate(item_ids):
            if name not in known:
                known.add(name)
                fresh.append(row)
                names.append(name)
        more = features[fresh]
        joined = np.concatenate([self.features, more]) if self.item_ids else more
        groups = self.group if group is None else np.concatenate([self.group, group[fresh]])
        return Asked((*self.item_ids, *names), joined, groups)


def ask(
    store: Store,
    labeler: Labeler,
    candidates: tuple[Candidates, Candidates],
    pairs: Pairs,
    *,
    text: str,
    occasion: str,
) -> tuple[list[str], NDArray[Any]]:
    """Turn pairs of candidates into items and comparisons, keep both, put them to the labeler and keep its answers.

    Args:
        store: where items, questions and judgments are kept.
        labeler: who is asked.
        candidates: where the first and the second of each pair come from; often twice the same.
        pairs: index into the first and into the second candidates, shape (pair, 2).
        text: the words of the question.
        occasion: tells this asking apart from others, such as ``iteration 3``.

    Returns:
        The items asked about and their features, first and second of each pair in turn.
    """
    chosen: list[list[Item]] = []
    for side, made in enumerate(candidates):
        unique, back = np.unique(pairs[:, side], return_inverse=True)
        items = [made.item(int(index)) for index in unique]
        chosen.append([items[i] for i in back])
    store.add_items([item for side in chosen for item in side])
    questions = questions_table(
        [
            Question(QuestionKind.COMPARISON, (first.item_id, second.item_id), text=text, occasion=occasion)
            for first, second in zip(*chosen, strict=True)
            if first.item_id != second.item_id
        ]
    )
    store.add_questions(questions)
    labeler.ask(questions)
    keep_answers(store, labeler)
    names = [item.item_id for side in chosen for item in side]
    return names, np.concatenate([made.features[pairs[:, side]] for side, made in enumerate(candidates)])


def keep_answers(store: Store, labeler: Labeler) -> int:
    """Move the answers that have come in from the labeler to the store and return how many were new."""
    judgments = labeler.collect()
    return store.add_judgments(judgments) if judgments.height else 0


def judged(judgments: pl.DataFrame) -> tuple[int, int]:
    """Return how many questions have been judged, and how many of them so that one can learn from it.

    A question whose answer was taken back has a judgment in force, the one that says so; it waits for another answer.
    """
    standing = in_force(judgments)
    before = judgments.select(follows="judgment_id", was="outcome").unique("follows")
    taken_back = (pl.col("outcome") == Outcome.SKIPPED) & (pl.col("was") != Outcome.SKIPPED)
    done = standing.join(before, on="follows", how="left").filter(~taken_back.fill_null(False))
    usable = done.filter(pl.col("outcome").is_in(list(IN_LIKELIHOOD)))
    return done["question_id"].n_unique(), usable["question_id"].n_unique()


def judgments_on(store: Store, occasion: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the judgments, and their questions, whose occasion begins with `occasion`, in order of arrival."""
    questions = store.questions().filter(pl.col("occasion").str.starts_with(occasion))
    judgments = store.judgments()
    return judgments.filter(pl.col("question_id").is_in(questions.get_column("question_id").implode())), questions
