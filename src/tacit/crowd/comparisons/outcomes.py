"""How likely each outcome of a comparison is: Bradley–Terry without ties, Davidson's and Rao–Kupper's with them.

All three are functions of η, the log-odds that the first is preferred, and the last two of a tie parameter too. Their
log-likelihoods are concave in both, so that a maximum is the maximum.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

Float64 = NDArray[np.float64]
SMALLEST_THRESHOLD = 1e-9


class TieModel(StrEnum):
    """What is done with ties."""

    DAVIDSON = "davidson"
    RAO_KUPPER = "rao-kupper"
    HALF = "half"
    DROP = "drop"


@dataclass(frozen=True)
class Slopes:
    """A log-likelihood and its derivatives, a value a row.

    Args:
        value: the sum of the log-likelihood.
        by_eta: first derivative to η. by_tie: to the tie parameter.
        eta_eta: second derivatives, with the sign changed. eta_tie: the same. tie_tie: the same.
    """

    value: float
    by_eta: Float64
    eta_eta: Float64
    by_tie: Float64 | None = None
    eta_tie: Float64 | None = None
    tie_tie: Float64 | None = None


def bradley_terry(eta: Float64, wins: Float64) -> Slopes:
    """Return P(first) = σ(η); a tie is half a win for each.

    Source: Bradley and Terry 1952, doi:10.2307/2334029, section 2, in log-odds.
    """
    first, second = wins[0] + wins[2] / 2, wins[1] + wins[2] / 2
    p = expit(eta)
    n = first + second
    value = float(first @ log_expit(eta) + second @ log_expit(-eta))
    return Slopes(value, first - n * p, n * p * (1 - p))


def davidson(eta: Float64, tie: Float64 | float, wins: Float64) -> Slopes:
    """Return P(first), P(second), P(tie) in the proportions e^(η/2), e^(−η/2), e^tie.

    Source: Davidson 1970, doi:10.1080/01621459.1970.10481082, section 2, with ν = e^tie.
    """
    p_first, p_second, p_tie, log_sum = _davidson(eta, tie)
    n = wins.sum(axis=0)
    value = float(((wins[0] - wins[1]) * eta / 2 + wins[2] * tie - n * log_sum).sum())
    lean, decided = p_first - p_second, p_first + p_second
    return Slopes(
        value,
        (wins[0] - wins[1] - n * lean) / 2,
        n * (decided - lean**2) / 4,
        wins[2] - n * p_tie,
        -n * lean * p_tie / 2,
        n * p_tie * (1 - p_tie),
    )


def rao_kupper(eta: Float64, threshold: Float64 | float, wins: Float64) -> Slopes:
    """Return P(first) = σ(η − threshold), P(second) = σ(−η − threshold), and what is left for a tie.

    Source: Rao and Kupper 1967, doi:10.1080/01621459.1967.10482901, section 2, with θ = e^threshold.
    """
    t = np.maximum(threshold, SMALLEST_THRESHOLD)
    first, second = wins[0] + wins[2], wins[1] + wins[2]  # P(tie) = (e^2t − 1) · P(first) · P(second)
    up, down = expit(eta - t), expit(-eta - t)
    gap = -np.expm1(-2 * t)
    log_tie = 2 * t + np.log(gap)
    value = float((first * log_expit(eta - t) + second * log_expit(-eta - t) + wins[2] * log_tie).sum())
    a, b = first * up * (1 - up), second * down * (1 - down)
    return Slopes(
        value,
        first * (1 - up) - second * (1 - down),
        a + b,
        wins[2] * 2 / gap - first * (1 - up) - second * (1 - down),
        b - a,
        a + b + wins[2] * 4 * np.exp(-2 * t) / gap**2,
    )


def probabilities(model: TieModel, eta: Float64, tie: Float64 | float | None) -> Float64:
    """Return P(first wins), P(second wins), P(tie), shape (3, row); the last is 0 where ties are not modelled.

    Args:
        model: what is done with ties.
        eta: log-odds that the first is preferred, shape (row,).
        tie: the tie parameter; None where it is not modelled.
    """
    if tie is None:
        return np.stack([expit(eta), expit(-eta), np.zeros_like(eta)])
    if model is TieModel.RAO_KUPPER:
        t = np.maximum(tie, SMALLEST_THRESHOLD)
        up, down = expit(eta - t), expit(-eta - t)
        return np.stack([up, down, np.expm1(2 * t) * up * down])
    return np.stack(_davidson(eta, tie)[:3])


def _davidson(eta: Float64, tie: Float64 | float) -> tuple[Float64, Float64, Float64, Float64]:
    half = np.abs(eta) / 2
    top = np.maximum(half, tie)
    stronger, weaker, neither = np.exp(half - top), np.exp(-half - top), np.exp(tie - top)
    total = stronger + weaker + neither
    first, second = np.where(eta >= 0, stronger, weaker), np.where(eta >= 0, weaker, stronger)
    return first / total, second / total, neither / total, top + np.log(total)
