"""The best of n by the learned reward from the first policy: what optimising that reward brings without training.

It needs no training and its divergence is known, so it is what a trained policy is held against at equal divergence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.judging import Candidates, HoldsOut
from tacit.measure.best_of_n import best_of_n_divergence, expected_best
from tacit.reward import Reward

Float64 = NDArray[np.float64]
EACH = 32
"""Answers of the first policy to each prompt, and so the largest n."""


@dataclass(frozen=True)
class BestOfFirst:
    """Gains of the best of n over one answer of the first policy, mean over prompts.

    Args:
        n: shape (point,), 1 first. kl: its divergence from one answer, nats.
        train: by the reward that chooses. test: by the one fitted to other answers; None without one.
        gold: by the truth; None where it is not known.
    """

    n: NDArray[np.int64]
    kl: Float64
    train: Float64
    test: Float64 | None
    gold: Float64 | None

    def lists(self) -> dict[str, list[float]]:
        """Return what is known, rounded, as JSON values."""
        known = {name: values for name, values in vars(self).items() if values is not None}
        return {name: [round(float(x), 5) for x in values] for name, values in known.items()}


def best_of_first(
    producer: HoldsOut,
    fit: Reward,
    test_fit: Reward | None,
    gold: Callable[[Candidates], Float64 | None],
    *,
    prompts: int,
    seed: int,
) -> BestOfFirst:
    """Return what the best of n answers of the first policy to prompts held out would earn, n = 1, 2, 4, …, 32.

    Args:
        producer: answers to what it was never improved on.
        fit: the reward that chooses. test_fit: the one fitted to other answers.
        gold: the true value of each answer where one is known.
        prompts: how many. seed: of the answers.
    """
    made = producer.held_out(prompts * EACH, seed, first=True, each=EACH)

    def of(reward: Reward) -> Float64:
        score = reward.score(made.features).reshape(len(made), -1).sum(axis=1, dtype=np.float64)
        return np.asarray(score.reshape(-1, EACH))

    truth, scores = gold(made), of(fit)
    n = 2 ** np.arange(EACH.bit_length())

    def gains(worth: Float64) -> Float64:
        best = np.array([expected_best(scores, int(k), worth=worth).mean() for k in n])
        return np.asarray(best - best[0])

    return BestOfFirst(
        n=n,
        kl=np.array([best_of_n_divergence(int(k)) for k in n]),
        train=gains(scores),
        test=None if test_fit is None else gains(of(test_fit)),
        gold=None if truth is None else gains(truth.reshape(-1, EACH)),
    )
