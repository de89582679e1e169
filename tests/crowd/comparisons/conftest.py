import numpy as np
import pytest

from tacit.crowd.comparisons import PairedComparisons, Winner


@pytest.fixture
def tabled():
    """Return a function that makes comparisons of a table of wins: the row's item beat the column's so often."""

    def make(names, wins):
        wins = np.asarray(wins)
        winner, loser = np.nonzero(wins)
        times = wins[winner, loser]
        left, right = np.repeat(winner, times), np.repeat(loser, times)
        return PairedComparisons(names, left, right, np.zeros(len(left), int))

    return make


@pytest.fixture
def drawn():
    """Return a function that draws comparisons of items with known scores, from Davidson's model if ties are wanted."""

    def make(seed, n_items, n, *, tie=None, spread=1.0, side=0.0, precision=None):
        rng = np.random.default_rng(seed)
        score = rng.normal(0, spread, n_items)
        score -= score.mean()
        left = rng.integers(0, n_items, n)
        right = (left + rng.integers(1, n_items, n)) % n_items
        rater = None if precision is None else rng.integers(0, len(precision), n)
        eta = (score[left] - score[right]) * (1 if precision is None else np.asarray(precision)[rater]) + side
        weight = np.stack([np.exp(eta / 2), np.exp(-eta / 2), np.full(n, 0 if tie is None else np.exp(tie))])
        winner = (rng.random(n) > np.cumsum(weight / weight.sum(axis=0), axis=0)).sum(axis=0)
        names = [f"item {i}" for i in range(n_items)]
        raters = () if rater is None else tuple(f"rater {r}" for r in range(len(precision)))
        return PairedComparisons(names, left, right, np.minimum(winner, int(Winner.TIE)), rater, raters), score

    return make
