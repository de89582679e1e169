"""How far the reward model can be believed: against the true reward, and against judgments it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from tacit.errors import BadFile
from tacit.measure.estimate import Estimate, bootstrap, mean_estimate, proportion
from tacit.report.record import Fields
from tacit.store.run_folder import RunFolder

Values = NDArray[np.float64]
JUDGMENTS_A_BIN = 20
MOST_BINS = 10
N_RESAMPLES = 400


@dataclass(frozen=True)
class Bin:
    """Judgments whose predicted probabilities lie together.

    Args:
        predicted: mean predicted probability.
        observed: share in which the first item was preferred, with Wilson's interval; its `n` is the count.
    """

    predicted: float
    observed: Estimate


@dataclass(frozen=True)
class Reliability:
    """Predicted probabilities beside what was answered.

    Args:
        bins: of equal mass, by rising prediction.
        brier: mean squared difference of prediction and answer; 0 is perfect, always saying ½ gives 0.25.
        calibration_error: mean gap between prediction and answer over the bins, weighted by their counts.
    """

    bins: tuple[Bin, ...]
    brier: Estimate
    calibration_error: Estimate


@dataclass(frozen=True)
class Diagnosis:
    """What the page draws beyond progress.

    Args:
        learned: sum of the learned reward over each segment, shape (segment,).
        true: sum of the true reward over the same segments; empty where there is no true reward.
        p: predicted probability that the first item is preferred, shape (judgment,).
        preferred: 1 if it was, 0 if not, ½ for a draw, shape (judgment,).
        p_first: question → the model's probability that its first item is preferred.
    """

    learned: Values
    true: Values
    p: Values
    preferred: Values
    p_first: dict[str, float]


def read_diagnosis(run: RunFolder) -> Diagnosis:
    """Return the diagnostics of `run`, empty where it has none.

    Raises:
        BadFile: a list of unequal length, a value that is no finite number, or a probability outside [0, 1].
    """
    top = Fields(str(run.diagnostics_path), run.diagnostics())
    rewards, answers = top.inner("learned_against_true"), top.inner("reliability")
    learned, true = _pair(rewards, "learned", "true")
    p, preferred = _pair(answers, "p", "preferred", within=(0.0, 1.0))
    asked = top.inner("predictions")
    p_first = {question_id: asked.number(question_id) for question_id in asked.values}
    return Diagnosis(learned, true, p, preferred, {q: p for q, p in p_first.items() if p is not None and 0 <= p <= 1})


def correlation(x: Values, y: Values, *, level: float = 0.95) -> Estimate | None:
    """Return Pearson's correlation with Fisher's interval, or None if it is undefined.

    Args:
        x: shape (value,), finite.
        y: shape (value,), finite.
        level: coverage of the interval.

    Returns:
        None with fewer than four values, or where `x` or `y` does not vary.

    Source: Fisher 1921, Metron 1:3–32, section 3.
    """
    if len(x) < 4 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))
    if abs(r) == 1:
        return Estimate(r, r, r, len(x), level, "Fisher's z")
    half = float(ndtri(0.5 + level / 2)) / sqrt(len(x) - 3)
    return Estimate(r, tanh(atanh(r) - half), tanh(atanh(r) + half), len(x), level, "Fisher's z")


def reliability(p: Values, preferred: Values, *, seed: int = 0) -> Reliability | None:
    """Return predictions beside answers in bins of equal mass, or None if there are none.

    Args:
        p: predicted probability that the first is preferred, shape (judgment,).
        preferred: 1, 0 or ½ for a draw, shape (judgment,).
        seed: of the bootstrap behind the interval of the calibration error.

    Source: bins of equal mass after Nixon et al. 2019, arXiv:1904.01685; calibration error after Guo et al. 2017,
    eq. 3, arXiv:1706.04599; Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    if len(p) == 0:
        return None
    order = np.argsort(p, kind="stable")
    pairs = np.column_stack([p, preferred])[order]
    n_bins = _n_bins(len(p))
    bins = tuple(
        Bin(float(members[:, 0].mean()), proportion(float(members[:, 1].sum()), len(members)))
        for members in np.array_split(pairs, n_bins)
    )
    gap = bootstrap(lambda rows: _gap(rows, n_bins), pairs, seed=seed, n_resamples=N_RESAMPLES)
    return Reliability(bins, mean_estimate((p - preferred) ** 2), gap)


def _n_bins(n: int) -> int:
    return max(1, min(MOST_BINS, n // JUDGMENTS_A_BIN))


def _gap(pairs: Values, n_bins: int) -> float:
    """Return the calibration error: a bin's gap times its count is the size of its summed differences."""
    difference = (pairs[:, 0] - pairs[:, 1])[np.argsort(pairs[:, 0], kind="stable")]
    first = np.cumsum([0, *map(len, np.array_split(difference, n_bins))])[:-1]
    return float(np.abs(np.add.reduceat(difference, first)).sum()) / len(pairs)


def _pair(
    fields: Fields, first: str, second: str, *, within: tuple[float, float] | None = None
) -> tuple[Values, Values]:
    a, b = _values(fields, first, within), _values(fields, second, within)
    if len(a) != len(b):
        got, expected = f"{len(a)} values of {first!r} and {len(b)} of {second!r}", "two equally long lists"
        raise BadFile(fields.where, got=got, expected=expected)
    return a, b


def _values(fields: Fields, name: str, within: tuple[float, float] | None) -> Values:
    listed: Sequence[object] = fields.sequence(name)
    where = f"{fields.where}, field {name!r}"
    if not all(isinstance(value, int | float) for value in listed):
        raise BadFile(where, got="a value that is no number", expected="finite numbers")
    values = np.array(listed, dtype=np.float64)
    if not np.isfinite(values).all():
        raise BadFile(where, got="NaN or infinity", expected="finite numbers")
    if within and len(values) and not (within[0] <= values.min() and values.max() <= within[1]):
        got = f"values from {values.min():g} to {values.max():g}"
        raise BadFile(where, got=got, expected=f"numbers from {within[0]:g} to {within[1]:g}")
    return values
