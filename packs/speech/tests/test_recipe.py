"""What the recipe of the paper computes from the pieces; training on synthetic speech is for `tacit reproduce`."""

from pathlib import Path

import numpy as np
import pytest

from tacit.catalogue.recipes import load_recipe

RECIPE = Path(__file__).parents[3] / "recipes" / "amodei2016.py"


@pytest.fixture(scope="module")
def recipe():
    return load_recipe("amodei2016", RECIPE.parent)


def run(recipe, name, **changes):
    return recipe.run_piece({**recipe.pieces[name], **changes}, Path(), lambda *_: None)


def test_the_identities_hold(recipe):
    found = recipe.measure({"identities": run(recipe, "identities", cases=25)})
    for name in ("ctc loss", "ctc gradient", "search", "normalisation", "row convolution"):
        assert found[name].holds, name


def test_the_slope_of_the_published_rows(recipe):
    # By the ends: ln(8.46 / 13.80) / ln(12,000 / 1,200) = -.4893 / 2.3026 = -.2125, which is 10^-.2125 - 1 = -38.7 %.
    found = run(recipe, "published")
    assert found["regular"]["of_the_ends"] == pytest.approx(-0.2125, abs=5e-5)
    assert 10 ** found["regular"]["of_the_ends"] - 1 == pytest.approx(-0.387, abs=5e-4)
    findings = recipe.measure({"published": found})
    assert findings["hours"].holds
    assert findings["published"].measured is None  # what the paper measured is never beside a figure of ours


def test_batch_dispatch_is_foretold_from_ten_streams(recipe):
    findings = recipe.measure({"dispatch": run(recipe, "dispatch", requests=8_000)})
    assert all(findings[name].holds for name in ("dispatch 20", "dispatch 30", "dispatch alone"))


def test_a_network_on_synthetic_speech_learns_something(recipe):
    small = {"utterances": 32, "held_out": 8, "epochs": 2, "width": 16}
    before = run(recipe, "speech/normalised/0", **small, rate=0.0)
    after = run(recipe, "speech/normalised/0", **small, rate=1e-2)
    assert 0 < after["loss_a_symbol"] < before["loss_a_symbol"]


def test_differences_are_paired_by_seed(recipe):
    results = {
        f"speech/{name}/{seed}": {"cer": cer + 0.01 * seed, "loss_a_symbol": 1.0}
        for name, cer in (("normalised", 0.10), ("not-normalised", 0.15))
        for seed in range(3)
    }
    found = recipe.measure(results)["normalised"]
    assert found.measured == pytest.approx(-5.0)  # points, with each seed
    assert found.passed is True
    assert "3 of 3 seeds" in found.note
    slopes = {
        f"speech/utterances-{n}/{seed}": {"cer": 2.0 * n ** -(0.5 + 0.01 * seed)}
        for n in (50, 100, 200, 400)
        for seed in range(3)
    }
    assert recipe.measure(slopes)["scaling"].measured == pytest.approx(-np.mean([0.5, 0.51, 0.52]))
