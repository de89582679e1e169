"""Scores and raters together: each rater's precision and readiness to call a tie, from answers that they did not shape.

A rater's precision multiplies the difference of the scores: 1 for an ordinary rater, 0 for one who flips a coin, below
0 for one who answers the wrong way round. It is inferred by `tacit.crowd.raters` from differences that are
cross-fitted: predicted by scores that were fitted without the comparison itself and without those of its ranking. How
ready a rater is to call a tie is an offset to the tie parameter, shrunk to the crowd's. Scores, precisions and offsets
are fitted in turn, a few rounds of each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.comparisons.fit import ComparisonFit, fit_comparisons
from tacit.crowd.comparisons.outcomes import TieModel, davidson, rao_kupper
from tacit.crowd.comparisons.paired import PairedComparisons, Winner
from tacit.crowd.raters import RaterFit, fit_raters
from tacit.errors import BadValue, NotIdentified

Float64 = NDArray[np.float64]

N_FOLDS = 5
N_ROUNDS = 3
FOLD_SHRINKAGE = 0.01  # a fold may leave an item without a loss; its score must be finite all the same
LAPSE = 0.0
FIRST_SPREAD = 1.0
STEPS = 25
LARGEST_OFFSET = 6.0


@dataclass(frozen=True)
class RatedFit:
    """Scores, and how far each rater can be trusted.

    Args:
        fit: the scores, given the raters.
        raters: names, one a code.
        rater_fit: precision and agreement of each with the consensus of the others, on comparisons without a tie.
        precision: what multiplies the difference of the scores for each rater, shape (rater,).
        tie_offset: what is added to the tie parameter for each rater, shape (rater,).
        n_ties: ties that each rater called, shape (rater,).
        n: comparisons of each rater, shape (rater,).
    """

    fit: ComparisonFit
    raters: tuple[str, ...]
    rater_fit: RaterFit
    precision: Float64
    tie_offset: Float64
    n_ties: NDArray[np.int64]
    n: NDArray[np.int64]

    def predict(self, comparisons: PairedComparisons) -> Float64:
        """Return P(left wins), P(right wins), P(tie) of comparisons by the same raters, shape (3, comparison)."""
        if comparisons.rater is None:
            raise BadValue("comparisons", got="no raters", expected="the raters of the fit")
        return self.fit.predict(
            comparisons.left,
            comparisons.right,
            scale=self.precision[comparisons.rater],
            offset=self.tie_offset[comparisons.rater],
            covariates=comparisons.covariates if comparisons.covariate_names else None,
        )


def fit_with_raters(
    comparisons: PairedComparisons,
    *,
    ties: TieModel = TieModel.DAVIDSON,
    side_bias: bool = False,
    shrinkage: float = 0.0,
    seed: int = 0,
    where: str = "comparisons",
) -> RatedFit:
    """Fit scores and each rater's precision in turn.

    Args:
        comparisons: with raters.
        ties: what is done with ties; where they are modelled, each rater has an offset.
        side_bias: whether to fit by how much the left side is preferred.
        shrinkage: precision of a normal prior on the scores, 0 for none.
        seed: of the division into folds.
        where: the file or call, for messages.

    Raises:
        BadValue: no raters, or what `fit_comparisons` refuses. NotIdentified: as there, or one rater alone, whom
            nobody can be compared with.

    Source: the precision of a labeler as in Welinder et al. 2010, NIPS 23; of a rater of pairs, Chen, Bennett,
    Collins-Thompson and Horvitz 2013, doi:10.1145/2433396.2433420; cross-fitting after Chernozhukov et al. 2018,
    doi:10.1111/ectj.12097.
    """
    if comparisons.rater is None:
        raise BadValue(where, got="no raters", expected="a rater for each comparison")
    if len(np.unique(comparisons.rater)) < 2:
        do = "Fit without raters, or have others compare the same items"
        raise NotIdentified(where, got="one rater alone", expected="two or more, to be compared", do=do)
    if ties is TieModel.DROP:
        comparisons = comparisons.take(np.asarray(comparisons.winner) != Winner.TIE)
    rater, winner = np.asarray(comparisons.rater), np.asarray(comparisons.winner)
    fold = _folds(comparisons, seed)
    decided = winner != Winner.TIE
    target = np.where(winner == Winner.LEFT, 1.0, 0.0)
    n_raters = len(comparisons.raters)
    precision, offset = np.ones(n_raters), np.zeros(n_raters)
    settings = _Settings(ties, side_bias, shrinkage, where)
    whole = settings.fit(comparisons, precision, offset, None, shrinkage)
    for _ in range(N_ROUNDS):
        difference, rest, tie = _cross_fitted(comparisons, fold, precision, offset, whole.score, settings)
        judged = np.where(decided, difference + rest, np.nan)
        found = fit_raters(judged, target, rater, n_raters, lapse=LAPSE)
        precision = found.precision
        if whole.tie is not None:
            offset = _tie_offsets(precision[rater] * difference + rest, tie, winner, rater, n_raters, ties)
        whole = settings.fit(comparisons, precision, offset, whole.score, shrinkage)
    return RatedFit(
        fit=whole,
        raters=tuple(comparisons.raters),
        rater_fit=found,
        precision=precision,
        tie_offset=offset,
        n_ties=np.bincount(rater, ~decided, n_raters).astype(np.int64),
        n=np.bincount(rater, minlength=n_raters),
    )


@dataclass(frozen=True)
class _Settings:
    ties: TieModel
    side_bias: bool
    shrinkage: float
    where: str

    def fit(
        self,
        comparisons: PairedComparisons,
        precision: Float64,
        offset: Float64,
        start: Float64 | None,
        shrinkage: float,
    ) -> ComparisonFit:
        """Fit the scores, given the raters."""
        rater = np.asarray(comparisons.rater)
        return fit_comparisons(
            comparisons,
            ties=self.ties,
            side_bias=self.side_bias,
            shrinkage=shrinkage,
            scale=precision[rater],
            offset=offset[rater],
            start=start,
            where=self.where,
        )


def _folds(comparisons: PairedComparisons, seed: int) -> NDArray[np.intp]:
    """Return the fold of each comparison; those of one ranking fall into one."""
    rng = np.random.default_rng(seed)
    if comparisons.group is None:
        return rng.permutation(len(comparisons)) % N_FOLDS
    groups, number = np.unique(comparisons.group, return_inverse=True)
    return np.asarray((rng.permutation(len(groups)) % N_FOLDS)[number], dtype=np.intp)


def _cross_fitted(
    comparisons: PairedComparisons,
    fold: NDArray[np.intp],
    precision: Float64,
    offset: Float64,
    start: Float64,
    settings: _Settings,
) -> tuple[Float64, Float64, Float64]:
    """Return the difference of the scores, what else enters the log-odds, and the tie parameter, each predicted for a
    comparison by a fit that has not seen it; NaN where that fit has not seen one of the items.
    """
    difference, rest, tie = (np.full(len(comparisons), np.nan) for _ in range(3))
    shrinkage = max(settings.shrinkage, FOLD_SHRINKAGE)
    for k in range(N_FOLDS):
        here = np.flatnonzero(fold == k)
        others = comparisons.take(fold != k)
        if not len(here) or not len(others):
            continue
        seen = np.zeros(len(comparisons.items), dtype=bool)
        seen[others.left] = seen[others.right] = True
        code = np.cumsum(seen) - 1
        fit = settings.fit(_among(others, seen, code), precision, offset, start[seen], shrinkage)
        left, right = comparisons.left[here], comparisons.right[here]
        known = seen[left] & seen[right]
        at = here[known]
        difference[at] = fit.score[code[left[known]]] - fit.score[code[right[known]]]
        rest[at] = fit.side_bias or 0.0
        if comparisons.covariate_names:
            rest[at] += comparisons.covariates[at] @ fit.coefficients
        tie[at] = np.nan if fit.tie is None else fit.tie
    return difference, rest, tie


def _among(comparisons: PairedComparisons, seen: NDArray[np.bool_], code: NDArray[np.intp]) -> PairedComparisons:
    """Return the comparisons with the codes of those items alone that occur."""
    if seen.all():
        return comparisons
    names = [name for name, kept in zip(comparisons.items, seen.tolist(), strict=True) if kept]
    return PairedComparisons(
        items=names,
        left=code[comparisons.left],
        right=code[comparisons.right],
        winner=comparisons.winner,
        rater=comparisons.rater,
        raters=comparisons.raters,
        covariates=comparisons.covariates,
        covariate_names=comparisons.covariate_names,
    )


def _tie_offsets(
    eta: Float64, tie: Float64, winner: NDArray[np.integer], rater: NDArray[np.integer], n_raters: int, ties: TieModel
) -> Float64:
    """Return what to add to the tie parameter for each rater: the mode under a normal prior about 0, whose spread is
    itself fitted by alternating with the modes (their squares and their variances, on average).
    """
    known = np.isfinite(eta) & np.isfinite(tie)
    eta, tie, winner, rater = eta[known], tie[known], np.asarray(winner)[known], rater[known]
    wins = np.stack([winner == k for k in (Winner.LEFT, Winner.RIGHT, Winner.TIE)]).astype(np.float64)
    model = davidson if ties is TieModel.DAVIDSON else rao_kupper
    offset, spread = np.zeros(n_raters), FIRST_SPREAD
    least = -np.inf if ties is TieModel.DAVIDSON else -0.99 * float(tie.min(initial=np.inf))
    met = np.bincount(rater, minlength=n_raters) > 0
    for _ in range(STEPS):
        slopes = model(eta, tie + offset[rater], wins)
        slope = np.bincount(rater, slopes.by_tie, n_raters) - offset / spread**2
        information = np.bincount(rater, slopes.tie_tie, n_raters) + 1 / spread**2
        offset = np.clip(offset + np.clip(slope / information, -1, 1), max(least, -LARGEST_OFFSET), LARGEST_OFFSET)
        spread = max(0.05, float(np.sqrt(np.mean((offset**2 + 1 / information)[met]))))
    return np.asarray(offset, dtype=np.float64)
