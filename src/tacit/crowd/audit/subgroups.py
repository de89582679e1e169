"""Rates by subgroup of items, each against the rest, and labelers who treat one subgroup unlike the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from tacit.crowd.audit.multiplicity import benjamini_hochberg
from tacit.errors import BadValue
from tacit.measure import Estimate, proportion

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]
FEWEST = 10
"""Fewest labels of a labeler inside and outside a group for the two to be compared."""


@dataclass(frozen=True)
class GroupRate:
    """A rate among the labels of one group of items.

    Args:
        group: its name.
        rate: with an interval that allows for labels that share an item or a labeler.
        elsewhere: the rate in all other groups.
        p_value: that the two are the same, as tested. adjusted: over all groups, by Benjamini and Hochberg's method.
        n_labels: labels. n_items: items.
    """

    group: str
    rate: Estimate
    elsewhere: float
    p_value: float
    adjusted: float
    n_labels: int
    n_items: int

    @property
    def difference(self) -> float:
        """The rate in the group less that elsewhere."""
        return self.rate.mean - self.elsewhere


def rates_by_group(
    values: Float64, group: Index, names: Sequence[str], item: Index, labeler: Index, *, level: float = 0.95
) -> list[GroupRate]:
    """Return the rate of something in each group of items beside the rest, the surest difference first.

    Args:
        values: from 0 to 1, one a label, such as whether it is wrong; NaN where unknown; shape (label,).
        group: code of the group of the label's item, −1 where unknown, shape (label,).
        names: of the groups.
        item: code of the item, shape (label,). labeler: code of the labeler, shape (label,).
        level: coverage of the intervals.

    Raises:
        BadValue: no label has both a value and a group.

    Source: variances by two-way clusters, Cameron, Gelbach and Miller 2011, eq. 2.10, doi:10.1198/jbes.2010.07136;
    Wilson's interval at the effective sample size, Korn and Graubard 1998, Survey Methodology 24:193; see
    `benjamini_hochberg`.
    """
    known = np.isfinite(values) & (group >= 0)
    if not known.any():
        raise BadValue("rates by group", got="no label with a value and a group", expected="at least one")
    y, g, i, j = values[known], group[known], item[known], labeler[known]
    n = np.bincount(g, weights=np.ones(len(g)), minlength=len(names))
    total = np.bincount(g, weights=y, minlength=len(names))
    pooled, everything = float(y.mean()), float(len(y))
    rows, tests = [], []
    for code in np.flatnonzero(n).tolist():
        inside = g == code
        mean = float(total[code] / n[code])
        variance, degrees = _clustered((y[inside] - mean) / n[code], i[inside], j[inside])
        spread = mean * (1 - mean)
        size = spread / variance if variance > 0 and spread > 0 else float(len(np.unique(i[inside])))
        effective = max(1, round(min(size, float(n[code]))))
        share = proportion(mean * effective, effective, level=level)
        rate = Estimate(mean, share.low, share.high, int(n[code]), level, "Wilson at the effective sample size")
        rest = everything - n[code]
        elsewhere = float((total.sum() - total[code]) / rest) if rest > 0 else float("nan")
        p_value = 1.0
        if rest > 0:
            # about each side's own mean, drawn to that of all by one label, lest a group without errors seem certain
            own = (total[code] + pooled) / (n[code] + 1)
            others = (total.sum() - total[code] + pooled) / (rest + 1)
            contrast = np.where(inside, (y - own) / n[code], -(y - others) / rest)
            both, degrees = _clustered(contrast, i, j)
            t = abs(mean - elsewhere) / sqrt(both) if both > 0 else 0.0
            p_value = float(2 * stdtr(degrees, -t))
        tests.append(p_value)
        rows.append((names[code], rate, elsewhere, int(n[code]), len(np.unique(i[inside]))))
    adjusted = benjamini_hochberg(tests)
    found = [
        GroupRate(name, rate, elsewhere, tests[k], float(adjusted[k]), n_labels, n_items)
        for k, (name, rate, elsewhere, n_labels, n_items) in enumerate(rows)
    ]
    return sorted(found, key=lambda one: one.p_value)


def _clustered(influence: Float64, item: Index, labeler: Index) -> tuple[float, float]:
    """Return the variance of a sum of influences by two-way clusters, and its degrees of freedom."""
    by_item, by_labeler = np.bincount(item, weights=influence), np.bincount(labeler, weights=influence)
    n_items = int(np.count_nonzero(np.bincount(item)))
    labels_of = np.bincount(labeler)
    busy = float(labels_of.sum() ** 2 / (labels_of.astype(np.float64) @ labels_of))
    items, labels = float(by_item @ by_item), float(influence @ influence)
    beyond = max(0.0, float(by_labeler @ by_labeler) - labels) * busy / max(busy - 1, 0.5)
    degrees = max(1.0, (min(float(n_items), busy) if beyond > 0 else float(n_items)) - 1.0)
    return items * n_items / max(n_items - 1, 1) + beyond, degrees


@dataclass(frozen=True)
class LabelerBias:
    """A labeler who stands out in one group of items.

    Args:
        labeler: code. group: code.
        inside: by how much the labeler exceeds the others on the same items of the group. outside: of other groups.
        p_value: that the two are the same, as tested. adjusted: over all labelers and groups.
        n_inside, n_outside: labels.
    """

    labeler: int
    group: int
    inside: float
    outside: float
    p_value: float
    adjusted: float
    n_inside: int
    n_outside: int


def biases_by_group(excess: Float64, group: Index, labeler: Index, *, fewest: int = FEWEST) -> list[LabelerBias]:
    """Return how each labeler's excess over the others differs between a group and the rest, the surest first.

    Args:
        excess: of each label over the item's other labels, see `outcomes.excess`; NaN where unknown; shape (label,).
        group: code of the group of the label's item, −1 where unknown, shape (label,).
        labeler: code of the labeler, shape (label,).
        fewest: labels that a labeler must have both inside and outside a group.

    Source: ours, a normal test on differences to the same items' other labels, with the scatter of all labelers;
    adjusted as in `benjamini_hochberg`.
    """
    known = np.isfinite(excess) & (group >= 0)
    y, g, j = excess[known], group[known], labeler[known]
    if not len(y):
        return []
    n_groups = int(g.max()) + 1
    cell = j.astype(np.int64) * n_groups + g
    size = (int(j.max()) + 1, n_groups)
    n, total, squares = (
        np.bincount(cell, weights=w, minlength=size[0] * size[1]).reshape(size) for w in (np.ones(len(y)), y, y * y)
    )
    rest, rest_total = (x.sum(axis=1, keepdims=True) - x for x in (n, total))
    chosen = (n >= fewest) & (rest >= fewest)
    if not chosen.any():
        return []
    rows = np.argwhere(chosen)
    a, b = n[chosen], rest[chosen]
    mean, other = total[chosen] / a, rest_total[chosen] / b
    # a labeler with few labels may have made no error yet: how much labels scatter is told by all labelers together
    within = np.maximum(squares - np.divide(total**2, n, out=np.zeros(size), where=n > 0), 0).sum(axis=0)
    degrees = np.maximum(n.sum(axis=0) - (n > 0).sum(axis=0), 1)
    scatter, elsewhere = within / degrees, (within.sum() - within) / np.maximum(degrees.sum() - degrees, 1)
    error = np.sqrt(scatter[rows[:, 1]] / a + elsewhere[rows[:, 1]] / b)
    z = np.divide(np.abs(mean - other), error, out=np.zeros(len(rows)), where=error > 0)
    p = 2 * ndtr(-z)
    adjusted = benjamini_hochberg(p)
    found = [
        LabelerBias(int(r[0]), int(r[1]), float(x), float(z), float(q), float(s), int(k), int(m))
        for r, x, z, q, s, k, m in zip(rows, mean, other, p, adjusted, a, b, strict=True)
    ]
    return sorted(found, key=lambda one: one.p_value)
