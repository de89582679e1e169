"""One flat vector moves as PyTorch's own AdamW moves each parameter."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from tacit.errors import BadValue
from tacit_language.training.adam import FlatAdamW


def a_model():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn(weight.shape, generator=draw))
    return model


def test_the_first_step_worked_by_hand():
    # both moments are corrected for their start, so the first step is the sign of the gradient times the rate,
    # after the weight has decayed: 2 · (1 − 0.1 · 0.5) − 0.1 = 1.8
    weight = nn.Parameter(torch.tensor([[2.0]]))
    adam = FlatAdamW([weight], weight_decay=0.5)
    (3 * weight).sum().backward()
    assert adam.step(0.1) == 3.0
    assert weight.item() == pytest.approx(1.8, abs=1e-6)
    assert weight.grad.item() == 0.0


def test_many_steps_are_those_of_the_algorithm():
    x, target = torch.linspace(-1, 1, 30).view(10, 3), torch.linspace(1, -1, 20).view(10, 2)
    model, value = a_model(), [p.detach().clone() for p in a_model().parameters()]
    adam = FlatAdamW(model.parameters(), weight_decay=0.1, second_decay=0.99)
    first, second = [torch.zeros_like(p) for p in value], [torch.zeros_like(p) for p in value]
    for step in range(1, 6):
        ((model(x) - target) ** 2).mean().backward()
        gradients = [p.grad.clone() for p in model.parameters()]
        norm = torch.cat([g.ravel() for g in gradients]).norm()
        assert adam.step(0.01, 0.5) == pytest.approx(float(norm), rel=1e-5)
        cut = min(1.0, 0.5 / float(norm))
        for i, g in enumerate(cut * gradient for gradient in gradients):
            first[i] = 0.9 * first[i] + 0.1 * g
            second[i] = 0.99 * second[i] + 0.01 * g**2
            decay = 1 - 0.01 * 0.1 * (value[i].ndim > 1)
            corrected = first[i] / (1 - 0.9**step) / ((second[i] / (1 - 0.99**step)).sqrt() + 1e-8)
            value[i] = value[i] * decay - 0.01 * corrected
        for mine, theirs in zip(model.parameters(), value, strict=True):
            torch.testing.assert_close(mine.detach(), theirs, rtol=1e-4, atol=1e-6)


def test_what_goes_on_from_a_state_moves_bit_for_bit_alike():
    x = torch.linspace(-1, 1, 30).view(10, 3)
    one, other = a_model(), a_model()
    adam, resumed = FlatAdamW(one.parameters()), FlatAdamW(other.parameters())
    one(x).square().mean().backward()
    adam.step(0.1)
    resumed.load(adam.state())
    for model, optimiser in ((one, adam), (other, resumed)):
        model(x).square().mean().backward()
        optimiser.step(0.1)
    assert torch.equal(adam.flat, resumed.flat)


def test_a_gradient_that_is_not_finite_moves_nothing():
    weight = nn.Parameter(torch.tensor([[2.0]]))
    adam = FlatAdamW([weight])
    (weight * float("nan")).sum().backward()
    assert math.isnan(adam.step(0.1))
    assert weight.item() == 2.0
    assert weight.grad.item() == 0.0


def test_it_refuses_nothing_to_train_and_a_state_of_another_model():
    with pytest.raises(BadValue, match="nothing to train"):
        FlatAdamW([nn.Parameter(torch.zeros(2), requires_grad=False)])
    adam = FlatAdamW([nn.Parameter(torch.zeros(2))])
    with pytest.raises(BadValue, match="got 3 parameters, expected 2"):
        adam.load(FlatAdamW([nn.Parameter(torch.zeros(3))]).state())
