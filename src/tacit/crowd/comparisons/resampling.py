"""Intervals of scores by resampling what was judged, together where judgments are no independent evidence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.comparisons.fit import ScoreIntervals
from tacit.crowd.comparisons.paired import Index, PairedComparisons
from tacit.errors import BadValue, NotIdentified

Float64 = NDArray[np.float64]

N_RESAMPLES = 200
MOST_FAILURES = 0.1


def bootstrap_scores(
    n_units: int,
    fit: Callable[[Index], Float64],
    score: Float64,
    *,
    seed: int,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
) -> ScoreIntervals:
    """Return basic bootstrap intervals: what the resampled scores stray from `score`, turned round.

    Turned round, because the likelihood's own scores are a little too far apart and the resampled ones are so twice
    over: a percentile interval would add the two errors where this one cancels them.

    Args:
        n_units: how many comparisons, or rankings, there are to draw from.
        fit: which were drawn, with repetition → scores, shape (unit,) → (item,).
        score: those of all, shape (item,).
        seed: of the drawing.
        level: coverage.
        n_resamples: how many times to draw.

    Raises:
        BadValue: fewer than ten resamples. NotIdentified: more than one sample in ten has no finite scores.

    Source: Davison and Hinkley 1997, doi:10.1017/CBO9780511802843, equation 5.6.
    """
    if n_resamples < 10:
        raise BadValue("resamples", got=n_resamples, expected="at least 10")
    rng = np.random.default_rng(seed)
    scores: list[Float64] = []
    failed = 0
    while len(scores) < n_resamples:
        try:
            scores.append(fit(rng.integers(n_units, size=n_units)))
        except NotIdentified:
            failed += 1
            if failed > MOST_FAILURES * n_resamples:
                raise NotIdentified(
                    "bootstrap",
                    got=f"{failed} of {failed + len(scores)} resamples without finite scores",
                    expected="comparisons enough that leaving some out keeps all items connected",
                    do="Say --shrinkage 1, or leave the intervals to the Fisher information",
                ) from None
    stray = np.stack(scores) - score
    low, high = np.quantile(stray, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return ScoreIntervals(score - high, score - low, stray.std(axis=0, ddof=1), level, "basic bootstrap")


def by_group(comparisons: PairedComparisons) -> tuple[int, Callable[[Index], PairedComparisons]]:
    """Return how many groups there are, and a function that takes the comparisons of those drawn; without groups each
    comparison is one.
    """
    if comparisons.group is None:
        return len(comparisons), comparisons.take
    group = np.asarray(comparisons.group)
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)

    def take(drawn: Index) -> PairedComparisons:
        return comparisons.take(np.concatenate([members[unit] for unit in drawn.tolist()]))

    return len(members), take
