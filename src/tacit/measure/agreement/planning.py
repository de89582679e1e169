"""How many more labels, items or judges a wanted precision needs."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, isfinite, sqrt

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from tacit.errors import BadValue
from tacit.measure.agreement.clustered import Variance
from tacit.measure.agreement.icc import spearman_brown
from tacit.measure.agreement.krippendorff import Alpha
from tacit.measure.agreement.ratings import Float64

N_ROUNDS = 20


@dataclass(frozen=True)
class Plan:
    """What it takes for a measure to be known to within `half_width`.

    Args:
        half_width: half of the interval that is wanted.
        half_width_now: half of what it is.
        items: how many items in all, by the labelers there are; infinite if no number of items suffices.
        labelers: how many labelers in all, on the items there are; infinite likewise.
        items_with_labelers: how many items, if labelers grow in the same proportion.
        labelers_with_items: how many labelers that is.
        labels_per_item: as now.
    """

    half_width: float
    half_width_now: float
    items: float
    labelers: float
    items_with_labelers: int
    labelers_with_items: int
    labels_per_item: float

    @property
    def more_labels(self) -> int:
        """How many labels more it takes with items and labelers in proportion, as many an item as now."""
        return ceil(self.items_with_labelers * self.labels_per_item)


def plan_for_alpha(alpha: Alpha, half_width: float, *, level: float = 0.95) -> Plan:
    """Return how many items and labelers make the interval of alpha as narrow as `half_width` to either side.

    The variance that is due to items falls with their number, that due to labelers with theirs. Items have as many
    labels as now.

    Args:
        alpha: the agreement that was measured.
        half_width: wanted half width of the interval, above 0.
        level: its coverage.

    Raises:
        BadValue: a half width of 0 or less, or labels without any disagreement, from which no variance can be told.
    """
    if half_width <= 0:
        raise BadValue("half width", got=half_width, expected="a number above 0, such as 0.05")
    if alpha.observed == 0:
        raise BadValue("plan", got="labels that never differ", expected="some disagreement to plan from")
    variance, scale = alpha.variance(), 1 - alpha.alpha  # alpha moves by (1 − alpha) times its logarithm
    now = float(stdtrit(variance.degrees_of_freedom, 0.5 + level / 2)) * scale
    items = labelers = both = 1.0
    for _ in range(N_ROUNDS):  # more labelers also make the quantile smaller
        growth = ((items, 1.0), (1.0, labelers), (both, both))
        wanted = [(half_width / (scale * _quantile(variance, i, j, level))) ** 2 for i, j in growth]
        items = max(1.0, _times(variance.item, wanted[0] - variance.labeler))
        labelers = max(1.0, _times(variance.labeler, wanted[1] - variance.item))
        both = max(1.0, variance.total / wanted[2])
    return Plan(
        half_width=half_width,
        half_width_now=now * sqrt(variance.total),
        items=_whole(items * variance.n_items),
        labelers=_whole(labelers * variance.n_labelers),
        items_with_labelers=ceil(both * variance.n_items - 1e-9),
        labelers_with_items=ceil(both * variance.n_labelers - 1e-9),
        labels_per_item=len(alpha.ratings) / variance.n_items,
    )


def majority_accuracy(p_correct: float, n_labels: int, n_classes: int = 2) -> float:
    """Return how often the majority of independent labels is right; ties are broken at random.

    Args:
        p_correct: probability that one label is right, the other classes being equally likely.
        n_labels: labels an item, at least 1.
        n_classes: at least 2.

    Raises:
        BadValue: one of them outside its range.

    Source: the theorem of Condorcet 1785, as in Grofman, Owen and Feld 1983, doi:10.1007/BF00125672.

    Example:
        >>> round(majority_accuracy(0.8, 3), 3)
        0.896
    """
    if not 0 <= p_correct <= 1:
        raise BadValue("majority_accuracy, p_correct", got=p_correct, expected="a probability")
    if n_labels < 1 or n_classes < 2:
        got = f"{n_labels} labels and {n_classes} classes"
        raise BadValue("majority_accuracy", got=got, expected="at least one label and two classes")
    factorial = np.concatenate([[1.0], np.cumprod(np.arange(1.0, min(n_labels, 170) + 1))])
    if n_labels > len(factorial) - 1:
        return _majority_by_normal(p_correct, n_labels, n_classes)
    total = 0.0
    wrong = (1 - p_correct) / (n_classes - 1)
    for right in range(n_labels + 1):
        rest = n_labels - right
        fewer = _ways(right - 1, n_classes - 1, rest, factorial)
        share = 0.0
        for tied in range(n_classes):  # so many other classes have as many votes
            if tied * right > rest:
                break
            some = _binomial(n_classes - 1, tied) / factorial[right] ** tied
            others = _ways(right - 1, n_classes - 1 - tied, rest - tied * right, factorial)
            share += (fewer if tied == 0 else some * others) / (tied + 1)
        total += factorial[n_labels] / factorial[right] * p_correct**right * wrong**rest * share
    return float(min(1.0, total))


def labels_for_accuracy(p_correct: float, wanted: float, n_classes: int = 2) -> float:
    """Return how many labels an item a majority needs to be right with probability `wanted`; infinite if none suffice.

    Args:
        p_correct: probability that one label is right.
        wanted: within (0, 1).
        n_classes: at least 2.

    Example:
        >>> labels_for_accuracy(0.8, 0.95)
        7
    """
    if not 0 < wanted < 1:
        raise BadValue("labels_for_accuracy, wanted", got=wanted, expected="a share between 0 and 1")
    if p_correct <= 1 / n_classes:
        return inf
    step = 2 if n_classes == 2 else 1  # an even number of labels on two classes decides no better than one fewer
    for n_labels in range(1, 170, step):
        if majority_accuracy(p_correct, n_labels, n_classes) >= wanted:
            return n_labels
    n_labels = 171
    while n_labels <= 1_000_000 and majority_accuracy(p_correct, n_labels, n_classes) < wanted:
        n_labels = ceil(n_labels * 1.05)
    return n_labels if n_labels <= 1_000_000 else inf


def judges_for_reliability(reliability: float, wanted: float) -> float:
    """Return how many judges' mean has reliability `wanted`, where one judge has `reliability`.

    Args:
        reliability: of one judge, such as ICC(A,1) or alpha.
        wanted: within (0, 1).

    Source: the formula of Spearman and Brown, see `spearman_brown`.

    Example:
        >>> judges_for_reliability(0.5, 0.8)
        4
    """
    if not 0 < wanted < 1:
        raise BadValue("judges_for_reliability, wanted", got=wanted, expected="a share between 0 and 1")
    if reliability <= 0:
        return inf
    if reliability >= wanted:
        return 1
    judges = ceil(wanted * (1 - reliability) / (reliability * (1 - wanted)) - 1e-9)
    return judges if spearman_brown(reliability, judges) >= wanted - 1e-9 else judges + 1


def _quantile(variance: Variance, items: float, labelers: float, level: float) -> float:
    """Return Student's quantile with so many times as many items and labelers."""
    degrees = items * variance.n_items - 1
    if variance.labeler > 0:
        degrees = min(degrees, labelers * variance.n_busy_labelers - 1)
    return float(stdtrit(degrees, 0.5 + level / 2)) if isfinite(degrees) else float(ndtri(0.5 + level / 2))


def _times(part: float, room: float) -> float:
    """Return by how much a part of the variance must fall to fit into the room that the other leaves."""
    if part == 0:
        return 1.0 if room >= 0 else inf
    return part / room if room > 0 else inf


def _whole(n: float) -> float:
    return n if n == inf else ceil(n - 1e-9)


def _ways(most: int, n_classes: int, n: int, factorial: Float64) -> float:
    """Return Σ Π 1/k_c! over ways for `n_classes` classes to have `n` votes, none more than `most`."""
    if n_classes == 0 or n == 0:
        return float(n == 0)
    if most < 0 or most * n_classes < n:
        return 0.0
    one = 1 / factorial[: most + 1]
    ways = np.ones(1)
    for _ in range(n_classes):
        ways = np.convolve(ways, one)[: n + 1]
    return float(ways[n]) if n < len(ways) else 0.0


def _binomial(n: int, k: int) -> float:
    return float(np.prod([(n - i) / (i + 1) for i in range(k)])) if k else 1.0


def _majority_by_normal(p: float, n: int, n_classes: int) -> float:
    """Return the chance that the right class leads every other, were each lead normal and independent."""
    wrong = (1 - p) / (n_classes - 1)
    lead, spread = n * (p - wrong), sqrt(n * (p + wrong - (p - wrong) ** 2))
    return float(ndtr(lead / spread)) ** (n_classes - 1) if spread > 0 else 1.0
