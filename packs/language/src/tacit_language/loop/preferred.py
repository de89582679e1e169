"""The loop's reward as a preference model: whole models that read prompt and reply, in place of networks over words.

Its features are the tokens themselves: a row has the number of the prompt's tokens, that of all tokens, the tokens, and
zeros. Float32 holds every token id up to 16 million exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacit.crowd.raters import RaterFit
from tacit.errors import BadFile
from tacit.reward import Comparisons, HeldOut, Reward
from tacit.store.run_folder import read_json, write_json
from tacit_language.models import CausalModel
from tacit_language.preference import (
    PreferenceFit,
    PreferenceSettings,
    Sequences,
    fit_preferences,
    load_preferences,
    save_preferences,
)
from tacit_language.preference.judged import preferences_of
from tacit_language.preference.preferences import without_equal_texts
from tacit_language.preference.sequences import sequences

COUNTS = 2
SCALE_NAME = "scale.json"
Activations = Callable[[Sequence[Sequence[int]], Sequence[Sequence[int]]], NDArray[np.float32]]
"""Tokens of prompts and of replies → where a fixed model puts each, shape (reply, place)."""


def token_rows(prompts: Sequence[Sequence[int]], replies: Sequence[Sequence[int]], longest: int) -> NDArray[np.float32]:
    """Return replies as features, float32 (reply, 1, 2 + `longest`); a prompt without room loses its oldest tokens."""
    rows = np.zeros((len(prompts), 1, COUNTS + longest), np.float32)
    for row, prompt, reply in zip(rows[:, 0], prompts, replies, strict=True):
        kept = [*prompt[max(0, len(prompt) + len(reply) - longest) :], *reply]
        row[:COUNTS] = len(kept) - len(reply), len(kept)
        row[COUNTS : COUNTS + len(kept)] = kept
    return rows


def tokens_of(features: NDArray[Any]) -> tuple[list[list[int]], list[list[int]]]:
    """Return the prompts and the replies that `token_rows` made features of, from (…, feature)."""
    prompts, replies = [], []
    for row in np.asarray(features).reshape(-1, features.shape[-1]).astype(np.int64).tolist():
        first, end = COUNTS + row[0], COUNTS + row[1]
        prompts.append(row[COUNTS:first])
        replies.append(row[first:end])
    return prompts, replies


class PreferenceModels:
    """Fits an ensemble of preference models, each beginning from the same model.

    Args:
        trunk: what each begins from; it is copied.
        settings: of the models and their training.
        activations: where a model that is never trained puts a reply: by that odd ones are told.
    """

    def __init__(self, trunk: CausalModel, settings: PreferenceSettings, activations: Activations) -> None:
        self._trunk, self._settings, self._activations = trunk, settings, activations

    def fit(self, comparisons: Comparisons, *, seed: int, warm: Reward | None = None) -> TextReward:
        """Return preference models fitted with the reliability of each rater, each from the first model on.

        Raises:
            BadValue: no two texts that differ were compared. NotFinite: a loss became NaN or infinite; says where.
        """
        del warm
        used, back = np.unique(np.stack([comparisons.first, comparisons.second]), return_inverse=True)
        texts = _texts(comparisons.features[used], self._trunk)
        given = preferences_of(comparisons, texts, back.reshape(2, -1).T)
        told_apart = without_equal_texts(given)
        fit = fit_preferences(told_apart, self._trunk, self._settings, seed=seed)
        scores = fit.member_scores(texts)
        deviation = scores.std(axis=1)
        scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1.0), 0.0)
        together = float(((scores - scores.mean(axis=1, keepdims=True)) * scale[:, None]).mean(axis=0).std())
        unit = Unit(tuple(scores.mean(axis=1).tolist()), tuple(scale.tolist()), 1 / together if together > 0 else 0.0)
        return TextReward(fit, unit, self._activations)

    def load(self, folder: Path) -> TextReward:
        """Return the reward that was saved in `folder`.

        Raises:
            BadFile: a damaged file, or a reward of another kind.
        """
        told = read_json(folder / SCALE_NAME)
        try:
            unit = Unit(tuple(told["means"]), tuple(told["scales"]), float(told["together"]))
        except (KeyError, TypeError, ValueError) as error:
            where = str(folder / SCALE_NAME)
            raise BadFile(where, got=str(error), expected="the scale of a preference model") from None
        return TextReward(load_preferences(folder, self._trunk), unit, self._activations)


@dataclass(frozen=True)
class Unit:
    """What brings scores to mean 0 and standard deviation 1 over the texts that were fitted.

    Args:
        means: of each member's scores there. scales: 1 / standard deviation of them, 0 where they do not vary.
        together: 1 / standard deviation of the mean of the members so scaled.
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    together: float


@dataclass(frozen=True)
class TextReward:
    """Fitted preference models as the reward of a run.

    Args:
        fit: the models. unit: of their scores. activations: see `PreferenceModels`.
    """

    fit: PreferenceFit
    unit: Unit
    activations: Activations

    @property
    def raters(self) -> tuple[str, ...]:
        """Names of those who answered."""
        return self.fit.raters

    @property
    def rater_fit(self) -> RaterFit:
        """How reliable each of them is."""
        return self.fit.rater_fit

    @property
    def lapse(self) -> float:
        """Probability that an answer is a coin flip."""
        return self.fit.lapse

    @property
    def losses(self) -> dict[str, float]:
        """Losses in nats in the pass whose weights were kept."""
        training, validation = self.fit.history[max(0, self.fit.epochs - 1)]
        return {"training_loss": training, "validation_loss": validation}

    @cached_property
    def held_out(self) -> HeldOut:
        """Predictions for pairs by members that were not fitted to them; `pair` counts pairs of texts that differ."""
        unseen = self.fit.held_out
        p = expit(unseen.difference / self.fit.temperature)
        lapsed = self.lapse / 2 + (1 - self.lapse) * p
        arrays = (unseen.difference.astype(np.float32), lapsed.astype(np.float32), unseen.target.astype(np.float32))
        return HeldOut(unseen.answer, *arrays, unseen.rater)

    def score(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Return the reward of each reply, mean 0 and standard deviation 1 over those that were fitted, shape (…)."""
        score: NDArray[np.float32] = self.score_members(features).mean(axis=0) * np.float32(self.unit.together)
        return score

    def score_members(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Return each member's reward of each reply in the same unit, shape (member, …)."""
        scores = self._raw(features)
        means, scales = (np.array(x).reshape(-1, *[1] * (scores.ndim - 1)) for x in (self.unit.means, self.unit.scales))
        return np.asarray((scores - means) * scales, np.float32)

    def difference_members(self, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float32]:
        """Return each member's log-odds that the first item is better, (…, step, feature) → (member, …)."""
        both = [self._raw(side).sum(axis=-1) / self.fit.temperature for side in (first, second)]
        return np.asarray(both[0] - both[1], np.float32)

    def represent(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Return the activations of the model that the run began with, (item, 1, feature) → (item, place)."""
        return self.activations(*tokens_of(features))

    def save(self, folder: Path) -> None:
        """Write models and scale into `folder`."""
        save_preferences(folder, self.fit)
        unit = {"means": list(self.unit.means), "scales": list(self.unit.scales), "together": self.unit.together}
        write_json(folder / SCALE_NAME, unit)

    def _raw(self, features: NDArray[Any]) -> NDArray[np.float64]:
        """Return each member's score of each reply as the member has it; a reply that stands twice is read once."""
        rows = np.ascontiguousarray(features, np.float32).reshape(-1, features.shape[-1])
        unique, back = np.unique(rows, axis=0, return_inverse=True)
        scores = self.fit.member_scores(_texts(unique, self.fit.models[0].trunk))
        return scores[:, back.reshape(-1)].reshape(len(scores), *features.shape[:-1])


def _texts(features: NDArray[Any], trunk: CausalModel) -> Sequences:
    return sequences(*tokens_of(features), context_length=trunk.config.context_length)
