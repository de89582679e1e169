"""Likelihoods of pairs, choices and rankings, worked by hand and by their symmetries."""

from __future__ import annotations

from math import exp, log

import pytest
import torch

from tacit_language.preference import binary_loss, imitation_loss, pair_loss, ranking_loss


def test_a_pair_worked_by_hand():
    # Δ = ln 3: σ = 3/4. Answer "first": −ln 3/4. A tie: −½ ln 3/4 − ½ ln 1/4. A lapse of .2: p = .1 + .8 · .75 = .7
    difference = torch.tensor([log(3.0)] * 2)
    losses = pair_loss(difference, torch.tensor([1.0, 0.5]))
    assert losses.tolist() == pytest.approx([-log(0.75), -0.5 * log(0.75) - 0.5 * log(0.25)], rel=1e-6)
    assert pair_loss(difference[:1], torch.ones(1), lapse=0.2).item() == pytest.approx(-log(0.7), rel=1e-6)


def test_a_margin_asks_for_a_lead():
    # at Δ = margin the loss is ln 2, as it is at Δ = 0 without one
    assert pair_loss(torch.tensor([1.5]), torch.ones(1), margin=1.5).item() == pytest.approx(log(2), rel=1e-6)
    assert pair_loss(torch.tensor([-1.5]), torch.zeros(1), margin=1.5).item() == pytest.approx(log(2), rel=1e-6)


def test_the_gradient_is_how_wrong_the_prediction_was():
    good, bad = torch.tensor([0.3], requires_grad=True), torch.tensor([1.0], requires_grad=True)
    pair_loss(good - bad, torch.ones(1)).sum().backward()
    wrong = 1 / (1 + exp(0.3 - 1.0))  # σ(r_bad − r_good)
    assert good.grad.item() == pytest.approx(-wrong, rel=1e-6)
    assert bad.grad.item() == pytest.approx(wrong, rel=1e-6)


def test_a_ranking_worked_by_hand():
    # weights 4, 2, 1: the first place 4/7, then the second 2/3; a choice of the best decides the first place alone
    scores = torch.tensor([[4.0, 2.0, 1.0]]).log()
    size = torch.tensor([3])
    assert ranking_loss(scores, torch.tensor([2]), size).item() == pytest.approx(-log(4 / 7) - log(2 / 3), rel=1e-6)
    assert ranking_loss(scores, torch.tensor([1]), size).item() == pytest.approx(-log(4 / 7), rel=1e-6)
    # a lapse of .3 fills the first place at random: .1 + .7 · 4/7 = .5
    lapsing = ranking_loss(scores, torch.tensor([1]), size, lapse=0.3)
    assert lapsing.item() == pytest.approx(-log(0.5), rel=1e-6)


def test_a_ranking_of_two_is_a_pair_and_padding_is_not_seen():
    scores = torch.tensor([[0.7, -0.2, 99.0]], requires_grad=True)
    loss = ranking_loss(scores, torch.tensor([1]), torch.tensor([2]))
    assert loss.item() == pytest.approx(pair_loss(torch.tensor([0.9]), torch.ones(1)).item(), rel=1e-6)
    loss.sum().backward()
    assert torch.isfinite(scores.grad).all()
    assert scores.grad[0, 2].item() == 0


@pytest.mark.parametrize("shift", [-3.0, 50.0])
def test_scores_are_fixed_up_to_a_constant(shift):
    scores, placed, size = torch.tensor([[0.4, -1.0, 2.0], [1.0, 0.0, 0.0]]), torch.tensor([2, 1]), torch.tensor([3, 2])
    moved = ranking_loss(scores + shift, placed, size)
    torch.testing.assert_close(moved, ranking_loss(scores, placed, size), rtol=1e-4, atol=1e-5)


def test_binary_and_imitation_worked_by_hand():
    assert binary_loss(torch.tensor([log(3.0)]), torch.ones(1)).item() == pytest.approx(-log(0.75), rel=1e-6)
    log_probs = torch.tensor([[-1.0, -3.0, -9.0], [-9.0, -9.0, -9.0]])
    mask = torch.tensor([[True, True, False], [False, False, False]])
    assert imitation_loss(log_probs, mask).tolist() == [2.0, 0.0]  # the second completion is empty
