"""Fitting an ensemble of preference models and the reliability of each rater, in turn."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict
from math import inf

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.raters import RaterFit, fit_raters
from tacit.errors import BadValue
from tacit.reward.in_turn import fit_in_turn
from tacit.reward.training import one_thread
from tacit_language.models import CausalModel
from tacit_language.preference.fitted import HeldOutPairs, PreferenceFit
from tacit_language.preference.member import Member
from tacit_language.preference.model import PreferenceModel, check_fits
from tacit_language.preference.preferences import Preferences
from tacit_language.preference.settings import PreferenceSettings


def fit_preferences(
    preferences: Preferences,
    trunk: CausalModel,
    settings: PreferenceSettings | None = None,
    *,
    seed: int,
    rounds: int = 3,
) -> PreferenceFit:
    """Fit preference models, find from answers that they had not seen how far to believe each rater, and fit again.

    A rater's precision multiplies the differences of scores in the likelihood of that rater's answers: near 0 for a
    coin-flipper, whose answers so teach nothing, and below 0 for one who answers the wrong way round. Every round
    begins with the trunk as given, so that nothing stays of answers that turned out to be worthless. With one rater
    one round is all.

    Args:
        preferences: what was answered.
        trunk: a language model, or the trunk of an earlier preference model; it is copied, never changed.
        settings: of the models and their training.
        seed: of the heads, the division of the answers and the order of the batches.
        rounds: most fits; 1 believes every rater alike.

    Raises:
        BadValue: no answers, or a text longer than the trunk's context.
        NotFinite: a loss became NaN or infinite; says where.

    Source: precisions of raters as in `tacit.crowd.raters`; the alternation is that of `tacit.reward.fit_reward`.
    """
    chosen = settings or PreferenceSettings()
    if len(preferences) == 0:
        raise BadValue("preferences", got="none", expected="at least one answered pair, choice or ranking")
    check_fits(preferences.texts, trunk.config.context_length)

    def one_round(precision: NDArray[np.float64], _: PreferenceFit | None) -> tuple[PreferenceFit, RaterFit]:
        fit = _fit_believing(preferences, precision, trunk, chosen, seed)
        return fit, fit.rater_fit

    with one_thread():
        return fit_in_turn(one_round, np.ones(len(preferences.raters)), rounds=rounds)


def _fit_believing(
    preferences: Preferences,
    precision: NDArray[np.float64],
    trunk: CausalModel,
    settings: PreferenceSettings,
    seed: int,
) -> PreferenceFit:
    """Fit all members with each rater believed as far as `precision` says; keep the pass that does best on average."""
    if settings.members > 1:
        held_out = preferences.folds(seed=seed, n_folds=settings.members)
    else:
        held_out = preferences.held_out(seed=seed, share=settings.held_out_share)[None, :]
    members = [
        Member(
            PreferenceModel(deepcopy(trunk), seed=seed * 1_000 + i),
            preferences,
            precision,
            held_out[i],
            settings=settings,
            seed=[seed % 2**64, i],
            name=f"preference model {i}",
        )
        for i in range(settings.members)
    ]
    best, best_loss, best_epoch = [m.optimiser.flat.clone() for m in members], inf, 0
    history: list[tuple[float, float]] = []
    for epoch in range(1, settings.epochs + 1):
        training = np.array([m.train_epoch() for m in members])
        validation = np.array([m.validation_loss() for m in members])
        history.append((float(training.mean()), float(validation.mean())))
        if np.isnan(validation).all() or np.nanmean(validation) < best_loss:
            best_loss, best_epoch = float(np.nanmean(validation)) if not np.isnan(validation).all() else inf, epoch
            for kept, member in zip(best, members, strict=True):
                kept.copy_(member.optimiser.flat)
        if epoch - best_epoch >= settings.patience:
            break
    for kept, member in zip(best, members, strict=True):
        member.optimiser.flat.copy_(kept)
        member.model.eval()
        for parameter in member.model.parameters():
            parameter.grad = None
    unseen = _unseen(preferences, [m.model for m in members], held_out)
    raters = fit_raters(
        unseen.difference,
        unseen.target,
        unseen.rater,
        len(preferences.raters),
        lapse=settings.lapse,
        weight=unseen.weight,
    )
    return PreferenceFit(
        models=tuple(m.model for m in members),
        held_out=unseen,
        raters=preferences.raters,
        rater_fit=raters,
        believed=precision,
        history=tuple(history),
        epochs=best_epoch,
        n_answers=len(preferences),
        left_out=dict(preferences.left_out),
        seed=seed,
        lapse=settings.lapse,
        settings=asdict(settings),
        preferences_hash=preferences.content_hash,
    )


def _unseen(preferences: Preferences, models: list[PreferenceModel], held_out: NDArray[np.bool_]) -> HeldOutPairs:
    """Return what the members say of the pairs implied by answers that they were not fitted to."""
    answer, above, below, weight = preferences.implied
    scores = np.stack([model.score(preferences.texts) for model in models]).astype(np.float64)
    first, second = preferences.item[answer, above], preferences.item[answer, below]
    out = held_out[:, answer]
    n_out = out.sum(axis=0)
    difference = np.where(out, scores[:, first] - scores[:, second], 0.0).sum(axis=0) / np.maximum(n_out, 1)
    kept = n_out > 0
    return HeldOutPairs(
        answer=answer[kept],
        difference=difference[kept],
        target=preferences.target[answer].astype(np.float64)[kept],
        weight=weight[kept],
        rater=preferences.rater[answer][kept],
    )
