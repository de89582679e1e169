import numpy as np
import pytest

from tacit.errors import BadValue, NotFinite
from tacit.reward import compare
from tacit.reward.held_out import held_out

FEATURES = np.arange(24, dtype=np.float32).reshape(4, 3, 2)


def pairs(**change):
    return compare(**({"features": FEATURES, "first": [0, 2], "second": [1, 3], "target": [1, 0.5]} | change))


# Worked by hand


def test_items_without_steps_have_one():
    assert pairs(features=FEATURES[:, 0]).features.shape == (4, 1, 2)


def test_a_pair_is_the_same_pair_when_its_items_change_places_or_rows():
    keys = compare(FEATURES, [0, 1, 0], [1, 0, 2], [1, 1, 1]).pair_keys
    assert keys[0] == keys[1] != keys[2]
    moved = compare(FEATURES[::-1], [3], [2], [1]).pair_keys
    assert moved[0] == keys[0]


def test_named_items_are_known_by_their_names_whatever_their_features():
    one = pairs(item_ids=("a", "b", "c", "d"))
    other = pairs(item_ids=("a", "b", "c", "a longer name"), features=FEATURES * 2)
    assert one.pair_keys[0] == other.pair_keys[0]
    assert one.pair_keys[1] != other.pair_keys[1]


def test_the_hash_is_of_what_was_answered():
    assert pairs().content_hash == pairs().content_hash
    assert pairs().content_hash != pairs(target=[1, 0]).content_hash


# Recovers planted truth


def test_each_member_holds_out_the_share_asked_for_and_its_own_pairs():
    keys = np.random.default_rng(0).integers(0, 2**63, 20_000).astype(np.uint64)
    out = held_out(keys, seed=1, members=3, share=np.exp(-1))
    assert out.mean(axis=1) == pytest.approx(np.exp(-1), abs=0.015)
    assert (out[0] & out[1]).mean() == pytest.approx(np.exp(-2), abs=0.015)
    other = held_out(keys, seed=2, members=3, share=np.exp(-1))
    assert (out[0] & other[0]).mean() == pytest.approx(np.exp(-2), abs=0.015)


def test_near_names_have_unrelated_keys():
    names = tuple(f"item {i}" for i in range(4_000))
    keys = compare(np.zeros((4_000, 1, 1)), range(3_999), range(1, 4_000), np.ones(3_999), item_ids=names).pair_keys
    assert len(set(keys.tolist())) == 3_999
    bits = (keys[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    assert bits.mean(axis=0) == pytest.approx(0.5, abs=0.05)


# Invariant


def test_a_pair_held_out_stays_so_as_more_are_asked():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 3, 2))
    few = compare(features[:100], range(0, 100, 2), range(1, 100, 2), np.ones(50))
    many = compare(features, range(0, 200, 2), range(1, 200, 2), np.ones(100))
    settings = {"seed": 5, "members": 3, "share": 0.4}
    assert np.array_equal(few.held_out(**settings), many.held_out(**settings)[:, :50])


# Refuses bad input


def test_features_that_are_not_finite_are_named_by_their_item():
    broken = FEATURES.copy()
    broken[2, 1, 0] = np.nan
    with pytest.raises(NotFinite, match="features of item 'c', step 1, feature 0: got nan"):
        pairs(features=broken, item_ids=("a", "b", "c", "d"))


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"features": np.zeros(3)}, BadValue, r"got shape \(3,\), expected \(item, step, feature\)"),
        ({"second": [1]}, BadValue, r"comparisons, second: got shape \(1,\), expected \(2,\)"),
        ({"second": [1, 4]}, BadValue, "comparisons, second: got index 4, expected 0 to 3"),
        ({"target": [1, 1.5]}, BadValue, "comparisons, target, pair 1: got 1.5, expected a probability"),
        ({"target": [np.nan, 1]}, NotFinite, "comparisons, target, pair 0: got nan"),
        ({"weight": [1, -1]}, BadValue, "comparisons, weight, pair 1: got -1.0, expected a weight of 0 or more"),
        ({"rater": [0, 1]}, BadValue, "comparisons, rater: got index 1, expected 0 to 0"),
        ({"item_ids": ("a",)}, BadValue, "item_ids: got 1 names, expected 4"),
    ],
)
def test_bad_input_is_named(change, error, text):
    with pytest.raises(error, match=text):
        pairs(**change)
