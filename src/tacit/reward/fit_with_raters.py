"""A reward and the reliability of each rater, fitted in turn until they fit each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.raters import RaterFit, fit_raters, trust
from tacit.reward.comparisons import Comparisons
from tacit.reward.ensemble import SegmentEnsemble
from tacit.reward.fit import RewardFit
from tacit.reward.in_turn import fit_in_turn


def fit_reward(
    comparisons: Comparisons,
    ensemble: SegmentEnsemble | None = None,
    *,
    seed: int,
    warm: RewardFit | None = None,
    rounds: int = 4,
) -> RewardFit:
    """Fit a reward, find from held-out pairs how far to believe each rater, and fit again with what was found.

    Every rater counts alike in the first round; later ones start from the weights of the round before. With one rater
    there is nothing to compare, and one round is all. An inverted rater's answers are turned round, those of a
    coin-flipper lose their weight (`tacit.crowd.raters`). If most raters are inverted, so is the reward: the crowd is
    taken to be right on average.

    Args:
        comparisons: what was answered; their weights are multiplied by what the raters deserve.
        ensemble: settings of the networks and their training.
        seed: of the first weights, the division of the pairs and the order of the batches.
        warm: an earlier fit to begin with: its networks, its division of the pairs, and what it found of its raters.
        rounds: most fits of the reward, at least 1; fewer if no rater's precision moves by more than 0.05.

    Returns:
        The last fit. Its `held_out` holds the answers as they were given, and `rater_fit` is inferred from it.

    Raises:
        BadValue: no comparisons, or `warm` of another shape. MissingExtra: torch is not installed.
    """
    settings = ensemble or SegmentEnsemble()
    n_raters = len(comparisons.raters)
    known = {} if warm is None or n_raters == 1 else dict(zip(warm.raters, warm.rater_fit.precision, strict=True))
    precision = np.array([known.get(name, 1.0) for name in comparisons.raters])

    def one_round(believed: NDArray[np.float64], start: RewardFit | None) -> tuple[RewardFit, RaterFit]:
        fit = _round(comparisons, believed, settings, seed, start)
        return fit, fit.rater_fit

    return fit_in_turn(one_round, precision, rounds=rounds, start=warm)


def _round(
    comparisons: Comparisons,
    precision: NDArray[np.float64],
    settings: SegmentEnsemble,
    seed: int,
    warm: RewardFit | None,
) -> RewardFit:
    """Fit with each rater believed as far as `precision` says, and measure the raters on the answers as given."""
    weight, turned = trust(precision, comparisons.target, comparisons.rater)
    believed = replace(comparisons, weight=comparisons.weight * weight, target=turned)
    fit = settings.fit(believed, seed=seed, warm=warm)
    held_out = replace(fit.held_out, target=comparisons.target[fit.held_out.pair])
    n_raters = len(comparisons.raters)
    raters = fit_raters(held_out.difference, held_out.target, held_out.rater, n_raters, lapse=settings.lapse)
    return replace(fit, held_out=held_out, rater_fit=raters, comparisons_hash=comparisons.content_hash)
