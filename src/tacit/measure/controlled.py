"""A win rate as it would be if both sides were alike in something that sways judges, such as their length."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, ndtri

from tacit.errors import BadValue
from tacit.measure.estimate import Estimate, finite_values

STEPS = 50
PRIOR_SLOPE = 1.0
"""Standard deviation of the normal prior of the slope, in log-odds a standard deviation of the difference, over 3."""


def controlled_win_rate(won: ArrayLike, difference: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Return the share of comparisons won where both sides are alike in a quantity, by logistic regression.

    The log-odds of winning are a + b · tanh(difference / s), s the standard deviation of the difference; the win rate
    is that at difference 0. A draw's worth of a comparison is added, so that the rate stays inside (0, 1) and has an
    interval where all were won.

    Args:
        won: 1 where the side was preferred, 0 where not, ½ for a draw, shape (comparison,).
        difference: of the quantity, that side less the other, such as their lengths in characters, shape (comparison,).
        level: coverage of the interval.

    Returns:
        The win rate, with a delta interval on the log-odds.

    Raises:
        BadValue: no comparisons, lists of unequal length, or a result outside [0, 1]. NotFinite: NaN or infinity.

    Source: Dubois, Galambosi, Liang, Hashimoto 2024, section 3, arXiv:2404.04475.

    >>> controlled_win_rate([1, 1, 1, 0, 0, 0], [9, 9, 9, -9, -9, -9]).mean.__round__(2)
    0.5
    """
    y, d = finite_values(won, where="controlled win rate, won"), finite_values(difference, where="its difference")
    if len(y) != len(d) or not len(y):
        got = f"{len(y)} results and {len(d)} differences"
        raise BadValue("controlled win rate", got=got, expected="one of each a comparison, at least one")
    if y.min() < 0 or y.max() > 1:
        raise BadValue("controlled win rate, won", got=f"{y.min()} to {y.max()}", expected="results from 0 to 1")
    scale = float(np.sqrt(np.mean(d**2)))
    x = np.column_stack([np.ones(len(d) + 1), np.append(np.tanh(d / scale) if scale > 0 else 0 * d, 0.0)])
    target = np.append(y, 0.5)
    theta = np.zeros(2)
    ridge = np.diag([0.0, 1 / (3 * PRIOR_SLOPE) ** 2])
    for _ in range(STEPS):
        p = expit(x @ theta)
        curvature = (x * (p * (1 - p))[:, None]).T @ x + ridge
        step = np.linalg.solve(curvature + 1e-12 * np.eye(2), x.T @ (target - p) - ridge @ theta)
        theta += step / max(1.0, float(np.abs(step).max()))  # never more than one logit at once: no overshooting
        if np.abs(step).max() < 1e-10:
            break
    error = float(np.sqrt(np.linalg.inv(curvature)[0, 0]))
    half = float(ndtri(0.5 + level / 2)) * error
    mean, low, high = (float(expit(theta[0] + by)) for by in (0.0, -half, half))
    return Estimate(mean, low, high, len(y), level, "logistic regression at equal length")
