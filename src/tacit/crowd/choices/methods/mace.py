"""MACE: a labeler either knows the class, or does not look and says what they like to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import xlogy

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

TINY = 1e-30


@dataclass(frozen=True)
class Mace(UntilAtRest):
    """With probability θ a labeler says the true class, else one from a distribution ξ of their own, not looking.

    The fit begins at the majority instead of at several random places, and every class is equally probable beforehand.

    Args:
        prior_votes: votes that the priors of θ and ξ are worth, each, spread evenly.

    Source: Hovy, Berg-Kirkpatrick, Vaswani, Hovy 2013, section 3, NAACL-HLT, aclanthology.org/N13-1132.
    """

    prior_votes: float = 1.0
    name: ClassVar[str] = "mace"

    def fit(
        self,
        choices: Choices,
        *,
        seed: int = 0,
        known: Gold | None = None,
        history: History | None = None,
        start: ChoiceFit | None = None,
    ) -> ChoiceFit:
        """Infer the items' classes, and who looks.

        Args:
            choices: the votes.
            seed: of the choice between equally probable classes.
            known: items whose true label is known; they stay so.
            history: what is known of labelers, as votes added to theirs.
            start: an earlier fit to begin from.

        Raises:
            NotIdentified: one labeler alone. BadValue: too many labelers and classes.
        """
        refuse_one_labeler(choices, self.name, known, history)
        votes = vote_matrix(choices, where=f"method {self.name}")
        k, eye = choices.n_labels, np.eye(choices.n_labels)
        earlier = history_counts(choices, history)
        looks = np.full(choices.n_labelers, 0.5)
        likes = np.full((choices.n_labelers, k), 1 / k)
        last: dict[str, Floats] = {"looks": looks, "likes": likes}
        half = self.prior_votes / 2

        def step(posterior: Floats) -> Evidence:
            counts = votes.counts(posterior) + (0.0 if earlier is None else earlier)
            agreed, said = np.diagonal(counts, axis1=1, axis2=2), counts.sum(axis=1)
            knew = last["looks"][:, None] / (last["looks"][:, None] + (1 - last["looks"][:, None]) * last["likes"])
            honest = agreed * knew
            looks = (honest.sum(axis=1) + half) / (said.sum(axis=1) + 2 * half)
            not_looking = said - honest + self.prior_votes / k
            likes = not_looking / not_looking.sum(axis=1, keepdims=True)
            confusion = looks[:, None, None] * eye + ((1 - looks)[:, None] * likes)[:, None, :]
            score = np.log(np.maximum(confusion, TINY)).transpose(0, 2, 1)
            last.update(looks=looks, likes=likes, confusion=confusion, score=score)
            log_prior = half * (np.log(looks) + np.log1p(-looks)).sum() + xlogy(self.prior_votes / k, likes).sum()
            log_prior += 0.0 if earlier is None else float((earlier.transpose(0, 2, 1) * score).sum())
            return Evidence(votes.evidence(score) - np.log(k), float(log_prior))

        first = first_posterior(choices, votes.shares, start, history)
        rested = iterate(step, first, tolerance=self.tolerance, most_iterations=self.most_iterations, known=known)
        return ChoiceFit(
            method=self.name,
            choices=choices,
            posterior=rested.posterior,
            vote_score=last["score"].reshape(-1, k),
            confusion=last["confusion"],
            p_spammer=1 - last["looks"],
            trace=rested.trace,
            iterations=len(rested.trace),
            converged=rested.converged,
            warnings=(*choices.notes, *overlap_warnings(choices)),
            seed=seed,
        )
