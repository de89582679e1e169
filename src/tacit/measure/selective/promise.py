"""The lowest threshold on a confidence above which a promised precision holds, with a bound that is valid."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, log

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, betaincinv

from tacit.errors import BadValue
from tacit.measure.calibration.checking import scored
from tacit.measure.estimate import Estimate, proportion

METHODS = ("fallback", "fixed_sequence", "bonferroni")
N_THRESHOLDS = 50


@dataclass(frozen=True)
class Promise:
    """A threshold above which a precision is promised.

    Answer where ``confidence > threshold``, abstain elsewhere.

    Args:
        threshold: of the confidence; infinite where nothing can be promised.
        precision: that was asked for.
        risk: the probability, over calibration samples, that the promise is false.
        kept: share of the calibration items above the threshold, with Wilson's interval.
        observed: precision among them, with the two-sided Clopper–Pearson interval at that one threshold.
        method: how the many thresholds that were tried were accounted for.
    """

    threshold: float
    precision: float
    risk: float
    kept: Estimate
    observed: Estimate
    method: str

    @property
    def holds(self) -> bool:
        """Whether there is any threshold at which the precision can be promised."""
        return self.threshold < inf


def promise_precision(
    confidence: ArrayLike,
    correct: ArrayLike,
    *,
    precision: float = 0.95,
    risk: float = 0.05,
    method: str = "fallback",
    n_thresholds: int = N_THRESHOLDS,
) -> Promise:
    """Return the threshold that keeps the most items while precision above it is at least `precision`.

    The promise is about the population that the calibration items were drawn from: over repeated calibration samples,
    the precision above the returned threshold is below `precision` in at most a share `risk` of them, whatever the
    classifier and however badly its confidences are calibrated. The items must not have been used to fit it. A finite
    batch that is labelled later has luck of its own beside.

    Candidate thresholds are order statistics of the confidences, at ranks fixed beforehand: given the value of one,
    the items strictly above it are independent draws, so that the number correct among them is binomial and an exact
    binomial test is valid. They are tested from the strictest down, and the errors of all tests together are kept
    within `risk` by

    - ``fallback``: each test owns an equal part of `risk` and passes all it has on to the next one when it succeeds.
      No early failure ends the search;
    - ``fixed_sequence``: the first test owns all of `risk` and the first failure ends the search;
    - ``bonferroni``: equal parts, none passed on. Exact in every case; the first two are exact for thresholds that do
      not depend on the sample, and with order statistics leave a dependence that vanishes as the sample grows.

    Args:
        confidence: of any scale, larger is surer, shape (item,).
        correct: whether the prediction was right, 0 or 1, shape (item,).
        precision: to be promised, within (0, 1).
        risk: within (0, 1).
        method: one of the three above.
        n_thresholds: how many candidate thresholds.

    Returns:
        A promise; one that does not hold where no threshold passes.

    Raises:
        BadValue: a share outside (0, 1), another method, no threshold, different lengths or a mark that is not 0 or 1.
        NotFinite: a confidence is NaN or infinite.

    Source: Angelopoulos, Bates, Candès, Jordan, Lei 2021, section 2 (Learn then Test; fixed sequences),
    arXiv:2110.01052; the fallback procedure of Wiens 2003, doi:10.1002/pst.064; selective guarantees after Geifman and
    El-Yaniv 2017, arXiv:1705.08500; exact bounds of Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.

    Example:
        >>> promise_precision([0.1] * 100 + [0.9] * 100, [0] * 100 + [1] * 100, precision=0.9).threshold
        0.1
    """
    scores, marks = scored(confidence, correct, where="promise_precision")
    for name, given in (("precision", precision), ("risk", risk)):
        if not 0 < given < 1:
            raise BadValue(f"promise_precision, {name}", got=given, expected="a share between 0 and 1, such as 0.95")
    if method not in METHODS:
        raise BadValue("promise_precision, method", got=repr(method), expected=f"one of {', '.join(METHODS)}")
    if n_thresholds < 1:
        raise BadValue("promise_precision, n_thresholds", got=n_thresholds, expected="at least one")
    thresholds, kept, right = _candidates(scores, marks, n_thresholds, _fewest(precision, risk))
    passed = _passed(_p_values(right, kept, precision), risk, method)
    if not passed.any():
        none, unknown = proportion(0, len(scores)), Estimate(0.5, 0.0, 1.0, 0, method="Clopper–Pearson")
        return Promise(inf, precision, risk, none, unknown, method)
    best = int(np.flatnonzero(passed)[-1])
    share = proportion(int(kept[best]), len(scores))
    observed = _clopper_pearson(int(right[best]), int(kept[best]))
    return Promise(float(thresholds[best]), precision, risk, share, observed, method)


def precision_lower_bound(n_correct: int, n: int, *, risk: float = 0.05) -> float:
    """Return the one-sided exact lower bound of a precision: it exceeds the truth with probability at most `risk`.

    Args:
        n_correct: right predictions.
        n: predictions.
        risk: within (0, 1).

    Source: Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.

    Example:
        >>> round(precision_lower_bound(59, 59), 4)
        0.9505
    """
    if not 0 <= n_correct <= n:
        raise BadValue("precision_lower_bound", got=f"{n_correct} of {n}", expected="0 ≤ correct ≤ n")
    return 0.0 if n_correct == 0 else float(betaincinv(n_correct, n - n_correct + 1, risk))


def _fewest(precision: float, risk: float) -> int:
    """Return how many items, all correct, it takes to promise anything: pⁿ ≤ risk."""
    return ceil(log(risk) / log(precision))


def _candidates(
    scores: NDArray[np.float64], marks: NDArray[np.float64], n_thresholds: int, fewest: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return thresholds from the strictest down, with the items strictly above each and the correct among them.

    The last one lies below every item, so that all may be kept.
    """
    order = np.argsort(-scores, kind="stable")
    falling, correct_so_far = scores[order], np.concatenate([[0], np.cumsum(marks[order])])
    ranks = np.unique(np.linspace(min(fewest, len(scores)), len(scores), n_thresholds).round().astype(np.int64))
    thresholds = np.where(ranks < len(scores), falling[np.minimum(ranks, len(scores) - 1)], -inf)
    above = np.searchsorted(-falling, -thresholds, side="left")
    return thresholds, above.astype(np.int64), correct_so_far[above].astype(np.int64)


def _p_values(right: NDArray[np.int64], kept: NDArray[np.int64], precision: float) -> NDArray[np.float64]:
    """Return the chance of at least so many correct if the precision were only just `precision`."""
    wrong = kept - right
    values = np.asarray(bdtr(wrong.astype(np.float64), np.maximum(kept, 1), 1 - precision), dtype=np.float64)
    return np.where(kept > 0, values, 1.0)


def _passed(p_values: NDArray[np.float64], risk: float, method: str) -> NDArray[np.bool_]:
    part = risk / len(p_values)
    if method == "bonferroni":
        return p_values <= part
    if method == "fixed_sequence":
        return np.logical_and.accumulate(p_values <= risk)
    passed, carried = np.zeros(len(p_values), dtype=bool), 0.0
    for at, p_value in enumerate(p_values):
        carried += part
        passed[at] = p_value <= carried
        carried = carried if passed[at] else 0.0
    return passed


def _clopper_pearson(k: int, n: int, level: float = 0.95) -> Estimate:
    tail = (1 - level) / 2
    low = precision_lower_bound(k, n, risk=tail)
    high = 1.0 - precision_lower_bound(n - k, n, risk=tail)
    return Estimate(k / n, low, high, n, level, "Clopper–Pearson")
