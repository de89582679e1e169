"""Where training starts: the normalisation of the features, first weights, or those of an earlier fit."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from tacit.reward.fit import RewardFit

Float32 = NDArray[np.float32]
Layers = tuple[Float32, ...]
LAST_LAYER_SCALE = 0.1
VARIES_FROM = 1e-6


def normalisation(features: Float32) -> tuple[Float32, Float32]:
    """Return mean and 1 / standard deviation of each feature over items and steps; 0 for one that does not vary."""
    mean = features.mean(axis=(0, 1), dtype=np.float64)
    deviation = features.std(axis=(0, 1), dtype=np.float64)
    varies = deviation > VARIES_FROM * np.maximum(1e-30, np.abs(features).max(axis=(0, 1)))
    scale = np.where(varies, 1 / np.where(varies, deviation, 1.0), 0.0)
    return mean.astype(np.float32), scale.astype(np.float32)


def first_weights(shape_of: RewardFit, rng: np.random.Generator) -> tuple[Layers, Layers]:
    """Return random weights that keep the variance from layer to layer, the last layer small.

    Source: He et al. 2015, eq. 15, arXiv:1502.01852.
    """
    *hidden, last = shape_of.weights
    weights = [rng.normal(0, sqrt(2 / w.shape[1]), w.shape) for w in hidden]
    weights.append(rng.normal(0, LAST_LAYER_SCALE / sqrt(last.shape[1]), last.shape))
    return tuple(w.astype(np.float32) for w in weights), shape_of.biases


def renormalised(fit: RewardFit, mean: Float32, scale: Float32) -> tuple[Layers, Layers]:
    """Return weights and biases that compute what `fit` does from features normalised by another mean and scale."""
    old_scale = fit.input_scale.astype(np.float64)
    ratio = np.where(scale > 0, old_scale / np.where(scale > 0, scale, 1.0), 1.0)
    moved = (mean.astype(np.float64) - fit.input_mean) * old_scale
    first, bias = fit.weights[0].astype(np.float64), fit.biases[0].astype(np.float64)
    return (
        ((first * ratio[:, None]).astype(np.float32), *fit.weights[1:]),
        ((bias + np.matmul(moved[None, None, :], first)).astype(np.float32), *fit.biases[1:]),
    )
