"""How the error rate falls as the least sure predictions are withheld."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.measure.calibration.checking import scored
from tacit.measure.estimate import Estimate, bootstrap

Values = NDArray[np.float64]
Statistic = Callable[[Values], float]

N_RESAMPLES = 400


@dataclass(frozen=True)
class RiskCoverage:
    """The error rate among the surest predictions, at every coverage.

    Args:
        coverage: share of the predictions kept, rising from 1/n to 1, shape (n,).
        risk: error rate among those kept, shape (n,). Equal confidences are taken in random order, on average.
        area: mean risk over all coverages (AURC); 0 is perfect.
        excess: by how much `area` exceeds that of an ideal order of the same errors (E-AURC).
    """

    coverage: Values
    risk: Values
    area: Estimate
    excess: Estimate

    def risk_at(self, coverage: float) -> float:
        """Return the error rate among the surest share `coverage` of the predictions."""
        at = np.searchsorted(self.coverage, coverage - 1e-12)
        return float(self.risk[min(int(at), len(self.risk) - 1)])


def risk_coverage(
    confidence: ArrayLike, correct: ArrayLike, *, seed: int = 0, clusters: ArrayLike | None = None
) -> RiskCoverage:
    """Return the risk–coverage curve and the areas under it.

    Args:
        confidence: of any scale, larger is surer, shape (item,).
        correct: whether the prediction was right, 0 or 1, shape (item,).
        seed: of the bootstrap behind the intervals.
        clusters: a label an item; items of one label are drawn together.

    Raises:
        BadValue: different lengths, no items, or a mark that is neither 0 nor 1. NotFinite: a NaN or infinity.

    Source: El-Yaniv and Wiener 2010 (the curve), Journal of Machine Learning Research 11:1605; Geifman, Uziel, El-Yaniv
    2019, sections 2 and 4 (AURC, E-AURC), arXiv:1805.08206.

    Example:
        >>> [float(r) for r in risk_coverage([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1]).risk.round(2)]
        [0.0, 0.0, 0.33, 0.25]
    """
    scores, marks = scored(confidence, correct, where="risk_coverage")
    pairs = np.column_stack([scores, 1 - marks])

    def resampled(statistic: Statistic) -> Estimate:
        return bootstrap(statistic, pairs, seed=seed, clusters=clusters, n_resamples=N_RESAMPLES)

    coverage = np.arange(1, len(pairs) + 1) / len(pairs)
    return RiskCoverage(coverage, _risks(pairs), resampled(_area), resampled(_excess))


def _risks(pairs: Values) -> Values:
    """Return the error rate among the k surest, k = 1 … n; a block of equal confidences shares its errors evenly."""
    order = np.argsort(-pairs[:, 0], kind="stable")
    falling, wrong = pairs[order, 0], pairs[order, 1]
    first = np.flatnonzero(np.concatenate([[True], falling[1:] != falling[:-1]]))
    sizes = np.diff([*first, len(wrong)])
    even = np.repeat(np.add.reduceat(wrong, first) / sizes, sizes)
    return np.cumsum(even) / np.arange(1, len(wrong) + 1)


def _area(pairs: Values) -> float:
    return float(_risks(pairs).mean())


def _excess(pairs: Values) -> float:
    n, n_wrong = len(pairs), int(pairs[:, 1].sum())
    ideal = np.arange(1, n_wrong + 1) / np.arange(n - n_wrong + 1, n + 1)  # every error comes last
    return _area(pairs) - float(ideal.sum()) / n
