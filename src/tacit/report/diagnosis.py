"""How far the reward model can be believed: against the true reward, and against judgments it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from tacit.errors import BadFile
from tacit.measure.calibration import Bin, brier_score, expected_calibration_error, reliability_diagram
from tacit.measure.estimate import Estimate
from tacit.report.record import Fields
from tacit.store.run_folder import RunFolder

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Reliability:
    """Predicted probabilities beside what was answered.

    Args:
        bins: of equal mass, by rising prediction.
        brier: mean squared difference of prediction and answer; 0 is perfect, always saying ½ gives 0.25.
        calibration_error: mean gap between prediction and answer over the bins, without what chance adds to it.
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


def reliability(p: Values, preferred: Values) -> Reliability | None:
    """Return predictions beside answers in bins of equal mass, or None if there are none.

    Args:
        p: predicted probability that the first is preferred, shape (judgment,).
        preferred: 1, 0 or ½ for a draw, shape (judgment,).
    """
    if len(p) == 0:
        return None
    return Reliability(
        reliability_diagram(p, preferred), brier_score(p, preferred), expected_calibration_error(p, preferred)
    )


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
