"""The maximum of a concave log-likelihood of scores and a few further parameters, by Newton's method.

The scores' own curvature is a graph Laplacian, of any size; the further parameters (a side bias, a tie parameter,
covariates) are few, and border it. A step solves for both at once through the border's Schur complement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.comparisons.curvature.laplacian import Laplacian, centred
from tacit.crowd.comparisons.curvature.variances import Diagonal, inverse_diagonal

Float64 = NDArray[np.float64]

GRADIENT = 1e-13  # of the mean log-likelihood of a comparison
MOST_HALVINGS = 100  # where the likelihood is all but flat a whole step leads out of all bounds
ROUNDING = 1e-13  # the share of the log-likelihood by which a sum may fall through rounding alone


@dataclass(frozen=True)
class Curvature:
    """A log-likelihood at one point, with its first and second derivatives.

    Args:
        value: the log-likelihood, with the log-prior where there is one.
        by_score: gradient to the scores, shape (item,).
        by_extra: gradient to the further parameters, shape (extra,).
        laplacian: curvature in the scores.
        border: mixed second derivatives with the sign changed, shape (item, extra).
        corner: second derivatives in the further parameters with the sign changed, shape (extra, extra).
    """

    value: float
    by_score: Float64
    by_extra: Float64
    laplacian: Laplacian
    border: Float64
    corner: Float64

    @property
    def steepest(self) -> float:
        """The largest slope, in size."""
        return float(max(np.abs(self.by_score).max(initial=0), np.abs(self.by_extra).max(initial=0)))

    @cached_property
    def _eliminated(self) -> Float64:
        return self.laplacian.solve(self.border)

    @property
    def extra_information(self) -> Float64:
        """The information on the further parameters with the scores free, shape (extra, extra)."""
        return np.asarray(self.corner - self.border.T @ self._eliminated)

    @cached_property
    def extra_covariance(self) -> Float64:
        """The covariance of the further parameters, shape (extra, extra)."""
        return np.asarray(np.linalg.pinv(self.extra_information, hermitian=True))

    def step(self, tolerance: float) -> tuple[Float64, Float64]:
        """Return Newton's step in the scores and in the further parameters."""
        n_extra = len(self.by_extra)
        solved = self.laplacian.solve(np.column_stack([self.by_score, self.border]), tolerance=tolerance)
        from_score, eliminated = solved[:, 0], solved[:, 1:]
        if n_extra == 0:
            return from_score, self.by_extra
        schur = self.corner - self.border.T @ eliminated
        solution = np.linalg.lstsq(schur, self.by_extra - self.border.T @ from_score, rcond=None)[0]
        extra = np.asarray(solution, dtype=np.float64)
        return from_score - eliminated @ extra, extra

    def score_variance(self, *, seed: int = 0) -> Diagonal:
        """Return the variance of each score less the mean of all, by the inverse of the information."""
        own = inverse_diagonal(self.laplacian, seed=seed)
        if not len(self.by_extra):
            return own
        more = np.einsum("ij,jk,ik->i", self._eliminated, self.extra_covariance, self._eliminated)
        return Diagonal(own.values + more, own.relative_error, own.n_probes)

    def score_covariance(self) -> Float64:
        """Return the covariance of the scores less their mean, shape (item, item)."""
        own = self.laplacian.inverse()
        return np.asarray(own + self._eliminated @ self.extra_covariance @ self._eliminated.T)


@dataclass(frozen=True)
class Optimum:
    """Where the log-likelihood is largest.

    Args:
        score: of each item, mean 0, shape (item,).
        extra: the further parameters, shape (extra,).
        at: the log-likelihood there.
        iterations: Newton steps made.
        converged: whether the gradient is as small as was asked for.
        trace: mean log-likelihood of a comparison after each step, the start first.
    """

    score: Float64
    extra: Float64
    at: Curvature
    iterations: int
    converged: bool
    trace: tuple[float, ...]


def maximise(
    curvature_at: Callable[[Float64, Float64], Curvature],
    score: Float64,
    extra: Float64,
    *,
    n: float,
    most_steps: int = 100,
    tolerance: float = GRADIENT,
) -> Optimum:
    """Climb to the maximum from a starting point.

    Args:
        curvature_at: scores and further parameters → the log-likelihood there.
        score: where to start, shape (item,).
        extra: the same, shape (extra,).
        n: how many comparisons there are; slopes are judged a comparison.
        most_steps: after so many steps it ends unconverged.
        tolerance: the largest slope of the mean log-likelihood at which it ends.

    Source: the inexact Newton method of Dembo, Eisenstat and Steihaug 1982, doi:10.1137/0719025 – far from the
    maximum a step is solved roughly, near it precisely, and convergence stays quadratic.
    """
    score = centred(score)
    here = curvature_at(score, extra)
    trace = [here.value / n]
    for iteration in range(most_steps):
        if here.steepest / n <= tolerance:
            return Optimum(score, extra, here, iteration, True, tuple(trace))
        forcing = min(0.05, max(1e-10, (here.steepest / n) ** 0.5))
        d_score, d_extra = here.step(forcing)
        length = 1.0
        for _ in range(MOST_HALVINGS):
            there = curvature_at(centred(score + length * d_score), extra + length * d_extra)
            if there.value >= here.value - ROUNDING * abs(here.value):
                break
            length /= 2
        else:
            break
        stalled = there.value <= here.value and there.steepest >= here.steepest
        if stalled:  # rounding is all that is left to climb
            return Optimum(score, extra, here, iteration, here.steepest / n <= 1e-10, tuple(trace))
        score, extra, here = centred(score + length * d_score), extra + length * d_extra, there
        trace.append(here.value / n)
    return Optimum(score, extra, here, len(trace) - 1, here.steepest / n <= tolerance, tuple(trace))
