"""When to ask: how many labels go to which iteration."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue


@dataclass(frozen=True)
class Schedule:
    """How a run spends its labels and its budget.

    Args:
        labels: comparisons to ask for in all.
        budget: what the producer spends in all, in its own unit (environment steps, tokens).
        iterations: how often reward and policy are improved in turn.
        untrained_share: share of the labels asked about the untrained policy, before the first improvement.
        half_budget: the label rate falls as c/(T+c) with the budget T spent so far; this is c, at which it has
            halved. The whole budget if absent, so that enough labels are left for what the policy meets late.

    Raises:
        BadValue: a number outside its range.

    Source: Christiano et al. 2017, appendix A.1 (a quarter of the labels at the start, the rate after it),
        arXiv:1706.03741.
    """

    labels: int
    budget: int
    iterations: int
    untrained_share: float = 0.25
    half_budget: float | None = None

    def __post_init__(self) -> None:
        ranges = {
            "labels": (self.labels >= 1, "at least 1"),
            "budget": (self.budget >= 1, "at least 1"),
            "iterations": (self.iterations >= 1, "at least 1"),
            "untrained_share": (0 < self.untrained_share <= 1, "a share above 0 and up to 1"),
            "half_budget": (self.half_budget is None or 0 < self.half_budget < inf, "a budget above 0"),
        }
        for name, (holds, expected) in ranges.items():
            if not holds:
                raise BadValue(name, got=getattr(self, name), expected=expected)

    def labels_by_iteration(self) -> NDArray[np.int64]:
        """Return how many labels to ask for at the beginning of each iteration; they add up to `labels`."""
        c = self.half_budget if self.half_budget is not None else float(self.budget)
        spent = np.arange(self.iterations) * self.budget / self.iterations
        first = 1.0 if self.iterations == 1 else self.untrained_share
        asked = np.log1p(spent / c)
        share = first + (1 - first) * (asked / asked[-1] if self.iterations > 1 else asked)
        cumulative = np.maximum(1, np.rint(share * self.labels)).astype(np.int64)
        cumulative[-1] = self.labels
        return np.diff(cumulative, prepend=0)

    def budget_by_iteration(self) -> NDArray[np.int64]:
        """Return what each iteration may spend on improving the policy; they add up to `budget`."""
        ends = np.rint(np.arange(1, self.iterations + 1) * self.budget / self.iterations).astype(np.int64)
        return np.diff(ends, prepend=0)
