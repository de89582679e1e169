"""Does the work change as it goes on: a trend, or a moment at which it changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov, ndtr

from tacit.crowd.audit.multiplicity import benjamini_hochberg

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]
FEWEST = 30
"""Fewest values of a series in which a change is looked for."""


@dataclass(frozen=True)
class Drift:
    """How one series changes.

    Args:
        series: code of the series, such as a labeler.
        n: how many values it has.
        trend: change from its beginning to its end by a straight line.
        trend_p_value: that there is no trend, adjusted over all series.
        change_at: how many values come before the likeliest moment of change.
        before, after: mean before and after it.
        change_p_value: that there is no such moment, adjusted over all series.
    """

    series: int
    n: int
    trend: float
    trend_p_value: float
    change_at: int
    before: float
    after: float
    change_p_value: float


def drifts(values: Float64, series: Index, order: Float64 | None = None, *, fewest: int = FEWEST) -> list[Drift]:
    """Return the trend and the likeliest moment of change of each series, the surest change first.

    Args:
        values: such as by how much each label is worse than the others of its item; NaN where unknown; shape (value,).
        series: which series each belongs to, shape (value,).
        order: when, such as seconds; the order in which they are given, if absent; shape (value,).
        fewest: how many values a series must have.

    Source: the trend of Armitage 1955, doi:10.2307/3001775; the moment of change by cumulative sums,
    whose largest excursion follows Kolmogorov's law, Brown, Durbin and Evans 1975,
    doi:10.1111/j.2517-6161.1975.tb01532.x; adjusted as in `benjamini_hochberg`.
    """
    known = np.isfinite(values)
    y, s = values[known], series[known]
    when = np.arange(len(values), dtype=np.float64) if order is None else order
    place = np.lexsort((when[known], s))
    y, s = y[place], s[place]
    n_of = np.bincount(s) if len(s) else np.zeros(0, dtype=np.intp)
    keep = n_of[s] >= fewest if len(s) else np.zeros(0, dtype=bool)
    y, s = y[keep], s[keep]
    if not len(y):
        return []
    codes, first, n = np.unique(s, return_index=True, return_counts=True)
    start = np.repeat(first, n)
    rank = np.arange(len(y)) - start  # 0 … n − 1 within each series
    sizes = np.repeat(n, n)
    mean = np.add.reduceat(y, first) / n
    centred = y - np.repeat(mean, n)
    squares = np.add.reduceat(centred**2, first)
    time = rank / np.maximum(sizes - 1, 1) - 0.5
    cross, time_squares = np.add.reduceat(centred * time, first), np.add.reduceat(time**2, first)
    slope = cross / time_squares
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(squares > 0, cross / np.sqrt(squares * time_squares / (n - 1)), 0.0)
    walk = np.cumsum(centred)
    walk -= np.repeat(np.concatenate([[0.0], walk[first[1:] - 1]]), n)
    scale = np.sqrt(squares / (n - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        excursion = np.where(scale > 0, np.maximum.reduceat(np.abs(walk), first) / (scale * np.sqrt(n)), 0.0)
    top = np.abs(walk) >= np.repeat(np.maximum.reduceat(np.abs(walk), first), n) * (1 - 1e-12)
    at = np.minimum.reduceat(np.where(top, rank, len(y)), first) + 1
    at = np.minimum(at, n - 1)
    before = (np.add.reduceat(np.where(rank < np.repeat(at, n), y, 0.0), first)) / at
    after = (np.add.reduceat(np.where(rank >= np.repeat(at, n), y, 0.0), first)) / (n - at)
    trend_p, change_p = benjamini_hochberg(2 * ndtr(-np.abs(z))), benjamini_hochberg(kolmogorov(excursion))
    found = [
        Drift(*row)
        for row in zip(
            *(x.tolist() for x in (codes, n, slope, trend_p, at, before, after, change_p)),
            strict=True,
        )
    ]
    return sorted(found, key=lambda one: min(one.trend_p_value, one.change_p_value))
