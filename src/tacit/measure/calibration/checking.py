"""What the measures of calibration and discrimination accept, and how they refuse the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue
from tacit.measure.estimate import finite_values

Values = NDArray[np.float64]
Codes = NDArray[np.intp]

SUM_TOLERANCE = 1e-6


def predictions(p: ArrayLike, outcome: ArrayLike, *, where: str) -> tuple[Values, Values]:
    """Return predicted probabilities and what happened, each of shape (prediction,) and within [0, 1].

    Args:
        p: predicted probability of an event.
        outcome: 1 where the event happened, 0 where it did not; ½ for a draw.
        where: who asks, for the message.

    Raises:
        BadValue: different lengths, more than one axis, or a value outside [0, 1]. NotFinite: a NaN or infinity.
    """
    predicted, happened = _list_of(p, f"{where}, p"), _list_of(outcome, f"{where}, outcome")
    if len(predicted) != len(happened):
        got = f"{len(predicted)} predictions and {len(happened)} outcomes"
        raise BadValue(where, got=got, expected="an outcome for each prediction")
    _within(predicted, f"{where}, p")
    _within(happened, f"{where}, outcome")
    return predicted, happened


def scored(score: ArrayLike, positive: ArrayLike, *, where: str) -> tuple[Values, Values]:
    """Return scores of any size and whether each is of a positive, as 0 or 1, each of shape (item,).

    Raises:
        BadValue: different lengths, more than one axis, or a mark that is not 0 or 1. NotFinite: a NaN or infinity.
    """
    scores, marks = _list_of(score, f"{where}, score"), _list_of(positive, f"{where}, positive")
    if len(scores) != len(marks):
        raise BadValue(where, got=f"{len(scores)} scores and {len(marks)} marks", expected="a mark for each score")
    wrong = np.flatnonzero((marks != 0) & (marks != 1))
    if len(wrong):
        at = f"{where}, mark {wrong[0] + 1}"
        raise BadValue(at, got=marks[wrong[0]].tolist(), expected="0 or 1")
    return scores, marks


def distributions(p: ArrayLike, label: ArrayLike, *, where: str) -> tuple[Values, Codes]:
    """Return predicted distributions, shape (item, class), and the index of each item's true class, shape (item,).

    Raises:
        BadValue: another shape, a row that does not sum to 1 (tolerance 1e-6), or a label that is no class.
        NotFinite: a value is NaN or infinite.
    """
    rows = finite_values(p, where=f"{where}, p")
    if rows.ndim != 2 or rows.shape[1] < 2:
        raise BadValue(f"{where}, p", got=f"shape {rows.shape}", expected="a row an item, two columns or more")
    _within(rows, f"{where}, p")
    wrong = np.flatnonzero(np.abs(rows.sum(axis=1) - 1) > SUM_TOLERANCE)
    if len(wrong):
        got = f"a sum of {rows[wrong[0]].sum():.6g}"
        raise BadValue(f"{where}, p, row {wrong[0] + 1}", got=got, expected="probabilities that sum to 1")
    codes = _list_of(label, f"{where}, label")
    if len(codes) != len(rows):
        raise BadValue(where, got=f"{len(rows)} predictions and {len(codes)} labels", expected="a label for each")
    bad = np.flatnonzero((codes != np.round(codes)) | (codes < 0) | (codes >= rows.shape[1]))
    if len(bad):
        expected = f"the index of a class, 0 to {rows.shape[1] - 1}"
        raise BadValue(f"{where}, label {bad[0] + 1}", got=f"{codes[bad[0]]:g}", expected=expected)
    return rows, codes.astype(np.intp)


def top_label(p: ArrayLike, label: ArrayLike) -> tuple[Values, Values]:
    """Return the probability of each item's most probable class and whether it is the true one, each of shape (item,).

    These two are what the binary measures take where there are several classes.

    Args:
        p: predicted distributions, shape (item, class), rows summing to 1.
        label: index of the true class, shape (item,).

    Source: Guo et al. 2017, section 2, arXiv:1706.04599.
    """
    rows, codes = distributions(p, label, where="top_label")
    chosen = rows.argmax(axis=1)
    return rows[np.arange(len(rows)), chosen], (chosen == codes).astype(np.float64)


def _list_of(values: ArrayLike, where: str) -> Values:
    x = finite_values(values, where=where)
    if x.ndim != 1:
        raise BadValue(where, got=f"shape {x.shape}", expected="one axis")
    return x


def _within(values: Values, where: str) -> None:
    outside = np.argwhere((values < 0) | (values > 1))
    if len(outside):
        at = tuple(outside[0])
        raise BadValue(f"{where}, value {at[0] + 1}", got=f"{values[at]:g}", expected="a number from 0 to 1")
