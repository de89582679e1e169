"""The best of n samples by a reward: what it costs in divergence, and what it earns by that reward or by any other."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from tacit.errors import BadValue
from tacit.measure.estimate import finite_values

Float64 = NDArray[np.float64]


def best_of_n_divergence(n: int) -> float:
    """Return the KL divergence in nats of the best of n samples from one sample, ln n − (n − 1)/n, without ties.

    Raises:
        BadValue: n below 1.

    Source: Stiennon et al. 2020, appendix G.3, arXiv:2009.01325.

    Example:
        >>> round(best_of_n_divergence(16), 3)
        1.835
    """
    if n < 1:
        raise BadValue("best of n", got=n, expected="at least 1")
    return log(n) - (n - 1) / n


def best_of_n_weights(total: int, n: int) -> Float64:
    """Return how likely each of `total` samples, the worst first, is the best of a random n of them, shape (total,).

    The i-th lowest of N is the best of n with probability C(i − 1, n − 1) / C(N, n).

    Raises:
        BadValue: n is not from 1 to `total`.

    Source: Nakano et al. 2021, appendix I, arXiv:2112.09332.

    Example:
        >>> best_of_n_weights(3, 2).round(3).tolist()
        [0.0, 0.333, 0.667]
    """
    if not 1 <= n <= total:
        raise BadValue("best of n", got=n, expected=f"from 1 to {total}, the scores of a prompt")

    def log_choose(of: Float64 | float, k: int) -> Float64:
        return np.asarray(gammaln(np.asarray(of) + 1.0) - gammaln(k + 1.0) - gammaln(np.asarray(of) - k + 1.0))

    rank = np.arange(n, total + 1, dtype=np.float64)
    weights = np.zeros(total)
    weights[n - 1 :] = np.exp(log_choose(rank - 1, n - 1) - log_choose(float(total), n))
    return weights


def expected_best(scores: Float64, n: int, *, worth: Float64 | None = None) -> Float64:
    """Return what the best of n by `scores` is expected to have, for each prompt, from N ≥ n samples, without bias.

    Args:
        scores: what chooses, shape (prompt, N). n: from 1 to N.
        worth: what is measured of the chosen, such as another reward, shape (prompt, N); the scores themselves if
            absent.

    Raises:
        BadValue: n outside its range, or a worth of another shape. NotFinite: a value that is.

    Source: Nakano et al. 2021, appendix I, arXiv:2112.09332.

    Example:
        >>> expected_best(np.array([[1.0, 2.0, 3.0]]), 2)
        array([2.66666667])
    """
    values = finite_values(scores, where="expected_best, scores")
    measured = values if worth is None else finite_values(worth, where="expected_best, worth")
    if measured.shape != values.shape:
        raise BadValue("expected_best, worth", got=f"shape {measured.shape}", expected=f"{values.shape}, as the scores")
    ordered = np.take_along_axis(measured, np.argsort(values, axis=1, kind="stable"), axis=1)
    best: Float64 = ordered @ best_of_n_weights(values.shape[1], n)
    return best
