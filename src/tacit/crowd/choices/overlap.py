"""Whether labelers can be held against each other at all: who shares an item with whom."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from tacit.crowd.choices.table import Choices


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


def _groups(choices: Choices, shared: np.ndarray) -> int:
    """Return the number of groups of labelers that are connected through items; those who share none are left out."""
    item, labeler = choices.item[shared].astype(np.int64), choices.labeler[shared].astype(np.int64)
    if not len(item):
        return 0
    size = choices.n_labelers + choices.n_items
    edges = csr_matrix((np.ones(len(item), np.int8), (labeler, item + choices.n_labelers)), shape=(size, size))
    group = connected_components(edges, directed=False)[1][: choices.n_labelers]
    return len(np.unique(group[np.unique(labeler)]))


def _listed(names: list[str], n: int) -> str:
    return ", ".join(names) + (f" and {n - len(names):,} more" if n > len(names) else "")
