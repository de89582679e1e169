"""Whether the comparisons can place every item on one scale, and which cannot be placed if not.

Items that no chain of comparisons connects cannot be compared at all. And where some items have never lost to any of
the others, the likelihood keeps rising as their scores go to infinity: a finite maximum exists exactly if from every
item one can walk to every other from winner to loser.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from tacit.errors import NotIdentified

Codes = NDArray[np.integer]

SHOWN_ITEMS = 5
SHOWN_GROUPS = 6


def check_connected(items: Sequence[str], winner: Codes, loser: Codes, *, where: str) -> None:
    """Refuse comparisons that leave scores undetermined or infinite.

    Args:
        items: names, one a code.
        winner: code of an item that won, once for each loser it beat at least, shape (win,); a tie is a win for each.
        loser: code of the item that it beat, shape (win,).
        where: the file or the call, for the message.

    Raises:
        NotIdentified: the items fall into groups that were never compared with each other, or some always won or
            always lost against the rest. Its attribute `groups` holds the names of each group.

    Source: Ford 1957, doi:10.1080/00029890.1957.11989117; Hunter 2004, doi:10.1214/aos/1079120141, assumption 1.
    """
    n = len(items)
    beats = csr_matrix((np.ones(len(winner), dtype=np.int8), (winner, loser)), shape=(n, n))
    n_classes, of_item = connected_components(beats, directed=True, connection="strong")
    if n_classes == 1:
        return
    n_groups, group = connected_components(beats, directed=True, connection="weak")
    if n_groups > 1:
        raise _unconnected(items, group, n_groups, where)
    raise _unbounded(items, of_item, n_classes, winner, loser, where)


def components(n_items: int, first: Codes, second: Codes) -> NDArray[np.int32]:
    """Return the number of each item's group, within which comparisons connect all, shape (item,)."""
    edges = csr_matrix((np.ones(len(first), dtype=np.int8), (first, second)), shape=(n_items, n_items))
    return np.asarray(connected_components(edges, directed=False)[1])


def _unconnected(items: Sequence[str], group: Codes, n_groups: int, where: str) -> NotIdentified:
    groups = _groups(items, group, n_groups)
    shown = " | ".join(_names(names) for names in groups[:SHOWN_GROUPS])
    more = f" | and {n_groups - SHOWN_GROUPS} more groups" if n_groups > SHOWN_GROUPS else ""
    do = (
        f"Compare across the groups, such as {groups[0][0]!r} with {groups[1][0]!r}; rank each group by itself; or "
        "hold all scores near one mean with --shrinkage 1, knowing that nothing in the data compares the groups"
    )
    got = f"{n_groups} groups of items that were never compared with each other: {shown}{more}"
    return NotIdentified(where, got=got, expected="comparisons that connect all items", do=do, groups=groups)


def _unbounded(
    items: Sequence[str], of_item: Codes, n_classes: int, winner: Codes, loser: Codes, where: str
) -> NotIdentified:
    across = of_item[winner] != of_item[loser]
    wins, loses = (np.zeros(n_classes, dtype=bool) for _ in range(2))
    wins[of_item[winner[across]]] = True
    loses[of_item[loser[across]]] = True
    members = _members(of_item, n_classes)
    main = int(np.bincount(of_item).argmax())  # told of are those that stand apart from most items
    apart = [c for c in range(n_classes) if c != main]
    told = []
    for verb, chosen in (("lost to", wins & ~loses), ("won against", loses & ~wins)):
        if names := [items[i] for c in apart if chosen[c] for i in members[c]]:
            told.append(f"{_names(names)} never {verb} any of the others")
    groups = _groups(items, of_item, n_classes)
    do = (
        "Say --shrinkage 1, a normal prior with standard deviation 1, for finite scores; or leave these items out; or "
        "let them be compared more, until each has won and lost"
    )
    return NotIdentified(
        where,
        got="; ".join(told) + ", so that their maximum-likelihood scores are infinite",
        expected="wins and losses that lead from every item to every other",
        do=do,
        groups=groups,
    )


def _members(group: Codes, n_groups: int) -> list[list[int]]:
    order = np.argsort(group, kind="stable")
    return [part.tolist() for part in np.split(order, np.cumsum(np.bincount(group, minlength=n_groups))[:-1])]


def _groups(items: Sequence[str], group: Codes, n_groups: int) -> list[list[str]]:
    """Return the names in each group, the largest group first."""
    return sorted(([items[i] for i in members] for members in _members(group, n_groups)), key=len, reverse=True)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN_ITEMS])
    return shown if len(names) <= SHOWN_ITEMS else f"{shown} and {len(names) - SHOWN_ITEMS} more"
