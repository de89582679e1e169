"""The judgments of a project as votes."""

from __future__ import annotations

import json

import polars as pl

from tacit.crowd.choices.table import Choices, choices_from_table
from tacit.errors import BadQuestion, BadValue, NotIdentified
from tacit.judging import Outcome, QuestionKind, in_force


def choices_from_judgments(judgments: pl.DataFrame, questions: pl.DataFrame, *, where: str = "project") -> Choices:
    """Return the answers in force to questions of the kind *choice* as votes.

    Args:
        judgments: columns of `judgments_schema`. Outcomes other than *answered* are no votes.
        questions: columns of `questions_schema`, with every question that was answered.
        where: what to call them in a message.

    Raises:
        BadValue: no choice was answered. NotIdentified: different choices were asked about.
        BadQuestion: settings without classes.
    """
    asked = questions.filter(pl.col("kind") == QuestionKind.CHOICE).select(
        "question_id", "settings", pl.col("text").alias("asked"), pl.col("item_ids").list.first().alias("item")
    )
    answered = in_force(judgments).filter(pl.col("outcome") == Outcome.ANSWERED)
    votes = answered.join(asked, on="question_id", how="inner", maintain_order="left")
    if not votes.height:
        raise BadValue(where, got="no answered question of the kind choice", expected="at least one")
    kinds = votes.select("asked", "settings").unique(maintain_order=True)
    if kinds.height > 1:
        texts = "; ".join(repr(text) for text in kinds["asked"].to_list()[:3])
        raise NotIdentified(
            where,
            got=f"{kinds.height} different questions of the kind choice, such as {texts}",
            expected="one question about many items",
            do="Export the judgments and aggregate each question's file by itself",
        )
    options = json.loads(kinds["settings"][0]).get("options")
    if not options:
        raise BadQuestion(where, got=kinds["settings"][0], expected="settings with the classes in 'options'")
    table = votes.select("item", pl.col("labeler_id").alias("labeler"), pl.col("choice").alias("label"))
    return choices_from_table(table, options=options, where=where)
