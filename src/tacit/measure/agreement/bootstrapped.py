"""A bootstrap of alpha that draws items and labelers at once.

A label counts as often as its item was drawn times as often as its labeler was. Two draws of one labeler are not two
labelers who agree: pairs of a labeler with itself are left out. Being the product of two draws, single labels vary
about three times as much as they should, so that intervals are too wide where labels are noisy and labelers alike; the
jackknife of `Alpha.estimate` takes that off. This one makes no use of a normal law.
"""

from __future__ import annotations

import numpy as np

from tacit.errors import BadValue
from tacit.measure.agreement.clustered import check_level
from tacit.measure.agreement.distances import Metric
from tacit.measure.agreement.krippendorff import Alpha, krippendorff_alpha
from tacit.measure.agreement.ratings import Float64, Index, Ratings
from tacit.measure.estimate import Estimate

N_RESAMPLES = 1_000


def bootstrap_alpha(
    ratings: Ratings, metric: Metric = "nominal", *, seed: int, level: float = 0.95, n_resamples: int = N_RESAMPLES
) -> Estimate:
    """Return Krippendorff's alpha with a percentile interval from drawing items and labelers anew.

    Args:
        ratings: the labels.
        metric: nominal, ordinal (with the mid-ranks of all labels) or interval.
        seed: of the draws.
        level: coverage of the interval.
        n_resamples: how many draws.

    Raises:
        BadValue: as `krippendorff_alpha`; the ratio metric; or no resamples.

    Source: Owen and Eckles 2012, sections 3 and 4, doi:10.1214/12-AOAS547; Owen 2007, theorem 1,
    doi:10.1214/07-AOAS122, for the width.
    """
    check_level(level)
    if metric == "ratio":
        do = "Take the logarithm of the values and use the interval metric"
        raise BadValue("bootstrap_alpha", got="the ratio metric", expected="nominal, ordinal or interval", do=do)
    if n_resamples < 1:
        raise BadValue("bootstrap_alpha", got=f"{n_resamples} resamples", expected="at least one")
    alpha = krippendorff_alpha(ratings, metric)
    used, rng = alpha.ratings, np.random.default_rng(seed)
    items, labelers = np.unique(used.item), np.unique(used.labeler)
    cell, cell_item = _cells(alpha)
    drawn = np.full(n_resamples, np.nan)
    for b in range(n_resamples):
        of_item = np.bincount(rng.choice(items, len(items)), minlength=used.n_items).astype(np.float64)
        of_labeler = np.bincount(rng.choice(labelers, len(labelers)), minlength=used.n_labelers)[used.labeler]
        drawn[b] = _weighted(alpha, of_item, of_labeler.astype(np.float64), cell, cell_item)
    known = drawn[np.isfinite(drawn)]
    if len(known) == 0:
        return Estimate(alpha.alpha, -np.inf, np.inf, len(items), level, "two-way bootstrap, nothing left to draw")
    low, high = np.quantile(known, [0.5 - level / 2, 0.5 + level / 2])
    method = "percentile bootstrap of items and labelers"
    return Estimate(alpha.alpha, float(low), float(high), len(items), level, method)


def _cells(alpha: Alpha) -> tuple[Index, Index]:
    """Return for each label which item and value it is of, as one code, and the item of each such code."""
    n_values = len(alpha.distances.values)
    cells, code = np.unique(alpha.ratings.item.astype(np.int64) * n_values + alpha.distances.code, return_inverse=True)
    return code, cells // n_values


def _weighted(alpha: Alpha, of_item: Float64, of_labeler: Float64, cell: Index, cell_item: Index) -> float:
    """Return alpha where items and labelers count as often as they were drawn; NaN where nothing differs."""
    used, n_items = alpha.ratings, alpha.ratings.n_items
    m = np.bincount(used.item, weights=of_labeler, minlength=n_items)
    pairs = m**2 - np.bincount(used.item, weights=of_labeler**2, minlength=n_items)
    of_item = np.where(pairs > 0, of_item, 0.0)
    weight = of_item[used.item] * of_labeler
    n = float(weight.sum())
    all_pairs = n**2 - float(weight @ weight)
    if alpha.distances.metric == "nominal":
        votes = np.bincount(cell, weights=of_labeler)
        apart = m**2 - np.bincount(cell_item, weights=votes**2, minlength=n_items)
        by_value = np.bincount(alpha.distances.code, weights=weight)
        all_apart = n**2 - float(by_value @ by_value)
    else:
        x = alpha.distances.place
        total = np.bincount(used.item, weights=of_labeler * x, minlength=n_items)
        apart = 2 * (m * np.bincount(used.item, weights=of_labeler * x * x, minlength=n_items) - total**2)
        all_apart = 2 * (n * float(weight @ (x * x)) - float(weight @ x) ** 2)
    if n == 0 or all_apart <= 0 or all_pairs <= 0:
        return float("nan")
    share = np.divide(m * apart, pairs, out=np.zeros(n_items), where=pairs > 0)
    return 1 - float(of_item @ share) / n / (all_apart / all_pairs)
