"""Elo ratings: scores that move a little after every comparison, for those that come one by one and never end.

They depend on the order of the comparisons and forget the early ones, which is what an online rating is for. For a
finished table of comparisons `fit_comparisons` says more with the same data, and how sure it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacit.crowd.comparisons.paired import PairedComparisons
from tacit.errors import BadValue

Float64 = NDArray[np.float64]

POINTS_PER_LOG_ODDS = 400 / np.log(10)  # Elo's scale: 400 points are odds of ten to one
WON = (1.0, 0.0, 0.5)  # what the left side won, by `Winner`


@dataclass(frozen=True)
class EloRatings:
    """Ratings after the last comparison.

    Args:
        score: in log-odds, mean 0, shape (item,).
        log_loss: mean −log P(result) of each comparison without a tie, predicted just before it was learned from.
        n: comparisons learned from.
    """

    score: Float64
    log_loss: float
    n: int

    @property
    def points(self) -> Float64:
        """The ratings as chess players know them, about 1500."""
        return np.asarray(1500 + POINTS_PER_LOG_ODDS * self.score, dtype=np.float64)


def elo(comparisons: PairedComparisons, *, k_points: float = 32.0, start: Float64 | None = None) -> EloRatings:
    """Run through the comparisons in their order.

    Args:
        comparisons: the earliest first; a tie is half a win for each.
        k_points: by how many points, at most, one comparison moves an item.
        start: scores in log-odds to go on from, shape (item,).

    Raises:
        BadValue: a step that is not above 0, or a start of another length.

    Source: Elo 1978, The Rating of Chessplayers, equations 1 and 2 of section 1.6, with the logistic curve.
    """
    n = len(comparisons.items)
    if not 0 < k_points < np.inf:
        raise BadValue("k_points", got=k_points, expected="a number above 0, such as 32")
    if start is not None and np.shape(start) != (n,):
        raise BadValue("start", got=f"shape {np.shape(start)}", expected=f"a score for each of {n} items")
    score = [0.0] * n if start is None else np.asarray(start, dtype=np.float64).tolist()
    step = k_points / POINTS_PER_LOG_ODDS
    lead = []
    # Each step needs the one before, so this is the one loop over comparisons: on plain numbers, which are quickest.
    rows = zip(comparisons.left.tolist(), comparisons.right.tolist(), comparisons.winner.tolist(), strict=True)
    for left, right, winner in rows:
        difference = score[left] - score[right]
        lead.append(difference)
        moved = step * (WON[winner] - _sigmoid(difference))
        score[left] += moved
        score[right] -= moved
    winner, eta = np.asarray(comparisons.winner), np.array(lead)
    signed = np.where(winner == 0, eta, -eta)[winner != 2]
    loss = float(-np.log(expit(signed)).mean()) if len(signed) else 0.0
    result = np.array(score)
    return EloRatings(result - result.mean(), loss, len(comparisons))


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -700 else 0.0
