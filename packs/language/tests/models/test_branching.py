"""Prompts computed once give the same hidden states and gradients as prompts computed with every completion."""

from __future__ import annotations

import pytest
import torch

from tacit.errors import BadValue
from tacit_language.models import GPT, CausalModel, GPTConfig

CASES = {
    "no padding": (6, 5, 3, 7, None, None),
    "padding on both sides, and an empty completion": (6, 5, 3, 4, [6, 2, 4], [5, 0, 3, 1]),
    "an empty prompt among others": (6, 5, 3, 4, [6, 0, 4], [5, 2, 3, 1]),
    "no prompts": (0, 5, 1, 4, None, [5, 2, 3, 1]),
    "no completions": (6, 0, 3, 4, None, None),
    "all completions empty": (6, 3, 3, 4, [6, 3, 2], [0, 0, 0, 0]),
}


def a_gpt():
    gpt = GPT(GPTConfig(context_length=20, width=16, n_layers=3, n_heads=2, vocabulary_size=30), seed=1)
    draw = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in gpt.parameters():
            weight.add_(torch.randn(weight.shape, generator=draw) * 0.1)
    return gpt


def a_batch(columns, n_columns, n_prompts, n_texts, prompt_lengths, lengths):
    draw = torch.Generator().manual_seed(3)
    prompts = torch.randint(1, 30, (n_prompts, columns), generator=draw)
    completions = torch.randint(1, 30, (n_texts, n_columns), generator=draw)
    owner = torch.randint(0, n_prompts, (n_texts,), generator=draw)
    prompt_mask = torch.ones(n_prompts, columns, dtype=torch.bool)
    completion_mask = torch.ones(n_texts, n_columns, dtype=torch.bool)
    for row, n in zip(prompt_mask, prompt_lengths or (), strict=False):
        row[: columns - n] = False
    for row, n in zip(completion_mask, lengths or (), strict=False):
        row[n:] = False
    return prompts, prompt_mask, completions, completion_mask, owner


@pytest.mark.parametrize("case", CASES)
def test_hidden_states_and_gradients_are_those_of_the_plain_model(case):
    gpt, batch = a_gpt(), a_batch(*CASES[case])
    _, prompt_mask, _, completion_mask, owner = batch
    real = torch.cat([prompt_mask.any(dim=1)[owner][:, None], completion_mask], dim=1)[..., None]
    results = []
    for branched in (CausalModel.branched, GPT.branched):
        gpt.zero_grad()
        hidden = branched(gpt, *batch) * real
        (hidden * torch.linspace(-1, 1, hidden.numel()).view_as(hidden)).sum().backward()
        results.append((hidden.detach(), [p.grad.clone() for p in gpt.parameters() if p.grad is not None]))
    torch.testing.assert_close(results[1][0], results[0][0], rtol=1e-4, atol=1e-5)
    for mine, plain in zip(results[1][1], results[0][1], strict=True):
        torch.testing.assert_close(mine, plain, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_the_last_token_alone_is_read_as_in_the_plain_model(case):
    gpt, batch = a_gpt(), a_batch(*CASES[case])
    readable = batch[1].any(dim=1)[batch[4]] | batch[3].any(dim=1)
    mine, plain = gpt.last_hidden(*batch), CausalModel.last_hidden(gpt, *batch)
    torch.testing.assert_close(mine[readable], plain[readable], rtol=1e-4, atol=1e-5)


def test_a_text_longer_than_the_context_is_refused():
    batch = a_batch(16, 5, 1, 1, None, None)
    with pytest.raises(BadValue, match="got 21 tokens in a row, expected at most 20"):
        a_gpt().branched(*batch)
