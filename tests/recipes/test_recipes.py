import re
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from tacit.catalogue.recipes import ClaimKind, findings_of, load_recipe, recipes_in
from tacit.cli import learn
from tacit.cli.main import load_verb
from tacit.judging import Item, ItemKind
from tacit_control.segment import Segment

RECIPES = recipes_in()
SOURCE = re.compile(r"(arXiv:\d{4}\.\d{4,5}|doi:10\.)")


@pytest.fixture(params=RECIPES)
def recipe(request):
    return load_recipe(request.param)


@pytest.fixture
def christiano2017():
    return load_recipe("christiano2017")


@pytest.fixture
def classic_control():
    return load_recipe("classic_control")


def ignore(_what, _share):
    pass


def returns(mean):
    return {"true_return": {"mean": mean, "low": mean - 1, "high": mean + 1, "episodes": 100}}


# ---- every recipe


def test_every_claim_says_what_it_is_and_where_it_comes_from(recipe):
    assert recipe.claims
    for claim in recipe.claims.values():
        assert claim.kind in list(ClaimKind)
        assert SOURCE.search(claim.source), claim
        assert not claim.claim.endswith(".")


def test_nothing_is_said_of_a_claim_before_its_pieces_are_done(recipe):
    for finding in findings_of(recipe, {}).values():
        assert (finding.measured, finding.passed, finding.pieces) == (None, None, 0)
        assert 0 < finding.needed <= len(recipe.pieces)


def test_the_name_of_a_piece_is_a_folder_below_the_recipe(recipe):
    for name in recipe.pieces:
        path = Path(name)
        assert not path.is_absolute()
        assert ".." not in path.parts


# ---- worked by hand


def test_christiano2017_has_ten_pairs_and_three_seeds_of_each_ablation(christiano2017):
    for environment in ("Hopper-v5", "HalfCheetah-v5"):
        counts = {
            condition: sum(name.startswith(f"{environment}/{condition}/") for name in christiano2017.pieces)
            for condition in ("true-reward", "labels-700", "labels-1400", "offline", "random-queries")
        }
        assert list(counts.values()) == [10, 10, 3, 3, 3]


def test_christiano2017_divides_returns_by_those_of_the_same_seed(christiano2017):
    # 0.8 of the reference with every seed: the ratio is 0.8 without any spread, so its interval ends below 0.9
    results = {}
    for seed in range(10):
        results[f"Hopper-v5/true-reward/{seed}"] = returns(2_500 + 100 * seed)
        results[f"Hopper-v5/labels-700/{seed}"] = returns(0.8 * (2_500 + 100 * seed))
    findings = findings_of(christiano2017, results)
    assert findings["reference"].passed is True
    ratio = findings["Hopper-v5 700"]
    assert (ratio.measured, ratio.low, ratio.high) == pytest.approx((0.8, 0.8, 0.8))
    assert (ratio.pieces, ratio.needed, ratio.passed) == (20, 20, False)
    assert findings["HalfCheetah-v5 700"].measured is None
    del results["Hopper-v5/labels-700/9"]
    assert findings_of(christiano2017, results)["Hopper-v5 700"].passed is None


def test_christiano2017_a_claim_falls_short_only_where_its_interval_denies_it(christiano2017):
    results = {}
    for seed in range(10):
        results[f"HalfCheetah-v5/true-reward/{seed}"] = returns(2_000)
        results[f"HalfCheetah-v5/labels-700/{seed}"] = returns(1_000 + 150 * seed)
    ratio = findings_of(christiano2017, results)["HalfCheetah-v5 700"]
    assert ratio.measured == pytest.approx(0.8375)
    assert ratio.high > 0.9
    assert ratio.passed is True


def test_christiano2017_is_void_where_the_reference_has_not_learned(christiano2017):
    results = {
        f"Hopper-v5/{condition}/{seed}": returns(1_900 + seed)
        for seed in range(10)
        for condition in ("true-reward", "labels-700")
    }
    findings = findings_of(christiano2017, results)
    assert findings["reference"].passed is False
    assert findings["Hopper-v5 700"].measured is None
    assert findings["Hopper-v5 700"].passed is None
    assert findings["Hopper-v5 700"].note.startswith("void")


def test_christiano2017_shows_the_ablations_as_they_fall(christiano2017):
    results = {}
    for seed in range(3):
        results[f"HalfCheetah-v5/labels-700/{seed}"] = returns(2_000 + seed)
        results[f"HalfCheetah-v5/offline/{seed}"] = returns(500 + seed)
        results[f"HalfCheetah-v5/random-queries/{seed}"] = returns(2_200 + seed)
    findings = findings_of(christiano2017, results)
    assert findings["HalfCheetah-v5 offline"].passed is True
    assert findings["HalfCheetah-v5 random"].measured == pytest.approx(1.1, abs=1e-3)
    assert findings["HalfCheetah-v5 random"].passed is None
    assert "no direction was published" in findings["HalfCheetah-v5 random"].note


def test_classic_control_shows_the_worst_seed_of_cartpole(classic_control):
    results = {
        f"CartPole-v1/taught/{seed}": {
            **returns(500 if seed else 480),
            "coin_flip": {"mean": 20 + seed},
            "learning_cpu_s": 10 + seed,
        }
        for seed in range(10)
    }
    findings = findings_of(classic_control, results)
    assert (findings["cartpole"].measured, findings["cartpole"].low, findings["cartpole"].passed) == (480, 479, True)
    assert (findings["cartpole time"].measured, findings["cartpole time"].passed) == (19, True)
    assert findings["cartpole coin flips"].measured == pytest.approx(24.5)
    results["CartPole-v1/taught/3"] |= returns(474.9)
    assert findings_of(classic_control, results)["cartpole"].passed is False


def test_classic_control_measures_pendulum_from_chance_to_the_reference(classic_control):
    # From −1200 by chance to −200 on the true reward; −250 is 950 of 1000 on the way.
    row = {"baseline_true_reward": {"mean": -200.0}, "random": {"mean": -1_200.0}}
    results = {f"Pendulum-v1/taught/{seed}": {**returns(-250.0), **row} for seed in range(10)}
    finding = findings_of(classic_control, results)["pendulum"]
    assert finding.measured == pytest.approx(0.95)
    assert finding.passed is True


# ---- the runs themselves


@pytest.mark.parametrize(
    ("name", "piece", "words"),
    [
        ("classic_control", "CartPole-v1/taught/3", ["CartPole-v1", "--labels", "200"]),
        ("classic_control", "Pendulum-v1/taught/3", ["Pendulum-v1", "--labels", "200"]),
        ("christiano2017", "Hopper-v5/labels-700/3", ["Hopper-v5", "--labels", "700", "--no-controls"]),
        ("christiano2017", "HalfCheetah-v5/offline/0", ["HalfCheetah-v5", "--labels", "700", "--offline"]),
        (
            "christiano2017",
            "Hopper-v5/random-queries/0",
            ["Hopper-v5", "--labels", "700", "--selection", "random"],
        ),
    ],
)
def test_a_piece_is_what_tacit_learn_does(name, piece, words):
    recipe = load_recipe(name)
    seed = piece.rpartition("/")[2]
    controls = "--controls" if name == "classic_control" else "--no-controls"
    arguments = load_verb("learn")[1].parse_all([*words, "--seed", seed, controls])
    assert sys.modules[f"tacit_recipe_{name}"].settings_of(recipe.pieces[piece]) == learn._settings(arguments)


TINY = {"labels": 4, "steps": 400, "iterations": 2, "episodes": 2}


def test_a_piece_of_classic_control_runs(classic_control, tmp_path):
    taught = {**classic_control.pieces["CartPole-v1/taught/0"], **TINY}
    result = classic_control.run_piece(taught, tmp_path / "taught", ignore)
    assert result["labels"] == 4
    assert result["coin_flip"]["episodes"] == 2
    constant = {**classic_control.pieces["CartPole-v1/constant/0"], **TINY}
    assert classic_control.run_piece(constant, tmp_path / "constant", ignore)["true_return"]["episodes"] == 2


def test_a_piece_of_christiano2017_runs(christiano2017, tmp_path):
    piece = {**christiano2017.pieces["HalfCheetah-v5/offline/1"], **TINY, "environment": "CartPole-v1"}
    result = christiano2017.run_piece(piece, tmp_path / "run", ignore)
    assert (result["labels"], result["true_return"]["episodes"]) == (4, 2)
    assert result["baseline_true_reward"] is None


def test_a_stopped_reference_goes_on_to_the_same_result(christiano2017, tmp_path):
    tiny = {**TINY, "labels": 0, "iterations": 3, "environment": "CartPole-v1"}
    piece = {**christiano2017.pieces["Hopper-v5/true-reward/1"], **tiny}

    class Stopped(Exception):
        pass

    def stop(_what, share):
        if share > 0.5:
            raise Stopped

    with pytest.raises(Stopped):
        christiano2017.run_piece(piece, tmp_path / "stopped", stop)
    parts = []
    resumed = christiano2017.run_piece(piece, tmp_path / "stopped", lambda _what, share: parts.append(share))
    assert parts == [pytest.approx(2 / 3)]
    assert resumed == christiano2017.run_piece(piece, tmp_path / "whole", ignore)


def test_backflip_counts_turns_backwards_and_is_silent_about_people():
    backflip = load_recipe("backflip")
    angle = np.linspace(0.3, 0.3 - np.pi, 5)  # half a turn: the torso's joint is about +y, so forward is up
    state = np.zeros((5, 12))
    state[:, 2] = angle
    segment = Segment(
        environment="Hopper-v5",
        make_arguments={},
        observation=np.zeros((5, 11), np.float32),
        action=np.zeros((5, 3), np.float32),
        reward=np.zeros(5),
        frame_state=state,
    )
    item = Item(ItemKind.SEGMENT, segment.to_bytes(), "application/octet-stream")
    assert backflip.run_piece.__globals__["turns"](item) == pytest.approx(0.5)
    # an untrained robot tumbles backwards too, so the gain counts: 1 - 0.5 and 3 - 0.5, 1.5 on average
    piece = {"questions": 900, "turns_first": [0.5], "turns_last": [0.0, 2.0]}
    results = {f"scripted/{seed}": piece if seed % 2 else {**piece, "turns_last": [3.0]} for seed in range(4)}
    findings = findings_of(backflip, results)
    assert findings["turns"].measured == pytest.approx(1.5)
    assert findings["turns"].passed is None  # one seed is missing
    findings = findings_of(backflip, {f"scripted/{seed}": {**piece, "turns_last": [0.5]} for seed in range(5)})
    assert findings["turns"].passed is False  # no gain
    assert findings["queries"].measured == 900
    assert "a script judged" in findings["turns"].note


def test_hoppers_torso_leans_forward_as_its_angle_grows():
    environment = gymnasium.make("Hopper-v5").unwrapped
    environment.reset(seed=0)
    position = environment.data.qpos.copy()
    position[2] = 0.3
    environment.set_state(position, 0 * environment.data.qvel)
    assert environment.data.body("torso").xmat.reshape(3, 3)[0, 2] > 0.25  # the torso's own up points ahead
    environment.close()
