"""What a learned policy is held against: chance, a judge that knows nothing, and the true reward itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tacit.judging import Irrationality, KnowsTruth, SimulatedLabeler, Trainable
from tacit.learn.loop import Loop, LoopSettings
from tacit.reward import Reward, SegmentEnsemble
from tacit.store import Store

OpenFresh = Callable[[], Trainable]
"""Returns the producer in its first state, as the run began with it."""

TRUTH_PARTS = 10
"""In how many parts the true-reward baseline spends its budget, so that progress can be shown."""


def on_true_reward(
    open_fresh: OpenFresh, settings: LoopSettings, *, episodes: int, seed: int, after_part: Callable[[], None]
) -> NDArray[np.float64]:
    """Return the true returns of the same optimiser, with the same budget, on the true reward, shape (episode,)."""
    producer = open_fresh()
    truth = _knows_truth(producer)
    for part in range(TRUTH_PARTS):
        truth.improve_on_truth(settings.schedule.budget // TRUTH_PARTS, int(_seed(seed, 1, part)))
        after_part()
    returns = truth.true_returns(episodes, int(_seed(seed, 2)))
    close(producer)
    return returns


def with_coin_flips(
    open_fresh: OpenFresh,
    reward: SegmentEnsemble,
    settings: LoopSettings,
    *,
    episodes: int,
    seed: int,
    after_iteration: Callable[[], None],
    fixed_reward: Reward | None = None,
) -> NDArray[np.float64]:
    """Return the true returns of a policy taught by a judge that flips a coin, shape (episode,).

    Args:
        open_fresh: opens the producer in its first state.
        reward: settings of the reward model.
        settings: those of the run that this is a control of.
        episodes: how many episodes to measure.
        seed: of the control.
        after_iteration: called after each iteration.
        fixed_reward: with one, the judge is not listened to at all: the control of a constant reward.
    """
    producer = open_fresh()
    truth = _knows_truth(producer)
    with Store.in_memory() as store:
        labeler = SimulatedLabeler(
            lambda item_ids: truth.utility(store.items(item_ids)),
            irrationality=Irrationality(mistake=0.5),
            seed=seed,
            labeler_id="coin-flip",
        )
        loop = Loop(
            producer,
            labeler,
            store,
            reward=reward,
            settings=settings,
            seed=seed,
            fixed_reward=fixed_reward,
        )
        loop.run(lambda _: after_iteration())
    returns = truth.true_returns(episodes, int(_seed(seed, 3)))
    close(producer)
    return returns


def close(producer: Trainable) -> None:
    """Release what a producer holds, if it holds anything."""
    release = getattr(producer, "close", None)
    if release is not None:
        release()


def _knows_truth(producer: Trainable) -> KnowsTruth:
    if not isinstance(producer, KnowsTruth):
        raise TypeError(f"{type(producer).__name__} has no true reward to hold a policy against")
    return producer


def _seed(*parts: int) -> np.int64:
    return np.int64(np.random.default_rng(list(parts)).integers(2**31))
