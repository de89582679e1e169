"""Ensembles of reward networks over segments, fitted to comparisons with the Bradley–Terry likelihood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise
from math import exp, sqrt
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue, MissingExtra
from tacit.reward.comparisons import Comparisons
from tacit.reward.fit import HeldOut, RewardFit
from tacit.reward.held_out import held_out

Float32 = NDArray[np.float32]
Layers = tuple[Float32, ...]
Index = NDArray[np.intp]
LAST_LAYER_SCALE = 0.1
VARIES_FROM = 1e-6


@dataclass(frozen=True)
class SegmentEnsemble:
    """Several small networks that score each step of a segment; the better segment has the larger sum.

    Args:
        members: how many networks.
        hidden: sizes of the hidden layers.
        negative_slope: of the leaky rectifier between them.
        lapse: probability that an answer is a coin flip whatever was shown, in [0, 1).
        held_out_share: share of the pairs that each member keeps out of its training, in [0, 1).
        learning_rate: of Adam.
        batch_size: most pairs a step and member.
        epochs: most passes over the pairs; `warm_epochs` when starting from an earlier fit.
        warm_epochs: most passes when starting from an earlier fit.
        patience: passes without a better validation loss in any member before training stops.
        l2: penalty ½ · l2 · |weights|² that a first fit starts with.
        l2_factor: the penalty changes by this factor after a pass.
        l2_range: its bounds.
        loss_ratio: validation loss over training loss is kept between these two by adapting the penalty.
        device: a torch device, ``cpu`` or ``cuda``.

    Raises:
        BadValue: a setting outside its range.

    Source: Christiano et al. 2017, section 2.2.3 and appendix A.1, arXiv:1706.03741.
    """

    members: int = 3
    hidden: tuple[int, ...] = (64, 64)
    negative_slope: float = 0.01
    lapse: float = 0.1
    held_out_share: float = exp(-1)
    learning_rate: float = 3e-3
    batch_size: int = 32
    epochs: int = 60
    warm_epochs: int = 20
    patience: int = 6
    l2: float = 1e-4
    l2_factor: float = 1.25
    l2_range: tuple[float, float] = (1e-6, 1.0)
    loss_ratio: tuple[float, float] = (1.1, 1.5)
    device: str = "cpu"

    def __post_init__(self) -> None:
        ranges = {
            "members": (self.members >= 1, "at least 1"),
            "hidden": (len(self.hidden) > 0 and min(self.hidden) > 0, "one or more sizes above 0"),
            "lapse": (0 <= self.lapse < 1, "a probability from 0 to below 1"),
            "held_out_share": (0 <= self.held_out_share < 1, "a share from 0 to below 1"),
            "learning_rate": (self.learning_rate > 0, "a rate above 0"),
            "batch_size": (self.batch_size >= 1, "at least 1"),
            "epochs": (self.epochs >= 1, "at least 1"),
            "warm_epochs": (self.warm_epochs >= 1, "at least 1"),
            "patience": (self.patience >= 1, "at least 1"),
            "l2": (self.l2 >= 0, "a penalty of 0 or more"),
            "l2_factor": (self.l2_factor >= 1, "a factor of 1 or more"),
        }
        for name, (holds, expected) in ranges.items():
            if not holds:
                raise BadValue(f"SegmentEnsemble.{name}", got=getattr(self, name), expected=expected)

    def fit(self, comparisons: Comparisons, *, seed: int, warm: RewardFit | None = None) -> RewardFit:
        """Fit the ensemble.

        Each member holds out its own share of the pairs, chosen by a hash of the pair, so that a pair held out once
        stays so in every fit with the same seed; each has its own order of batches. The penalty on the weights adapts
        after every pass (`tacit.reward.training.adapt_l2`), and each member ends with the weights of the pass that
        had the lowest loss on its held-out pairs. With the same seed, data and machine the result is the same bit for
        bit.

        Args:
            comparisons: what was answered.
            seed: of the first weights, the division of the pairs and the order of the batches.
            warm: an earlier fit to start from; its division of the pairs is kept, whatever `seed` is.

        Raises:
            BadValue: no comparisons, or `warm` of another shape.
            MissingExtra: torch is not installed.
        """
        n_features = comparisons.features.shape[2]
        if len(comparisons) == 0:
            raise BadValue("comparisons", got="none", expected="at least one answered pair")
        if warm is not None:
            self._check_warm(warm, n_features)
        used = np.unique(np.concatenate([comparisons.first, comparisons.second]))
        mean, scale = _normalisation(comparisons.features[used])
        if warm is None:
            start = constant_reward(n_features, settings=self, seed=seed)
            weights, biases = _first_weights(start, np.random.default_rng([seed % 2**64, 0]))
        else:
            start, (weights, biases) = warm, _renormalised(warm, mean, scale)
        out = held_out(comparisons.pair_keys, seed=start.seed, members=self.members, share=self.held_out_share)
        pairs = training().Pairs(
            features=(comparisons.features - mean) * scale,
            first=comparisons.first,
            second=comparisons.second,
            target=comparisons.target,
            weight=comparisons.weight,
            held_out=out,
        )
        trained = training().train(
            pairs, weights, biases, start.l2, settings=self, warm=warm is not None, seed=[seed % 2**64, 1]
        )
        fit = replace(
            start,
            weights=trained.weights,
            biases=trained.biases,
            negative_slope=self.negative_slope,
            lapse=self.lapse,
            input_mean=mean,
            input_scale=scale,
            training_loss=trained.training_loss,
            validation_loss=trained.validation_loss,
            l2=trained.l2,
            raters=comparisons.raters,
            epochs=trained.epochs,
            n_comparisons=len(comparisons),
            comparisons_hash=comparisons.content_hash,
        )
        return _with_outputs(fit, comparisons, used, out)

    def _check_warm(self, warm: RewardFit, n_features: int) -> None:
        here = (self.members, n_features, *self.hidden)
        there = (warm.members, *(weight.shape[1] for weight in warm.weights))
        if here != there:
            raise BadValue(
                "the fit to start from",
                got=f"(members, features, hidden …) of {there}",
                expected=f"{here}",
                do="Fit without `warm`, or with the settings of that fit",
            )


def constant_reward(n_features: int, *, settings: SegmentEnsemble | None = None, seed: int = 0) -> RewardFit:
    """Return a reward of 0 everywhere: the control that can teach nothing.

    Args:
        n_features: how many features it takes.
        settings: sizes of its networks.
        seed: recorded with it.
    """
    chosen = settings or SegmentEnsemble()
    sizes = (n_features, *chosen.hidden, 1)
    members = chosen.members
    nothing = np.zeros(0, np.float32)
    return RewardFit(
        weights=tuple(np.zeros((members, a, b), np.float32) for a, b in pairwise(sizes)),
        biases=tuple(np.zeros((members, 1, b), np.float32) for b in chosen.hidden),
        negative_slope=chosen.negative_slope,
        lapse=chosen.lapse,
        input_mean=np.zeros(n_features, np.float32),
        input_scale=np.ones(n_features, np.float32),
        output_mean=np.zeros(members),
        output_scale=np.zeros(members),
        score_scale=0.0,
        training_loss=np.full(members, np.nan),
        validation_loss=np.full(members, np.nan),
        l2=np.full(members, chosen.l2),
        held_out=HeldOut(np.zeros(0, np.intp), nothing, nothing, nothing, np.zeros(0, np.intp)),
        raters=(),
        seed=seed,
        epochs=0,
        n_comparisons=0,
        comparisons_hash="",
    )


def training() -> ModuleType:
    """Return the module that trains, and with it torch, which takes a second to import and no fitted reward needs."""
    try:
        return import_module("tacit.reward.training")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtra("fitting a reward", package="torch", install="tacit[learn]") from None


def _normalisation(features: Float32) -> tuple[Float32, Float32]:
    """Return mean and 1 / standard deviation of each feature over items and steps; 0 for one that does not vary."""
    mean = features.mean(axis=(0, 1), dtype=np.float64)
    deviation = features.std(axis=(0, 1), dtype=np.float64)
    varies = deviation > VARIES_FROM * np.maximum(1e-30, np.abs(features).max(axis=(0, 1)))
    scale = np.where(varies, 1 / np.where(varies, deviation, 1.0), 0.0)
    return mean.astype(np.float32), scale.astype(np.float32)


def _first_weights(shape_of: RewardFit, rng: np.random.Generator) -> tuple[Layers, Layers]:
    """Return random weights that keep the variance from layer to layer, the last layer small.

    Source: He et al. 2015, eq. 15, arXiv:1502.01852.
    """
    *hidden, last = shape_of.weights
    weights = [rng.normal(0, sqrt(2 / w.shape[1]), w.shape) for w in hidden]
    weights.append(rng.normal(0, LAST_LAYER_SCALE / sqrt(last.shape[1]), last.shape))
    return tuple(w.astype(np.float32) for w in weights), shape_of.biases


def _renormalised(fit: RewardFit, mean: Float32, scale: Float32) -> tuple[Layers, Layers]:
    """Return weights and biases that compute what `fit` does from features normalised by another mean and scale."""
    old_scale = fit.input_scale.astype(np.float64)
    ratio = np.where(scale > 0, old_scale / np.where(scale > 0, scale, 1.0), 1.0)
    moved = (mean.astype(np.float64) - fit.input_mean) * old_scale
    first, bias = fit.weights[0].astype(np.float64), fit.biases[0].astype(np.float64)
    return (
        ((first * ratio[:, None]).astype(np.float32), *fit.weights[1:]),
        ((bias + np.matmul(moved[None, None, :], first)).astype(np.float32), *fit.biases[1:]),
    )


def _with_outputs(fit: RewardFit, comparisons: Comparisons, used: Index, out: NDArray[np.bool_]) -> RewardFit:
    """Return `fit` with the normalisation of its output and its held-out predictions."""
    raw = fit.raw(comparisons.features[used])
    mean = raw.mean(axis=(1, 2), dtype=np.float64)
    deviation = raw.std(axis=(1, 2), dtype=np.float64)
    scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1.0), 0.0)
    together = np.tensordot(scale / fit.members, raw, axes=1).std(dtype=np.float64)
    place = np.zeros(len(comparisons.features), np.intp)
    place[used] = np.arange(len(used))
    totals = raw.sum(axis=2)
    difference = totals[:, place[comparisons.first]] - totals[:, place[comparisons.second]]
    n_out = out.sum(axis=0)
    pair = np.flatnonzero(n_out)
    seen_by_none = out[:, pair] / n_out[pair]
    predictions = HeldOut(
        pair=pair,
        difference=(difference[:, pair] * seen_by_none).sum(axis=0).astype(np.float32),
        p=(fit.p_first(difference[:, pair]) * seen_by_none).sum(axis=0).astype(np.float32),
        target=comparisons.target[pair],
        rater=comparisons.rater[pair],
    )
    return replace(
        fit,
        output_mean=mean,
        output_scale=scale,
        score_scale=1 / together if together > 0 else 0.0,
        held_out=predictions,
    )
