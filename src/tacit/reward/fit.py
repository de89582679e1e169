"""A fitted reward model: what it scores, how sure it is, and how it did on what it had not seen.

Everything here is NumPy, so that a saved reward is applied without torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.raters import RaterFit
from tacit.errors import BadValue
from tacit.measure import Estimate, proportion

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Layers = tuple[Float32, ...]
ROWS_AT_ONCE = 2_048


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
    """

    weights: Layers
    biases: Layers
    negative_slope: float
    lapse: float
    input_mean: Float32
    input_scale: Float32
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

    @property
    def members(self) -> int:
        """How many networks."""
        return len(self.weights[0])

    @property
    def p_agree(self) -> dict[str, Estimate]:
        """How likely each rater is to agree with the reward on a pair that it has not seen."""
        return dict(zip(self.raters, self.rater_fit.estimates(), strict=True))

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
        difference: Float32 = self.raw(first).sum(axis=-1) - self.raw(second).sum(axis=-1)
        return difference

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

    @cached_property
    def _folded(self) -> tuple[Layers, Layers]:
        """Weights and biases with the normalisation of the features folded into the first layer."""
        scaled = self.weights[0].astype(np.float64) * self.input_scale[:, None]
        first_bias = self.biases[0] - np.matmul(self.input_mean.astype(np.float64)[None, None, :], scaled)
        weights = (scaled.astype(np.float32), *self.weights[1:])
        return weights, (first_bias.astype(np.float32), *self.biases[1:])

    def raw(self, features: NDArray[Any], *, centred: bool = False) -> Float32:
        """Return each member's reward in log-odds, shape (member, …); `centred` subtracts its mean."""
        x = np.asarray(features)
        if x.ndim == 0 or x.shape[-1] != self.n_features:
            raise BadValue("features", got=f"shape {x.shape}", expected=f"(…, {self.n_features}), as was fitted")
        rows = np.ascontiguousarray(x.reshape(-1, self.n_features), dtype=np.float32)
        out = np.empty((self.members, len(rows)), dtype=np.float32)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            out[:, part] = self._forward(rows[part])
        if centred:
            out -= self.output_mean.astype(np.float32)[:, None]
        return out.reshape(self.members, *x.shape[:-1])

    def _forward(self, rows: Float32) -> Float32:
        weights, biases = self._folded
        slope = np.float32(self.negative_slope)
        below = rows[None]
        for weight, bias in zip(weights[:-1], biases, strict=True):
            layer = np.matmul(below, weight)
            layer += bias
            below = np.maximum(layer, slope * layer, out=layer)
        reward: Float32 = np.matmul(below, weights[-1])[..., 0]
        return reward
