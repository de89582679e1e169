"""The default: labelers of a crowd are alike, some groups of them more so, and a vote does not vouch for itself."""

from __future__ import annotations

from dataclasses import dataclass, field
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
from tacit.crowd.choices.methods.groups import Groups, first_groups
from tacit.crowd.choices.overlap import overlap_warnings
from tacit.crowd.choices.table import Choices
from tacit.crowd.choices.votes import vote_matrix


@dataclass(frozen=True)
class Hierarchical(UntilAtRest):
    """Confusion tables that share strength: each labeler belongs to a group of able ones or of spammers.

    The groups' distributions are learned from the crowd (`Groups`), so that a labeler with three votes is judged by
    what such labelers are usually like, and one with a thousand by their own. Three things keep it from falling below a
    majority where votes are few. A labeler's table is averaged over, not maximised. A vote is weighed by what is known
    of its labeler *without that vote*: to first order in the item's own posterior, which costs no more than a second
    column of the same product. And a crowd's confusions between classes are half believed, half drawn to one accuracy.

    The iteration is a fixed point and no ascent, so its trace, the log-likelihood of the votes each left out in turn,
    may fall on the way; it has converged when posterior and trace stand still.

    Source: the model with communities of Venanzi, Guiver, Kazai, Kohli, Shokouhi 2014, doi:10.1145/2566486.2567989;
    leaving the vote itself out as in collapsed inference, Asuncion, Welling, Smyth, Teh 2009, eq. 9, arXiv:1205.2662;
    the groups' step from Minka 2000, Estimating a Dirichlet distribution, section 4.
    """

    tolerance: float = field(default=1e-4, kw_only=True)
    most_iterations: int = field(default=300, kw_only=True)
    name: ClassVar[str] = "hierarchical"

    def fit(
        self,
        choices: Choices,
        *,
        seed: int = 0,
        known: Gold | None = None,
        history: History | None = None,
        start: ChoiceFit | None = None,
    ) -> ChoiceFit:
        """Infer the items' classes, the labelers' confusions, and who is a spammer.

        Args:
            choices: the votes.
            seed: of the choice between equally probable classes.
            known: items whose true label is known; they stay so.
            history: what is known of labelers, as votes added to theirs.
            start: an earlier fit to begin from.

        Raises:
            NotIdentified: one labeler alone. BadValue: too many labelers and classes for confusion tables.
        """
        refuse_one_labeler(choices, self.name, known, history)
        votes = vote_matrix(choices, where=f"method {self.name}")
        k = choices.n_labels
        earlier = history_counts(choices, history)
        groups = Groups(**start.crowd) if start is not None and start.crowd else first_groups(k)
        last: dict[str, Floats] = {}

        def step(posterior: Floats) -> Evidence:
            nonlocal groups
            counts = votes.counts(posterior)
            counts = counts if earlier is None else counts + earlier
            groups = groups.learned(counts)
            member, _ = groups.membership(counts)
            ahead, behind = groups.predictions(counts, member)
            score = np.log(ahead).transpose(0, 2, 1)
            itself = np.log(behind).transpose(0, 2, 1) - score
            both = votes.evidence(np.concatenate([score, itself], axis=2))
            log_score = both[:, :k] + posterior * both[:, k:]
            n_of_class = posterior.sum(axis=0, dtype=np.float64) + 1
            log_score += np.log(n_of_class / n_of_class.sum()).astype(log_score.dtype)
            last.update(confusion=ahead, score=score, spammer=member[:, len(groups.able) :].sum(axis=1))
            return Evidence(log_score)

        first = first_posterior(choices, votes.shares, start, history)
        rested = iterate(
            step,
            first,
            tolerance=self.tolerance,
            most_iterations=self.most_iterations,
            known=known,
            rises=False,
        )
        return ChoiceFit(
            method=self.name,
            choices=choices,
            posterior=rested.posterior,
            vote_score=last["score"].reshape(-1, k),
            confusion=last["confusion"],
            p_spammer=last["spammer"],
            trace=rested.trace,
            iterations=len(rested.trace),
            converged=rested.converged,
            warnings=(*choices.notes, *overlap_warnings(choices)),
            seed=seed,
            crowd=vars(groups),
        )
