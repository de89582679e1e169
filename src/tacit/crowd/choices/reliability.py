"""How likely each labeler is to be right, from what the others say of the same items.

Were the truth known, the share of right votes would be a binomial proportion. It is not, so each vote is held against
the item's posterior *without that vote*: a posterior that has seen a vote agrees with it, and would certify anybody.
If u is the probability that the vote is right under that posterior, and w the probability of what was said if it is
wrong, a labeler of skill s makes such a vote with probability s·u + (1 − s)·w. The skill's prior is the crowd: a Beta
distribution and a share of guessers, whose parameters are averaged over by how well they explain all labelers together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from tacit.crowd.choices.table import Choices
from tacit.measure import Estimate

Float64 = NDArray[np.float64]
N_BINS = 100
SKILLS = (np.arange(200) + 0.5) / 200
MEANS = (np.arange(20) + 0.5) / 20
SIZES = np.array([2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0])
GUESSERS = np.array([0.001, 0.1, 0.25])
VOTES_AT_ONCE = 1_000_000
LABELERS_FOR_CROWD = 20_000


@dataclass(frozen=True)
class Skill:
    """How likely each labeler is to be right on an item drawn from all.

    Args:
        mean: posterior mean, shape (labeler,). low: lower end of the 95 % interval. high: upper end.
        n: votes that it rests on.
    """

    mean: Float64
    low: Float64
    high: Float64
    n: NDArray[np.intp]

    def estimates(self) -> list[Estimate]:
        """Return one estimate a labeler."""
        rows = zip(self.mean.tolist(), self.low.tolist(), self.high.tolist(), self.n.tolist(), strict=True)
        return [Estimate(mean, low, high, n, method="posterior over skill") for mean, low, high, n in rows]


def fit_skill(choices: Choices, posterior: NDArray[np.floating[Any]], vote_score: NDArray[np.floating[Any]]) -> Skill:
    """Infer each labeler's skill, shrunk to the crowd.

    Args:
        choices: the votes.
        posterior: probability of each class, shape (item, label).
        vote_score: what each vote adds to the item's log-odds, shape (labeler · label, true label); empty if the
            posterior is the share of votes, which is then read as if all labelers were alike.

    Source: the likelihood of a vote with one parameter a labeler, as in Raykar et al. 2010, JMLR 11, section 2; the
    vote itself is left out.
    """
    n = np.bincount(choices.labeler, minlength=choices.n_labelers)
    histogram = np.zeros(choices.n_labelers * N_BINS)
    said_if_wrong = _said_if_wrong(choices, posterior)
    if not len(vote_score):
        posterior, vote_score = _as_if_all_alike(choices, posterior)
    for start in range(0, len(choices), VOTES_AT_ONCE):
        votes = slice(start, start + VOTES_AT_ONCE)
        right = _p_right_without(choices, posterior, vote_score, said_if_wrong, votes)
        bins = np.minimum((right * N_BINS).astype(np.intp), N_BINS - 1)
        cell = choices.labeler[votes].astype(np.intp) * N_BINS + bins
        weight = None if choices.weight is None else choices.weight[votes]
        histogram += np.bincount(cell, weights=weight, minlength=len(histogram))
    centres = (np.arange(N_BINS) + 0.5) / N_BINS
    table = np.log(centres[:, None] * SKILLS + (1 - centres[:, None]) * (1 - SKILLS))  # (bin, skill)
    log_likelihood = histogram.reshape(choices.n_labelers, N_BINS) @ table
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    density = likelihood * _crowd(likelihood, choices.n_labels)
    density /= density.sum(axis=1, keepdims=True)
    return Skill(density @ SKILLS, _quantile(density, 0.025), _quantile(density, 0.975), n)


def _said_if_wrong(choices: Choices, posterior: NDArray[np.floating[Any]]) -> Float64:
    """Return how probable each class is among wrong votes on items of another, shape (true, said)."""
    k = choices.n_labels
    counts = np.ones((k, k))
    for start in range(0, len(choices), VOTES_AT_ONCE):
        votes = slice(start, start + VOTES_AT_ONCE)
        for true in range(k):
            share = posterior[choices.item[votes], true]
            counts[true] += np.bincount(choices.label[votes], weights=share, minlength=k)
    np.fill_diagonal(counts, 0.0)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-300))


def _p_right_without(
    choices: Choices,
    posterior: NDArray[np.floating[Any]],
    vote_score: NDArray[np.floating[Any]],
    said_if_wrong: Float64,
    votes: slice,
) -> Float64:
    """Return u / (u + w) of some votes: how far each speaks for a labeler who is right."""
    item, label = choices.item[votes], choices.label[votes].astype(np.intp)
    cell = choices.labeler[votes].astype(np.intp) * choices.n_labels + label
    weight = 1.0 if choices.weight is None else choices.weight[votes][:, None]
    others = np.log(np.maximum(posterior[item], 1e-30)) - weight * vote_score[cell]
    others = np.exp(others - others.max(axis=1, keepdims=True))
    others /= others.sum(axis=1, keepdims=True)
    right = others[np.arange(len(label)), label]
    wrong = np.einsum("vk,kv->v", others, said_if_wrong[:, label])
    return np.asarray(right / np.maximum(right + wrong, 1e-300), dtype=np.float64)


def _as_if_all_alike(choices: Choices, shares: NDArray[np.floating[Any]]) -> tuple[Float64, Float64]:
    """Return the posterior and what each vote adds to it if all labelers are right equally often.

    How often is known from how often two votes on one item agree: a² + (1 − a)² / (K − 1), for an accuracy a.
    """
    k = choices.n_labels
    n_votes = np.bincount(choices.item, weights=choices.weight, minlength=choices.n_items)[:, None]
    counts = shares * n_votes
    pairs = float((n_votes * (n_votes - 1)).sum())
    agree = float((counts * np.maximum(counts - 1, 0)).sum() + 1) / (pairs + 2)
    at_chance = 1 / k
    accuracy = at_chance + np.sqrt(max(0.0, (agree - at_chance) * (1 - at_chance)))
    accuracy = float(np.clip(accuracy, at_chance + 0.01, 0.99))
    per_vote = np.log(accuracy * max(k - 1, 1) / (1 - accuracy))
    log_p = counts * per_vote + np.log(shares.mean(axis=0) + 1e-9)
    log_p -= log_p.max(axis=1, keepdims=True)
    posterior = np.exp(log_p)
    posterior /= posterior.sum(axis=1, keepdims=True)
    return posterior, np.tile(per_vote * np.eye(k), (choices.n_labelers, 1))


@lru_cache(maxsize=8)
def _crowds(n_labels: int) -> Float64:
    """Return the prior of skill in each crowd, shape (crowd, skill), each row summing to 1."""
    edges = np.linspace(0, 1, len(SKILLS) + 1)
    mean, size, guessers = (g.ravel()[:, None] for g in np.meshgrid(MEANS, SIZES, GUESSERS, indexing="ij"))
    able = np.diff(betainc(mean * size, (1 - mean) * size, edges), axis=1)
    chance = 1 / n_labels
    guess = np.diff(betainc(200 * chance, 200 * (1 - chance), edges))
    prior = (1 - guessers) * able + guessers * guess
    return np.asarray(prior / prior.sum(axis=1, keepdims=True))


def _crowd(likelihood: Float64, n_labels: int) -> Float64:
    """Return the prior of each labeler: crowds averaged by how well they explain all labelers, shape (1, skill)."""
    prior = _crowds(n_labels)
    every = max(1, len(likelihood) // LABELERS_FOR_CROWD)
    shown = likelihood[::every]
    log_evidence = np.zeros(len(prior))
    for start in range(0, len(shown), 2_000):
        log_evidence += np.log(np.maximum(shown[start : start + 2_000] @ prior.T, 1e-300)).sum(axis=0)
    weight = np.exp(log_evidence - log_evidence.max())
    return np.asarray((weight / weight.sum()) @ prior)[None, :]


def _quantile(density: Float64, q: float) -> Float64:
    """Return the quantile of each row, between the cells of the grid."""
    edges = np.concatenate([np.zeros((len(density), 1)), np.cumsum(density, axis=1)], axis=1)
    right = np.clip((edges < q).sum(axis=1), 1, len(SKILLS))
    rows = np.arange(len(density))
    below, above = edges[rows, right - 1], edges[rows, right]
    part = (q - below) / np.maximum(above - below, 1e-300)
    return np.asarray((right - 1 + np.clip(part, 0, 1)) / len(SKILLS))
