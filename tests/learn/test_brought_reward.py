"""A producer may bring a reward model of its own: the loop fits it, saves it, goes on from it and looks through it."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from tacit.learn import Loop, LoopSettings, Schedule
from tacit.learn.checkpoint import read_checkpoint
from tacit.learn.diagnostics import Watch
from tacit.reward import EnsembleWithRaters, SegmentEnsemble, reward_model_for
from tacit.reward.model import places_of
from tacit.store import Store


@dataclass(frozen=True)
class Noting:
    """The usual reward model, which notes what it is asked for."""

    usual: EnsembleWithRaters
    done: list[str] = field(default_factory=list)

    def fit(self, comparisons, *, seed, warm=None):
        self.done.append("fit" if warm is None else "fit on")
        return self.usual.fit(comparisons, seed=seed, warm=warm)

    def load(self, folder):
        self.done.append("load")
        return self.usual.load(folder)


@pytest.fixture
def bringing(new_dial, quick_reward):
    def make(state=None):
        dial = new_dial("dial", {}, seed=5, state=state)
        dial.brought = Noting(EnsembleWithRaters(quick_reward))
        dial.reward_model = lambda: dial.brought
        return dial

    return make


def loop_of(dial, labeler, store, **given):
    watch = Watch(items=6, test_share=0.4)
    settings = LoopSettings(Schedule(labels=24, budget=120, iterations=2), watch=watch)
    return Loop(dial, labeler, store, reward=SegmentEnsemble(members=9), settings=settings, seed=5, **given)


def test_it_is_fitted_in_place_of_the_ensemble_and_read_back_from_a_checkpoint(bringing, judge_of, tmp_path):
    dial = bringing()
    with Store.in_memory() as store:
        loop = loop_of(dial, judge_of(dial, store), store, checkpoints=tmp_path)
        loop.run()
        # the reward and the one that tests it, twice
        assert dial.brought.done == ["fit", "fit", "fit on", "fit on"]
        found = read_checkpoint(tmp_path)
        again = bringing(found.part("producer"))
        resumed = loop_of(again, judge_of(again, store), store)
        resumed.restore(found)
    assert again.brought.done == ["load", "load"]
    features = loop.asked.features
    np.testing.assert_array_equal(resumed.fit.score(features), loop.fit.score(features))


def test_a_producer_that_brings_none_gets_the_ensemble(new_dial, quick_reward):
    dial = new_dial("dial", {}, seed=5)
    assert reward_model_for(dial, quick_reward) == EnsembleWithRaters(quick_reward)
    dial.reward_model = lambda: None
    assert reward_model_for(dial, quick_reward) == EnsembleWithRaters(quick_reward)


def test_items_are_placed_by_the_mean_of_their_features_unless_the_reward_says_where(quick_reward):
    features = np.array([[[1.0, 2.0], [3.0, 6.0]]], np.float32)
    assert places_of(object(), features).tolist() == [[2.0, 4.0]]

    class Placing:
        def represent(self, items):
            return np.full((len(items), 1), 7.0, np.float32)

    assert places_of(Placing(), features).tolist() == [[7.0]]
