"""Which items meet in a comparison or a ranking, when they were brought one by one.

The items stand in a ring in random order. In round r every item meets the one r steps ahead, so that after k rounds
each has met 2k others, none more than the rest, and all are connected: the first round alone is a ring.

Source: cyclic designs, David 1988, The method of paired comparisons, 2nd edition, section 5.3, ISBN 0-85264-290-8.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tacit.errors import BadValue


def cyclic_pairs(n_items: int, rounds: int, seed: int) -> Iterator[tuple[int, int]]:
    """Give pairs of items for comparison, each pair once.

    Args:
        n_items: how many items, at least two.
        rounds: how many others each item meets ahead of it in the ring; fewer where the ring is too short.
        seed: of the order in the ring.

    Raises:
        BadValue: fewer than two items, or no rounds.
    """
    _check(n_items, rounds)
    order = np.random.default_rng(seed).permutation(n_items).tolist()
    most = (n_items - 1) // 2
    for step in range(1, min(rounds, most) + 1):
        for place, item in enumerate(order):
            yield item, order[(place + step) % n_items]
    if rounds > most and n_items % 2 == 0:  # the half turn joins each pair from both ends, so half of it is all
        for place in range(n_items // 2):
            yield order[place], order[place + n_items // 2]


def ring_groups(n_items: int, size: int, rounds: int, seed: int) -> Iterator[tuple[int, ...]]:
    """Give groups of items for ranking; neighbouring groups share an item, so that all are connected.

    Args:
        n_items: how many items, at least two.
        size: how many are ranked together; all of them where there are fewer.
        rounds: how often the ring is gone round, each time in another order.
        seed: of the orders.

    Raises:
        BadValue: fewer than two items, groups of one, or no rounds.
    """
    _check(n_items, rounds)
    if size < 2:
        raise BadValue("items ranked together", got=size, expected="at least 2")
    generator, size = np.random.default_rng(seed), min(size, n_items)
    for _ in range(rounds if n_items > size else 1):
        order = generator.permutation(n_items).tolist()
        for start in range(0, n_items if n_items > size else 1, size - 1):
            yield tuple(order[(start + step) % n_items] for step in range(size))


def _check(n_items: int, rounds: int) -> None:
    if n_items < 2:
        raise BadValue("items", got=n_items, expected="at least 2 to compare", do="Bring more items")
    if rounds < 1:
        raise BadValue("comparisons of each item", got=rounds, expected="at least 1")
