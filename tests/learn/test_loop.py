"""The loop asks what the schedule says, keeps all of it, learns from it, and goes on from a checkpoint unchanged."""

import json

import numpy as np
import polars as pl
import pytest

from tacit.errors import BadFile, NotIdentified
from tacit.judging import Outcome
from tacit.learn import Schedule, Selection
from tacit.learn.checkpoint import read_checkpoint
from tacit.reward import SegmentEnsemble, constant_reward
from tacit.store import Store

TARGET = 3.0
COSTS = {"cpu_s", "wall_s"}


@pytest.fixture
def store():
    with Store.in_memory() as opened:
        yield opened


def outcomes(store):
    return dict(store.judgments().group_by("outcome").len().iter_rows())


def without_costs(progress):
    return [{k: v for k, v in row.items() if k not in COSTS} for row in progress]


# worked by hand


def test_each_iteration_asks_what_the_schedule_says(store, new_loop):
    loop = new_loop(store)
    loop.run()
    asked = store.questions().group_by("occasion", maintain_order=True).len().rows()
    labels = Schedule(labels=24, budget=120, iterations=4).labels_by_iteration()
    assert asked == [(f"iteration {i}", n) for i, n in enumerate(labels.tolist())]
    assert sum(labels) == store.n_judgments() == 24
    assert [row["labels"] for row in loop.progress] == np.cumsum(labels).tolist()


def test_the_budget_is_spent_and_reported(store, new_loop):
    loop = new_loop(store)
    loop.run()
    assert [row["env_steps"] for row in loop.progress] == [30, 60, 90, 120]
    assert loop.producer.n_improved == 4


def test_every_question_and_answer_is_in_the_store_with_its_items(store, new_loop):
    new_loop(store).run()
    questions, judgments = store.questions(), store.judgments()
    assert questions["question_id"].sort().equals(judgments["question_id"].sort())
    items = store.items(questions["item_ids"].explode().to_list())
    assert all(len(item.content) == 12 for item in items)  # three float32 a clip


def test_offline_asks_everything_about_the_untrained_policy(store, new_loop):
    loop = new_loop(store, offline=True)
    loop.run()
    assert store.questions()["occasion"].unique().to_list() == ["iteration 0"]
    assert store.n_judgments() == 24
    assert loop.producer.n_improved == 4


def test_the_caller_is_told_of_each_iteration(store, new_loop):
    told = []
    loop = new_loop(store)
    loop.run(told.append)
    assert told == loop.progress
    assert [row["iteration"] for row in told] == [0, 1, 2, 3]


def test_the_true_return_is_measured_at_a_few_iterations_alone(store, new_loop):
    loop = new_loop(store, labels=8, iterations=8, measured_points=2)
    loop.run()
    assert [row["true_return"] is not None for row in loop.progress] == [False, False, False, True] * 2


def test_no_measuring_means_none(store, new_loop):
    loop = new_loop(store, measured_points=0)
    loop.run()
    assert {row["true_return"] for row in loop.progress} == {None}


# outcomes


def test_draws_are_kept_and_learned_from(store, new_loop):
    loop = new_loop(store, equal_within=3.0)
    loop.run()
    counts = outcomes(store)
    assert counts[Outcome.TIE] > 3
    assert counts[Outcome.ANSWERED] > 3
    assert len(loop.comparisons()) == 24


def test_skips_are_kept_and_enter_no_likelihood(store, new_loop):
    loop = new_loop(store, skip_below=-7.0)
    loop.run()
    counts = outcomes(store)
    assert counts[Outcome.SKIPPED] > 3
    assert len(loop.comparisons()) == counts[Outcome.ANSWERED] == 24 - counts[Outcome.SKIPPED]
    assert dict(loop.comparisons().left_out) == {"skipped": counts[Outcome.SKIPPED]}


def test_nothing_but_draws_teaches_nothing_and_is_no_crash(store, new_loop):
    loop = new_loop(store, equal_within=1e9)
    loop.run()
    assert outcomes(store) == {Outcome.TIE: 24}
    assert all(row["heldout_agreement"] is None for row in loop.progress)
    assert json.dumps(loop.progress, allow_nan=False)


def test_one_label_is_enough_to_run(store, new_loop):
    loop = new_loop(store, labels=1)
    loop.run()
    assert store.n_judgments() == 1
    assert json.dumps(loop.progress, allow_nan=False)


# recovers truth


@pytest.mark.parametrize("selection", list(Selection))
def test_the_judges_wish_is_learned(store, new_loop, selection):
    reward = SegmentEnsemble(members=2, hidden=(16,), epochs=60, warm_epochs=30)
    loop = new_loop(store, labels=100, iterations=4, selection=selection, reward=reward, seed=0)
    assert abs(loop.producer.position - TARGET) > 2.5
    loop.run()
    assert abs(loop.producer.position - TARGET) < 1.8


def test_an_inverted_judge_teaches_the_opposite(store, new_loop):
    loop = new_loop(store, mistake=1.0)
    loop.run()
    assert loop.producer.position < 0


def test_a_reward_that_foretells_no_answer_is_not_followed(store, new_loop):
    loop = new_loop(store, labels=200, mistake=0.5)
    loop.run()
    doubted = [row for row in loop.progress if not row["reward_trusted"]]
    assert len(doubted) >= 3
    assert {row["learned_reward"] for row in doubted} == {0.0}
    assert all(row["reward_trusted"] == int(row["learned_reward"] != 0) for row in loop.progress)


def test_a_reward_that_foretells_the_answers_is_followed(store, new_loop):
    loop = new_loop(store, labels=200)
    loop.run()
    assert [row["reward_trusted"] for row in loop.progress] == [1, 1, 1, 1]
    assert all(row["learned_reward"] != 0 for row in loop.progress)


def test_a_constant_reward_is_kept_as_it_is(store, new_loop, quick_reward):
    fixed = constant_reward(1, settings=quick_reward)
    loop = new_loop(store, fixed_reward=fixed)
    loop.run()
    assert loop.fit is fixed
    assert {row["learned_reward"] for row in loop.progress} == {0.0}
    assert {row["training_loss"] for row in loop.progress} == {None}
    assert json.dumps(loop.progress, allow_nan=False)


# invariant


def test_the_same_seed_gives_the_same_run_and_another_seed_another(new_loop):
    ran = []
    for seed in (5, 5, 6):
        with Store.in_memory() as store:
            loop = new_loop(store, seed=seed)
            loop.run()
            ran.append((store.judgments_hash(), loop.producer.position, without_costs(loop.progress)))
    assert ran[0] == ran[1]
    assert ran[0][0] != ran[2][0]
    assert ran[0][1] != ran[2][1]


@pytest.mark.parametrize("stopped_after", [1, 2, 3, 4])
def test_going_on_from_a_checkpoint_is_never_having_stopped(new_loop, tmp_path, stopped_after):
    class Stop(Exception):
        pass

    def stop(row):
        if row["iteration"] == stopped_after - 1:
            raise Stop

    with Store.in_memory() as store:
        whole = new_loop(store)
        whole.run()
        wanted = store.judgments_hash(), whole.producer.position, without_costs(whole.progress)
    with Store.open(tmp_path / "project") as store:
        with pytest.raises(Stop):
            new_loop(store, checkpoints=tmp_path / "checkpoint").run(stop)
        checkpoint = read_checkpoint(tmp_path / "checkpoint")
        loop = new_loop(store, checkpoints=tmp_path / "checkpoint", state=checkpoint.part("producer"))
        loop.restore(checkpoint)
        loop.run()
        assert (store.judgments_hash(), loop.producer.position, without_costs(loop.progress)) == wanted
        np.testing.assert_array_equal(loop.asked.features, whole.asked.features)
        for after, before in zip(loop.fit.weights, whole.fit.weights, strict=True):
            np.testing.assert_array_equal(after, before)
    assert loop.cpu_s >= loop.progress[-1]["cpu_s"] - 1e-3
    assert loop.wall_s >= loop.progress[-1]["wall_s"] - 1e-3


def test_questions_asked_again_after_a_stop_are_the_same_questions(new_loop, tmp_path):
    with Store.open(tmp_path / "project") as store:
        new_loop(store).run()  # nothing of it but the store survives
        before = store.judgments_hash()
        new_loop(store).run()
        assert (store.judgments_hash(), store.n_judgments()) == (before, 24)
        assert store.judgments().select(pl.col("judgment_id").is_unique().all()).item()


# refuses


def test_a_judge_that_skips_everything_is_told_of(store, new_loop):
    with pytest.raises(NotIdentified, match=r"labeler 'simulated': got no answer to compare by \(6 skipped\)"):
        new_loop(store, skip_below=1e9).run()
    assert store.n_judgments() == 6  # they are judgments all the same


@pytest.mark.parametrize("name", ["reward.safetensors", "facts"])
def test_a_checkpoint_without_its_reward_or_its_facts_says_how_to_go_on(new_loop, tmp_path, name):
    with Store.open(tmp_path / "project") as store:
        new_loop(store, checkpoints=tmp_path / "checkpoint").run()
        newest = tmp_path / "checkpoint" / "000004"
        if name == "facts":
            (newest / "facts.json").write_text("{}")
        else:
            (newest / "reward" / name).unlink()
        checkpoint = read_checkpoint(tmp_path / "checkpoint")
        with pytest.raises(BadFile, match=r"000004.*Delete the folder .*000004 to go on from before"):
            new_loop(store).restore(checkpoint)
