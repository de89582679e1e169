"""Who is in the data against who should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import chdtrc
from scipy.stats import binomtest

from tacit.crowd.audit.multiplicity import holm
from tacit.errors import BadValue
from tacit.measure import Estimate, proportion

TOLERANCE = 0.005  # of shares that are given rounded


@dataclass(frozen=True)
class GroupShare:
    """One group's share of the data beside its share of the population.

    Args:
        group: its name.
        n: how many of the data are of it.
        share: of the data, with Wilson's interval.
        target: share of the population.
        standardised_difference: difference of the two shares over their mean standard deviation; 0.1 is often taken as
            the least that matters.
        p_value: exact binomial test of the share against the target, adjusted over groups by Holm's method.
    """

    group: str
    n: int
    share: Estimate
    target: float
    standardised_difference: float
    p_value: float

    @property
    def times_over(self) -> float:
        """By what factor the group is over-represented; below 1 if it is under-represented."""
        return self.share.mean / self.target if self.target > 0 else float("inf")


@dataclass(frozen=True)
class Composition:
    """How the data are made up beside a population.

    Args:
        groups: the largest difference first.
        p_value: of Pearson's χ² over all groups.
        n: how many of the data have a group.
        left_out: how many have none.
    """

    groups: tuple[GroupShare, ...]
    p_value: float
    n: int
    left_out: int


def compare_composition(
    groups: Sequence[str | None], population: Mapping[str, float], *, level: float = 0.95
) -> Composition:
    """Return how the groups of the data compare with a population.

    Args:
        groups: the group of each of the data (an item, a person), None where it is unknown.
        population: group → its share of the population; shares add up to 1, or to 100 if in per cent.
        level: coverage of the intervals.

    Raises:
        BadValue: no group known, shares that do not add up, or a group of the data that the population lacks.

    Source: the standardised difference of Austin 2009, eq. 2, doi:10.1002/sim.3697; Holm's method, see `holm`.

    Example:
        >>> data = ["lighter"] * 398 + ["darker"] * 102
        >>> lighter = compare_composition(data, {"lighter": 0.5, "darker": 0.5}).groups[0]
        >>> print(lighter.group, lighter.share)
        lighter 0.796 [0.7585, 0.829]
    """
    known = [group for group in groups if group is not None]
    if not known:
        raise BadValue("composition", got="no group known", expected="a group of at least one item")
    total = sum(population.values())
    scale = 100.0 if abs(total - 100) < 100 * TOLERANCE else 1.0
    if abs(total / scale - 1) > TOLERANCE or min(population.values()) < 0:
        raise BadValue(
            "population", got=f"shares that add up to {total:g}", expected="shares that add up to 1 or 100 %"
        )
    names, counts = np.unique(np.array(known), return_counts=True)
    if unknown := sorted(set(names.tolist()) - set(population)):
        got, expected = f"the group {unknown[0]!r}", f"one of {', '.join(population)}"
        raise BadValue("composition", got=got, expected=expected, do="Give its share of the population")
    n, count_of = len(known), dict(zip(names.tolist(), counts.tolist(), strict=True))
    targets = {group: share / total for group, share in population.items()}
    tests = [float(binomtest(count_of.get(group, 0), n, target).pvalue) for group, target in targets.items()]
    rows = []
    for (group, target), p_value in zip(targets.items(), holm(tests).tolist(), strict=True):
        share = proportion(count_of.get(group, 0), n, level=level)
        spread = sqrt((share.mean * (1 - share.mean) + target * (1 - target)) / 2)
        apart = (share.mean - target) / spread if spread > 0 else 0.0
        rows.append(GroupShare(group, count_of.get(group, 0), share, target, apart, p_value))
    rows.sort(key=lambda row: -abs(row.standardised_difference))
    expected_counts = np.array([n * row.target for row in rows])
    seen = np.array([row.n for row in rows], dtype=np.float64)
    inside = expected_counts > 0
    chi2 = float(((seen - expected_counts)[inside] ** 2 / expected_counts[inside]).sum())
    p_all = float(chdtrc(max(int(inside.sum()) - 1, 1), chi2))
    return Composition(tuple(rows), p_all, n, len(groups) - n)
