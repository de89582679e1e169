"""A world whose truth is known: segments of a random walk, worth the sum of a smooth function of each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from tacit.reward import Comparisons, SegmentEnsemble, compare

STEPS, FEATURES = 10, 3


@dataclass(frozen=True)
class World:
    features: np.ndarray  # (item, step, feature)
    worth: np.ndarray  # (item, step)
    comparisons: Comparisons  # of items 0 and 1, 2 and 3, …

    def accuracy(self, fit) -> float:
        """How often the fit prefers the truly better of two items that were not compared."""
        fresh = slice(2 * len(self.comparisons), None)
        features, total = self.features[fresh], self.worth[fresh].sum(axis=1)
        p = fit.preference(features[::2], features[1::2])
        return float(np.mean((p > 0.5) == (total[::2] > total[1::2])))


@pytest.fixture
def world() -> Callable[..., World]:
    def make(
        n_pairs: int = 60, *, seed: int = 0, precision: float = np.inf, signs: tuple[float, ...] = (1.0,)
    ) -> World:
        """Compare 2 · n_pairs items; rater i answers with `precision` times `signs[i]`, 0 being a coin flip."""
        rng = np.random.default_rng(seed)
        shape = (2 * n_pairs + 1_000, STEPS, FEATURES)
        features = (
            rng.normal(size=(len(range(shape[0])), 1, FEATURES)) + rng.normal(0, 0.3, shape).cumsum(axis=1)
        ).astype(np.float32)
        worth = np.tanh(features[..., 0]) - 0.5 * features[..., 1] ** 2
        first = np.arange(0, 2 * n_pairs, 2)
        total = worth.sum(axis=1)
        difference = (total[first] - total[first + 1]) / total.std()
        rater = np.arange(n_pairs) % len(signs)
        if np.isinf(precision) and min(signs) > 0:
            target = difference > 0
        else:
            target = rng.random(n_pairs) < 1 / (1 + np.exp(-precision * np.array(signs)[rater] * difference))
        raters = tuple(f"rater {i}" for i in range(len(signs)))
        return World(features, worth, compare(features, first, first + 1, target, rater=rater, raters=raters))

    return make


@pytest.fixture
def quick() -> SegmentEnsemble:
    return SegmentEnsemble(hidden=(16, 16), epochs=20, warm_epochs=8)
