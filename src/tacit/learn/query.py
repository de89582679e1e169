"""What to ask: which pairs of candidates a labeler should compare."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue

Pairs = NDArray[np.intp]
"""Indices of the first and the second candidate of each pair, shape (pair, 2)."""


class Selection(StrEnum):
    """How pairs are chosen from the possible ones.

    ``disagreement``: largest variance, over the members of the ensemble, of the predicted probability that the first
    is better. Source: Christiano et al. 2017, section 2.2.4, arXiv:1706.03741.
    ``information``: largest mutual information between the answer and the member, in nats. Source: Houlsby et al.
    2011, arXiv:1112.5745.
    ``random``: none preferred.
    """

    DISAGREEMENT = "disagreement"
    INFORMATION = "information"
    RANDOM = "random"


class Ensemble(Protocol):
    """What choosing needs of a reward model."""

    @property
    def lapse(self) -> float:
        """Probability that an answer is a coin flip."""
        ...

    def difference_members(self, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float32]:
        """Return each member's log-odds that the first is better, shape (member, pair)."""
        ...


def candidates_needed(n_pairs: int) -> int:
    """Return how many candidates to produce so that `n_pairs` can be chosen from ten times as many."""
    return max(8, 4 * n_pairs)


def choose_pairs(
    features: NDArray[Any],
    n_pairs: int,
    rng: np.random.Generator,
    *,
    ensemble: Ensemble | None,
    selection: Selection = Selection.DISAGREEMENT,
    oversampling: int = 10,
    group: NDArray[np.uint64] | None = None,
) -> Pairs:
    """Return which candidates to compare.

    Args:
        features: of the candidates, first axis the candidate; at least two.
        n_pairs: how many pairs.
        rng: draws the possible pairs.
        ensemble: the present reward model; without one the choice is random.
        selection: how to choose.
        oversampling: how many times as many pairs are looked at.
        group: key of each candidate's group; only candidates of one group are paired. None: any two.

    Returns:
        Different pairs of different candidates, shape (pair, 2); fewer than `n_pairs` only if no more exist.

    Raises:
        BadValue: fewer than two candidates, or no two of one group.
    """
    if len(features) < 2:
        raise BadValue("candidates", got=len(features), expected="at least 2 to compare")
    if group is None:
        possible = _different_pairs(len(features), n_pairs * oversampling, rng)
    else:
        possible = _pairs_within(group, n_pairs * oversampling, rng)
    if ensemble is None or selection is Selection.RANDOM:
        return possible[:n_pairs]
    used, index = np.unique(possible, return_inverse=True)
    index = index.reshape(possible.shape)
    log_odds = ensemble.difference_members(features[used][index[:, 0]], features[used][index[:, 1]])
    with np.errstate(over="ignore"):  # a member that is very sure: 1 / (1 + ∞) is the 0 that is meant
        p = ensemble.lapse / 2 + (1 - ensemble.lapse) / (1 + np.exp(-log_odds.astype(np.float64)))
    worth = (
        p.var(axis=0) if selection is Selection.DISAGREEMENT else _entropy(p.mean(axis=0)) - _entropy(p).mean(axis=0)
    )
    return possible[np.argsort(-worth, kind="stable")[:n_pairs]]


def _different_pairs(n: int, wanted: int, rng: np.random.Generator) -> Pairs:
    """Return up to `wanted` different unordered pairs, each in random order, in random order."""
    total = n * (n - 1) // 2
    if total <= 2 * wanted:
        upper = np.column_stack(np.triu_indices(n, k=1))
        pairs = upper[rng.permutation(total)[:wanted]]
    else:
        drawn = rng.integers(n, size=(3 * wanted, 2))
        while len(pairs := _first_of_each(drawn)) < wanted:
            drawn = np.concatenate([drawn, rng.integers(n, size=(3 * wanted, 2))])
        pairs = pairs[:wanted]
    swap = rng.random(len(pairs)) < 0.5
    return np.where(swap[:, None], pairs[:, ::-1], pairs).astype(np.intp)


def _pairs_within(group: NDArray[np.uint64], wanted: int, rng: np.random.Generator) -> Pairs:
    """Return up to `wanted` different unordered pairs of one group each, every group once before any comes twice."""
    order = np.argsort(group, kind="stable")
    _, sizes = np.unique(group[order], return_counts=True)
    starts = np.cumsum(sizes) - sizes
    parts, turns = [], []
    for size in np.unique(sizes[sizes > 1]):
        members = order[starts[sizes == size][:, None] + np.arange(size)]
        members = rng.permuted(members, axis=1)
        i, j = np.triu_indices(int(size), k=1)
        parts.append(np.stack([members[:, i], members[:, j]], axis=2).reshape(-1, 2))
        turns.append(np.tile(np.arange(len(i)), len(members)))
    if not parts:
        raise BadValue("candidates", got="no two of one group", expected="at least two answers to one prompt")
    pairs, turn = np.concatenate(parts), np.concatenate(turns)
    chosen = np.lexsort([rng.random(len(pairs)), turn])[:wanted]
    return pairs[chosen].astype(np.intp)


def _first_of_each(drawn: Pairs) -> Pairs:
    """Return each unordered pair of two different numbers once, lower number first, in the order of drawing."""
    low, high = drawn.min(axis=1), drawn.max(axis=1)
    _, first = np.unique(low * (drawn.max() + 1) + high, return_index=True)
    kept = np.sort(first)
    kept = kept[low[kept] != high[kept]]
    return np.column_stack([low[kept], high[kept]])


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entropy of a yes-or-no answer, in nats."""
    q = np.clip(p, 1e-12, 1 - 1e-12)
    return -q * np.log(q) - (1 - q) * np.log1p(-q)
