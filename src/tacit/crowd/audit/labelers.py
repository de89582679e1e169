"""Labelers who stand out: worse than the others on the same items, or much faster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from tacit.crowd.audit.multiplicity import benjamini_hochberg
from tacit.measure import Estimate

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]
FEWEST = 5


@dataclass(frozen=True)
class LabelerExcess:
    """By how much a labeler is wrong more often than others on the same items.

    Args:
        labeler: code.
        excess: mean difference to the items' other labels, with Student's interval.
        wrong: how often the labeler is wrong.
        p_value: that there is no difference, adjusted over all labelers.
        median_s: median seconds a label; NaN where unknown.
    """

    labeler: int
    excess: Estimate
    wrong: float
    p_value: float
    median_s: float


def labeler_excesses(
    wrong: Float64, excess: Float64, labeler: Index, *, seconds: Float64 | None = None, fewest: int = FEWEST
) -> list[LabelerExcess]:
    """Return how each labeler compares with others on the same items, the worst first.

    Args:
        wrong: how wrong each label is, see `outcomes.wrongness`, shape (label,); NaN where unknown.
        excess: the same less that of the item's other labels, see `outcomes.excess`.
        labeler: code of the labeler, shape (label,).
        seconds: how long each label took, NaN where unknown.
        fewest: labels that a labeler must have.

    Source: Student's t on differences to the same items' other labels; adjusted as in `benjamini_hochberg`.
    """
    known = np.isfinite(excess)
    y, w, j = excess[known], wrong[known], labeler[known]
    n = np.bincount(j, weights=np.ones(len(j)))
    chosen = np.flatnonzero(n >= fewest)
    if not len(chosen):
        return []
    mean, mean_wrong = (np.bincount(j, weights=x)[chosen] / n[chosen] for x in (y, w))
    squares = np.bincount(j, weights=y * y)[chosen]
    error = np.sqrt(np.maximum(squares / n[chosen] - mean**2, 0) / (n[chosen] - 1))
    t = np.divide(mean, error, out=np.zeros(len(chosen)), where=error > 0)
    p = benjamini_hochberg(2 * stdtr(n[chosen] - 1, -np.abs(t)))
    half = stdtrit(n[chosen] - 1, 0.975) * error
    pace = medians(seconds, labeler)
    found = []
    for row, code in enumerate(chosen.tolist()):
        low, high = float(mean[row] - half[row]), float(mean[row] + half[row])
        estimate = Estimate(float(mean[row]), low, high, int(n[code]), 0.95, "Student's t")
        found.append(LabelerExcess(code, estimate, float(mean_wrong[row]), float(p[row]), pace.get(code, np.nan)))
    return sorted(found, key=lambda one: -one.excess.mean)


def medians(values: Float64 | None, labeler: Index) -> dict[int, float]:
    """Return the median of each labeler's values, of those that are known."""
    if values is None:
        return {}
    known = np.isfinite(values)
    y, j = values[known], labeler[known]
    order = np.lexsort((y, j))
    codes, first, n = np.unique(j[order], return_index=True, return_counts=True)
    ranked = y[order]
    middle = (ranked[first + (n - 1) // 2] + ranked[first + n // 2]) / 2
    return dict(zip(codes.tolist(), middle.tolist(), strict=True))
