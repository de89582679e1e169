"""Generation: what is written, with which log-probabilities, and that the batch does not matter."""

import pytest
import torch

from tacit.errors import BadValue
from tacit_language.models import GPT, GPTConfig, Sampling, generate, token_log_probs

PROMPTS = [[1, 2, 3], [4], [5, 6, 7, 8, 9], [2, 2], [1], [9, 8, 7, 6]]


@pytest.fixture(scope="module")
def model():
    model = GPT(GPTConfig(context_length=40, width=24, n_layers=2, n_heads=3, vocabulary_size=13), seed=1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 2:
                weight.mul_(3 if "wte" in name else 15)  # so that the next token is neither certain nor even
    return model


def test_the_log_probabilities_are_those_of_a_fresh_pass_without_a_cache(model):
    done = generate(model, PROMPTS, Sampling(20, stop=((3,), (1, 2)), temperature=0.8), seed=0, rows_at_once=4)
    targets = torch.cat([torch.zeros_like(done.prompt_mask), done.completion_mask], dim=1)
    again = token_log_probs(model, done.tokens, done.mask, targets, temperature=0.8)
    torch.testing.assert_close(again[:, done.prompt_columns :], done.log_probs, atol=1e-4, rtol=1e-4)


def test_what_is_written_hangs_on_seed_and_row_and_not_on_the_batch(model):
    sampling = Sampling(20, stop=((3,), (1, 2)))
    whole = generate(model, PROMPTS, sampling, seed=5)
    in_twos = generate(model, PROMPTS, sampling, seed=5, rows_at_once=2)
    alone = [
        generate(model, [prompt], sampling, seed=5, first_row=row).texts()[0] for row, prompt in enumerate(PROMPTS)
    ]
    assert whole.texts() == in_twos.texts() == alone
    assert whole.prompts() == PROMPTS
    assert generate(model, PROMPTS, sampling, seed=6).texts() != whole.texts()


def test_a_prompt_that_leaves_no_room_is_refused_or_cut(model):
    with pytest.raises(BadValue, match="prompt 1: got 35 tokens, expected at most 30"):
        generate(model, [[1], [2] * 35], Sampling(10), seed=0)
    assert generate(model, [[2] * 34 + [4]], Sampling(10, cut_prompts=True), seed=0).prompts() == [[2] * 29 + [4]]
