"""Where to test whether a promise holds: a sequence of thresholds that is chosen before the labels set aside are seen.

Testing many thresholds on one sample costs power, since their errors add up. What a classifier got right of its own
training items, each held out in turn, tells beforehand where the promised precision will about be reached. The first
test stands there and owns most of the risk; while tests pass, looser thresholds follow with the same share, and the
first failure ends it. Should the very first one fail, the rest of the risk is spent on thresholds of all strictness.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from tacit.measure import Estimate, proportion
from tacit.measure.selective import Promise, precision_lower_bound, promise_precision

Float64 = NDArray[np.float64]
COVERAGES = np.linspace(0.05, 1.0, 39)
FIRST_SHARE = 0.6
N_SPARE = 20
METHOD = "fixed sequence from held-out training items"


def promise_in_sequence(
    held_out: tuple[Float64, Float64], confidence: Float64, right: Float64, *, precision: float, risk: float
) -> Promise:
    """Return the threshold above which a precision is promised.

    Args:
        held_out: confidence of the training items, each by a classifier that was fitted without it, and whether it was
            right; two arrays of shape (train,). Where they are empty, `promise_precision` chooses.
        confidence: of the labels set aside, shape (item,). right: whether each prediction was right, shape (item,).
        precision: to be promised.
        risk: probability that the promise is false.

    Source: fixed-sequence testing, Maurer, Hothorn and Lehmacher 1995, in the form of Angelopoulos et al. 2021,
    section 2, arXiv:2110.01052; exact bounds of Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.
    """
    known, known_right = held_out
    if not len(known):
        return promise_precision(confidence, right, precision=precision, risk=risk)
    thresholds = np.append(np.quantile(known, 1 - COVERAGES[:-1]), -inf)  # falling: ever more items lie above
    above = np.array([(known > t).sum() for t in thresholds])
    good = np.array([known_right[known > t].sum() for t in thresholds])
    expected_n = np.round(above / len(known) * len(confidence)).astype(np.intp)
    power = _power((good + 0.5) / (above + 1), expected_n, precision, FIRST_SHARE * risk)
    first = int((power * expected_n).argmax())
    best = None
    for threshold in thresholds[first:]:
        kept = confidence > threshold
        n, k = int(kept.sum()), int(right[kept].sum())
        if n == 0 or precision_lower_bound(k, n, risk=FIRST_SHARE * risk) < precision:
            break
        best = float(threshold), n, k
    if best is None:
        kept_back = (1 - FIRST_SHARE) * risk
        spare = promise_precision(confidence, right, precision=precision, risk=kept_back, n_thresholds=N_SPARE)
        return replace(spare, risk=risk)
    threshold, n, k = best
    low, high = precision_lower_bound(k, n, risk=0.025), 1 - precision_lower_bound(n - k, n, risk=0.025)
    observed = Estimate(k / n, low, high, n, method="Clopper–Pearson")
    return Promise(threshold, precision, risk, proportion(n, len(confidence)), observed, METHOD)


def _power(expected: Float64, n: NDArray[np.intp], precision: float, risk: float) -> Float64:
    """Return how likely the exact test passes with so many items of such an expected precision."""
    power = np.zeros(len(n))
    for row, (p, size) in enumerate(zip(expected.tolist(), n.tolist(), strict=True)):
        passing = bdtr(np.arange(size + 1.0), size, 1 - precision) <= risk if size else np.zeros(1, dtype=bool)
        most_wrong = int(passing.sum()) - 1
        power[row] = float(bdtr(float(most_wrong), size, 1 - p)) if most_wrong >= 0 else 0.0
    return power
