"""The hand-written gradient is PyTorch's; advantages are the recursion's; PPO improves."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tacit.errors import BadValue
from tacit_control.network import ActorCritic, outputs_of, values_of
from tacit_control.ppo import PPOSettings, fill_gradients, generalised_advantage, held_worth, log_probability


def test_advantage_of_two_steps_worked_by_hand():
    # delta_1 = 2 + 0.5·3 − 1 = 2.5; delta_0 = 1 + 0.5·1 − 0 = 1.5; A_0 = 1.5 + 0.5·0.5·2.5 = 2.125
    column = np.array([[1.0], [2.0]]), np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]])
    never = np.zeros((2, 1), dtype=bool)
    advantage = generalised_advantage(*column, never, discount=0.5, gae_lambda=0.5)
    assert advantage.ravel().tolist() == [2.125, 2.5]


def test_an_ended_episode_passes_nothing_back():
    reward, value = np.array([[1.0], [2.0]]), np.zeros((2, 1))
    next_value = np.array([[10.0], [10.0]])
    ended = np.array([[True], [False]])
    advantage = generalised_advantage(reward, value, next_value, ended, discount=0.5, gae_lambda=1.0)
    assert advantage.ravel().tolist() == [6.0, 7.0]  # 1 + 0.5·10, and 2 + 0.5·10


def test_an_end_is_worth_what_its_last_state_looks_like_for_ever():
    # row 1 shows the last state of the episode that ended in row 0, scored −3: −3 / (1 − 0.5) = −6;
    # the end in row 3 is not scored yet and takes the mean of the others
    reward = np.array([[1.0], [-3.0], [1.0], [1.0]])
    terminated = np.array([[True], [False], [False], [True]])
    assert held_worth(reward, terminated, 0.5).ravel().tolist() == [-6.0, 0.0, 0.0, -6.0]


@pytest.mark.parametrize("numbers", [True, False])
@pytest.mark.parametrize("entropy_bonus", [0.0, 0.03])
def test_every_gradient_is_the_one_that_automatic_differentiation_gives(numbers, entropy_bonus):
    rng = np.random.default_rng(4)
    network = ActorCritic(5, 3, 7, numbers=numbers, log_sd=-0.3, rng=rng)
    network.flat.add_(torch.from_numpy(rng.standard_normal(len(network.flat)).astype(np.float32)) * 0.3)
    rows = 64
    observation = rng.standard_normal((rows, 5)).astype(np.float32)
    output = rng.standard_normal((rows, 3)).astype(np.float32) if numbers else rng.integers(3, size=rows)
    weights = network.read_out()
    old = log_probability(outputs_of(weights, observation), output, weights.get("log_sd"))
    old = old + rng.normal(0, 0.3, rows).astype(np.float32)  # so that some ratios are clipped
    advantage, target = rng.standard_normal((2, rows)).astype(np.float32)
    minibatch = tuple(map(torch.from_numpy, (observation, output, old, advantage, target)))
    settings = PPOSettings(entropy_bonus=entropy_bonus)
    fill_gradients(network, minibatch, settings)

    p = {name: parameter.clone().requires_grad_() for name, parameter in network.parameters.items()}
    _loss_as_written_in_the_paper(p, minibatch, settings).backward()
    for name, gradient in network.gradients.items():
        torch.testing.assert_close(gradient, p[name].grad, rtol=1e-3, atol=1e-5)


def _loss_as_written_in_the_paper(p, minibatch, settings):
    observation, output, old, advantage, target = minibatch
    hidden = [torch.tanh(observation @ p["w1"][i] + p["b1"][i]) for i in range(2)]
    hidden = [torch.tanh(hidden[i] @ p["w2"][i] + p["b2"][i]) for i in range(2)]
    out, value = hidden[0] @ p["w3"] + p["b3"], (hidden[1] @ p["w4"] + p["b4"])[:, 0]
    if "log_sd" in p:
        distribution = torch.distributions.Independent(torch.distributions.Normal(out, p["log_sd"].exp()), 1)
    else:
        distribution = torch.distributions.Categorical(logits=out)
    ratio = (distribution.log_prob(output) - old).exp()
    clipped = ratio.clamp(1 - settings.clip, 1 + settings.clip)
    loss = -torch.minimum(advantage * ratio, advantage * clipped).mean()
    loss = loss + settings.value_weight * ((value - target) ** 2).mean()
    return loss - settings.entropy_bonus * distribution.entropy().mean()


@pytest.mark.parametrize("numbers", [True, False])
def test_numpy_and_torch_agree_on_outputs_values_and_probabilities(numbers):
    rng = np.random.default_rng(5)
    network = ActorCritic(4, 2, 8, numbers=numbers, log_sd=0.1, rng=rng)
    observation = rng.standard_normal((10, 4)).astype(np.float32)
    done = network.forward(torch.from_numpy(observation))
    weights = network.read_out()
    np.testing.assert_allclose(outputs_of(weights, observation), done.output.numpy(), atol=1e-6)
    np.testing.assert_allclose(values_of(weights, observation), done.value.numpy(), atol=1e-6)
    output = rng.standard_normal((10, 2)).astype(np.float32) if numbers else rng.integers(2, size=10)
    if numbers:
        distribution = torch.distributions.Normal(done.output, network.parameters["log_sd"].exp())
        expected = distribution.log_prob(torch.from_numpy(output)).sum(1)
    else:
        expected = torch.distributions.Categorical(logits=done.output).log_prob(torch.from_numpy(output))
    found = log_probability(outputs_of(weights, observation), output, weights.get("log_sd"))
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("name", "value"), [("n_copies", 0), ("discount", 1.5), ("learning_rate", -1.0)])
def test_settings_outside_their_range_are_refused(name, value):
    with pytest.raises(BadValue, match=name):
        PPOSettings(**{name: value})
