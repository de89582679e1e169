"""Adam is the published algorithm, with gradients cut to a length."""

import numpy as np
import pytest
import torch

from tacit_control.adam import FlatAdam

# worked by hand


def test_the_first_step_is_the_learning_rate_in_each_direction():
    # m̂ = g and v̂ = g², so that each parameter moves by α·g/(|g| + ε)
    value, gradient = torch.zeros(3), torch.tensor([0.3, -0.2, 0.0])
    FlatAdam(value, gradient, epsilon=0.0 + 1e-12).step(0.01, largest_gradient=10.0)
    torch.testing.assert_close(value, torch.tensor([-0.01, 0.01, 0.0]))


def test_a_long_gradient_is_cut_and_a_short_one_is_not():
    value, gradient = torch.zeros(2), torch.tensor([3.0, 4.0])
    FlatAdam(value, gradient).step(0.01, largest_gradient=0.5)
    torch.testing.assert_close(gradient, torch.tensor([0.3, 0.4]))  # of length 0.5
    gradient.copy_(torch.tensor([0.03, 0.04]))
    FlatAdam(value, gradient).step(0.01, largest_gradient=0.5)
    torch.testing.assert_close(gradient, torch.tensor([0.03, 0.04]))


# published


def test_many_steps_are_those_of_algorithm_1():
    rng = np.random.default_rng(3)
    theta, m, v = rng.normal(size=5), np.zeros(5), np.zeros(5)
    value, gradient = torch.from_numpy(theta.astype(np.float32)), torch.zeros(5)
    adam = FlatAdam(value, gradient, epsilon=1e-5)
    for t in range(1, 101):
        g, rate = rng.normal(size=5), 0.02 / t
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        theta = theta - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-5)
        gradient.copy_(torch.from_numpy(g.astype(np.float32)))
        adam.step(rate, largest_gradient=1e9)
    np.testing.assert_allclose(value.numpy(), theta, rtol=1e-4, atol=1e-5)


# invariant


def test_going_on_from_the_moments_is_never_having_stopped():
    def moved(stops):
        rng = np.random.default_rng(4)
        value, gradient = torch.zeros(4), torch.zeros(4)
        adam = FlatAdam(value, gradient)
        for t in range(10):
            if t in stops:
                fresh = FlatAdam(value, gradient)
                for into, kept in zip(fresh.moments(), adam.moments(), strict=True):
                    into.copy_(kept)
                fresh.n_steps = adam.n_steps
                adam = fresh
            gradient.copy_(torch.from_numpy(rng.normal(size=4).astype(np.float32)))
            adam.step(0.1, 1.0)
        return value.tolist()

    assert moved(set()) == moved({3, 7})


def test_a_gradient_of_nothing_moves_nothing():
    value, gradient = torch.ones(2), torch.zeros(2)
    FlatAdam(value, gradient).step(0.1, 0.5)
    assert value.tolist() == pytest.approx([1.0, 1.0])
