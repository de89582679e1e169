"""Intervals for measures of agreement when items and labelers both repeat.

A measure of agreement is a mean over pairs of labels. Items are a sample of items and labelers a sample of labelers, so
that labels which share an item, or a labeler, err together. Leaving out each item in turn gives the variance from
drawing other items, leaving out each labeler that from drawing other labelers. What is particular to single labels is
in both, and is taken off once: it is what leaving out each label gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from tacit.errors import BadValue
from tacit.measure.agreement.ratings import Float64, Index
from tacit.measure.estimate import Estimate

Clusters = Literal["item", "item and labeler"]
FEW_LABELERS = 5
"""Below this many labelers, how they differ cannot be told from so few: intervals hold for these labelers."""


@dataclass(frozen=True)
class Variance:
    """The variance of a measure, by what it comes from.

    Args:
        item: what another draw of as many items would change, with the noise of their labels.
        labeler: what another draw of as many labelers would change beyond that.
        n_items: how many items it rests on. n_labelers: how many labelers.
        n_busy_labelers: how many equally busy labelers would vary as much as these, some of whom did more than others.
    """

    item: float
    labeler: float
    n_items: int
    n_labelers: int
    n_busy_labelers: float

    @property
    def total(self) -> float:
        """The variance of the measure over draws of items and labelers."""
        return self.item + self.labeler

    def forecast(self, *, items: float = 1.0, labelers: float = 1.0) -> float:
        """Return the variance with so many times as many items and labelers, and as many labels an item as now."""
        return self.item / items + self.labeler / labelers

    @property
    def degrees_of_freedom(self) -> float:
        """Degrees of freedom of Student's t: those of the fewer, items or labelers, since either may carry all."""
        return self.n_items - 1.0 if self.labeler == 0 else min(float(self.n_items), self.n_busy_labelers) - 1.0


def two_way_variance(
    without_item: Float64, without_labeler: Float64, without_label: Float64, labeler: Index, *, clusters: Clusters
) -> Variance:
    """Return the variance of a measure, from leaving out items, labelers and labels in turn.

    Args:
        without_item: the measure without each item, shape (item,). without_labeler: without each labeler, shape
            (labeler,). without_label: without each label, shape (label,). NaN where nothing is left to measure, which
            then takes no part; only the first is looked at where `clusters` is ``item``.
        labeler: who gave the label, shape (label,).
        clusters: ``item`` if the interval is for these very labelers, else ``item and labeler``.

    Source: the jackknife, Efron and Stein 1981, doi:10.1214/aos/1176345462; two ways as in Cameron, Gelbach and Miller
    2011, eq. 2.10, doi:10.1198/jbes.2010.07136.
    """
    labels_of = np.bincount(labeler)
    n_labelers = int(np.count_nonzero(labels_of))
    busy = float(labels_of.sum() ** 2 / (labels_of.astype(np.float64) @ labels_of))
    items = _jackknife(without_item)
    if clusters == "item":
        return Variance(items, 0.0, len(without_item), n_labelers, busy)
    beyond = _jackknife(without_labeler) - _jackknife(without_label)
    return Variance(items, max(0.0, beyond), len(without_item), n_labelers, busy)


def interval(
    mean: float, variance: Variance, *, level: float, from_line: Callable[[float], float], line: float, method: str
) -> Estimate:
    """Return `mean` with an interval that is symmetric on a line where its error is nearly normal.

    Args:
        mean: the measure.
        variance: of the measure, on that line.
        level: coverage of the interval.
        from_line: a growing function from the line to the measure.
        line: where `mean` lies on it.
        method: how the interval was made.
    """
    check_level(level)
    degrees = variance.degrees_of_freedom
    if degrees <= 0:
        return Estimate(mean, -inf, inf, variance.n_items, level, method)
    half = float(stdtrit(degrees, 0.5 + level / 2)) * sqrt(variance.total)
    return Estimate(mean, from_line(line - half), from_line(line + half), variance.n_items, level, method)


def check_level(level: float) -> None:
    """Refuse a level of an interval outside (0, 1)."""
    if not 0 < level < 1:
        raise BadValue("level of an interval", got=level, expected="a share between 0 and 1, such as 0.95")


def default_clusters(n_labelers: int) -> Clusters:
    """Return what to cluster by: the labelers too, where there are enough of them to tell how they differ."""
    return "item and labeler" if n_labelers >= FEW_LABELERS else "item"


def _jackknife(without: Float64) -> float:
    known = without[np.isfinite(without)]
    n = len(known)
    return float(((known - known.mean()) ** 2).sum() * (n - 1) / n) if n > 1 else 0.0
