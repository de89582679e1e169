"""The loop with whole preference models as its reward: learned from, resumed bit for bit, and told of."""

import numpy as np
import pytest

from tacit.cli.main import main
from tacit.errors import BadFile, UnknownName
from tacit.learn import LearningRun
from tacit.report import write_report
from tacit.reward import BringsReward, Represents
from tacit.reward.comparisons import compare
from tacit.reward.model import places_of, preference
from tacit.store import Store
from tacit.store.run_folder import RunFolder
from tacit_language.loop.preferred import token_rows, tokens_of
from tacit_language.loop.producer import open_producer

BY_MODELS = {"reward": "preference-model", "reward_passes": 2}
COSTS = {"cpu_s", "learning_cpu_s", "wall_s", "run", "report"}


class Stopped(Exception):
    """A run was stopped from outside."""


def run(folder, settings, *, stop_at=None):
    def stage(what, share):
        if what == "learning" and stop_at is not None and share >= stop_at:
            raise Stopped

    return LearningRun(folder, settings, open_producer, command=["tacit", "learn"], stage=stage).run()


def ended(folder):
    return {
        "results": {k: v for k, v in folder.record()["results"].items() if k not in COSTS},
        "progress": [{k: v for k, v in row.items() if k not in COSTS} for row in folder.progress()],
        "diagnostics": folder.diagnostics(),
        **{
            name: (folder.path / name).read_bytes()
            for name in ("policy/model.safetensors", "reward/reward.safetensors")
        },
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory, settings_of):
    folder = RunFolder(tmp_path_factory.mktemp("preferred") / "run")
    run(folder, settings_of(producer_settings=BY_MODELS))
    return folder


def fitted(producer, n=24):
    """Return the producer's reward model fitted to comparisons by length, with their features."""
    features = producer.produce(2 * n, seed=1).features
    first, second = np.arange(n), np.arange(n, 2 * n)
    lengths = features[:, 0, 1] - features[:, 0, 0]
    comparisons = compare(features, first, second, np.where(lengths[first] > lengths[second], 1.0, 0.0))
    return producer.reward_model().fit(comparisons, seed=2), features


# worked by hand


def test_tokens_go_into_a_row_and_come_back_and_a_long_prompt_loses_its_beginning():
    rows = token_rows([[5, 6, 7], [8]], [[1, 2], []], 4)
    # the first has room for two of the prompt's three tokens
    assert rows[:, 0].tolist() == [[2, 4, 6, 7, 1, 2], [1, 1, 8, 0, 0, 0]]
    assert tokens_of(rows) == ([[6, 7], [8]], [[1, 2], []])


# recovers


def test_a_gold_reward_rises_by_answers_alone(tmp_path, settings_of):
    sizes = {"width": 32, "first_steps": 120, "first_tokens": 2_560, "longest_reply": 32, "examples": 2_000}
    learning = {"prompts_a_step": 24, "reward": "preference-model", "reward_rate": 3e-3}
    settings = settings_of(producer_settings=sizes | learning, labels=150, budget=6_000, episodes=60)
    gold = run(RunFolder(tmp_path / "run"), settings)["gold_reward"]
    assert gold["gain"] > 3 * gold["standard_error"]


# invariant


def test_stopped_after_an_iteration_it_ends_as_if_nothing_had_happened(whole, tmp_path, settings_of):
    folder = RunFolder(tmp_path / "run")
    settings = settings_of(producer_settings=BY_MODELS)
    with pytest.raises(Stopped):
        run(folder, settings, stop_at=0.3)
    assert len(folder.progress()) == 1
    run(folder, settings)
    assert ended(folder) == ended(whole)


def test_what_is_saved_scores_the_same_and_is_normalised_on_what_was_fitted(tiny, tmp_path):
    producer = tiny(**BY_MODELS)
    assert isinstance(producer, BringsReward)
    reward, features = fitted(producer)
    scores = reward.score(features)[:, 0]
    assert (scores.mean(), scores.std()) == pytest.approx((0, 1), abs=1e-3)
    reward.save(tmp_path)
    again = producer.reward_model().load(tmp_path)
    np.testing.assert_array_equal(again.score(features), reward.score(features))
    np.testing.assert_array_equal(again.score_members(features), reward.score_members(features))
    one, other = features[:6], features[6:12]
    np.testing.assert_allclose(preference(again, one, other) + preference(again, other, one), 1, atol=1e-6)
    with pytest.raises(BadFile):
        producer.reward_model().load(tmp_path / "nowhere")


def test_odd_replies_are_told_by_the_activations_of_the_first_policy_whatever_was_fitted(tiny):
    producer = tiny(**BY_MODELS)
    reward, features = fitted(producer)
    assert isinstance(reward, Represents)
    places = places_of(reward, features)
    assert places.shape == (len(features), 2 * producer.first.config.width)
    producer.improve(lambda x: np.zeros(len(x), np.float32), 50, seed=0)
    np.testing.assert_array_equal(places_of(fitted(producer, 12)[0], features), places)


def test_the_run_and_its_page_tell_of_the_reward(whole):
    results = whole.record()["results"]
    assert results["heldout_agreement"]["n"] > 0
    rows = whole.progress()
    assert all(row["validation_loss"] is not None and row["test_reward"] is not None for row in rows)
    assert "l2" not in rows[0]
    page = write_report(whole).read_text()
    assert "Is the optimum what was wanted?" in page
    with Store.open(whole.project_path, create=False) as store:
        assert store.questions().height >= results["labels"]


# refuses


def test_an_unknown_reward_and_a_producer_without_one_are_refused(tmp_path, capsys):
    with pytest.raises(UnknownName, match="preference-model"):
        open_producer("small", {"reward": "preference-modle"}, seed=0)
    assert main(["learn", "language:small", "--reward", "preference", "--out", str(tmp_path / "a")]) == 2
    assert "Did you mean 'preference-model'?" in capsys.readouterr().err
    assert main(["learn", "CartPole-v1", "--reward", "preference-model", "--out", str(tmp_path / "b")]) == 2
    assert "--reward: got a reward model of its own for 'CartPole-v1'" in capsys.readouterr().err
    assert main(["learn", "language:small", "--set", "kl_target", "--out", str(tmp_path / "c")]) == 2
    assert "expected NAME=VALUE" in capsys.readouterr().err
    assert main(["learn", "language:small", "--set", "kl_tarqet=3", "--out", str(tmp_path / "d")]) == 2
    assert "kl_tarqet" in capsys.readouterr().err
