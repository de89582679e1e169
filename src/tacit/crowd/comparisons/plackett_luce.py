"""Scores from whole rankings: Plackett–Luce at its true optimum, with ties by Efron's or Breslow's likelihood.

A ranking is a row of choices: the best of all, then the best of those left, and so on, each in proportion to e^score.
Items that share a place were chosen one after the other in an order nobody said. Averaging over the orders exactly
costs a sum over all of them; Efron's likelihood replaces it by letting the tied items leave the choice set in equal
parts, Breslow's by letting none leave before all are chosen. Both are exact without ties; Breslow's pulls scores
together where ties are many, Efron's hardly does. A ranking without places for some items says that these are below.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.comparisons.connected import check_connected
from tacit.crowd.comparisons.curvature.laplacian import Laplacian
from tacit.crowd.comparisons.curvature.newton import Curvature, maximise
from tacit.crowd.comparisons.fit import ComparisonFit
from tacit.crowd.comparisons.outcomes import TieModel
from tacit.crowd.comparisons.rankings import Rankings
from tacit.errors import BadValue

Float64 = NDArray[np.float64]

WEAKEST = 700.0  # an item this far below the best of its ranking is taken for no weaker: e to this power is finite


class SharedPlaces(StrEnum):
    """How the likelihood of a ranking treats items that share a place."""

    EFRON = "efron"
    BRESLOW = "breslow"


def fit_rankings(
    rankings: Rankings,
    *,
    ties: SharedPlaces = SharedPlaces.EFRON,
    shrinkage: float = 0.0,
    start: Float64 | None = None,
    where: str = "rankings",
) -> ComparisonFit:
    """Fit scores at the true optimum of the Plackett–Luce likelihood.

    Args:
        rankings: who was placed where; a pair is a ranking of two.
        ties: the likelihood of items that share a place.
        shrinkage: precision of a normal prior on the scores about their mean, 1/variance; 0 for maximum likelihood.
        start: scores to start from, shape (item,).
        where: the file or call, for messages.

    Returns:
        The fit; its `n` counts rankings, its `n_ties` the places that are shared. A score is the log-odds that the
        item is chosen from two rather than one of mean score.

    Raises:
        BadValue: no ranking, a shrinkage below 0, a start of another length.
        NotIdentified: items that no chain of rankings connects, or whose scores would be infinite, and no shrinkage.

    Source: Plackett 1975, doi:10.2307/2346567; Luce 1959, doi:10.1037/14396-000; existence after Hunter 2004,
    doi:10.1214/aos/1079120141; shared places as in partial likelihoods, Efron 1977,
    doi:10.1080/01621459.1977.10480613, section 6, and Breslow 1974, doi:10.2307/2529620.
    """
    if not len(rankings):
        raise BadValue(where, got="no ranking", expected="at least one")
    if not shrinkage >= 0 or shrinkage == np.inf:
        raise BadValue("shrinkage", got=shrinkage, expected="the precision of a prior, 0 or more")
    if start is not None and np.shape(start) != (len(rankings.items),):
        raise BadValue("start", got=f"shape {np.shape(start)}", expected=f"a score for each of {len(rankings.items)}")
    if shrinkage == 0:
        _check_finite(rankings, where)
    likelihood = RankingLikelihood.of(rankings, ties, shrinkage)
    first = np.zeros(len(rankings.items)) if start is None else np.asarray(start, dtype=np.float64)
    best = maximise(likelihood, first, np.zeros(0), n=len(rankings))
    return ComparisonFit(
        items=rankings.items,
        score=best.score,
        model=TieModel.DROP,
        tie=None,
        side_bias=None,
        coefficients=np.zeros(0),
        extra={},
        log_likelihood=best.at.value + shrinkage / 2 * float(best.score @ best.score),
        gradient=best.at.steepest / len(rankings),
        iterations=best.iterations,
        converged=best.converged,
        trace=best.trace,
        n=len(rankings),
        n_ties=rankings.n_tied,
        shrinkage=shrinkage,
        optimum=best.at,
    )


@dataclass(frozen=True)
class RankingLikelihood:
    """The Plackett–Luce log-likelihood as a function of the scores.

    A level of d equals is chosen in d stages. In stage l its items count with weight 1 − l/d (Efron) or 1 (Breslow),
    and everything below counts in full.

    Args:
        rankings: who was placed where.
        shrinkage: precision of the prior.
        stage_level: the level that each stage chooses from, shape (stage,).
        present: what is left there of each item of that level, shape (stage,).
    """

    rankings: Rankings
    shrinkage: float
    stage_level: NDArray[np.intp]
    present: Float64

    @classmethod
    def of(cls, rankings: Rankings, ties: SharedPlaces, shrinkage: float) -> RankingLikelihood:
        """Lay out the stages."""
        last = rankings.level[rankings.starts[1:] - 1]
        alone = rankings.n_equals == 1
        chosen = rankings.placed.copy()
        chosen[last[alone[last]]] = False  # the last one left is no choice
        n_stages = np.where(chosen, rankings.n_equals, 0)
        stage_level = np.repeat(np.arange(len(n_stages)), n_stages)
        step = np.arange(len(stage_level)) - np.repeat(np.cumsum(n_stages) - n_stages, n_stages)
        whole = np.ones(len(step))
        present = whole - step / rankings.n_equals[stage_level] if ties is SharedPlaces.EFRON else whole
        return cls(rankings, shrinkage, stage_level, present)

    def __call__(self, score: Float64, _extra: Float64) -> Curvature:
        """Return the log-likelihood and its derivatives; there are no further parameters."""
        r, n = self.rankings, len(self.rankings.items)
        own, log_top = self._strengths(score)
        n_levels = len(r.placed)
        of_level = np.bincount(r.level, own, n_levels).astype(np.float64)
        below = self._below(of_level)
        total = below[self.stage_level] + self.present * of_level[self.stage_level]
        chosen = np.bincount(self.stage_level, minlength=n_levels) > 0
        won = chosen[r.level].astype(np.float64)
        value = float(won @ score[r.item]) - float((np.log(total) + self._of_stage(log_top)).sum())
        # Sums over a level's stages of 1/total, of present/total, and of the same squared, for the derivatives.
        inverse, part = 1 / total, self.present / total
        full, own_part = (self._by_level(x) for x in (inverse, part))
        full2, mixed2, own2 = (self._by_level(x) for x in (inverse**2, inverse * part, part**2))
        above, above2 = self._above(full), self._above(full2)
        expected = own * (above[r.level] + own_part[r.level])
        by_score = np.bincount(r.item, won - expected, n) - self.shrinkage * score
        one, two = r.pair_places
        same = r.level[one] == r.level[two]
        within = np.where(same, own2[r.level[one]], mixed2[r.level[one]])
        weight = own[one] * own[two] * (above2[r.level[one]] + within)
        order = np.argsort(r.item[one], kind="stable")
        first, second = r.item[one][order], r.item[two][order]
        floor = 1e-12 * float(weight.max(initial=1e-300))
        laplacian = Laplacian(n, first, second, np.maximum(weight[order], floor), ridge=self.shrinkage)
        value -= self.shrinkage / 2 * float(score @ score)
        return Curvature(value, by_score, np.zeros(0), laplacian, np.zeros((n, 0)), np.zeros((0, 0)))

    def _strengths(self, score: Float64) -> tuple[Float64, Float64]:
        """Return e^score of each place relative to the best in its ranking, and that best score, shape (place,)."""
        r = self.rankings
        mine = score[r.item]
        top = np.repeat(np.maximum.reduceat(mine, r.starts[:-1]), np.diff(r.starts))
        return np.exp(np.maximum(mine - top, -WEAKEST)), top

    def _by_level(self, of_stage: Float64) -> Float64:
        """Return the sums of a value a stage over each level's stages, shape (level,)."""
        return np.asarray(np.bincount(self.stage_level, of_stage, len(self.rankings.placed)), dtype=np.float64)

    def _of_stage(self, of_place: Float64) -> Float64:
        """Return what each stage's level has in common among its places, shape (stage,)."""
        of_level = np.zeros(len(self.rankings.placed))
        of_level[self.rankings.level] = of_place
        return of_level[self.stage_level]

    def _below(self, of_level: Float64) -> Float64:
        """Return for each level the sum over the levels below it in its ranking."""
        return self._summed([at[:, ::-1] for at in self._levels_by_count], of_level)

    def _above(self, of_level: Float64) -> Float64:
        """Return for each level the sum over the levels above it in its ranking."""
        return self._summed(self._levels_by_count, of_level)

    def _summed(self, levels: list[NDArray[np.intp]], of_level: Float64) -> Float64:
        """Return the sum over those that come before each in `levels`, ranking by ranking: one running sum over all
        rankings would drown the weak items of a late ranking in the rounding of the early ones.
        """
        result = np.zeros_like(of_level)
        for at in levels:
            result[at[:, 1:]] = np.cumsum(of_level[at], axis=1)[:, :-1]
        return result

    @cached_property
    def _levels_by_count(self) -> list[NDArray[np.intp]]:
        """The levels of each ranking, best first, for all rankings with equally many: shape (ranking, level) each."""
        r = self.rankings
        begins = r.level[r.starts[:-1]]
        count = np.diff(np.append(begins, len(r.placed)))
        return [begins[count == k][:, None] + np.arange(k) for k in np.unique(count).tolist()]


def _check_finite(rankings: Rankings, where: str) -> None:
    """Refuse rankings without a finite maximum: from better to worse one must be able to walk to every item."""
    one, two = rankings.pair_places
    said = rankings.placed[rankings.level[one]] | (rankings.level[one] != rankings.level[two])
    one, two = one[said], two[said]
    tied = rankings.level[one] == rankings.level[two]
    better = np.concatenate([rankings.item[one], rankings.item[two[tied]]])
    worse = np.concatenate([rankings.item[two], rankings.item[one[tied]]])
    check_connected(rankings.items, better, worse, where=where)
