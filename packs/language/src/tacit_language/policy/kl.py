"""The price of leaving the reference policy: how its coefficient follows a target, and what divergence buys at best."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import logsumexp

from tacit.errors import BadValue
from tacit.measure.estimate import finite_values

LARGEST_ERROR = 0.2
GAIN = 0.1
STEEPEST = 1e-3  # a β of this many standard deviations of the rewards leaves the best sample alone


@dataclass(frozen=True)
class KLControl:
    """The coefficient β of the penalty β · log(π/ρ), fixed, or driven towards a divergence.

    Args:
        coefficient: β at the beginning, 0 or more.
        target: divergence per completion, in nats, that β is driven towards; None leaves β as it is.
        gain: how far β may move in a step: by the factor 1 + `gain` · error, the relative error cut to ±0.2.

    Raises:
        BadValue: a setting outside its range.

    Source: Ziegler et al. 2019, section 2.2, arXiv:1909.08593.

    Example:
        >>> KLControl(0.1, target=6.0).after(0.1, divergence=9.0)
        0.10200000000000001
    """

    coefficient: float = 0.1
    target: float | None = None
    gain: float = GAIN

    def __post_init__(self) -> None:
        if not 0 <= self.coefficient < float("inf"):
            raise BadValue("KL coefficient", got=self.coefficient, expected="a number of 0 or more")
        if self.target is not None and not 0 < self.target < float("inf"):
            raise BadValue("KL target", got=self.target, expected="nats above 0, or None")
        if self.target is not None and self.coefficient == 0:
            raise BadValue("KL coefficient", got=0, expected="above 0 where there is a target: it moves by factors")
        if not 0 < self.gain < 1 / LARGEST_ERROR:
            raise BadValue("KL gain", got=self.gain, expected="a number between 0 and 5")

    def after(self, coefficient: float, *, divergence: float) -> float:
        """Return β after a step in which the policy was `divergence` nats a completion away from the reference."""
        if self.target is None:
            return coefficient
        error = min(max((divergence - self.target) / self.target, -LARGEST_ERROR), LARGEST_ERROR)
        return coefficient * (1 + self.gain * error)


@dataclass(frozen=True)
class Tilt:
    """The policy ρ · exp(r/β), which has the highest expected reward of all at its divergence from ρ.

    Args:
        coefficient: β. reward: expected, under the tilt. divergence: KL from the reference, in nats.
        effective_n: samples from ρ that the estimate rests on, (Σw)²/Σw²; below a hundred it is not to be trusted.
    """

    coefficient: float
    reward: float
    divergence: float
    effective_n: float


def tilt(rewards: ArrayLike, coefficient: float, *, log_weight: ArrayLike | None = None) -> Tilt:
    """Return the exponential tilt of the reference, from the rewards of samples.

    For rewards that are normal with standard deviation σ the gain is σ √(2 KL).

    Args:
        rewards: of samples from the reference, shape (sample,).
        coefficient: β, above 0.
        log_weight: log ρ/π of each sample, where another policy π wrote them, such as one that was optimised: far from
            the reference its samples say more than the reference's own.

    Raises:
        BadValue: no samples, not as many weights, or β not above 0. NotFinite: a value that is NaN or infinite.

    Source: Bai et al. 2022, section 4.3, arXiv:2204.05862, on reward and √KL; the tilt is the maximiser of
    E[r] − β KL.
    """
    r = finite_values(rewards, where="tilt, rewards")
    off = np.zeros(len(r)) if log_weight is None else finite_values(log_weight, where="tilt, log_weight")
    if coefficient <= 0:
        raise BadValue("tilt, coefficient", got=coefficient, expected="a number above 0")
    if len(off) != len(r):
        raise BadValue("tilt, log_weight", got=f"{len(off)} weights", expected=f"{len(r)}, one a sample")
    log_p = off + r / coefficient
    log_normaliser = float(logsumexp(log_p) - logsumexp(off))
    p = np.exp(log_p - logsumexp(log_p))
    divergence = float(p @ r) / coefficient - log_normaliser
    return Tilt(coefficient, float(p @ r), divergence, float(1 / (p @ p)))


def tilt_at(rewards: ArrayLike, divergence: float, *, log_weight: ArrayLike | None = None) -> Tilt:
    """Return the tilt whose divergence from the reference is `divergence` nats: the frontier at that price.

    Args:
        rewards: of samples, shape (sample,); from the reference, several times exp(divergence) of them.
        divergence: above 0 and below what the samples can show.
        log_weight: as in `tilt`.

    Raises:
        BadValue: a divergence that these samples cannot show, or one reward for all. NotFinite: as `tilt`.
    """
    r: NDArray[np.float64] = finite_values(rewards, where="tilt, rewards")
    deviation = float(r.std())
    if deviation == 0:
        raise BadValue("tilt, rewards", got="one reward for all", expected="rewards that differ")
    largest = tilt(r, deviation * STEEPEST, log_weight=log_weight).divergence
    if not 0 < divergence < largest:
        raise BadValue("tilt, divergence", got=divergence, expected=f"above 0 and below {largest:.3g}", do="Draw more")

    def excess(log_coefficient: float) -> float:
        return tilt(r, float(np.exp(log_coefficient)), log_weight=log_weight).divergence - divergence

    low, high = log(deviation * STEEPEST), log(deviation / sqrt(2 * divergence))
    while excess(high) > 0:
        high += 1.0
    return tilt(r, float(np.exp(brentq(excess, low, high))), log_weight=log_weight)
