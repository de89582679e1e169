"""Minimising the cross-entropy of comparisons over an ensemble, with a regulariser that adapts itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, inf, sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacit.reward.ensemble import SegmentEnsemble
from tacit.reward.networks import StackedNetworks

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Layers = tuple[Float32, ...]
P_FLOOR = 1e-7
ROWS_AT_ONCE = 2_048  # steps of all segments of a part; more leave the cache, fewer pay for more calls
FIRST_DECAY, SECOND_DECAY, ADAM_EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Pairs:
    """What one fit sees of the comparisons.

    Args:
        features: normalised, shape (item, step, feature).
        first: shape (pair,). second: shape (pair,).
        target: shape (pair,). weight: shape (pair,).
        held_out: who holds out which pair, shape (member, pair).
    """

    features: Float32
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    target: Float32
    weight: Float32
    held_out: NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """Part of a batch, so small that what is computed of it stays in the processor's cache.

    Args:
        pair: shape (member, pair).
        weight: share of each pair in its member's mean loss over the whole pass, shape (member, pair).
        ends_batch: whether a step is due after it.
    """

    pair: Tensor
    weight: Tensor
    ends_batch: bool


@dataclass(frozen=True)
class Trained:
    """What training leaves: weights and biases after the best pass, the penalties to go on with, which pass it was."""

    weights: Layers
    biases: Layers
    l2: Float64
    epoch: int


def train(
    pairs: Pairs,
    weights: Layers,
    biases: Layers,
    l2: Float64,
    *,
    settings: SegmentEnsemble,
    warm: bool,
    seed: Sequence[int],
) -> Trained:
    """Fit every member to the pairs that it does not hold out.

    Args:
        pairs: the comparisons.
        weights: where to start, a layer each, shape (member, in, out).
        biases: where to start, shape (member, 1, out).
        l2: penalty of each member to start with, shape (member,).
        settings: how to train.
        warm: whether the weights come from an earlier fit, so that `warm_epochs` will do.
        seed: of the order of the batches.

    Returns:
        The weights after the pass with the lowest validation loss, mean of the members. One pass is chosen for all, so
        that the held-out pairs of a member hardly choose its weights and remain a fair test of them.

    Source: Christiano et al. 2017, section 2.2.3, arXiv:1706.03741.
    """
    epochs = settings.warm_epochs if warm else settings.epochs
    with one_thread(), torch.no_grad():
        return _Training(pairs, weights, biases, settings).run(l2, epochs, np.random.default_rng(seed))


class _Training:
    """The state of one training run."""

    def __init__(self, pairs: Pairs, weights: Layers, biases: Layers, settings: SegmentEnsemble) -> None:
        self.pairs, self.settings, self.device = pairs, settings, settings.device
        n_items, steps, self.n_features = pairs.features.shape
        self.features = torch.from_numpy(pairs.features.reshape(n_items, -1)).to(self.device)
        self.sides = torch.from_numpy(np.stack([pairs.first, pairs.second])).to(self.device)
        self.target = torch.from_numpy(pairs.target).to(self.device)
        most = int((~pairs.held_out).sum(axis=1).max())
        self.batch = max(1, _even_share(most, settings.batch_size))
        self.n_batches = ceil(most / self.batch)
        self.width = _even_share(self.batch, max(1, ROWS_AT_ONCE // (2 * steps)))
        self.networks = StackedNetworks(
            weights,
            biases,
            segments=2 * self.width,
            steps=steps,
            negative_slope=settings.negative_slope,
            device=self.device,
        )

    def run(self, l2: Float64, epochs: int, rng: np.random.Generator) -> Trained:
        """Train until `epochs` have passed or the members' mean validation loss has not fallen for `patience`."""
        networks, adam = self.networks, Adam(self.networks, self.settings.learning_rate)
        adam.penalise(l2)
        best, best_loss, best_epoch = networks.flat.clone(), inf, 0
        validation = list(self._parts(self.pairs.held_out, None))
        for epoch in range(1, epochs + 1):
            training_loss = self._pass(self._parts(~self.pairs.held_out, rng), adam)
            validation_loss = self._pass(validation, None)
            if not validation or validation_loss.mean() < best_loss:
                best.copy_(networks.flat)
                best_loss, best_epoch = float(validation_loss.mean()), epoch
            l2 = adapt_l2(l2, training_loss, validation_loss, self.settings)
            adam.penalise(l2)
            if epoch - best_epoch >= self.settings.patience:
                break
        return Trained(*networks.arrays(best), l2, best_epoch)

    def _parts(self, chosen: NDArray[np.bool_], rng: np.random.Generator | None) -> Iterator[Part]:
        """Yield the chosen pairs, each member's in an order of its own; where a member has fewer, weight 0."""
        keys = np.where(chosen, 0.0 if rng is None else rng.random(chosen.shape), 2.0)
        order = np.argsort(keys, axis=1, kind="stable")
        weight = np.where(np.take_along_axis(chosen, order, axis=1), self.pairs.weight[order], np.float32(0))
        weight /= np.maximum(weight.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        longest = int(chosen.sum(axis=1).max(initial=0))
        order, weight = (np.pad(a[:, :longest], ((0, 0), (0, self.width))) for a in (order, weight))
        for start in range(0, longest, self.batch):
            end = min(start + self.batch, longest)
            for low in range(start, end, self.width):
                pair, share = order[:, low : low + self.width].copy(), weight[:, low : low + self.width].copy()
                share[:, end - low :] = 0  # those belong to the next batch
                ends = low + self.width >= end
                yield Part(torch.from_numpy(pair).to(self.device), torch.from_numpy(share).to(self.device), ends)

    def _pass(self, parts: Iterable[Part], adam: Adam | None) -> Float64:
        """Return each member's mean loss over the parts, taking a step after each batch if `adam` is given."""
        loss = torch.zeros(self.networks.members, device=self.device)
        for part in parts:
            items = self.sides[:, part.pair].permute(1, 0, 2).reshape(-1)
            x = self.features.index_select(0, items).view(len(loss), -1, self.n_features)
            totals = self.networks.totals(x)
            difference = totals[:, : self.width] - totals[:, self.width :]
            losses, slope = cross_entropy(difference, self.target[part.pair], self.settings.lapse)
            loss += (losses * part.weight).sum(1)
            if adam is not None:
                by_difference = slope * part.weight
                self.networks.backpropagate(x, torch.cat([by_difference, -by_difference], dim=1))
                if part.ends_batch:
                    adam.step(self.n_batches)
        return loss.cpu().numpy().astype(np.float64)


class Adam:
    """Adam on the flat vector of all members, with a penalty ½ · l2 · |weights|² of each member's own.

    Source: Kingma and Ba 2015, algorithm 1, arXiv:1412.6980.
    """

    def __init__(self, networks: StackedNetworks, learning_rate: float) -> None:
        self._networks, self._rate, self._steps = networks, learning_rate, 0
        self._first, self._second = torch.zeros_like(networks.flat), torch.zeros_like(networks.flat)
        self._l2 = torch.zeros_like(networks.flat)

    def penalise(self, l2: Float64) -> None:
        """Set the penalty of each member; biases are not penalised."""
        each = torch.from_numpy(l2.astype(np.float32)).to(self._l2.device)
        torch.mul(each[self._networks.member_of], self._networks.is_weight, out=self._l2)

    def step(self, scale: float) -> None:
        """Move the weights by one step along `scale` times the networks' gradient, and set that to 0."""
        gradient, flat = self._networks.gradient, self._networks.flat
        self._steps += 1
        gradient.mul_(scale).addcmul_(flat, self._l2)
        self._first.lerp_(gradient, 1 - FIRST_DECAY)
        self._second.mul_(SECOND_DECAY).addcmul_(gradient, gradient, value=1 - SECOND_DECAY)
        bias = sqrt(1 - SECOND_DECAY**self._steps)
        denominator = self._second.sqrt().div_(bias).add_(ADAM_EPSILON)
        flat.addcdiv_(self._first, denominator, value=-self._rate / (1 - FIRST_DECAY**self._steps))
        gradient.zero_()


def cross_entropy(difference: Tensor, target: Tensor, lapse: float) -> tuple[Tensor, Tensor]:
    """Return the cross-entropy of each pair and its derivative by the difference of the two summed rewards.

    Args:
        difference: summed reward of the first less that of the second.
        target: probability that the first is better.
        lapse: probability that an answer is a coin flip, in [0, 1].

    Source: Christiano et al. 2017, eq. 1 and section 2.2.3, arXiv:1706.03741.
    """
    s = torch.sigmoid(difference)
    p = (lapse / 2 + (1 - lapse) * s).clamp_(P_FLOOR, 1 - P_FLOOR)
    loss = -(target * p.log() + (1 - target) * (1 - p).log())
    if lapse == 0:
        return loss, s - target
    return loss, (p - target) * (1 - lapse) * s * (1 - s) / (p * (1 - p))


def adapt_l2(l2: Float64, training_loss: Float64, validation_loss: Float64, settings: SegmentEnsemble) -> Float64:
    """Return the penalty for the next pass.

    A member whose validation loss is above `loss_ratio[1]` times its training loss remembers too much: its penalty is
    multiplied by `l2_factor`. Below `loss_ratio[0]` it could remember more: divided. In between, or where one of the
    losses is 0 for want of pairs, it stays.

    Source: Christiano et al. 2017, section 2.2.3, arXiv:1706.03741.
    """
    low, high = settings.loss_ratio
    above, below = validation_loss > high * training_loss, validation_loss < low * training_loss
    factor = np.where(above, settings.l2_factor, np.where(below, 1 / settings.l2_factor, 1.0))
    known = (validation_loss > 0) & (training_loss > 0)
    return np.clip(np.where(known, l2 * factor, l2), *settings.l2_range)


def _even_share(n: int, most: int) -> int:
    """Return the size of the parts when `n` things are divided as evenly as can be into parts of `most` or fewer."""
    return ceil(n / max(1, ceil(n / most)))


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: more cost time on such small tensors, and a fixed number makes a fit repeatable."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
