import numpy as np
import pytest

from tacit.errors import BadValue
from tacit.learn.automated import label_automatically
from tacit.learn.automated.threshold import promise_in_sequence

# ---- worked by hand


def test_too_few_labels_to_promise_anything():
    # 0.95ⁿ ≤ 0.6·0.05 takes n = 69 labels, all right; 20 cannot do
    held_out = (np.linspace(0.5, 1, 50), np.ones(50))
    promise = promise_in_sequence(held_out, np.linspace(0.5, 1, 20), np.ones(20), precision=0.95, risk=0.05)
    assert not promise.holds


def test_a_hundred_right_labels_let_all_be_promised():
    held_out = (np.linspace(0.5, 1, 200), np.ones(200))
    promise = promise_in_sequence(held_out, np.linspace(0.5, 1, 100), np.ones(100), precision=0.95, risk=0.05)
    assert promise.threshold == -np.inf
    assert promise.observed.mean == 1


# ---- recovers the truth


def test_the_promise_holds_in_all_but_the_risked_share_of_splits(blobs):
    held = given = 0
    for seed in range(20):
        pool, truth = blobs(seed)
        labeled = np.random.default_rng(seed).permutation(len(pool))[:400]
        found = label_automatically(pool, labeled, truth[labeled], 3, precision=0.9, seed=seed)
        if found.automatic.any():
            given += 1
            held += (found.label == truth[found.item])[found.automatic].mean() >= 0.9
    assert given >= 12
    assert held >= given - 3  # benchmarks/autolabel.py counts 100 splits of real items


def test_a_promise_that_the_items_cannot_keep_is_not_made(blobs):
    pool, truth = blobs(1, apart=0.3)
    labeled = np.arange(300)
    found = label_automatically(pool, labeled, truth[labeled], 3)
    assert not found.automatic.any()
    assert "Nothing can be promised" in found.warnings[0]
    assert found.coverage.mean == 0


def test_easier_items_cost_fewer_labels(blobs):
    costs = []
    for apart in (2.0, 4.0):
        pool, truth = blobs(2, apart=apart)
        found = label_automatically(pool, np.arange(400), truth[:400], 3, automatic_price=0.1)
        last = found.curve[-1]
        assert last.labels + last.automatic + last.people == len(pool)
        assert last.cost == pytest.approx(last.labels + last.people + 0.1 * last.automatic)
        costs.append(last.cost)
    assert costs[1] < costs[0]


# ---- invariants


def test_the_same_seed_gives_the_same_labels(blobs):
    pool, truth = blobs(3)
    one, two = (label_automatically(pool, np.arange(300), truth[:300], 3, seed=5) for _ in range(2))
    assert (one.confidence == two.confidence).all()
    assert one.promise == two.promise


def test_all_items_labeled_leaves_nothing_to_do(blobs):
    pool, truth = blobs(4, n=200)
    found = label_automatically(pool, np.arange(200), truth, 3)
    assert len(found.item) == 0
    assert found.curve[-1].cost == 200


# ---- refuses


def test_what_cannot_be_learned_from_is_said(blobs):
    pool, truth = blobs(5, n=100)
    with pytest.raises(BadValue, match="19 labels"):
        label_automatically(pool, np.arange(19), truth[:19], 3)
    with pytest.raises(BadValue, match="one class alone"):
        label_automatically(pool, np.arange(30), np.zeros(30, dtype=int), 3)
    with pytest.raises(BadValue, match="labeled twice"):
        label_automatically(pool, np.zeros(30, dtype=int), truth[:30], 3)
