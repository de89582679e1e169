"""Fitted preference models: scores with their spread, calibrated probabilities, and how far each rater is believed."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacit.crowd.raters import RaterFit
from tacit.errors import BadValue, NotIdentified
from tacit.measure import Estimate, proportion
from tacit.measure.calibration import expected_calibration_error, fit_temperature
from tacit_language.models import CausalModel
from tacit_language.preference.model import PreferenceModel
from tacit_language.preference.sequences import Sequences

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class HeldOutPairs:
    """Predictions for pairs by those members alone that were not fitted to the answer.

    Args:
        answer: the answer that implies each pair, shape (pair,).
        difference: score of the first less that of the second, log-odds, shape (pair,).
        target: probability that the first is better, as answered. weight: how much the pair counts.
        rater: who answered.
    """

    answer: NDArray[np.intp]
    difference: Float64
    target: Float64
    weight: Float64
    rater: NDArray[np.intp]

    def agreement(self) -> Estimate:
        """Return how often the text with the higher score is the one that was preferred; ties are left out."""
        decided = self.target != 0.5
        agree = np.where(self.difference > 0, self.target, 1 - self.target)[decided]
        return proportion(float(agree.sum()), int(decided.sum()))


@dataclass(frozen=True)
class PreferenceFit:
    """An ensemble of preference models.

    Args:
        models: the members, in evaluation mode.
        held_out: predictions for answers that at least one member had not seen.
        raters: names of the raters. rater_fit: how far each can be trusted, from `held_out`.
        believed: precision of each rater that this fit assumed, shape (rater,).
        history: mean training and validation loss in nats after each pass.
        epochs: the pass whose weights were kept.
        n_answers: answers fitted. left_out: outcome → how many answers entered no likelihood.
        seed: of the fit. lapse: as fitted. settings: of the training, JSON values.
        preferences_hash: SHA-256 of what was fitted.
    """

    models: tuple[PreferenceModel, ...]
    held_out: HeldOutPairs
    raters: tuple[str, ...]
    rater_fit: RaterFit
    believed: Float64
    history: tuple[tuple[float, float], ...]
    epochs: int
    n_answers: int
    left_out: dict[str, int]
    seed: int
    lapse: float
    settings: dict[str, Any]
    preferences_hash: str

    @property
    def p_agree(self) -> dict[str, Estimate]:
        """How likely each rater is to agree with the consensus on a random pair."""
        return dict(zip(self.raters, self.rater_fit.estimates(), strict=True))

    def trunk(self, member: int = 0) -> CausalModel:
        """Return a copy of a member's trunk, to begin another fit with: preference-model pre-training.

        Source: Askell et al. 2021, section 4, arXiv:2112.00861.
        """
        return deepcopy(self.models[member].trunk)

    @cached_property
    def temperature(self) -> float:
        """What differences of scores are divided by to be log-odds, from pairs that were held out; 1 if undetermined.

        Where there are several raters the answers are those of raters who are believed, turned round for inverted ones.
        """
        difference, answer = self._believed_answers
        if len(answer) < 2:
            return 1.0
        try:
            return fit_temperature(expit(difference), answer).temperature.mean
        except NotIdentified:
            return 1.0

    @cached_property
    def _believed_answers(self) -> tuple[Float64, Float64]:
        """Differences of scores and answers of the pairs held out whose raters are believed, inverted ones turned."""
        precision = self.believed[self.held_out.rater]
        trusted = np.abs(precision) > 0.5
        turned = np.where(precision < 0, 1 - self.held_out.target, self.held_out.target)
        return self.held_out.difference[trusted], turned[trusted]

    def score(self, texts: Sequences) -> Float64:
        """Return the score of each text, mean of the members, in log-odds, shape (text,)."""
        return np.asarray(self.member_scores(texts).mean(axis=0) / self.temperature)

    def member_scores(self, texts: Sequences) -> Float64:
        """Return the score of each text by each member, as the members have them, shape (member, text)."""
        return np.stack([model.score(texts) for model in self.models]).astype(np.float64)

    def spread(self, texts: Sequences) -> Float64:
        """Return how far the members differ on each text, standard deviation in log-odds, shape (text,).

        What differs by a constant between members is no disagreement: each member's mean over the texts is taken off.

        Raises:
            BadValue: there is one member, which cannot disagree.
        """
        if len(self.models) == 1:
            raise BadValue("spread", got="one member", expected="an ensemble", do="Fit with members=3")
        scores = self.member_scores(texts) / self.temperature
        return np.asarray((scores - scores.mean(axis=1, keepdims=True)).std(axis=0, ddof=1))

    def preference(self, first: Sequences, second: Sequences) -> Float64:
        """Return the probability that each text of `first` is better than its fellow in `second`, shape (pair,)."""
        return np.asarray(expit(self.score(first) - self.score(second)))

    def calibration(self, *, n_bins: int = 10) -> Estimate:
        """Return the expected calibration error on held-out pairs by believed raters, over bins of equal mass."""
        difference, answer = self._believed_answers
        return expected_calibration_error(expit(difference / self.temperature), answer, n_bins=n_bins)
