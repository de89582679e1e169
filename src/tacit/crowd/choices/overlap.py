"""Whether labelers can be held against each other at all: who shares an item with whom."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from tacit.crowd.choices.table import Choices

VOTES_AT_ONCE = 10_000_000


def overlap_warnings(choices: Choices) -> list[str]:
    """Return sentences about labelers who share no item with anyone, or groups that share none between them."""
    n_items, n_labelers = choices.n_items, choices.n_labelers
    votes_on = np.bincount(choices.item, minlength=n_items)
    shared = votes_on[choices.item] > 1
    n_shared = np.bincount(choices.labeler[shared], minlength=n_labelers)
    n_votes = np.bincount(choices.labeler, minlength=n_labelers)
    said = []
    alone = np.flatnonzero((n_shared == 0) & (n_votes > 0))
    if len(alone):
        names = _listed(choices.labelers[alone[:5]].to_list(), len(alone))
        one = len(alone) == 1
        who = f"1 of {n_labelers:,} labelers shares" if one else f"{len(alone):,} of {n_labelers:,} labelers share"
        said.append(
            f"{who} no item with anyone ({names}); only the prior says how reliable {'it is' if one else 'they are'}."
        )
    groups = _groups(choices, shared)
    if groups > 1:
        said.append(
            f"The labelers fall into {groups:,} groups that share no item; only the prior lets reliability be compared "
            "between them."
        )
    return said


def _groups(choices: Choices, shared: NDArray[np.bool_]) -> int:
    """Return the number of groups of labelers that are connected through items; those who share none are left out.

    Labelers of one item are joined in a chain, so that the graph is as large as the crowd and not as the votes.
    """
    item, labeler = choices.item[shared], choices.labeler[shared]
    if not len(item):
        return 0
    if not (item[1:] >= item[:-1]).all():
        order = np.argsort(item, kind="stable")
        item, labeler = item[order], labeler[order]
    size = choices.n_labelers
    graph: Any = None
    for start in range(0, len(item), VOTES_AT_ONCE):
        part = slice(start, start + VOTES_AT_ONCE + 1)
        chained = item[part][1:] == item[part][:-1]
        ends = labeler[part][:-1][chained], labeler[part][1:][chained]
        more = csr_matrix((np.ones(len(ends[0]), dtype=np.bool_), ends), shape=(size, size))
        graph = more if graph is None else graph + more
    group = connected_components(graph, directed=False)[1]
    return len(np.unique(group[np.unique(labeler)]))


def _listed(names: list[str], n: int) -> str:
    return ", ".join(names) + (f" and {n - len(names):,} more" if n > len(names) else "")
