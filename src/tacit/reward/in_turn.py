"""Fitting a model and its raters in turn, whatever the model: all that the two need of each other is a prediction."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.raters import RaterFit

Fitted = TypeVar("Fitted")
Round = Callable[[NDArray[np.float64], Fitted | None], tuple[Fitted, RaterFit]]

SETTLED = 0.05


def fit_in_turn(
    one_round: Round[Fitted], precision: NDArray[np.float64], *, rounds: int, start: Fitted | None = None
) -> Fitted:
    """Fit a model, find from what it had not seen how far to believe each rater, and fit again with what was found.

    With one rater there is nothing to compare, and one round is all.

    Args:
        one_round: (precision of each rater, the fit to start from) → a fit that believes the raters so far, and what it
            says of them by answers that it was not fitted to (`tacit.crowd.raters.fit_raters`).
        precision: how far each rater is believed in the first round, relative to the crowd, shape (rater,).
        rounds: most fits of the model, at least 1; fewer if no rater's precision moves by more than 0.05.
        start: the fit that the first round starts from.
    """
    fit, raters = one_round(precision, start)
    for _ in range(1, rounds if len(precision) > 1 else 1):
        if np.abs(raters.precision - precision).max() <= SETTLED:
            break
        precision = raters.precision
        fit, raters = one_round(precision, fit)
    return fit
