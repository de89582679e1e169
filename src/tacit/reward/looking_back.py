"""What a fit says of the pairs it was fitted to: losses, the scale of its output, predictions for unseen pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.raters import fit_raters
from tacit.reward.comparisons import Comparisons
from tacit.reward.fit import HeldOut, RewardFit

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


def looked_back(fit: RewardFit, comparisons: Comparisons, held_out: NDArray[np.bool_]) -> RewardFit:
    """Return `fit` with everything that is measured on the comparisons after training.

    Args:
        fit: weights and the normalisation of the features.
        comparisons: what was fitted.
        held_out: who held out which pair, shape (member, pair).
    """
    used = np.unique(np.concatenate([comparisons.first, comparisons.second]))
    raw = fit.raw(comparisons.features[used])
    totals = raw.sum(axis=2)
    first, second = np.searchsorted(used, comparisons.first), np.searchsorted(used, comparisons.second)
    difference = totals[:, first] - totals[:, second]
    losses = cross_entropy(fit.p_first(difference), comparisons.target)
    scale = _inverse(raw.std(axis=(1, 2), dtype=np.float64))
    together = np.tensordot(scale / fit.members, raw, axes=1).std(dtype=np.float64)
    predictions = _predictions(fit, comparisons, difference, held_out)
    return replace(
        fit,
        output_mean=raw.mean(axis=(1, 2), dtype=np.float64),
        output_scale=scale,
        score_scale=float(_inverse(together)),
        training_loss=_weighted_mean(losses, comparisons.weight * ~held_out),
        validation_loss=_weighted_mean(losses, comparisons.weight * held_out),
        held_out=predictions,
        raters=comparisons.raters,
        rater_fit=fit_raters(
            predictions.difference, predictions.target, predictions.rater, len(comparisons.raters), lapse=fit.lapse
        ),
        n_comparisons=len(comparisons),
    )


def cross_entropy(p: Float32, target: Float32) -> Float64:
    """Return the cross-entropy in nats of predictions `p` when the answer was first with probability `target`."""
    bounded = np.clip(p.astype(np.float64), 1e-7, 1 - 1e-7)
    return np.asarray(-(target * np.log(bounded) + (1 - target) * np.log1p(-bounded)), dtype=np.float64)


def _predictions(fit: RewardFit, comparisons: Comparisons, difference: Float32, held_out: NDArray[np.bool_]) -> HeldOut:
    n_out = held_out.sum(axis=0)
    pair = np.flatnonzero(n_out)
    share = held_out[:, pair] / n_out[pair]
    return HeldOut(
        pair=pair,
        difference=(difference[:, pair] * share).sum(axis=0).astype(np.float32),
        p=(fit.p_first(difference[:, pair]) * share).sum(axis=0).astype(np.float32),
        target=comparisons.target[pair],
        rater=comparisons.rater[pair],
    )


def _inverse(deviation: Float64) -> Float64:
    return np.asarray(np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1.0), 0.0))


def _weighted_mean(losses: Float64, weight: NDArray[Any]) -> Float64:
    """Return the mean of each row, NaN where nothing has weight."""
    total = weight.sum(axis=1, dtype=np.float64)
    mean: Float64 = np.where(total > 0, (losses * weight).sum(axis=1) / np.where(total > 0, total, 1.0), np.nan)
    return mean
