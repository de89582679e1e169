import numpy as np
import pytest
import torch

from tacit.reward import SegmentEnsemble
from tacit.reward.training import adapt_l2, cross_entropy


def test_cross_entropy_worked_by_hand():
    # Equal scores: p = ½ whatever the lapse, loss ln 2. Far ahead and right: p = 1 − 0.1 / 2 = 0.95, loss −ln 0.95.
    loss, slope = cross_entropy(torch.tensor([0.0, 50.0, 50.0]), torch.tensor([1.0, 1.0, 0.0]), 0.1)
    assert loss.tolist() == pytest.approx([np.log(2), -np.log(0.95), -np.log(0.05)], rel=1e-5)
    assert slope.tolist() == pytest.approx([-0.45, 0, 0], abs=1e-6)


@pytest.mark.parametrize("lapse", [0.0, 0.1, 0.5])
def test_the_slope_is_that_of_automatic_differentiation(lapse):
    difference = torch.linspace(-6, 6, 41, dtype=torch.float64).requires_grad_()
    target = torch.rand(41, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    loss, slope = cross_entropy(difference, target, lapse)
    (by_difference,) = torch.autograd.grad(loss.sum(), difference)
    assert torch.allclose(slope, by_difference, atol=1e-9)


def test_without_lapses_a_sure_mistake_still_has_a_slope():
    _, slope = cross_entropy(torch.tensor([200.0, -200.0]), torch.tensor([0.0, 1.0]), 0.0)
    assert slope.tolist() == [1.0, -1.0]


def test_the_penalty_rises_above_the_band_falls_below_it_and_rests_within():
    settings = SegmentEnsemble(l2_factor=2, loss_ratio=(1.1, 1.5), l2_range=(0.01, 1))
    l2 = np.array([0.1, 0.1, 0.1, 0.8, 0.015, 0.1])
    training, validation = np.array([1.0, 1, 1, 1, 1, 0]), np.array([1.6, 1.3, 1.0, 1.6, 1.0, 1.6])
    assert adapt_l2(l2, training, validation, settings).tolist() == [0.2, 0.1, 0.05, 1.0, 0.01, 0.1]
