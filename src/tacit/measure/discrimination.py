"""How well scores tell positives from negatives: the areas under the two curves that show it."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from tacit.errors import BadValue
from tacit.measure.calibration.checking import scored
from tacit.measure.estimate import Estimate, bootstrap

Values = NDArray[np.float64]

N_RESAMPLES = 400


def area_under_roc(
    score: ArrayLike, positive: ArrayLike, *, level: float = 0.95, clusters: ArrayLike | None = None, seed: int = 0
) -> Estimate:
    """Return the area under the receiver operating characteristic (AUROC).

    It is the probability that a positive scores higher than a negative, equal scores counting half; ½ is guessing.

    Args:
        score: larger means more likely positive, shape (item,).
        positive: 1 or 0, shape (item,).
        level: coverage of the interval: DeLong's variance on the logit scale, or a clustered bootstrap with `clusters`.
        clusters: a label an item; items of one label are drawn together.
        seed: of that bootstrap.

    Raises:
        BadValue: different lengths, a mark that is neither 0 nor 1, or marks that are all alike. NotFinite: a NaN.

    Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747; the variance of DeLong, DeLong, Clarke-Pearson
    1988, equations 3 and 4, doi:10.2307/2531595, by the midranks of Sun and Xu 2014, doi:10.1109/LSP.2014.2337313;
    logit intervals after Pepe 2003, section 5.2.4.

    Example:
        >>> area_under_roc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).mean
        0.75
    """
    scores, marks = _both_kinds(score, positive, "area_under_roc")
    if clusters is not None:
        pairs = np.column_stack([scores, marks])
        return bootstrap(_area_of_pairs, pairs, seed=seed, clusters=clusters, level=level, n_resamples=N_RESAMPLES)
    high, low = scores[marks == 1], scores[marks == 0]
    rank, of_high, of_low = rankdata(np.concatenate([high, low])), rankdata(high), rankdata(low)
    above = (rank[: len(high)] - of_high) / len(low)  # for each positive, the share of negatives below it
    below = 1 - (rank[len(high) :] - of_low) / len(high)
    area = float(above.mean())
    variance = _variance(above) / len(high) + _variance(below) / len(low)
    return _on_logit_scale(area, sqrt(variance), len(scores), min(len(high), len(low)), level)


def average_precision(
    score: ArrayLike, positive: ArrayLike, *, level: float = 0.95, clusters: ArrayLike | None = None, seed: int = 0
) -> Estimate:
    """Return the area under the precision–recall curve (AUPRC) as a step function: the mean precision at each positive.

    Always guessing scores the share of positives. Equal scores are taken together.

    Args:
        score: larger means more likely positive, shape (item,).
        positive: 1 or 0, shape (item,).
        level: coverage of the interval, a percentile bootstrap.
        clusters: a label an item; items of one label are drawn together.
        seed: of the bootstrap.

    Raises:
        BadValue: different lengths, a mark that is neither 0 nor 1, or marks that are all alike. NotFinite: a NaN.

    Source: Davis and Goadrich 2006, section 3, doi:10.1145/1143844.1143874; without interpolation, and with the
    bootstrap, after Boyd, Eng, Page 2013, sections 3 and 4, doi:10.1007/978-3-642-40994-3_29.

    Example:
        >>> round(average_precision([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]).mean, 4)
        0.8333
    """
    scores, marks = _both_kinds(score, positive, "average_precision")
    pairs = np.column_stack([scores, marks])
    return bootstrap(_precision_of_pairs, pairs, seed=seed, clusters=clusters, level=level, n_resamples=N_RESAMPLES)


def _both_kinds(score: ArrayLike, positive: ArrayLike, where: str) -> tuple[Values, Values]:
    scores, marks = scored(score, positive, where=where)
    if marks.min() == marks.max():
        kind = "positives" if marks[0] else "negatives"
        raise BadValue(where, got=f"{len(marks)} {kind} and nothing else", expected="positives and negatives")
    return scores, marks


def _area_of_pairs(pairs: Values) -> float:
    n_high = float(pairs[:, 1].sum())
    n_low = len(pairs) - n_high
    if n_high == 0 or n_low == 0:
        return 0.5  # a resample with one kind alone says nothing
    ranks = rankdata(pairs[:, 0])
    return float((ranks[pairs[:, 1] == 1].sum() - n_high * (n_high + 1) / 2) / (n_high * n_low))


def _precision_of_pairs(pairs: Values) -> float:
    order = np.argsort(-pairs[:, 0], kind="stable")
    falling, marks = pairs[order, 0], pairs[order, 1]
    last = np.flatnonzero(np.concatenate([falling[1:] != falling[:-1], [True]]))
    found = np.cumsum(marks)[last]
    if found[-1] == 0:
        return 0.0
    return float(np.diff(found, prepend=0) @ (found / (last + 1)) / found[-1])


def _variance(values: Values) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.25


def _on_logit_scale(mean: float, error: float, n: int, n_rarer: int, level: float) -> Estimate:
    method = "DeLong, logit scale"
    if not 0 < mean < 1:  # every pair in one order: as if the rarer kind alone had been tried so often, without a miss
        miss = 1 - (1 - level) ** (1 / n_rarer)
        return Estimate(mean, 0.0 if mean == 0 else 1 - miss, miss if mean == 0 else 1.0, n, level, method)
    logit, half = log(mean / (1 - mean)), float(ndtri(0.5 + level / 2)) * error / (mean * (1 - mean))
    low, high = (1 / (1 + exp(-end)) for end in (max(-700, logit - half), min(700, logit + half)))
    return Estimate(mean, low, high, n, level, method)
