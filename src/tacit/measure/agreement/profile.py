"""Everything that agreement says about one set of labels: the measures that fit them, the ceiling, the plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from tacit.errors import BadValue
from tacit.measure.agreement.ceiling import Ceiling, ceiling_from_ratings
from tacit.measure.agreement.distances import Metric
from tacit.measure.agreement.icc import intraclass_correlation
from tacit.measure.agreement.kappa import cohen_kappa, fleiss_kappa, scott_pi
from tacit.measure.agreement.kendall import Concordance, kendall_tau_b, kendall_w
from tacit.measure.agreement.krippendorff import Alpha, krippendorff_alpha
from tacit.measure.agreement.planning import Plan, judges_for_reliability, labels_for_accuracy, plan_for_alpha
from tacit.measure.agreement.ratings import Float64, Ratings
from tacit.measure.estimate import Estimate, proportion

MOST_PAIRED_LABELERS = 12


@dataclass(frozen=True)
class Profile:
    """What agreement says about one set of labels.

    Args:
        alpha: Krippendorff's, with all it is made of.
        measures: name → estimate, those that fit the labels; alpha first.
        left_out: name → why a measure does not fit.
        concordance: Kendall's W, for several labelers who all rated the same items on a scale.
        ceiling: what no model exceeds against single labels; for classes alone.
        plan: what the wanted width of alpha's interval takes; None where the labels never differ.
        labels_per_item: labels an item for a majority that is right as often as wanted; for classes alone.
        judges: how many judges' mean reaches the wanted reliability; for scales alone.
        of_labelers: share of each labeler's labels that agree with another of the item, shape (labeler,).
        pairs: codes of two labelers and Cohen's kappa of the items that both saw, for up to a dozen labelers.
    """

    alpha: Alpha
    measures: Mapping[str, Estimate]
    left_out: Mapping[str, str]
    concordance: Concordance | None
    ceiling: Ceiling | None
    plan: Plan | None
    labels_per_item: float | None
    judges: float | None
    of_labelers: list[Estimate]
    pairs: list[tuple[int, int, Estimate]]


def agreement_profile(
    ratings: Ratings,
    metric: Metric = "nominal",
    *,
    half_width: float = 0.05,
    wanted: float = 0.95,
    n_classes: int | None = None,
    seed: int = 0,
) -> Profile:
    """Return all that agreement says about a set of labels.

    Args:
        ratings: the labels.
        metric: of alpha; classes if nominal, else a scale.
        half_width: wanted half width of alpha's interval.
        wanted: accuracy of a majority, or reliability of a mean, to plan for.
        n_classes: how many classes there are; those that occur, if absent.
        seed: of what is drawn at random.

    Raises:
        BadValue: the labels allow no agreement at all to be measured, as `krippendorff_alpha` says.
    """
    alpha = krippendorff_alpha(ratings, metric)
    measures, left_out = {f"alpha ({metric})": alpha.estimate()}, {}
    if metric == "nominal":
        measures["agreement"] = alpha.estimate(of="agreement")
    concordance = None
    for name, measure in _fitting(alpha.ratings, metric, seed).items():
        try:
            measures[name] = measure()
        except BadValue as error:
            left_out[name] = f"{error.got}; needs {error.expected}"
    if metric != "nominal" and ratings.n_labelers > 2:
        try:
            concordance = kendall_w(alpha.ratings)
            measures["mean rank correlation"] = concordance.mean_rank_correlation
        except BadValue as error:
            left_out["Kendall's W"] = f"{error.got}; needs {error.expected}"
    ceiling = ceiling_from_ratings(alpha, n_classes) if metric == "nominal" else None
    one_right = None if ceiling is None else ceiling.equally_hard.mean
    return Profile(
        alpha=alpha,
        measures=measures,
        left_out=left_out,
        concordance=concordance,
        ceiling=ceiling,
        plan=plan_for_alpha(alpha, half_width) if alpha.observed > 0 else None,
        labels_per_item=_labels(one_right, wanted, ceiling),
        judges=None if metric == "nominal" else judges_for_reliability(min(alpha.alpha, 1.0), wanted),
        of_labelers=_labelers(alpha),
        pairs=_pairs(alpha.ratings) if metric == "nominal" else [],
    )


def _fitting(ratings: Ratings, metric: Metric, seed: int) -> dict[str, Callable[[], Estimate]]:
    """Return the measures beside alpha that are meant for such labels."""
    both = np.flatnonzero(ratings.per_item == 2) if ratings.n_labelers == 2 else np.empty(0, dtype=np.intp)
    x: Float64 = ratings.complete_matrix(where="pairs") if len(both) > 1 else np.empty((0, 2))
    if metric == "nominal":
        two = {"Cohen's kappa": lambda: cohen_kappa(*x.T), "Scott's pi": lambda: scott_pi(*x.T)} if len(x) else {}
        return {**two, "Fleiss' kappa": lambda: fleiss_kappa(ratings)}
    scale: dict[str, Callable[[], Estimate]] = {}
    if len(x):
        scale["Cohen's kappa, quadratic weights"] = lambda: cohen_kappa(*x.T, weights="quadratic")
        scale["Kendall's tau-b"] = lambda: kendall_tau_b(*x.T, seed=seed)
    if metric == "interval":
        scale["ICC(A,1)"] = lambda: intraclass_correlation(ratings, "ICC(A,1)")
        scale["ICC(C,1)"] = lambda: intraclass_correlation(ratings, "ICC(C,1)")
        scale["ICC(A,k)"] = lambda: intraclass_correlation(ratings, "ICC(A,k)")
    return scale


def _labels(one_right: float | None, wanted: float, ceiling: Ceiling | None) -> float | None:
    if one_right is None or ceiling is None:
        return None
    return 1 if one_right >= wanted else labels_for_accuracy(one_right, wanted, ceiling.n_classes)


def _labelers(alpha: Alpha) -> list[Estimate]:
    """Return how often each labeler's labels equal another label of the item; an item counts once."""
    used = alpha.ratings
    own = alpha.distances.to_group(np.arange(len(used)), used.item)
    if alpha.distances.metric != "nominal":
        own = own / alpha.expected
    m = used.per_item[used.item]
    share = np.bincount(used.labeler, weights=1 - own / (m - 1), minlength=used.n_labelers)
    n = np.bincount(used.labeler, minlength=used.n_labelers)
    if alpha.distances.metric == "nominal":
        return [proportion(min(max(s, 0.0), float(k)), k) for s, k in zip(share.tolist(), n.tolist(), strict=True)]
    means = np.divide(share, n, out=np.full(len(n), np.nan), where=n > 0)
    return [Estimate(a, -inf, inf, k, method="no interval") for a, k in zip(means.tolist(), n.tolist(), strict=True)]


def _pairs(ratings: Ratings) -> list[tuple[int, int, Estimate]]:
    """Return Cohen's kappa of every two labelers, where both used two classes or more on two items or more."""
    found: list[tuple[int, int, Estimate]] = []
    if ratings.n_labelers > MOST_PAIRED_LABELERS:
        return found
    x = ratings.matrix()
    for a in range(ratings.n_labelers):
        for b in range(a + 1, ratings.n_labelers):
            both = ~np.isnan(x[:, a]) & ~np.isnan(x[:, b])
            if both.sum() >= 2 and len(np.unique(x[both][:, [a, b]])) > 1:
                found.append((a, b, cohen_kappa(x[both, a], x[both, b])))
    return found
