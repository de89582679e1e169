"""From what labelers answered to comparisons, by the rules of each outcome.

============================  ====================================================================================
answered comparison           the preferred item is better with probability 1
answered probability          the first of the two items is better with the probability stated
answered ranking of k items   every pair it implies, weight 2/k each: together k − 1, as many as independent
                              comparisons would be needed to rank them; equal ranks are draws
tie                           half to each side
both_bad                      half to each side, and a record that neither is acceptable
cant_tell, not_shown, skipped no pair; counted in `left_out`
============================  ====================================================================================

A judgment that a later one follows is not in force and counts nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.errors import BadJudgment
from tacit.judging import IN_LIKELIHOOD, Outcome, QuestionKind, in_force
from tacit.reward.comparisons import Comparisons, with_steps

COMPARED = (QuestionKind.COMPARISON, QuestionKind.PROBABILITY, QuestionKind.RANKING)
OTHER_KIND = "other_kind"


def comparisons_from_judgments(
    judgments: pl.DataFrame, questions: pl.DataFrame, features: NDArray[Any], *, item_ids: Sequence[str]
) -> Comparisons:
    """Return what the judgments in force say about which item is better.

    Args:
        judgments: columns of `judgments_schema`.
        questions: columns of `questions_schema`; every question that was answered.
        features: what a reward model sees of each item, shape (item, step, feature), or (item, feature).
        item_ids: the item of each row of `features`.

    Returns:
        Pairs in the order of the judgments; the raters in alphabetical order. Judgments of questions about one item,
        or of a kind that compares nothing, are counted in `left_out` as ``other_kind``.

    Raises:
        BadJudgment: a judgment on an unknown question, or about an item without features.
        BadValue, NotFinite: features that do not fit or are not finite.
    """
    joined = in_force(judgments).join(
        questions.unique("question_id").select("question_id", "kind", "item_ids"),
        on="question_id",
        how="left",
        maintain_order="left",
    )
    if joined.get_column("kind").null_count():
        unknown = joined.filter(pl.col("kind").is_null())["question_id"][0]
        raise BadJudgment("judgments", got=f"question {unknown!r}", expected="a question of the table given")
    in_likelihood = pl.col("outcome").is_in(list(IN_LIKELIHOOD))
    compares = pl.col("kind").is_in(list(COMPARED)) & (pl.col("item_ids").list.len() > 1)
    left_out = joined.select(
        pl.when(~in_likelihood).then("outcome").when(~compares).then(pl.lit(OTHER_KIND)).alias("why")
    ).get_column("why")
    counts = left_out.drop_nulls().value_counts().sort("why")
    used = joined.filter(in_likelihood & compares).with_row_index("order")
    raters = used.get_column("labeler_id").unique().sort()
    pairs = _pairs(used)
    codes = _codes(pairs, pl.Series(item_ids, dtype=pl.String), raters)
    return Comparisons(
        features=with_steps(features),
        first=codes["first"].to_numpy().astype(np.intp),
        second=codes["second"].to_numpy().astype(np.intp),
        target=codes["target"].to_numpy().astype(np.float32),
        weight=codes["weight"].to_numpy().astype(np.float32),
        rater=codes["rater"].to_numpy().astype(np.intp),
        raters=tuple(raters),
        both_bad=codes["both_bad"].to_numpy(),
        item_ids=tuple(item_ids),
        left_out=tuple(counts.iter_rows()),
    )


def _pairs(used: pl.DataFrame) -> pl.DataFrame:
    """Return one row a pair: first_id, second_id, target, weight, labeler_id, both_bad, in the order of `used`."""
    parts = []
    for (size,), group in used.group_by(pl.col("item_ids").list.len(), maintain_order=True):
        i, j = np.triu_indices(int(str(size)), k=1)
        pair = pl.DataFrame({"i": i, "j": j, "pair": np.arange(len(i))})
        parts.append(group.join(pair, how="cross").with_columns(pl.lit(2 / int(str(size))).alias("weight")))
    if not parts:
        parts = [used.with_columns(i=pl.lit(0), j=pl.lit(0), pair=pl.lit(0), weight=pl.lit(0.0))]
    rank_first, rank_second = (pl.col("ranking").list.get(pl.col(k), null_on_oob=True) for k in ("i", "j"))
    answered = (
        pl.when(pl.col("kind") == QuestionKind.COMPARISON)
        .then(1.0 - pl.col("comparison"))
        .when(pl.col("kind") == QuestionKind.PROBABILITY)
        .then("probability")
        .otherwise(0.5 + 0.5 * (rank_second - rank_first).sign())
    )
    return (
        pl.concat(parts)
        .sort("order", "pair")
        .select(
            pl.col("item_ids").list.get(pl.col("i")).alias("first_id"),
            pl.col("item_ids").list.get(pl.col("j")).alias("second_id"),
            pl.when(pl.col("outcome") == Outcome.ANSWERED).then(answered).otherwise(0.5).alias("target"),
            "weight",
            "labeler_id",
            (pl.col("outcome") == Outcome.BOTH_BAD).alias("both_bad"),
        )
    )


def _codes(pairs: pl.DataFrame, item_ids: pl.Series, raters: pl.Series) -> pl.DataFrame:
    """Return `pairs` with indices in place of names."""
    items = pl.DataFrame({"name": item_ids, "code": np.arange(len(item_ids))})
    names = pl.DataFrame({"labeler_id": raters, "rater": np.arange(len(raters))})
    coded = pairs.join(names, on="labeler_id", how="left", maintain_order="left")
    for side in ("first", "second"):
        coded = coded.join(
            items.rename({"name": f"{side}_id", "code": side}), on=f"{side}_id", how="left", maintain_order="left"
        )
        if coded.get_column(side).null_count():
            unknown = coded.filter(pl.col(side).is_null())[f"{side}_id"][0]
            raise BadJudgment("judgments", got=f"item {unknown!r} without features", expected="features of every item")
    return coded
