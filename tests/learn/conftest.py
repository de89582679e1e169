"""A toy that learns in milliseconds: a dial that should point at 3, judged by clips of where it points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.judging import Candidates, Irrationality, Item, ItemKind, Media, SimulatedLabeler
from tacit.learn import Loop, LoopSettings, Schedule
from tacit.reward import SegmentEnsemble
from tacit.store import Store

MEDIA_TYPE = "application/vnd.tacit.test.dial"
STEPS, TARGET, SPREAD = 3, 3.0, 2.0
QUICK = SegmentEnsemble(members=2, hidden=(8,), epochs=6, warm_epochs=3)


class Dial:
    """Points at a number; an item is what it showed in three steps, and its utility how near each was to 3."""

    def __init__(self, name: str, settings: Mapping[str, Any], *, seed: int, state: Mapping[str, NDArray[Any]] | None):
        if settings.get("broken"):
            raise BadValue("dial", got="a broken dial", expected="a whole one")
        del name
        self.position = np.random.default_rng(seed).normal() if state is None else float(state["position"][0])
        self.n_improved = 0
        self.closed = False

    def produce(self, n: int, seed: int) -> Candidates:
        features = self.position + SPREAD * np.random.default_rng([seed, 1]).normal(size=(n, STEPS, 1))
        rows = np.ascontiguousarray(features, np.float32)
        return Candidates(ItemKind.SEGMENT, MEDIA_TYPE, rows, lambda index: rows[index].tobytes())

    def render(self, item: Item) -> Media:
        return Media(str(np.frombuffer(item.content, np.float32)).encode(), "text/plain")

    def improve(self, score: Callable[[NDArray[Any]], NDArray[np.float32]], budget: int, seed: int) -> dict[str, float]:
        tried = self.position + SPREAD * np.random.default_rng([seed, 2]).normal(size=budget)
        worth = score(tried[:, None].astype(np.float32))
        if worth.max() > worth.min():
            self.position = float(tried[worth.argmax()])
        self.n_improved += 1
        return {"spent": float(budget), "mean_reward": float(worth.mean()), "terminated": 0.0}

    def state(self) -> dict[str, NDArray[Any]]:
        return {"position": np.array([self.position])}

    def utility(self, items: Sequence[Item]) -> NDArray[np.float64]:
        return -np.abs(
            np.stack([np.frombuffer(item.content, np.float32) for item in items]).astype(np.float64) - TARGET
        )

    def true_returns(self, episodes: int, seed: int) -> NDArray[np.float64]:
        return -np.abs(self.position - TARGET) + 0.01 * np.random.default_rng(seed).normal(size=episodes)

    def random_returns(self, episodes: int, seed: int) -> NDArray[np.float64]:
        return -np.abs(np.random.default_rng(seed).normal(size=episodes) - TARGET)

    def improve_on_truth(self, budget: int, seed: int) -> dict[str, float]:
        return self.improve(lambda x: -np.abs(x[:, 0] - TARGET), budget, seed)

    def demonstrate(self, seed: int) -> Item:
        return self.produce(1, seed).item(0)

    def close(self) -> None:
        self.closed = True


def open_dial(
    name: str, settings: dict[str, object], *, seed: int, state: Mapping[str, NDArray[Any]] | None = None
) -> Dial:
    return Dial(name, settings, seed=seed, state=state)


@pytest.fixture
def new_dial() -> Callable[..., Dial]:
    """Return the function that opens a dial, as a pack's entry point would."""
    return open_dial


@pytest.fixture
def quick_reward() -> SegmentEnsemble:
    """Return settings with which a reward is fitted in a few milliseconds."""
    return QUICK


@pytest.fixture
def judge_of() -> Callable[..., SimulatedLabeler]:
    """Return a function that makes the simulated judge of a dial's items."""

    def judge(dial: Dial, store: Store, **irrationality: float) -> SimulatedLabeler:
        return SimulatedLabeler(
            lambda item_ids: dial.utility(store.items(item_ids)), irrationality=Irrationality(**irrationality), seed=4
        )

    return judge


@pytest.fixture
def new_loop(judge_of: Callable[..., SimulatedLabeler]) -> Callable[..., Loop]:
    """Return a function that makes a loop around a new dial."""

    def make(store: Store, *, checkpoints: Path | None = None, state: Any = None, **changes: Any) -> Loop:
        schedule = Schedule(labels=changes.pop("labels", 24), budget=120, iterations=changes.pop("iterations", 4))
        seed = changes.pop("seed", 5)
        reward = changes.pop("reward", QUICK)
        fixed = changes.pop("fixed_reward", None)
        judged = {k: changes.pop(k) for k in ("mistake", "skip_below", "equal_within") if k in changes}
        dial = open_dial("dial", {}, seed=seed, state=state)
        return Loop(
            dial,
            judge_of(dial, store, **judged),
            store,
            reward=reward,
            settings=LoopSettings(schedule, **changes),
            seed=seed,
            checkpoints=checkpoints,
            fixed_reward=fixed,
        )

    return make
