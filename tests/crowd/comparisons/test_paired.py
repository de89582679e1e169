import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.crowd.comparisons import PairedComparisons
from tacit.crowd.comparisons.paired import counted


def test_equal_comparisons_are_counted_together_whichever_side_they_were_on():
    # a beat b on the left, a beat b on the right, they tied once, b beat c.
    comparisons = PairedComparisons(
        ["a", "b", "c"], np.array([0, 1, 0, 1]), np.array([1, 0, 1, 2]), np.array([0, 1, 2, 0])
    )
    rows = counted(comparisons)
    assert list(zip(rows.first.tolist(), rows.second.tolist(), strict=True)) == [(0, 1), (1, 2)]
    assert rows.wins.T.tolist() == [[2, 0, 1], [1, 0, 0]]


def test_sides_are_told_apart_where_asked():
    comparisons = PairedComparisons(["a", "b"], np.array([0, 1]), np.array([1, 0]), np.array([0, 0]))
    rows = counted(comparisons, by_side=True)
    assert list(zip(rows.first.tolist(), rows.second.tolist(), strict=True)) == [(0, 1), (1, 0)]
    assert rows.wins.T.tolist() == [[1, 0, 0], [1, 0, 0]]


@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([3, 200]))  # few items are counted, many sorted
def test_nothing_is_lost_or_moved_in_counting(seed, by_side, n_items):
    rng = np.random.default_rng(seed)
    left = rng.integers(0, n_items, 300)
    right = (left + rng.integers(1, n_items, 300)) % n_items
    winner = rng.integers(0, 3, 300)
    rows = counted(PairedComparisons([str(i) for i in range(n_items)], left, right, winner), by_side=by_side)
    table = np.zeros((n_items, n_items))
    np.add.at(table, (rows.first, rows.second), rows.wins[0] + rows.wins[2] / 2)
    np.add.at(table, (rows.second, rows.first), rows.wins[1] + rows.wins[2] / 2)
    expected = np.zeros((n_items, n_items))
    np.add.at(expected, (left, right), np.array([1, 0, 0.5])[winner])
    np.add.at(expected, (right, left), np.array([0, 1, 0.5])[winner])
    assert table.tolist() == expected.tolist()
    assert (np.diff(rows.first) >= 0).all()
    assert rows.n == 300


def test_a_part_of_the_comparisons_keeps_the_codes():
    comparisons = PairedComparisons(
        ["a", "b"], np.array([0, 1]), np.array([1, 0]), np.array([0, 2]), np.array([0, 1]), ("x", "y"), np.array([5, 6])
    )
    part = comparisons.take(np.array([False, True]))
    assert (part.left.tolist(), part.winner.tolist(), part.rater.tolist(), part.group.tolist()) == ([1], [2], [1], [6])
    assert part.n_ties == 1
    assert len(part.take([0, 0, 0])) == pytest.approx(3)
