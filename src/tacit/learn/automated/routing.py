"""Who should label what the classifier leaves: the many, or the few who know, whichever is cheaper for the item."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.measure.agreement import labels_for_accuracy

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]
STEP = 0.01  # skill is rounded down to this before it is looked up
MOST_LABELS = 51


@dataclass(frozen=True)
class People:
    """A group of people who can be asked.

    Args:
        name: such as ``people`` or ``experts``.
        skill: how likely one of them is to be right about an item of each class, shape (class,).
        price: of one label by one of them.
    """

    name: str
    skill: Float64
    price: float


@dataclass(frozen=True)
class Route:
    """Where each item goes.

    Args:
        group: index of the group of people, shape (item,).
        labels: how many labels of that group, shape (item,).
        cost: of those, shape (item,).
        reached: whether their majority is as likely to be right as was wanted, shape (item,).
    """

    group: Index
    labels: Index
    cost: Float64
    reached: NDArray[np.bool_]


def route_items(p: Float64, groups: list[People], *, wanted: float = 0.95) -> Route:
    """Return for each item the cheapest group of people whose majority is right as often as wanted.

    How likely a group's label is to be right depends on what the item may be: its skill at each class, weighed by the
    classifier's probabilities. Where no group reaches what is wanted, the item goes once to the most skilled.

    Args:
        p: probability of each class of each item, shape (item, class).
        groups: who can be asked.
        wanted: probability that the majority is right, within (0, 1).

    Raises:
        BadValue: no group, a price of 0 or less, skills that do not fit the classes, or `wanted` outside (0, 1).

    Source: how many labels a majority needs as in `labels_for_accuracy`; asking experts where they pay as in Donmez and
    Carbonell 2008, doi:10.1145/1458082.1458165.
    """
    if not groups:
        raise BadValue("routing", got="nobody to ask", expected="at least one group of people")
    n_classes = p.shape[1]
    costs, labels, skills = [], [], []
    for group in groups:
        if group.price <= 0:
            raise BadValue(f"price of {group.name}", got=group.price, expected="a number above 0")
        if group.skill.shape != (n_classes,):
            raise BadValue(f"skill of {group.name}", got=f"{len(group.skill)} classes", expected=f"{n_classes}")
        skill = p @ group.skill
        n = _labels_needed(skill, wanted, n_classes)
        skills.append(skill)
        labels.append(n)
        costs.append(np.where(np.isfinite(n), n * group.price, inf))
    cost = np.array(costs)
    chosen = cost.argmin(axis=0)
    rows = np.arange(len(p))
    reached = np.isfinite(cost[chosen, rows])
    chosen = np.where(reached, chosen, np.array(skills).argmax(axis=0))
    n = np.where(reached, np.array(labels)[chosen, rows], 1.0)
    prices = np.array([group.price for group in groups])
    return Route(chosen.astype(np.intp), n.astype(np.intp), n * prices[chosen], reached)


def _labels_needed(skill: Float64, wanted: float, n_classes: int) -> Float64:
    """Return how many labels it takes at each skill; infinite beyond what anybody would buy."""
    step = np.floor(np.clip(skill, 0, 1) / STEP + 1e-9).astype(np.intp)
    known = {}
    for one in np.unique(step).tolist():
        n = labels_for_accuracy(min(one * STEP, 1 - 1e-9), wanted, n_classes) if one else inf
        known[one] = n if isfinite(n) and n <= MOST_LABELS else inf
    return np.array([known[one] for one in step.tolist()], dtype=np.float64)
