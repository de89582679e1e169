"""Who meets whom when items are brought one by one."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.web.bringing.pairing import cyclic_pairs, ring_groups


def test_four_items_in_two_rounds_meet_in_all_six_pairs():
    # the ring gives 4 pairs, the half turn the other 2
    assert {frozenset(pair) for pair in cyclic_pairs(4, 2, seed=0)} == {
        frozenset(pair) for pair in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    }


@given(st.integers(2, 60), st.integers(1, 5), st.integers(0, 9))
def test_pairs_are_distinct_fair_and_connect_all(n, rounds, seed):
    pairs = [tuple(sorted(pair)) for pair in cyclic_pairs(n, rounds, seed)]
    assert len(set(pairs)) == len(pairs)
    met = Counter(item for pair in pairs for item in pair)
    assert max(met.values()) - min(met.values()) == 0
    assert min(met.values()) == min(2 * rounds, n - 1)
    reached, border = {0}, [0]
    while border:
        item = border.pop()
        near = {b if a == item else a for a, b in pairs if item in (a, b)} - reached
        reached |= near
        border += near
    assert len(reached) == n


@given(st.integers(2, 40), st.integers(2, 6), st.integers(1, 3))
def test_groups_have_different_items_and_every_item_is_ranked(n, size, rounds):
    groups = list(ring_groups(n, size, rounds, seed=1))
    assert all(len(set(group)) == len(group) == min(size, n) for group in groups)
    assert {item for group in groups for item in group} == set(range(n))


@pytest.mark.parametrize(("n", "rounds"), [(1, 1), (5, 0)])
def test_one_item_or_no_round_is_refused(n, rounds):
    with pytest.raises(BadValue):
        list(cyclic_pairs(n, rounds, seed=0))
