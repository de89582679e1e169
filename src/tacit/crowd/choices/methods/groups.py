"""Groups of labelers: how a labeler's confusions are distributed in each, learned from the crowd itself.

In an *able* group each row of a labeler's confusion table is drawn from a Dirichlet distribution of that row; in a
group of *spammers* one distribution is drawn for all rows, so that what is said does not depend on the item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

Float64 = NDArray[np.float64]
ACCURACIES = (0.45, 0.685, 0.92)  # where the able groups begin: weak, ordinary and strong labelers
SIZE = 10.0  # votes that a row of a group's prior is worth at the beginning
GAMMA_SHAPE = 2.0  # of the prior of each pseudo-count, whose mode is where it begins
OWN_TASTE = 0.5  # pseudo-count of spammers who have a favourite each; they have no common taste to learn
BACKBONE = 0.5
"""How far an able group is drawn to one accuracy for all classes. A crowd's own confusions are half believed: believed
wholly, a rare class becomes the place for whatever is hard to label."""
LEAST, MOST = 1e-2, 500.0
LABELERS_TO_LEARN_FROM = 20_000


@dataclass(frozen=True)
class Groups:
    """The groups of a crowd.

    Args:
        able: pseudo-counts, shape (group, true label, said label).
        spammers: likewise for spammers, shape (group, 1, said label).
        share: share of the labelers in each group, able ones first.
    """

    able: Float64
    spammers: Float64
    share: Float64

    def membership(self, counts: Float64) -> tuple[Float64, float]:
        """Return the probability that each labeler is of each group, and the log-probability of all counts.

        Args:
            counts: how often each said what about items of each class, shape (labeler, true label, said label).

        Source: the mixture of Dirichlet-multinomials of Minka 2000, Estimating a Dirichlet distribution, eq. 53.
        """
        said = counts.sum(axis=1, keepdims=True)
        log_p = np.stack(
            [_log_marginal(a, counts) for a in self.able] + [_log_marginal(s, said) for s in self.spammers], axis=1
        )
        log_p += np.log(self.share)
        top = log_p.max(axis=1, keepdims=True)
        p = np.exp(log_p - top)
        total = p.sum(axis=1, keepdims=True)
        return p / total, float((top + np.log(total)).sum())

    def learned(self, counts: Float64) -> Groups:
        """Return the groups after one step towards the crowd's best.

        Args:
            counts: as in `membership`.
        """
        every = max(1, len(counts) // LABELERS_TO_LEARN_FROM)
        shown = counts[::every]
        member, _ = self.membership(shown)
        share = (member.sum(axis=0) + 1) / (len(shown) + member.shape[1])
        begun = first_groups(counts.shape[1])
        able = self.able.copy()
        for g, alpha in enumerate(self.able):
            free = _step(alpha, shown, member[:, g], begun.able[g])
            weight = np.einsum("l,lky->k", member[:, g], shown) + 1
            able[g] = (1 - BACKBONE) * free + BACKBONE * _one_accuracy(free, weight)
        n_able = len(able)
        spammers = self.spammers.copy()
        said = shown.sum(axis=1, keepdims=True)
        spammers[0] = _step(spammers[0], said, member[:, n_able], begun.spammers[0])
        return Groups(able, spammers, share)

    def predictions(self, counts: Float64, member: Float64) -> tuple[Float64, Float64]:
        """Return the probability of each next vote, and of each given vote had it not been counted.

        Args:
            counts: as in `membership`. member: its result.

        Returns:
            Two tables of shape (labeler, true label, said label). The second is that of a vote which counts wholly for
            its true label: the group's own prediction without it, averaged over what the group is without it, which
            comes to the harmonic mean.
        """
        said = counts.sum(axis=1, keepdims=True)
        fewer, fewer_said = np.maximum(counts - 1, 0), np.maximum(said - 1, 0)
        row, row_said = counts.sum(axis=2, keepdims=True), said.sum(axis=2, keepdims=True)
        ahead, behind = np.zeros_like(counts), np.zeros_like(counts)
        for g, alpha in enumerate([*self.able, *self.spammers]):
            p, is_able = member[:, g, None, None], g < len(self.able)
            size = alpha.sum(axis=1, keepdims=True)
            full, less = (counts, fewer) if is_able else (said, fewer_said)
            n = row if is_able else row_said
            ahead += p * (alpha + full) / (size + n)
            behind += p * (size + np.maximum(n - 1, 0)) / (alpha + less)
        return ahead, 1 / behind


def first_groups(n_labels: int) -> Groups:
    """Return the groups before anything is known of the crowd."""
    eye = np.eye(n_labels, dtype=bool)
    able = np.stack([SIZE * np.where(eye, a, (1 - a) / max(n_labels - 1, 1)) for a in ACCURACIES])
    spammers = np.stack([np.full((1, n_labels), SIZE), np.full((1, n_labels), OWN_TASTE)])
    n_able = len(able)
    return Groups(able, spammers, np.r_[np.full(n_able, 0.9 / n_able), 0.05, 0.05])


def _log_marginal(alpha: Float64, counts: Float64) -> Float64:
    """Return the log-probability of each labeler's counts when the rows are drawn from Dirichlet distributions."""
    size = alpha.sum(axis=-1)
    rows = gammaln(size) - gammaln(size + counts.sum(axis=-1))
    cells = gammaln(alpha + counts) - gammaln(alpha)
    return np.asarray(rows.sum(axis=-1) + cells.sum(axis=(-1, -2)))


def _step(alpha: Float64, counts: Float64, weight: Float64, begun: Float64) -> Float64:
    """Return pseudo-counts after one step of the fixed point, with a Gamma prior whose mode is `begun`."""
    size, rows = alpha.sum(axis=-1, keepdims=True), counts.sum(axis=-1, keepdims=True)
    gain = np.einsum("l,lky->ky", weight, digamma(alpha + counts) - digamma(alpha))
    cost = np.einsum("l,lky->ky", weight, digamma(size + rows) - digamma(size))
    rate = (GAMMA_SHAPE - 1) / begun
    return np.asarray(np.clip((alpha * gain + GAMMA_SHAPE - 1) / (cost + rate), LEAST, MOST))


def _one_accuracy(alpha: Float64, weight: Float64) -> Float64:
    """Return the table with one accuracy and one size for all classes that is nearest to `alpha`.

    Args:
        alpha: pseudo-counts, shape (true label, said label).
        weight: votes on items of each class, shape (true label,).
    """
    share = weight / weight.sum()
    size = alpha.sum(axis=1, keepdims=True)
    mean = alpha / size
    accuracy = float(share @ mean.diagonal())
    off = ~np.eye(len(alpha), dtype=bool)
    taste = np.where(off, mean * share[:, None], 0).sum(axis=0) / np.maximum((off * share[:, None]).sum(axis=0), 1e-12)
    table: NDArray[Any] = np.where(off, np.maximum(taste, 1e-12), 0.0)
    table *= (1 - accuracy) / np.maximum(table.sum(axis=1, keepdims=True), 1e-300)
    table[~off] = accuracy
    return np.asarray(table * np.exp(share @ np.log(size[:, 0])))
