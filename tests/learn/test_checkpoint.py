"""A checkpoint is there whole or not at all; a damaged one says what to do."""

import numpy as np
import pytest

from tacit.errors import BadFile, CannotWrite
from tacit.learn.checkpoint import Checkpoint, checkpoint_folder, read_checkpoint, remove_checkpoints, write_checkpoint


def checkpoint(iteration, **facts):
    arrays = {"producer/weights": np.arange(6.0)[::-2], "producer/none": np.empty((0, 3)), "asked/features": np.ones(2)}
    return Checkpoint(iteration, arrays, {"spent": 10 * iteration, **facts}, checkpoint_folder_reward(iteration))


def checkpoint_folder_reward(iteration):
    return f"{iteration}/reward"


@pytest.fixture
def two(tmp_path):
    """Return a folder with the checkpoints after one and after two iterations."""
    for iteration in (1, 2):
        write_checkpoint(tmp_path, checkpoint(iteration))
    return tmp_path


# worked by hand


def test_what_was_written_is_read_again(tmp_path):
    write_checkpoint(tmp_path, checkpoint(3, progress=[{"iteration": 0, "loss": 0.1}], names=["a", "b"]))
    found = read_checkpoint(tmp_path)
    assert found.iteration == 3
    assert found.facts == {"spent": 30, "progress": [{"iteration": 0, "loss": 0.1}], "names": ["a", "b"]}
    assert found.part("producer")["weights"].tolist() == [5.0, 3.0, 1.0]
    assert found.part("producer")["none"].shape == (0, 3)
    assert set(found.part("asked")) == {"features"}
    assert found.reward_folder == tmp_path / "000003" / "reward"


def test_no_folder_and_an_empty_one_hold_no_checkpoint(tmp_path):
    assert read_checkpoint(tmp_path) is None
    assert read_checkpoint(tmp_path / "absent") is None


# invariant


def test_the_newest_is_read_and_only_the_one_before_it_is_kept(tmp_path):
    for iteration in range(1, 6):
        write_checkpoint(tmp_path, checkpoint(iteration))
    assert read_checkpoint(tmp_path).facts["spent"] == 50
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000004", "000005"]


@pytest.mark.parametrize("written", [[], ["arrays.safetensors"], ["arrays.safetensors", ".facts.json.123"]])
def test_one_that_was_never_finished_is_passed_over_and_then_written_again(two, written):
    unfinished = checkpoint_folder(two, 3)
    unfinished.mkdir()
    for name in written:
        (unfinished / name).write_bytes(b"half")
    assert read_checkpoint(two).iteration == 2
    write_checkpoint(two, checkpoint(3))
    assert read_checkpoint(two).iteration == 3


def test_the_facts_come_last_so_that_what_they_vouch_for_is_there(two, monkeypatch):
    def full(path, value):
        raise CannotWrite(str(path), got="a full disk", expected="room")

    monkeypatch.setattr("tacit.learn.checkpoint.write_json", full)
    with pytest.raises(CannotWrite):
        write_checkpoint(two, checkpoint(3))
    assert (two / "000003" / "arrays.safetensors").exists()
    assert read_checkpoint(two).iteration == 2


def test_all_are_removed_at_the_end_and_nothing_to_remove_is_no_error(two):
    remove_checkpoints(two)
    assert not two.exists()
    remove_checkpoints(two)


# refuses


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


def empty(path):
    path.write_bytes(b"")


def foreign(path):
    path.write_bytes(b"\xff\xfe not what it should be")


def absent(path):
    path.unlink()


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("arrays.safetensors", cut),
        ("arrays.safetensors", empty),
        ("arrays.safetensors", foreign),
        ("arrays.safetensors", absent),
        ("facts.json", cut),
        ("facts.json", empty),
        ("facts.json", foreign),
    ],
)
def test_a_damaged_one_names_its_folder_and_says_how_to_go_on(two, name, damage):
    damage(two / "000002" / name)
    with pytest.raises(BadFile, match=r"000002.* Delete the folder .*000002 to go on from before") as refusal:
        read_checkpoint(two)
    assert "\n" not in str(refusal.value)
    for path in sorted((two / "000002").iterdir()):
        path.unlink()
    assert read_checkpoint(two).iteration == 1
