"""Ensembles of reward networks over segments, fitted to comparisons with the Bradley–Terry likelihood."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib import import_module
from itertools import pairwise
from math import exp
from types import ModuleType

import numpy as np

from tacit.crowd.raters import RaterFit
from tacit.errors import BadValue, MissingExtra
from tacit.reward.comparisons import Comparisons
from tacit.reward.fit import HeldOut, RewardFit
from tacit.reward.looking_back import looked_back
from tacit.reward.starting import first_weights, normalisation, renormalised


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
        patience: passes without a lower validation loss, mean of the members, before training stops.
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
    patience: int = 8
    l2: float = 0.01
    l2_factor: float = 2.0
    l2_range: tuple[float, float] = (1e-4, 0.1)
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
        after every pass (`tacit.reward.training.adapt_l2`), and the weights kept are those after the pass with the
        lowest validation loss. With the same seed, data and machine the result is the same bit for bit.

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
        features = comparisons.features[used]
        first, second = np.searchsorted(used, comparisons.first), np.searchsorted(used, comparisons.second)
        mean, scale = normalisation(features)
        if warm is None:
            start = constant_reward(n_features, settings=self, seed=seed)
            weights, biases = first_weights(start, np.random.default_rng([seed % 2**64, 0]))
        else:
            start, (weights, biases) = warm, renormalised(warm, mean, scale)
        out = comparisons.held_out(seed=start.seed, members=self.members, share=self.held_out_share)
        trained = training().train(
            training().Pairs((features - mean) * scale, first, second, comparisons.target, comparisons.weight, out),
            weights,
            biases,
            start.l2,
            settings=self,
            warm=warm is not None,
            seed=[seed % 2**64, 1],
        )
        fit = replace(
            start,
            weights=trained.weights,
            biases=trained.biases,
            negative_slope=self.negative_slope,
            lapse=self.lapse,
            input_mean=mean,
            input_scale=scale,
            input_low=comparisons.features[used].min(axis=(0, 1)),
            input_high=comparisons.features[used].max(axis=(0, 1)),
            l2=trained.l2,
            epochs=trained.epoch,
            comparisons_hash=comparisons.content_hash,
            settings=asdict(self),
        )
        return looked_back(fit, comparisons, out)

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
    none, nothing = np.zeros(0), np.zeros(0, np.float32)
    return RewardFit(
        weights=tuple(np.zeros((members, a, b), np.float32) for a, b in pairwise(sizes)),
        biases=tuple(np.zeros((members, 1, b), np.float32) for b in chosen.hidden),
        negative_slope=chosen.negative_slope,
        lapse=chosen.lapse,
        input_mean=np.zeros(n_features, np.float32),
        input_scale=np.ones(n_features, np.float32),
        input_low=np.full(n_features, -np.inf, np.float32),
        input_high=np.full(n_features, np.inf, np.float32),
        output_mean=np.zeros(members),
        output_scale=np.zeros(members),
        score_scale=0.0,
        training_loss=np.full(members, np.nan),
        validation_loss=np.full(members, np.nan),
        l2=np.full(members, chosen.l2),
        held_out=HeldOut(np.zeros(0, np.intp), nothing, nothing, nothing, np.zeros(0, np.intp)),
        raters=(),
        rater_fit=RaterFit(none, none, none, none, np.zeros(0, np.intp), scale=1.0, spread=0.0, lapse=chosen.lapse),
        seed=seed,
        epochs=0,
        n_comparisons=0,
        comparisons_hash="",
        settings=asdict(chosen),
    )


def training() -> ModuleType:
    """Return the module that trains, and with it torch, which takes a second to import and no fitted reward needs."""
    try:
        return import_module("tacit.reward.training")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtra("fitting a reward", package="torch", install="tacit[learn]") from None
