"""Pairs of labelers who agree with each other more than their agreement with everyone else explains.

Two labels of an item agree the oftener the easier the item and the better the labelers. How easy an item is, is told by
how often its *other* labels agree; how good a labeler is, by how often he agrees with all labelers *but* the one he is
paired with. Among all pairs of labels, those alike in both are taken together, and their rate of agreement is what a
pair of labelers would show by itself. Copying, a shared account and shared answers show as a surplus; so may two people
of one school of thought, so that a finding is a reason to look, not a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from tacit.crowd.audit.multiplicity import benjamini_hochberg
from tacit.crowd.audit.outcomes import votes_alike
from tacit.crowd.choices import Choices

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]
FEWEST = 10
"""Fewest items that two labelers must share."""
MOST_PAIRS = 5_000_000
N_BINS = 8
PRIOR_PAIRS = 5
NORMAL_MAD = 0.6745  # median absolute value of a standard normal


@dataclass(frozen=True)
class Collusion:
    """How often two labelers agree beside how often they would.

    Args:
        first, second: codes of the labelers.
        n: items that both saw.
        agreed: on how many they agreed. expected: on how many they would have.
        z: surplus in standard deviations. p_value: of so large a surplus, adjusted over all pairs.
    """

    first: int
    second: int
    n: int
    agreed: int
    expected: float
    z: float
    p_value: float


def unexpected_agreement(choices: Choices, *, fewest: int = FEWEST, seed: int = 0) -> list[Collusion]:
    """Return all pairs of labelers with enough items in common, the most surprising agreement first.

    Args:
        choices: the votes. Items with five million pairs of votes in all are looked at; beyond, a sample of items.
        fewest: items that two labelers must share.
        seed: of that sample.

    Source: the comparison above is ours; adjusted as in `benjamini_hochberg`. The spread of the surpluses over all
    pairs, by their median, allows for what items and labelers differ in beyond the two (Efron 2004, section 4,
    doi:10.1198/016214504000000089).
    """
    left, right = _pairs_of_votes(choices, seed)
    if not len(left):
        return []
    a, b = choices.labeler[left].astype(np.int64), choices.labeler[right].astype(np.int64)
    swap = a > b
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    agree = (choices.label[left] == choices.label[right]).astype(np.float64)
    key, pair = np.unique(a * choices.n_labelers + b, return_inverse=True)
    n = np.bincount(pair, weights=np.ones(len(pair)))
    agreed = np.bincount(pair, weights=agree)
    first, second = key // choices.n_labelers, key % choices.n_labelers
    ease = _ease_of_the_rest(choices, left, right, agree)
    expected_each = _expected(agree, ease, _skill(first, second, n, agreed, choices.n_labelers)[pair])
    expected = np.bincount(pair, weights=expected_each)
    variance = np.bincount(pair, weights=expected_each * (1 - expected_each))
    chosen = np.flatnonzero((n >= fewest) & (variance > 0))
    if not len(chosen):
        return []
    z = (agreed - expected)[chosen] / np.sqrt(variance[chosen])
    spread = max(1.0, float(np.median(np.abs(z - np.median(z)))) / NORMAL_MAD)
    z = z / spread
    p = benjamini_hochberg(ndtr(-z))
    found = [
        Collusion(int(first[c]), int(second[c]), int(n[c]), int(agreed[c]), float(expected[c]), float(zz), float(pp))
        for c, zz, pp in zip(chosen, z, p, strict=True)
    ]
    return sorted(found, key=lambda one: -one.z)


def _pairs_of_votes(choices: Choices, seed: int) -> tuple[Index, Index]:
    """Return all pairs of votes on one item, as rows of `choices`; of a sample of items where there are too many."""
    order = np.argsort(choices.item, kind="stable")
    size = np.bincount(choices.item, minlength=choices.n_items)
    item_pairs = size * (size - 1) // 2
    if item_pairs.sum() > MOST_PAIRS:
        shuffled = np.random.default_rng(seed).permutation(choices.n_items)
        kept = np.zeros(choices.n_items, dtype=bool)
        kept[shuffled[np.cumsum(item_pairs[shuffled]) <= MOST_PAIRS]] = True
        order = order[kept[choices.item[order]]]
        size = np.where(kept, size, 0)
    start = np.cumsum(size) - size
    rank = np.arange(len(order)) - np.repeat(start, size)
    partners = np.repeat(size, size) - rank - 1  # votes of the same item that come later
    left = np.repeat(np.arange(len(order)), partners)
    before = np.repeat(np.cumsum(partners) - partners, partners)
    right = left + 1 + (np.arange(len(left)) - before)
    return order[left], order[right]


def _skill(first: Index, second: Index, n: NDArray[Any], agreed: NDArray[Any], n_labelers: int) -> Float64:
    """Return for each pair of labelers how often both agree with the others, as the product of two rates."""
    pairs = np.bincount(first, weights=n, minlength=n_labelers) + np.bincount(second, weights=n, minlength=n_labelers)
    total = np.bincount(first, weights=agreed, minlength=n_labelers)
    total += np.bincount(second, weights=agreed, minlength=n_labelers)
    usual = agreed.sum() / n.sum()
    rates = [(total[one] - agreed + usual) / (pairs[one] - n + 1) for one in (first, second)]  # one vote of prior
    return np.asarray(rates[0] * rates[1])


def _expected(agree: Float64, ease: Float64, skill: Float64) -> Float64:
    """Return how often pairs of votes agree that are alike in their item's ease and their labelers' skill."""
    known = np.isfinite(ease)
    bins = np.zeros(len(ease), dtype=np.intp)
    bins[known] = 1 + _quantile_bins(ease[known])
    cell = bins * N_BINS + _quantile_bins(skill)
    usual = float(agree.mean())
    rate = (np.bincount(cell, weights=agree) + PRIOR_PAIRS * usual) / (np.bincount(cell) + PRIOR_PAIRS)
    return np.asarray(rate[cell])


def _ease_of_the_rest(choices: Choices, left: Index, right: Index, agree: Float64) -> Float64:
    """Return how often the other votes of an item agree, beside each pair of its votes; NaN with fewer than two."""
    item = choices.item[left]
    m, alike = votes_alike(choices)
    all_pairs = np.bincount(item, weights=agree, minlength=choices.n_items)[item]
    with_either = (alike[left] - 1) + (alike[right] - 1) - agree
    rest = (m[left] - 2) * (m[left] - 3) / 2
    ease: Float64 = np.divide(all_pairs - with_either, rest, out=np.full(len(left), np.nan), where=rest > 0)
    return ease


def _quantile_bins(values: Float64) -> Index:
    """Return which of a few equally full bins each value is in; equal values share one."""
    if not len(values):
        return np.zeros(0, dtype=np.intp)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, N_BINS + 1)[1:-1]))
    return np.searchsorted(edges, values, side="right")
