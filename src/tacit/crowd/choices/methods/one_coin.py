"""One number a labeler: how often what they say is right."""

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
from tacit.crowd.choices.votes import vote_shares

TINY = 1e-12


@dataclass(frozen=True)
class OneCoin(UntilAtRest):
    """Each labeler is right with one probability on items of any class, and wrong votes fall on all others alike.

    It needs no table of confusions, so it serves a thousand classes. The prior of a labeler's skill is worth
    `prior_votes` votes, with as many right as agree with the share of votes in the whole crowd.

    Args:
        prior_votes: votes that the prior of a labeler is worth.

    Source: the symmetric case of Dawid and Skene 1979, doi:10.2307/2346806, as in Raykar et al. 2010, JMLR 11.
    """

    prior_votes: float = 2.0
    name: ClassVar[str] = "one_coin"

    def fit(
        self,
        choices: Choices,
        *,
        seed: int = 0,
        known: Gold | None = None,
        history: History | None = None,
        start: ChoiceFit | None = None,
    ) -> ChoiceFit:
        """Infer the items' classes and the labelers' skills.

        Args:
            choices: the votes.
            seed: of the choice between equally probable classes.
            known: items whose true label is known; they stay so.
            history: what is known of labelers, as votes added to their prior.
            start: an earlier fit to begin from.

        Raises:
            NotIdentified: one labeler alone.
        """
        refuse_one_labeler(choices, self.name, known, history)
        k, n_items = choices.n_labels, choices.n_items
        item, labeler = choices.item.astype(np.intp), choices.labeler.astype(np.intp)
        cell = item * k + choices.label
        weight = choices.weight
        n_votes = np.bincount(labeler, weights=weight, minlength=choices.n_labelers).astype(float)
        right_before = n_before = np.zeros(choices.n_labelers)
        if (earlier := history_counts(choices, history)) is not None:
            right_before, n_before = np.trace(earlier, axis1=1, axis2=2), earlier.sum(axis=(1, 2))
        first = first_posterior(choices, vote_shares(choices), start, history)
        agreeing = first.ravel()[cell] if weight is None else first.ravel()[cell] * weight
        crowd = (agreeing.sum() + 1) / (n_votes.sum() + 2)
        last: dict[str, Floats] = {}

        def step(posterior: Floats) -> Evidence:
            seen = posterior.ravel()[cell] * (1.0 if weight is None else weight)
            right = np.bincount(labeler, weights=seen, minlength=choices.n_labelers)
            prior_right = self.prior_votes * crowd + right_before
            prior_wrong = self.prior_votes * (1 - crowd) + n_before - right_before
            total = n_votes + prior_right + prior_wrong
            skill = np.clip((right + prior_right) / np.maximum(total, TINY), TINY, 1 - TINY)
            log_right, log_wrong = np.log(skill), np.log1p(-skill) - np.log(max(k - 1, 1))
            last.update(skill=skill, log_right=log_right, log_wrong=log_wrong)
            gain, weighted = (log_right - log_wrong)[labeler], log_wrong[labeler]
            if weight is not None:
                gain, weighted = gain * weight, weighted * weight
            log_score: Floats = np.bincount(cell, weights=gain, minlength=n_items * k).reshape(n_items, k).astype(float)
            log_score += np.bincount(item, weights=weighted, minlength=n_items)[:, None]
            log_score += np.log(np.maximum(posterior.mean(axis=0), TINY))
            return Evidence(log_score, float(prior_right @ log_right + prior_wrong @ np.log1p(-skill)))

        rested = iterate(step, first, tolerance=self.tolerance, most_iterations=self.most_iterations, known=known)
        eye = np.eye(k, dtype=bool)
        score = np.where(eye, last["log_right"][:, None, None], last["log_wrong"][:, None, None])
        return ChoiceFit(
            method=self.name,
            choices=choices,
            posterior=rested.posterior,
            vote_score=score.reshape(-1, k),
            trace=rested.trace,
            iterations=len(rested.trace),
            converged=rested.converged,
            warnings=(*choices.notes, *overlap_warnings(choices)),
            seed=seed,
        )
