"""The order in which the items of a question are shown, as text: few are different, and each is read many times."""

from __future__ import annotations

import json
from functools import lru_cache
from random import Random


@lru_cache(maxsize=10_000)
def order_of(text: str) -> tuple[int, ...]:
    """Return the index, in the question's own order, of each item in the order shown."""
    return tuple(json.loads(text))


def draw_order(random: Random, n_items: int) -> str:
    """Return a random order of so many items."""
    order = list(range(n_items))
    random.shuffle(order)
    return "[" + ",".join(map(str, order)) + "]"
