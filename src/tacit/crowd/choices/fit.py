"""What a fit to votes says: a label for each item, and how far each labeler can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.crowd.choices.history import History
from tacit.crowd.choices.reliability import Skill, fit_skill
from tacit.crowd.choices.table import Choices
from tacit.measure import Estimate

EQUAL = 1e-6  # probabilities closer than this are a tie
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ChoiceFit:
    """Labels inferred from votes.

    Args:
        method: the name of the method.
        choices: the votes.
        posterior: probability of each class, shape (item, label).
        vote_score: log-probability of each vote were each class the truth, up to a constant: what the vote adds to the
            item's log-odds; shape (labeler · label, true label). Empty for a method without a model.
        confusion: probability that a labeler says one class of an item of another, shape (labeler, true label, said
            label); None for a method that does not infer it.
        p_spammer: probability that what a labeler says does not depend on the item, shape (labeler,); None likewise.
        trace: what the method raises, after each iteration.
        iterations: how many there were.
        converged: whether the posterior stood still at the end while the trace did not fall.
        warnings: what the user should know before believing the result.
        seed: of the random choice between equally probable classes.
        crowd: what was learned of the crowd as a whole, by name, for a fit that begins from this one.
    """

    method: str
    choices: Choices
    posterior: Floats
    vote_score: Floats
    confusion: Floats | None = None
    p_spammer: Floats | None = None
    trace: tuple[float, ...] = ()
    iterations: int = 0
    converged: bool = True
    warnings: tuple[str, ...] = ()
    seed: int = 0
    crowd: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @cached_property
    def label(self) -> NDArray[np.intp]:
        """The most probable class of each item, shape (item,); of equally probable ones, one at random by the seed."""
        return decide(self.posterior, seed=self.seed)

    @cached_property
    def skill(self) -> Skill:
        """How likely each labeler is to be right, with an interval, from what the other labelers say."""
        return fit_skill(self.choices, self.posterior, self.vote_score)

    @property
    def history(self) -> History:
        """What this fit knows of its labelers, as a prior for the next: expected counts of votes."""
        choices, k = self.choices, self.choices.n_labels
        cell = choices.labeler.astype(np.int64) * k + choices.label
        counts = np.empty((choices.n_labelers * k, k))
        for true in range(k):
            share = self.posterior[choices.item, true].astype(np.float64)
            share = share if choices.weight is None else share * choices.weight
            counts[:, true] = np.bincount(cell, weights=share, minlength=len(counts))
        shaped = counts.reshape(choices.n_labelers, k, k).transpose(0, 2, 1)
        return History(choices.labelers, choices.labels, shaped)

    def reliability(self) -> dict[str, Estimate]:
        """Return how likely each labeler is to be right, by name."""
        return dict(zip(self.choices.labelers.to_list(), self.skill.estimates(), strict=True))

    def labels(self) -> pl.DataFrame:
        """Return one row an item: `item`, `label`, its `probability`, and `p_` and the name of each class."""
        best = self.label
        return pl.DataFrame(
            {
                "item": self.choices.items,
                "label": pl.Series(self.choices.labels, dtype=pl.String)[best],
                "probability": self.posterior[np.arange(len(best)), best],
                **{f"p_{name}": self.posterior[:, k] for k, name in enumerate(self.choices.labels)},
            }
        )


def decide(posterior: Floats, *, seed: int) -> NDArray[np.intp]:
    """Return the most probable class of each item; of equally probable ones, one at random, never by their order.

    Args:
        posterior: shape (item, label).
        seed: of the choice.
    """
    best: NDArray[np.intp] = posterior.argmax(axis=1)
    top = posterior[np.arange(len(best)), best]
    is_top = posterior >= (top - EQUAL)[:, None]
    tied = np.flatnonzero(is_top.sum(axis=1) > 1)
    if len(tied):
        draw = np.random.default_rng(seed).random((len(tied), posterior.shape[1]))
        best[tied] = np.where(is_top[tied], draw, -1.0).argmax(axis=1)
    return best
