"""The majority of the votes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tacit.crowd.choices.fit import ChoiceFit
from tacit.crowd.choices.gold import Gold
from tacit.crowd.choices.history import History
from tacit.crowd.choices.overlap import overlap_warnings
from tacit.crowd.choices.table import Choices
from tacit.crowd.choices.votes import vote_shares


@dataclass(frozen=True)
class Majority:
    """Each item gets the class that most of its votes name; a tie is broken at random by the seed.

    The posterior is the share of the votes, and every labeler counts alike. A labeler's reliability is still inferred,
    from the other labelers' votes.
    """

    name: ClassVar[str] = "majority"

    def fit(
        self,
        choices: Choices,
        *,
        seed: int = 0,
        known: Gold | None = None,
        history: History | None = None,
        start: ChoiceFit | None = None,
    ) -> ChoiceFit:
        """Count the votes.

        Args:
            choices: the votes.
            seed: of the choice between classes with equally many votes.
            known: items whose true label is known.
            history: makes no difference here. start: likewise.
        """
        del history, start
        posterior = vote_shares(choices)
        if known is not None:
            posterior[known.item] = 0.0
            posterior[known.item, known.label] = 1.0
        return ChoiceFit(
            method=self.name,
            choices=choices,
            posterior=posterior,
            vote_score=np.empty((0, choices.n_labels)),
            warnings=(*choices.notes, *overlap_warnings(choices)),
            seed=seed,
        )
