"""What an audit counts about each label: whether it was wrong, and by how much it stands out on its item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.choices import Choices, Gold

Float64 = NDArray[np.float64]


def wrongness(choices: Choices, gold: Gold | None = None) -> Float64:
    """Return how wrong each label is, from 0 to 1; NaN where that cannot be told; shape (vote,).

    With true labels: 1 for another label than the true one, on items whose truth is known. Without: the share of the
    item's other labels that differ from it, so that nobody is judged by a consensus that holds his own vote.

    Args:
        choices: the votes.
        gold: true labels of some items.
    """
    if gold is not None and len(gold):
        true = np.full(choices.n_items, -1)
        true[gold.item] = gold.label
        truth = true[choices.item]
        return np.where(truth >= 0, (choices.label != truth).astype(np.float64), np.nan)
    m, same = votes_alike(choices)
    apart: Float64 = np.divide(m - same, m - 1, out=np.full(len(m), np.nan), where=m > 1)
    return apart


def votes_alike(choices: Choices) -> tuple[Float64, Float64]:
    """Return how many votes the item of each vote has, and how many of them are for the same label; shape (vote,)."""
    m = np.bincount(choices.item, minlength=choices.n_items)
    cell = choices.item.astype(np.int64) * choices.n_labels + choices.label
    _, code, count = np.unique(cell, return_inverse=True, return_counts=True)
    return m[choices.item].astype(np.float64), count[code].astype(np.float64)


def excess(values: Float64, choices: Choices) -> Float64:
    """Return each value less the mean of those of the item's other votes; NaN where there is no other; shape (vote,).

    What is left after that is the labeler's own: an item that is hard for all is hard for the others too.

    Args:
        values: one a vote, NaN where unknown.
        choices: the votes.
    """
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    n = np.bincount(choices.item, weights=known, minlength=choices.n_items)[choices.item]
    total = np.bincount(choices.item, weights=filled, minlength=choices.n_items)[choices.item]
    others: Float64 = np.divide(total - filled, n - 1, out=np.full(len(values), np.nan), where=known & (n > 1))
    return np.asarray(values - others)
