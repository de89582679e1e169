"""Dawid and Skene's model: each labeler has a table of confusions, and votes are independent given the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tacit.crowd.choices.fit import ChoiceFit
from tacit.crowd.choices.gold import Gold
from tacit.crowd.choices.history import History
from tacit.crowd.choices.methods.em import (
    Evidence,
    Floats,
    UntilAtRest,
    first_posterior,
    history_counts,
    iterate,
    refuse_one_labeler,
)
from tacit.crowd.choices.overlap import overlap_warnings
from tacit.crowd.choices.table import Choices
from tacit.crowd.choices.votes import vote_matrix

TINY = 1e-30  # stands for a probability of 0, whose logarithm is not finite


@dataclass(frozen=True)
class DawidSkene(UntilAtRest):
    """Confusion tables by expectation–maximisation, at the posterior's maximum or the likelihood's.

    The model: item i is of class k with probability pₖ; labeler l says y of it with probability πₗₖᵧ, independently of
    the others. The prior of each row of πₗ is a Dirichlet distribution worth `prior_votes` votes, half of them right
    and half spread over all classes; without it (`prior_votes` 0) the maximum is that of the likelihood, which on a
    few votes a labeler believes chance agreements.

    Args:
        prior_votes: votes that the prior is worth, a row of a confusion table; 0 for maximum likelihood.

    Source: Dawid and Skene 1979, equations 2.3 to 2.5, doi:10.2307/2346806.
    """

    prior_votes: float = 2.0
    name: ClassVar[str] = "dawid_skene"

    def fit(
        self,
        choices: Choices,
        *,
        seed: int = 0,
        known: Gold | None = None,
        history: History | None = None,
        start: ChoiceFit | None = None,
    ) -> ChoiceFit:
        """Infer the items' classes and the labelers' confusions.

        Args:
            choices: the votes.
            seed: of the choice between equally probable classes.
            known: items whose true label is known; they stay so.
            history: what is known of labelers, as votes added to their prior.
            start: an earlier fit to begin from.

        Raises:
            NotIdentified: one labeler alone. BadValue: too many labelers and classes for confusion tables.
        """
        refuse_one_labeler(choices, self.name, known, history)
        votes = vote_matrix(choices, where=f"method {self.name}")
        k = choices.n_labels
        pseudo = self.prior_votes * (0.5 * np.eye(k) + 0.5 / k) + np.zeros((choices.n_labelers, 1, 1))
        earlier = history_counts(choices, history)
        pseudo = pseudo if earlier is None else pseudo + earlier
        last: dict[str, Floats] = {}

        def step(posterior: Floats) -> Evidence:
            counts = votes.counts(posterior) + pseudo
            confusion = counts / np.maximum(counts.sum(axis=2, keepdims=True), TINY)
            class_share = posterior.mean(axis=0, dtype=np.float64)
            last.update(confusion=confusion, score=np.log(np.maximum(confusion, TINY)).transpose(0, 2, 1))
            log_score = votes.evidence(last["score"])
            log_score += np.log(np.maximum(class_share, TINY)).astype(log_score.dtype)
            log_prior = float((pseudo.transpose(0, 2, 1) * last["score"]).sum())
            return Evidence(log_score, log_prior)

        first = first_posterior(choices, votes.shares, start, history)
        rested = iterate(step, first, tolerance=self.tolerance, most_iterations=self.most_iterations, known=known)
        return ChoiceFit(
            method=self.name,
            choices=choices,
            posterior=rested.posterior,
            vote_score=last["score"].reshape(-1, k),
            confusion=last["confusion"],
            trace=rested.trace,
            iterations=len(rested.trace),
            converged=rested.converged,
            warnings=(*choices.notes, *overlap_warnings(choices)),
            seed=seed,
        )
