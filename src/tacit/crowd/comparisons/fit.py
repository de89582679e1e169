"""Scores of items from comparisons of two: Bradley–Terry and its kin with ties, a side bias and covariates.

The first is preferred with log-odds

    η = scale · (score of the first − score of the second) + side bias + covariates · coefficients,

and `outcomes` says how likely a win, a loss and a tie are then. Scores are in log-odds, with mean 0. Without shrinkage
they are those of largest likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from tacit.crowd.comparisons.connected import check_connected
from tacit.crowd.comparisons.curvature.newton import Curvature, Optimum, maximise
from tacit.crowd.comparisons.likelihood import Likelihood, first_guess
from tacit.crowd.comparisons.outcomes import TieModel, probabilities
from tacit.crowd.comparisons.paired import PairedComparisons, Rows, Winner, counted, row_each
from tacit.errors import BadValue, NotIdentified
from tacit.measure import Estimate

Float64 = NDArray[np.float64]

LEAST_INFORMATION = 1e-8  # share of what a comparison could say about an effect, below which nothing is known of it


@dataclass(frozen=True)
class ScoreIntervals:
    """How sure each score is.

    Args:
        low: lower end for each item, shape (item,). high: upper end.
        standard_error: of each score, shape (item,).
        level: share of such intervals that cover the truth.
        method: how they were made.
        relative_error: root mean square of the relative error of the standard errors themselves; 0 where exact.
    """

    low: Float64
    high: Float64
    standard_error: Float64
    level: float
    method: str
    relative_error: float = 0.0


@dataclass(frozen=True)
class ComparisonFit:
    """Scores fitted to comparisons.

    Args:
        items: names of the items.
        score: log-odds scores with mean 0, shape (item,).
        model: what was done with ties.
        tie: the tie parameter: log ν of Davidson's model, log θ of Rao and Kupper's; None without one.
        side_bias: log-odds by which the left side is preferred between equals; None where it was not fitted.
        coefficients: of the covariates, shape (covariate,).
        extra: every further parameter with its interval, by name.
        log_likelihood: of the data at the optimum, without the prior.
        gradient: largest slope of the mean log-likelihood that is left.
        iterations: steps made. converged: whether the slope is as small as was asked for.
        trace: mean log-likelihood (with the prior) after each step, the start first.
        n: comparisons counted. n_ties: how many of them were ties.
        optimum: the curvature at the optimum, from which intervals come.
    """

    items: Sequence[str]
    score: Float64
    model: TieModel
    tie: float | None
    side_bias: float | None
    coefficients: Float64
    extra: dict[str, Estimate]
    log_likelihood: float
    gradient: float
    iterations: int
    converged: bool
    trace: tuple[float, ...]
    n: int
    n_ties: int
    shrinkage: float
    optimum: Curvature

    @property
    def rank(self) -> NDArray[np.int64]:
        """Place of each item, 1 for the highest score; equal scores share a place, shape (item,)."""
        best_first = np.sort(-self.score)
        return np.asarray(np.searchsorted(best_first, -self.score, side="left") + 1, dtype=np.int64)

    def intervals(self, *, level: float = 0.95, seed: int = 0) -> ScoreIntervals:
        """Return Wald intervals by the inverse of the observed information, each for the score less the mean of all.

        Args:
            level: coverage.
            seed: of the random signs that estimate the inverse's diagonal, for more than 2,000 items.

        Source: Fisher 1925, doi:10.1017/S0305004100009580; that it holds as items grow in number, Simons and Yao
        1999, doi:10.1214/aos/1018031267.
        """
        variance = self.optimum.score_variance(seed=seed)
        error = np.sqrt(variance.values)
        half = float(ndtri(0.5 + level / 2)) * error
        method = "Fisher information" if self.shrinkage == 0 else "curvature of the posterior"
        return ScoreIntervals(self.score - half, self.score + half, error, level, method, variance.relative_error)

    def predict(
        self,
        left: NDArray[np.integer],
        right: NDArray[np.integer],
        *,
        scale: Float64 | float = 1.0,
        offset: Float64 | float = 0.0,
        covariates: Float64 | None = None,
    ) -> Float64:
        """Return P(left wins), P(right wins), P(tie) of pairs, shape (3, pair).

        Args:
            left: codes of items, shape (pair,). right: the same.
            scale: the rater's precision, shape (pair,) or one for all.
            offset: added to the tie parameter, likewise.
            covariates: left less right, shape (pair, covariate); 0 if absent.
        """
        eta = scale * (self.score[left] - self.score[right]) + (self.side_bias or 0.0)
        if covariates is not None:
            eta = eta + covariates @ self.coefficients
        return probabilities(self.model, eta, None if self.tie is None else self.tie + np.asarray(offset))


def fit_comparisons(
    comparisons: PairedComparisons,
    *,
    ties: TieModel = TieModel.DAVIDSON,
    side_bias: bool = False,
    shrinkage: float = 0.0,
    scale: Float64 | None = None,
    offset: Float64 | None = None,
    start: Float64 | None = None,
    where: str = "comparisons",
) -> ComparisonFit:
    """Fit scores at the true optimum of the likelihood.

    Args:
        comparisons: who was compared with whom; its covariates are used if it has any, its raters are not.
        ties: a model of ties; or a tie as half a win for each; or ties left out. Without a tie all four are
            Bradley and Terry's model.
        side_bias: whether to fit by how much the left side is preferred.
        shrinkage: precision of a normal prior on the scores about their mean, 1/variance; 0 for maximum likelihood.
        scale: what each difference is multiplied by, such as the rater's precision, shape (comparison,).
        offset: what is added to the tie parameter of each, shape (comparison,).
        start: scores to start from, such as those of the last fit, shape (item,).
        where: the file or call, for messages.

    Raises:
        BadValue: no comparison, a shrinkage below 0, a start of another length.
        NotIdentified: items that no chain of comparisons connects, or whose scores would be infinite, and no
            shrinkage; or nothing but ties.

    Source: Bradley and Terry 1952, doi:10.2307/2334029; ties after Davidson 1970, doi:10.1080/01621459.1970.10481082,
    and Rao and Kupper 1967, doi:10.1080/01621459.1967.10482901; the side as the order effect of Davidson and Beaver
    1977, doi:10.2307/2529467.
    """
    if ties is TieModel.DROP:
        kept = np.asarray(comparisons.winner) != Winner.TIE
        scale, offset = (None if x is None else x[kept] for x in (scale, offset))
        comparisons = comparisons.take(kept)
    _check_call(comparisons, shrinkage, start, ties, where)
    own = scale is not None or offset is not None or bool(comparisons.covariate_names)
    rows = (
        row_each(comparisons, scale=scale, offset=offset, by_side=side_bias)
        if own
        else counted(comparisons, by_side=side_bias)
    )
    if shrinkage == 0:
        _check_finite(comparisons.items, rows, where)
    n_ties = int(rows.wins[2].sum())
    modelled = ties if n_ties and ties in (TieModel.DAVIDSON, TieModel.RAO_KUPPER) else None
    likelihood = Likelihood(rows, modelled, shrinkage)
    best = maximise(
        likelihood,
        first_guess(rows) if start is None else np.asarray(start, dtype=np.float64),
        likelihood.first_extra(),
        n=rows.n,
    )
    _check_effects(likelihood, best, comparisons.covariate_names, where)
    return _result(comparisons, likelihood, best, ties)


def _result(comparisons: PairedComparisons, likelihood: Likelihood, best: Optimum, ties: TieModel) -> ComparisonFit:
    rows, has_side = likelihood.rows, likelihood.rows.side is not None
    names = ["side_bias"] * has_side + list(comparisons.covariate_names) * (rows.design is not None)
    names += ["tie"] * (likelihood.ties is not None)
    errors = np.sqrt(np.maximum(np.diag(best.at.extra_covariance), 0)) if names else np.zeros(0)
    extra = {
        name: Estimate(
            value, value - 1.959964 * error, value + 1.959964 * error, int(rows.n), method="Fisher information"
        )
        for name, value, error in zip(names, best.extra.tolist(), errors.tolist(), strict=True)
    }
    return ComparisonFit(
        items=comparisons.items,
        score=best.score,
        model=ties,
        tie=float(best.extra[-1]) if likelihood.ties is not None else None,
        side_bias=float(best.extra[0]) if has_side else None,
        coefficients=best.extra[int(has_side) : likelihood.n_linear],
        extra=extra,
        log_likelihood=best.at.value + likelihood.shrinkage / 2 * float(best.score @ best.score),
        gradient=best.at.steepest / rows.n,
        iterations=best.iterations,
        converged=best.converged,
        trace=best.trace,
        n=int(rows.n),
        n_ties=int(rows.wins[2].sum()),
        shrinkage=likelihood.shrinkage,
        optimum=best.at,
    )


def _check_call(
    comparisons: PairedComparisons, shrinkage: float, start: Float64 | None, ties: TieModel, where: str
) -> None:
    n_items = len(comparisons.items)
    if not shrinkage >= 0 or shrinkage == np.inf:
        raise BadValue("shrinkage", got=shrinkage, expected="the precision of a prior, 0 or more", do="0 is none")
    if start is not None and np.shape(start) != (n_items,):
        raise BadValue("start", got=f"shape {np.shape(start)}", expected=f"a score for each of {n_items} items")
    if not len(comparisons):
        raise BadValue(where, got="no comparison", expected="at least one")
    modelled = ties in (TieModel.DAVIDSON, TieModel.RAO_KUPPER)
    if modelled and comparisons.n_ties == len(comparisons):
        do = "Say --ties half to count each tie as half a win; all scores are equal then"
        raise NotIdentified(where, got="nothing but ties", expected="some wins, to know how likely a tie is", do=do)


def _check_effects(likelihood: Likelihood, best: Optimum, covariate_names: Sequence[str], where: str) -> None:
    """Refuse a side or covariate whose effect the scores explain away, or that decides everything."""
    linear = likelihood.linear
    if linear is None:
        return
    most = likelihood.rows.wins.sum(axis=0) @ linear**2 / 4  # the information if all were equal and no score were free
    left = np.diag(best.at.extra_information)[: linear.shape[1]]
    names = ["the side"] * (likelihood.rows.side is not None) + [repr(name) for name in covariate_names]
    for name, have, could in zip(names, left.tolist(), most.tolist(), strict=True):
        if have <= LEAST_INFORMATION * could:
            raise NotIdentified(
                where,
                got=f"{name} with an effect that cannot be told from the scores or grows without bound",
                expected="the same items compared under other values of it, and wins on both sides of it",
                do="Leave it out, or say --shrinkage 1 if it is a property of the items",
            )


def _check_finite(items: Sequence[str], rows: Rows, where: str) -> None:
    first, second = rows.first, rows.second
    up, down = (rows.wins[0] + rows.wins[2]) > 0, (rows.wins[1] + rows.wins[2]) > 0
    if rows.scale is not None:  # one who answers the wrong way round turns the result round
        turned = rows.scale < 0
        first, second = np.where(turned, second, first), np.where(turned, first, second)
    winner, loser = np.concatenate([first[up], second[down]]), np.concatenate([second[up], first[down]])
    check_connected(items, winner, loser, where=where)
