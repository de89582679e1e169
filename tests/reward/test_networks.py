from itertools import pairwise

import numpy as np
import torch
from torch.nn.functional import leaky_relu

from tacit.reward.applying import apply_networks
from tacit.reward.networks import StackedNetworks

MEMBERS, SEGMENTS, STEPS, SLOPE = 2, 4, 3, 0.1


def layers(sizes, seed=0):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(MEMBERS, a, b)).astype(np.float32) for a, b in pairwise(sizes)]
    biases = [rng.normal(size=(MEMBERS, 1, b)).astype(np.float32) for b in sizes[1:-1]]
    return weights, biases


def stacked(weights, biases):
    return StackedNetworks(weights, biases, segments=SEGMENTS, steps=STEPS, negative_slope=SLOPE, device="cpu")


def test_totals_of_a_network_worked_by_hand():
    # One hidden unit: 2 · x + 1, rectified, times 3. Steps 1, −1, 0 give 3, −1 → −0.1, 1: 3 · (3 − 0.1 + 1) = 11.7.
    weights = [np.full((1, 1, 1), 2, np.float32), np.full((1, 1, 1), 3, np.float32)]
    network = StackedNetworks(
        weights, [np.ones((1, 1, 1), np.float32)], segments=1, steps=3, negative_slope=SLOPE, device="cpu"
    )
    totals = network.totals(torch.tensor([[[1.0], [-1.0], [0.0]]]))
    assert torch.allclose(totals, torch.tensor([[11.7]]))


def test_the_written_gradient_is_that_of_automatic_differentiation():
    for sizes in ((5, 7, 1), (5, 7, 6, 1), (2, 3, 4, 5, 1)):
        weights, biases = layers(sizes)
        network = stacked(weights, biases)
        rng = np.random.default_rng(1)
        x = torch.from_numpy(rng.normal(size=(MEMBERS, SEGMENTS * STEPS, sizes[0])).astype(np.float32))
        by_total = torch.from_numpy(rng.normal(size=(MEMBERS, SEGMENTS)).astype(np.float32))
        network.totals(x)
        network.backpropagate(x, by_total)
        flat = network.flat.clone().requires_grad_()
        at, below = 0, x
        ends = np.cumsum([w.size for w in weights] + [b.size for b in biases])
        views = [flat[e - b.size : e].view(b.shape) for e, b in zip(ends, [*weights, *biases], strict=True)]
        for weight, bias in zip(views[: len(weights) - 1], views[len(weights) :], strict=True):
            below = leaky_relu(below @ weight + bias, SLOPE)
            at += 1
        totals = (below @ views[at]).view(MEMBERS, SEGMENTS, STEPS).sum(2)
        (totals * by_total).sum().backward()
        assert torch.allclose(network.gradient, flat.grad, rtol=1e-4, atol=1e-4)


def test_numpy_applies_the_same_network_as_torch():
    weights, biases = layers((5, 64, 64, 1))
    x = np.random.default_rng(2).normal(size=(SEGMENTS * STEPS, 5)).astype(np.float32)
    totals = stacked(weights, biases).totals(torch.from_numpy(np.stack([x, x])))
    applied = apply_networks(weights, biases, x, negative_slope=SLOPE).reshape(MEMBERS, SEGMENTS, STEPS).sum(axis=2)
    assert np.allclose(totals.numpy(), applied, rtol=1e-4, atol=1e-3)


def test_a_row_scores_alike_alone_and_among_thousands():
    weights, biases = layers((5, 64, 64, 1))
    rows = np.random.default_rng(3).normal(size=(2_500, 5)).astype(np.float32)
    together = apply_networks(weights, biases, rows, negative_slope=SLOPE)
    for n in (0, 1, 7, 63, 64, 65, 1_025):
        assert np.allclose(
            apply_networks(weights, biases, rows[:n], negative_slope=SLOPE), together[:, :n], rtol=1e-5, atol=1e-4
        )
