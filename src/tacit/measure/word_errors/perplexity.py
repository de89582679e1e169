"""Word error rate against a language model's perplexity: the power law between them."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from tacit.errors import BadValue, NotIdentified
from tacit.measure.estimate import Estimate, finite_values


@dataclass(frozen=True)
class PowerLaw:
    """Word error rate = `factor` · perplexity ^ `exponent`.

    Args:
        exponent: with Student's interval.
        factor: with Student's interval on the logarithm.
        residual: standard deviation of the logarithm of the word error rate about the law.
        centre: mean logarithm of the perplexities.
        spread: sum of their squares about that mean.
    """

    exponent: Estimate
    factor: Estimate
    residual: float
    centre: float
    spread: float

    def predict(self, perplexity: float) -> Estimate:
        """Return the word error rate to be expected of one more system, with Student's prediction interval.

        Raises:
            BadValue: a perplexity below 1.
        """
        if not perplexity >= 1:
            raise BadValue("perplexity", got=perplexity, expected="1 or more")
        n, level = self.exponent.n, self.exponent.level
        at = log(perplexity)
        mean = log(self.factor.mean) + self.exponent.mean * at
        error = self.residual * sqrt(1 + 1 / n + (at - self.centre) ** 2 / self.spread)
        half = float(stdtrit(n - 2, 0.5 + level / 2)) * error
        return Estimate(exp(mean), exp(mean - half), exp(mean + half), n, level, "Student's t, prediction")


def fit_perplexity_law(perplexity: ArrayLike, wer: ArrayLike, *, level: float = 0.95) -> PowerLaw:
    """Return the power law that fits word error rates of one recogniser with several language models.

    A straight line through the logarithms by least squares. It holds among models of one task and vocabulary, not
    between tasks.

    Args:
        perplexity: of each language model on the test set, 1 or more, shape (model,).
        wer: word error rate with it, above 0, shape (model,).
        level: coverage of the intervals.

    Raises:
        BadValue: different lengths, a perplexity below 1, or a rate that is not above 0. NotFinite: a NaN or infinity.
        NotIdentified: fewer than three models, or perplexities that are all the same.

    Source: the power law that Klakow and Peters 2002 derive and test, doi:10.1016/S0167-6393(01)00041-3.

    Example:
        >>> law = fit_perplexity_law([100, 200, 400], [0.2, 0.4, 0.8])
        >>> round(law.exponent.mean, 6), round(law.factor.mean, 6)
        (1.0, 0.002)
    """
    x, y = finite_values(perplexity, where="perplexity"), finite_values(wer, where="wer")
    if x.ndim != 1 or x.shape != y.shape:
        raise BadValue("fit_perplexity_law", got=f"shapes {x.shape} and {y.shape}", expected="two lists of one length")
    for name, values, wrong, expected in (("perplexity", x, x < 1, "1 or more"), ("wer", y, y <= 0, "above 0")):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise BadValue(f"{name}, value {row + 1}", got=f"{values[row]:g}", expected=expected)
    if len(x) < 3 or np.ptp(x) == 0:
        got = f"{len(np.unique(x))} different perplexities of {len(x)} models"
        raise NotIdentified("fit_perplexity_law", got=got, expected="three models or more that differ")
    u, v = np.log(x), np.log(y)
    spread = float(((u - u.mean()) ** 2).sum())
    slope = float((u - u.mean()) @ v) / spread
    intercept = float(v.mean()) - slope * float(u.mean())
    residual = sqrt(float(((v - intercept - slope * u) ** 2).sum()) / (len(x) - 2))
    t = float(stdtrit(len(x) - 2, 0.5 + level / 2))
    half = t * residual / sqrt(spread)
    exponent = Estimate(slope, slope - half, slope + half, len(x), level, "Student's t")
    half = t * residual * sqrt(1 / len(x) + float(u.mean()) ** 2 / spread)
    ends = exp(intercept), exp(intercept - half), exp(intercept + half)
    return PowerLaw(
        exponent, Estimate(*ends, len(x), level, "Student's t, logarithm"), residual, float(u.mean()), spread
    )
