"""How far each judge can be trusted, inferred together with what the answers amount to.

Agreement with the others takes the majority for the truth. Here a judge is weighed by how the other judges are weighed:
for classes by confusion tables that share strength, for comparisons by a precision beside the scores of the items.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.crowd.choices import choices_from_codes
from tacit.crowd.choices.methods.hierarchical import Hierarchical
from tacit.crowd.comparisons import PairedComparisons, Winner, fit_with_raters
from tacit.errors import InputError
from tacit.judging import QuestionKind
from tacit.measure import Estimate
from tacit.web.quality.coding import DRAW, SIDE_NAMES, Coded

MOST_CHOICES = 300_000
MOST_COMPARISONS = 20_000
SHRINKAGE = 0.1
"""Precision of the prior on the scores, so that an item that has won all its comparisons has a finite one."""
WINNERS = {SIDE_NAMES[0]: Winner.LEFT, SIDE_NAMES[1]: Winner.RIGHT, DRAW: Winner.TIE}


def infer_reliability(rows: Coded, kind: QuestionKind, items: dict[int, tuple[str, ...]]) -> dict[str, Estimate]:
    """Return pseudonym → how likely the judge is to agree with the consensus; nothing where that cannot be inferred.

    Args:
        rows: the coded answers. Of very many, as many as a page can wait for, drawn at random.
        kind: of the questions; only choices and comparisons have a model here.
        items: row of a question → its items, for comparisons.
    """
    chosen = _some(len(rows.value), MOST_CHOICES if kind is QuestionKind.CHOICE else MOST_COMPARISONS)
    try:
        if kind is QuestionKind.CHOICE:
            found = _of_choices(rows, chosen)
        elif kind is QuestionKind.COMPARISON:
            found = _of_comparisons(rows, chosen, items)
        else:
            return {}
    except InputError:  # one judge alone, or items that nothing connects: then there is nothing to infer
        return {}
    return {name: one for name, one in found.items() if one.n > 0}


def _some(n: int, most: int) -> NDArray[np.intp]:
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, most, replace=False))


def _of_choices(rows: Coded, chosen: NDArray[np.intp]) -> dict[str, Estimate]:
    values = rows.value[chosen].astype(np.int64)
    choices = choices_from_codes(rows.unit[chosen], rows.labeler[chosen], values, n_labels=max(len(rows.names), 2))
    estimates = Hierarchical().fit(choices).skill.estimates()
    return dict(zip(rows.labelers[: len(estimates)], estimates, strict=True))


def _of_comparisons(rows: Coded, chosen: NDArray[np.intp], items: dict[int, tuple[str, ...]]) -> dict[str, Estimate]:
    pairs = [items[question] for question in rows.units.tolist()]
    names = sorted({name for pair in pairs for name in pair})
    code = {name: place for place, name in enumerate(names)}
    sides = np.array([[code[first], code[second]] for first, second in pairs])[rows.unit[chosen]]
    winner = np.array([WINNERS[name] for name in rows.names])[rows.value[chosen].astype(np.int64)]
    comparisons = PairedComparisons(
        names, sides[:, 0], sides[:, 1], winner, rater=rows.labeler[chosen], raters=rows.labelers
    )
    fitted = fit_with_raters(comparisons, shrinkage=SHRINKAGE)
    return dict(zip(rows.labelers, fitted.rater_fit.estimates(), strict=True))


def items_of_questions(answers: pl.DataFrame) -> dict[int, tuple[str, ...]]:
    """Return row of a question → its items, from answers that were read with them."""
    listed = answers.select("question", "item_ids").unique("question", keep="first").drop_nulls()
    decoded = listed.with_columns(pl.col("item_ids").str.json_decode(pl.List(pl.String)))
    return {question: tuple(names) for question, names in decoded.iter_rows()}
