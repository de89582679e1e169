"""Bradley–Terry by minorisation and maximisation: slow, simple, and right, to check the quick way against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.comparisons.connected import check_connected
from tacit.crowd.comparisons.paired import PairedComparisons, counted

Float64 = NDArray[np.float64]


def fit_by_minorisation(
    comparisons: PairedComparisons, *, tolerance: float = 1e-12, most_steps: int = 100_000, where: str = "comparisons"
) -> Float64:
    """Return the maximum-likelihood scores of Bradley and Terry's model, a tie counting half a win for each.

    Every step raises the likelihood, by less and less; Newton's method needs a handful of steps where this needs
    hundreds or thousands.

    Args:
        comparisons: its raters and covariates are not used.
        tolerance: the largest change of a score in one step at which it ends.
        most_steps: where it ends at the latest.
        where: the file or call, for messages.

    Raises:
        NotIdentified: as for `fit_comparisons`.

    Source: Hunter 2004, doi:10.1214/aos/1079120141, equation 3.
    """
    rows, n = counted(comparisons), len(comparisons.items)
    up, down = rows.wins[0] + rows.wins[2] / 2, rows.wins[1] + rows.wins[2] / 2
    winner = np.concatenate([rows.first[up > 0], rows.second[down > 0]])
    loser = np.concatenate([rows.second[up > 0], rows.first[down > 0]])
    check_connected(comparisons.items, winner, loser, where=where)
    won = np.bincount(rows.first, up, n) + np.bincount(rows.second, down, n)
    met, score = up + down, np.zeros(n)
    for _ in range(most_steps):
        strength = np.exp(score)
        share = met / (strength[rows.first] + strength[rows.second])
        better = np.log(won / (np.bincount(rows.first, share, n) + np.bincount(rows.second, share, n)))
        better -= better.mean()
        moved = float(np.abs(better - score).max())
        score = better
        if moved <= tolerance:
            break
    return np.asarray(score, dtype=np.float64)
