"""Running mean and variance, by which observations and returns are brought to one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RunningMoments:
    """Mean and variance of all rows seen, shape (width,) each.

    Source: Chan, Golub, LeVeque 1983, doi:10.1080/00031305.1983.10483115 (pairwise update).
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    count: float

    @staticmethod
    def nothing_seen(width: int) -> RunningMoments:
        """Return mean 0 and variance 1, to be forgotten at the first update."""
        return RunningMoments(np.zeros(width), np.ones(width), 0.0)

    def including(self, rows: NDArray[np.floating]) -> RunningMoments:
        """Return the moments of what was seen and `rows`, shape (row, width)."""
        n = len(rows)
        if n == 0:
            return self
        mean, variance = rows.mean(axis=0, dtype=np.float64), rows.var(axis=0, dtype=np.float64)
        if self.count == 0:
            return RunningMoments(mean, variance, float(n))
        total = self.count + n
        shift = mean - self.mean
        squares = self.variance * self.count + variance * n + shift**2 * self.count * n / total
        return RunningMoments(self.mean + shift * n / total, squares / total, total)

    @property
    def sd(self) -> NDArray[np.float64]:
        """Standard deviation, at least 1e-4 so that a constant column stays finite."""
        return np.sqrt(np.maximum(self.variance, 1e-8))
