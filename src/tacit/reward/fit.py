"""A fitted reward model: what it scores, how sure it is, and how it did on what it had not seen.

Everything here is NumPy, so that a saved reward is applied without torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.raters import RaterFit
from tacit.errors import BadFile, BadValue
from tacit.measure import Estimate, proportion
from tacit.reward.applying import apply_networks
from tacit.reward.saving import read_arrays, write_arrays

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Layers = tuple[Float32, ...]

ONE_IN_TWENTY = 1.645
"""Quantile of the normal distribution: one-sided, 5 %."""

INPUTS = ("input_mean", "input_scale", "input_low", "input_high")
ARRAYS = (*INPUTS, "output_mean", "output_scale", "training_loss", "validation_loss", "l2")
FACTS = (
    *("negative_slope", "lapse", "score_scale", "raters", "seed", "epochs", "n_comparisons", "comparisons_hash"),
    "settings",
)
RATER_ARRAYS, RATER_FACTS = ("p_agree", "low", "high", "precision", "n"), ("scale", "spread", "lapse")


@dataclass(frozen=True)
class HeldOut:
    """Predictions by those members alone that kept a pair out of their training.

    Args:
        pair: index into the comparisons that were fitted, shape (prediction,).
        difference: summed reward of the first item less that of the second, mean of those members.
        p: probability that the first is better, lapses included, mean of those members.
        target: what was answered.
        rater: who answered.
    """

    pair: NDArray[np.intp]
    difference: Float32
    p: Float32
    target: Float32
    rater: NDArray[np.intp]

    def agreement(self) -> Estimate:
        """Return how often the side that the model prefers is the one that was preferred; draws are left out."""
        decided = self.target != 0.5
        agree = np.where(self.p > 0.5, self.target, 1 - self.target)[decided]
        return proportion(float(agree.sum()), int(decided.sum()))

    @property
    def foretells(self) -> bool:
        """Whether the answers are foretold better than by a coin, at one chance in twenty.

        The sum of all answers, each times how sure the model was of its side, is held against what it would be if each
        answer's sign were a coin flip: confident predictions count for more, so that a little knowledge is seen
        earlier than in the share that agrees. With no answer held out nothing speaks against the model.

        Source: the randomisation test of Fisher 1935, The Design of Experiments, chapter 3, by its normal
            approximation.
        """
        score = ((2 * self.target - 1) * (2 * self.p - 1)).astype(np.float64)
        spread = float(np.sqrt((score**2).sum()))
        return not len(score) or bool(score.sum() > ONE_IN_TWENTY * spread)


@dataclass(frozen=True)
class RewardFit:
    """A reward model fitted to comparisons: the mean of an ensemble of small networks.

    Args:
        weights: a layer each, shape (member, in, out).
        biases: a layer each but the last, shape (member, 1, out).
        negative_slope: of the leaky rectifier.
        lapse: probability that an answer is a coin flip.
        input_mean: subtracted from the features, shape (feature,).
        input_scale: then multiplied to them, shape (feature,); 0 for a feature that never varied, which is so ignored.
        input_low: lowest value of each feature among the fitted items, shape (feature,). input_high: highest.
        output_mean: of each member's reward over the fitted steps, shape (member,).
        output_scale: 1 / standard deviation of it, shape (member,).
        score_scale: 1 / standard deviation of the mean of the normalised members.
        training_loss: mean cross-entropy in nats of each member on its training pairs, shape (member,).
        validation_loss: the same on the pairs that it held out; NaN if there are none.
        l2: penalty of each member at the end.
        held_out: predictions for pairs that at least one member had not seen.
        raters: names of the raters.
        rater_fit: how reliable each of them is, from the held-out predictions.
        seed: that the division of pairs and the first weights depend on.
        epochs: passes over the data.
        n_comparisons: pairs fitted.
        comparisons_hash: SHA-256 of what was fitted.
        settings: those of the ensemble, as JSON values.
    """

    weights: Layers
    biases: Layers
    negative_slope: float
    lapse: float
    input_mean: Float32
    input_scale: Float32
    input_low: Float32
    input_high: Float32
    output_mean: Float64
    output_scale: Float64
    score_scale: float
    training_loss: Float64
    validation_loss: Float64
    l2: Float64
    held_out: HeldOut
    raters: tuple[str, ...]
    rater_fit: RaterFit
    seed: int
    epochs: int
    n_comparisons: int
    comparisons_hash: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def members(self) -> int:
        """How many networks."""
        return len(self.weights[0])

    @property
    def p_agree(self) -> dict[str, Estimate]:
        """How likely each rater is to agree with the reward on a pair that it has not seen."""
        return dict(zip(self.raters, self.rater_fit.estimates(), strict=True))

    @property
    def losses(self) -> dict[str, float]:
        """Mean of the members' losses in nats and of their penalties, NaN where there is none."""
        return {name: float(getattr(self, name).mean()) for name in ("training_loss", "validation_loss", "l2")}

    @property
    def n_features(self) -> int:
        """How many features it takes."""
        return len(self.input_mean)

    def score(self, features: NDArray[Any]) -> Float32:
        """Return the reward of each step: mean 0 and standard deviation 1 over the steps that were fitted.

        Each member is normalised on its own and the mean of them again, so that no member outweighs another.

        Args:
            features: shape (…, feature).

        Returns:
            float32, shape (…), dimensionless.

        Raises:
            BadValue: another number of features than was fitted.

        Source: Christiano et al. 2017, section 2.2.3, arXiv:1706.03741.
        """
        combine = (self.output_scale * self.score_scale / self.members).astype(np.float32)
        score: Float32 = np.tensordot(combine, self.raw(features, centred=True), axes=1)
        return score

    def score_members(self, features: NDArray[Any]) -> Float32:
        """Return each member's reward, mean 0 and standard deviation 1 over the fitted steps, shape (member, …)."""
        raw = self.raw(features, centred=True)
        score: Float32 = raw * self.output_scale.astype(np.float32).reshape(-1, *[1] * (raw.ndim - 1))
        return score

    def difference_members(self, first: NDArray[Any], second: NDArray[Any]) -> Float32:
        """Return each member's log-odds that the first item is better, lapses aside, shape (member, …).

        Args:
            first: features of the first items, shape (…, step, feature). second: of the second ones.
        """
        return self.total_members(first) - self.total_members(second)

    def total_members(self, features: NDArray[Any]) -> Float32:
        """Return each member's summed reward of each item in log-odds, shape (member, …).

        Args:
            features: shape (…, step, feature).
        """
        total: Float32 = self.raw(features).sum(axis=-1)
        return total

    def preference(self, first: NDArray[Any], second: NDArray[Any]) -> Float32:
        """Return the probability that the first item is preferred, mean of the members, lapses included, shape (…).

        Args:
            first: features of the first items, shape (…, step, feature). second: of the second ones.

        Source: Christiano et al. 2017, eq. 1, arXiv:1706.03741.
        """
        p: Float32 = self.p_first(self.difference_members(first, second)).mean(axis=0)
        return p

    def disagreement(self, first: NDArray[Any], second: NDArray[Any]) -> Float32:
        """Return the variance among members of the probability that the first is preferred, shape (…).

        Args:
            first: features of the first items, shape (…, step, feature). second: of the second ones.

        Source: Christiano et al. 2017, section 2.2.4, arXiv:1706.03741.
        """
        variance: Float32 = self.p_first(self.difference_members(first, second)).var(axis=0)
        return variance

    def p_first(self, difference: Float32) -> Float32:
        """Return the probability that the first is preferred, given the difference of the summed rewards."""
        half = np.float32(0.5)
        p: Float32 = half + np.float32((1 - self.lapse) / 2) * np.tanh(half * difference)
        return p

    def raw(self, features: NDArray[Any], *, centred: bool = False) -> Float32:
        """Return each member's reward of each step in log-odds, shape (member, …).

        A feature beyond every item that was judged is read as the furthest that was: nobody has said what lies
        further out, and a network would go on in a straight line, to rewards that outweigh all that was judged.

        Args:
            features: shape (…, feature).
            centred: subtract each member's mean over the fitted steps.

        Raises:
            BadValue: another number of features than was fitted.
        """
        x = np.asarray(features)
        if x.ndim == 0 or x.shape[-1] != self.n_features:
            raise BadValue("features", got=f"shape {x.shape}", expected=f"(…, {self.n_features}), as was fitted")
        rows = np.ascontiguousarray(x.reshape(-1, self.n_features), dtype=np.float32)
        rows = np.minimum(np.maximum(rows, self.input_low), self.input_high)
        out = apply_networks(*self._folded, rows, negative_slope=self.negative_slope)
        if centred:
            out -= self.output_mean.astype(np.float32)[:, None]
        return out.reshape(self.members, *x.shape[:-1])

    def save(self, folder: Path) -> None:
        """Write the fit into `folder`: the arrays as safetensors, and beside them a JSON record for people.

        Raises:
            CannotWrite: the disk is full or read-only, or permission is missing.
        """
        arrays: dict[str, NDArray[Any]] = {}
        for i, (weight, bias) in enumerate(zip_longest(self.weights, self.biases)):
            arrays |= {f"weight.{i}": weight} | ({} if bias is None else {f"bias.{i}": bias})
        arrays |= {name: getattr(self, name) for name in ARRAYS}
        arrays |= {f"held_out.{f.name}": getattr(self.held_out, f.name) for f in fields(HeldOut)}
        arrays |= {f"raters.{name}": getattr(self.rater_fit, name) for name in RATER_ARRAYS}
        record = {name: getattr(self, name) for name in FACTS}
        raters = {name: getattr(self.rater_fit, name) for name in RATER_FACTS}
        agreement = {name: estimate.as_dict() for name, estimate in self.p_agree.items()}
        write_arrays(folder, arrays, {**record, "rater_fit": raters, "p_agree": agreement})

    @cached_property
    def _folded(self) -> tuple[Layers, Layers]:
        """Weights and biases with the normalisation of the features folded into the first layer."""
        scaled = self.weights[0].astype(np.float64) * self.input_scale[:, None]
        first_bias = self.biases[0] - np.matmul(self.input_mean.astype(np.float64)[None, None, :], scaled)
        weights = (scaled.astype(np.float32), *self.weights[1:])
        return weights, (first_bias.astype(np.float32), *self.biases[1:])


def load_reward(folder: Path) -> RewardFit:
    """Return the fit that `RewardFit.save` wrote into `folder`.

    Raises:
        BadFile: no fit there, a file that is cut short or foreign, or one of a later tacit.
    """
    arrays, record = read_arrays(folder)
    try:
        n_layers = sum(name.startswith("weight.") for name in arrays)
        raters: dict[str, Any] = {name: arrays[f"raters.{name}"] for name in RATER_ARRAYS}
        raters |= {name: record["rater_fit"][name] for name in RATER_FACTS}
        rest: dict[str, Any] = {name: arrays[name] for name in ARRAYS} | {name: record[name] for name in FACTS}
        return RewardFit(
            weights=tuple(arrays[f"weight.{i}"] for i in range(n_layers)),
            biases=tuple(arrays[f"bias.{i}"] for i in range(n_layers - 1)),
            held_out=HeldOut(**{f.name: arrays[f"held_out.{f.name}"] for f in fields(HeldOut)}),
            rater_fit=RaterFit(**raters),
            **{**rest, "raters": tuple(rest["raters"])},
        )
    except (KeyError, TypeError) as error:
        raise BadFile(str(folder), got=f"a file without {error}", expected="a reward written by tacit") from None
