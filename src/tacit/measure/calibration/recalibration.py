"""Mending probabilities that do not come true: a temperature, Platt's line, isotonic steps, on held-out items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression
from scipy.special import expit, ndtri, softmax

from tacit.errors import BadValue, NotIdentified
from tacit.measure.calibration.checking import distributions, predictions
from tacit.measure.estimate import Estimate, finite_values

Values = NDArray[np.float64]
Slopes = Callable[[float], tuple[float, float]]

SMALLEST = 1e-12
MOST_STEPS = 100
LARGEST_SLOPE = 1e3


@dataclass(frozen=True)
class Temperature:
    """Logits divided by one number: above 1 makes predictions less sure, below 1 surer. Their order stays.

    Args:
        temperature: fitted, with its interval.
    """

    temperature: Estimate

    def apply(self, p: ArrayLike) -> Values:
        """Return recalibrated probabilities: of events, shape (prediction,), or distributions, shape (item, class)."""
        values = finite_values(p, where="Temperature, p")
        if values.ndim == 2:
            return np.asarray(softmax(_log(values) / self.temperature.mean, axis=1), dtype=np.float64)
        return np.asarray(expit(_logit(values) / self.temperature.mean), dtype=np.float64)


@dataclass(frozen=True)
class Platt:
    """A line through the logits: ``slope · logit + intercept``.

    Args:
        slope: fitted, with its interval; 1 is calibrated.
        intercept: fitted, with its interval; 0 is calibrated.
    """

    slope: Estimate
    intercept: Estimate

    def apply(self, p: ArrayLike) -> Values:
        """Return recalibrated probabilities, shape (prediction,)."""
        line = self.slope.mean * _logit(finite_values(p, where="Platt, p")) + self.intercept.mean
        return np.asarray(expit(line), dtype=np.float64)


@dataclass(frozen=True)
class Isotonic:
    """Rising steps through the outcomes, joined by straight lines; constant beyond the ends.

    Args:
        p: predictions where the steps begin and end, rising, shape (knot,).
        rate: what comes true there, rising, shape (knot,).
    """

    p: Values
    rate: Values

    def apply(self, p: ArrayLike) -> Values:
        """Return recalibrated probabilities, shape (prediction,)."""
        return np.interp(finite_values(p, where="Isotonic, p"), self.p, self.rate)


def fit_temperature(p: ArrayLike, outcome: ArrayLike, *, level: float = 0.95) -> Temperature:
    """Return the temperature that makes the outcomes most likely.

    Args:
        p: predicted probabilities, shape (prediction,), or distributions, shape (item, class).
        outcome: 1, 0 or ½ for a draw, shape (prediction,), or the index of the true class, shape (item,).
        level: coverage of the interval, which is Wald's on the logarithm of the temperature.

    Raises:
        BadValue: different lengths, or a value outside its range. NotIdentified: the best temperature is 0 or infinite.

    Source: Guo et al. 2017, section 4.2, arXiv:1706.04599.
    """
    if np.ndim(p) == 2:
        rows, codes = distributions(p, outcome, where="fit_temperature")
        logits = _log(rows)
        target = np.zeros_like(rows)
        target[np.arange(len(rows)), codes] = 1
    else:
        predicted, happened = predictions(p, outcome, where="fit_temperature")
        logits = np.column_stack([np.zeros(len(predicted)), _logit(predicted)])
        target = np.column_stack([1 - happened, happened])
    observed = (target * logits).sum(axis=1)

    def slope_and_curvature(beta: float) -> tuple[float, float]:
        """Return the first two derivatives of the negative log-likelihood by β = 1/T."""
        q = softmax(beta * logits, axis=1)
        mean = (q * logits).sum(axis=1)
        return float((mean - observed).sum()), float(((q * logits**2).sum(axis=1) - mean**2).sum())

    beta = _root(slope_and_curvature, "fit_temperature")
    error = 1 / (beta * sqrt(slope_and_curvature(beta)[1]))  # of log β, and so of log T
    half = float(ndtri(0.5 + level / 2)) * error
    t = 1 / beta
    return Temperature(Estimate(t, t * exp(-half), t * exp(half), len(logits), level, "Wald, logarithm"))


def fit_platt(p: ArrayLike, outcome: ArrayLike, *, level: float = 0.95) -> Platt:
    """Return the line through the logits that makes the outcomes most likely.

    Outcomes are drawn a little towards ½, as if one more of each kind had been seen, so that a set that the predictions
    separate has a finite slope.

    Args:
        p: predicted probabilities, shape (prediction,).
        outcome: 1, 0 or ½ for a draw, shape (prediction,).
        level: coverage of the intervals, which are Wald's.

    Raises:
        BadValue: different lengths, or a value outside [0, 1]. NotIdentified: all predictions are the same.

    Source: Platt 1999, Advances in Large Margin Classifiers 61–74, section 2.2; the Newton steps of Lin, Lin, Weng
    2007, section 3, doi:10.1007/s10994-007-5018-6.
    """
    predicted, happened = predictions(p, outcome, where="fit_platt")
    if np.ptp(predicted) == 0:
        raise NotIdentified("fit_platt", got="predictions that are all the same", expected="two different ones or more")
    n_yes, n_no = float(happened.sum()), float((1 - happened).sum())
    target = happened * (n_yes + 1) / (n_yes + 2) + (1 - happened) / (n_no + 2)
    design = np.column_stack([_logit(predicted), np.ones(len(predicted))])
    weights = np.array([0.0, np.log((n_yes + 1) / (n_no + 1))])
    loss = _cross_entropy(design @ weights, target)
    for _ in range(MOST_STEPS):
        q = expit(design @ weights)
        information = (design * (q * (1 - q))[:, None]).T @ design + 1e-12 * np.eye(2)
        step = np.linalg.solve(information, design.T @ (target - q))
        size = 1.0
        while (new := _cross_entropy(design @ (weights + size * step), target)) > loss + 1e-12 and size > 1e-10:
            size /= 2
        weights, loss = weights + size * step, min(loss, new)
        if np.abs(size * step).max() < 1e-9:
            break
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    half = float(ndtri(0.5 + level / 2)) * errors
    slope, intercept = (
        Estimate(float(w), float(w - h), float(w + h), len(predicted), level, "Wald")
        for w, h in zip(weights, half, strict=True)
    )
    return Platt(slope, intercept)


def fit_isotonic(p: ArrayLike, outcome: ArrayLike) -> Isotonic:
    """Return the rising function of the predictions that is nearest to the outcomes in squares.

    It has no parameter with an interval; say how good it is by measuring on items that it was not fitted to.

    Args:
        p: predicted probabilities, shape (prediction,).
        outcome: 1, 0 or ½ for a draw, shape (prediction,).

    Raises:
        BadValue: different lengths, or a value outside [0, 1]. NotFinite: a NaN or infinity.

    Source: Zadrozny and Elkan 2002, section 3, doi:10.1145/775047.775151; the pooling of Ayer et al. 1955,
    doi:10.1214/aoms/1177728423, as implemented by SciPy.

    Example:
        >>> fit_isotonic([0.1, 0.2, 0.8], [1, 0, 1]).rate.tolist()
        [0.5, 0.5, 1.0]
    """
    predicted, happened = predictions(p, outcome, where="fit_isotonic")
    knots, place = np.unique(predicted, return_inverse=True)
    counts = np.bincount(place).astype(np.float64)
    steps = np.asarray(isotonic_regression(np.bincount(place, weights=happened) / counts, weights=counts).x)
    ends = np.ones(len(knots), dtype=bool)
    ends[1:-1] = (steps[1:-1] != steps[:-2]) | (steps[1:-1] != steps[2:])  # a line between needs its ends alone
    return Isotonic(knots[ends], steps[ends])


def _root(slope_and_curvature: Slopes, where: str) -> float:
    """Return the β > 0 at which a rising slope is zero, by Newton steps within a bracket."""
    low, high = 1 / LARGEST_SLOPE, LARGEST_SLOPE
    if slope_and_curvature(low)[0] >= 0:
        got = "predictions that are no better than none, or the wrong way round"
        raise NotIdentified(where, got=got, expected="predictions that say something of the outcomes")
    if slope_and_curvature(high)[0] <= 0:
        raise NotIdentified(where, got="predictions that are never wrong", expected="some that are")
    beta = 1.0
    for _ in range(MOST_STEPS):
        slope, curvature = slope_and_curvature(beta)
        low, high = (beta, high) if slope < 0 else (low, beta)
        step = beta - slope / curvature if curvature > 0 else inf
        new = step if low < step < high else sqrt(low * high)
        if abs(new - beta) <= 1e-12 * beta:
            break
        beta = new
    return beta


def _cross_entropy(logit: Values, target: Values) -> float:
    return float((np.logaddexp(0, logit) - target * logit).sum())


def _log(p: Values) -> Values:
    if (p < 0).any() or (p > 1).any():
        raise BadValue("recalibration, p", got="a value outside 0 to 1", expected="probabilities")
    return np.log(np.maximum(p, SMALLEST))


def _logit(p: Values) -> Values:
    return _log(p) - _log(1 - p)
