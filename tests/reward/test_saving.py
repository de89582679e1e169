import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from tacit.errors import BadFile, CannotWrite
from tacit.reward import constant_reward, fit_reward, load_reward


@pytest.fixture
def fitted(world, quick):
    return fit_reward(world(40, signs=(1.0, 0.5)).comparisons, quick, seed=7)


def test_a_saved_fit_is_the_same_fit(fitted, tmp_path, world, quick):
    fitted.save(tmp_path / "reward")
    loaded = load_reward(tmp_path / "reward")
    features = np.random.default_rng(0).normal(size=(20, 4, 3)).astype(np.float32)
    assert np.array_equal(loaded.score(features), fitted.score(features))
    assert np.array_equal(loaded.held_out.p, fitted.held_out.p)
    assert loaded.p_agree == fitted.p_agree
    assert (loaded.settings["hidden"], loaded.seed) == (list(quick.hidden), 7)
    warm = [fit_reward(world(50).comparisons, quick, seed=7, warm=fit) for fit in (fitted, loaded)]
    assert np.array_equal(warm[0].weights[0], warm[1].weights[0])


def test_the_record_beside_it_says_what_was_fitted(fitted, tmp_path):
    fitted.save(tmp_path)
    record = json.loads((tmp_path / "reward.json").read_text())
    assert record["comparisons_hash"] == fitted.comparisons_hash
    assert record["p_agree"]["rater 1"]["n"] == int((fitted.held_out.rater == 1).sum())
    assert set(record["versions"]) == {"tacit", "numpy"}


def test_a_constant_reward_can_be_kept(tmp_path):
    constant_reward(3).save(tmp_path)
    assert not load_reward(tmp_path).score(np.ones((2, 3))).any()


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_file_that_is_cut_short_is_refused(fitted, tmp_path, share):
    fitted.save(tmp_path)
    path = tmp_path / "reward.safetensors"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(BadFile, match=r"reward\.safetensors"):
        load_reward(tmp_path)


def test_a_foreign_file_is_refused(tmp_path):
    with pytest.raises(BadFile, match="no such file"):
        load_reward(tmp_path)
    save_file({"weight.0": np.ones(3, np.float32)}, tmp_path / "reward.safetensors")
    with pytest.raises(BadFile, match="arrays without tacit's record"):
        load_reward(tmp_path)
    save_file({"a": np.ones(3)}, tmp_path / "reward.safetensors", metadata={"tacit_reward": '{"format": 1}'})
    with pytest.raises(BadFile, match="a reward written by tacit"):
        load_reward(tmp_path)
    save_file({"a": np.ones(3)}, tmp_path / "reward.safetensors", metadata={"tacit_reward": '{"format": 99}'})
    with pytest.raises(BadFile, match=r"got format 99, expected 1 or lower\. Install a newer tacit"):
        load_reward(tmp_path)


def test_a_place_that_cannot_be_written_is_named(fitted, tmp_path):
    (tmp_path / "reward.safetensors").mkdir()
    with pytest.raises(CannotWrite, match=r"reward\.safetensors"):
        fitted.save(tmp_path)
