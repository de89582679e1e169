import numpy as np
import pytest

from tacit.crowd.audit import find_label_errors
from tacit.errors import BadValue, NotFinite


def planted(seed, n=2_000, n_classes=4, rate=0.1):
    """Return probabilities of a good model, labels of which a tenth are wrong, and which those are."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_classes, n)
    logits = rng.normal(size=(n, n_classes))
    logits[np.arange(n), truth] += 4
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wrong = rng.random(n) < rate
    label = np.where(wrong, (truth + rng.integers(1, n_classes, n)) % n_classes, truth)
    return p, label, wrong


# ---- worked by hand


def test_four_items_by_hand():
    # Given 0, 0, 1, 1. Means of the given class: 0: (0.9 + 0.2)/2 = 0.55; 1: (0.9 + 0.8)/2 = 0.85.
    # Believed: item 0 → 0 (0.9 ≥ 0.55); item 1 → neither (0.2 < 0.55, 0.8 < 0.85); item 2 → 1; item 3 → none (0.8).
    # Counts: (0,0) 1, (1,1) 1: no item is suspected.
    found = find_label_errors([[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.2, 0.8]], [0, 0, 1, 1])
    assert len(found.item) == 0
    # With 0.05, 0.95 for item 1 it is believed to be of class 1. Row of 0: counts 1 and 1, half of two items: one
    found = find_label_errors([[0.9, 0.1], [0.05, 0.95], [0.1, 0.9], [0.2, 0.8]], [0, 0, 1, 1])
    assert (found.item.tolist(), found.suggested.tolist()) == ([1], [1])
    assert found.joint.tolist() == [[0.25, 0.25], [0.0, 0.5]]


# ---- recovers the truth


def test_planted_errors_are_found():
    for seed in range(5):
        p, label, wrong = planted(seed)
        found = find_label_errors(p, label)
        hit = wrong[found.item].mean()
        assert hit > 0.85  # precision
        assert wrong[found.item].sum() / wrong.sum() > 0.8  # recall
        assert found.error_rate == pytest.approx(0.1, abs=0.03)
        assert wrong[found.item[:50]].mean() > 0.98  # the surest come first


def test_clean_labels_of_a_sure_model_are_left_alone():
    p, label, _ = planted(9, rate=0.0)
    assert len(find_label_errors(p, label).item) < 0.03 * len(label)


# ---- invariants


def test_the_order_of_items_and_the_names_of_classes_mean_nothing():
    p, label, _ = planted(3, n=300)
    order, names = np.random.default_rng(0).permutation(300), np.array([2, 0, 3, 1])
    moved = np.empty_like(p)
    moved[:, names] = p
    other = find_label_errors(moved[order], names[label][order])
    assert sorted(order[other.item].tolist()) == sorted(find_label_errors(p, label).item.tolist())


# ---- refuses


def test_what_are_no_probabilities_is_said():
    with pytest.raises(BadValue, match="row 2"):
        find_label_errors([[0.5, 0.5], [0.9, 0.9]], [0, 1])
    with pytest.raises(NotFinite, match="row 1"):
        find_label_errors([[np.nan, 0.5]], [0])
    with pytest.raises(BadValue, match="0 to 1"):
        find_label_errors([[0.5, 0.5]], [2])
    with pytest.raises(BadValue, match=r"\(item, class\)"):
        find_label_errors([0.5, 0.5], [0, 1])
