"""Drawing tokens: by hand, by frequency, and where completions end."""

import numpy as np
import pytest
import torch

from tacit.errors import BadValue
from tacit_language.models import GPT, GPTConfig, Sampling, generate
from tacit_language.models.completions import Completions
from tacit_language.models.sampling import draw, uniform_rows

LOGITS = torch.tensor([0.5, 0.25, 0.15, 0.1]).log()


def drawn(uniform, **settings):
    rows = len(uniform)
    return draw(LOGITS.repeat(rows, 1), torch.tensor(uniform, dtype=torch.float64), Sampling(1, **settings))


def test_a_random_number_picks_the_token_in_whose_part_of_the_unit_interval_it_lies():
    token, log_prob = drawn([0.0, 0.49, 0.51, 0.74, 0.76, 0.91, 0.999])
    assert token.tolist() == [0, 0, 1, 1, 2, 3, 3]
    torch.testing.assert_close(log_prob.exp(), torch.tensor([0.5, 0.5, 0.25, 0.25, 0.15, 0.1, 0.1]))


def test_the_tail_is_cut_by_rank_or_by_probability_and_log_probabilities_are_of_the_whole():
    assert drawn([0.65, 0.67, 0.999], top_k=2)[0].tolist() == [0, 1, 1]  # 0.5 / 0.75 = 2/3
    assert drawn([0.55, 0.56, 0.83, 0.84, 0.999], top_p=0.8)[0].tolist() == [0, 1, 1, 2, 2]  # 5/9 and 7.5/9
    assert drawn([0.999], top_p=0.5)[0].tolist() == [0]  # 0.5 is reached by the first
    assert drawn([0.999], top_k=1)[1].exp().item() == pytest.approx(0.5)


def test_the_temperature_divides_the_logits():
    # At ½, probabilities are squared: .25, .0625, .0225, .01 of .345
    token, log_prob = drawn([0.72, 0.73], temperature=0.5)
    assert token.tolist() == [0, 1]
    torch.testing.assert_close(log_prob.exp(), torch.tensor([0.25, 0.0625]) / 0.345)
    token, log_prob = drawn([0.999], temperature=0)
    assert (token.item(), log_prob.exp().item()) == (0, pytest.approx(0.5))


def test_each_row_has_a_stream_of_its_own_that_is_even():
    whole = uniform_rows(3, 0, 50, 200)
    assert torch.equal(whole[7:9], uniform_rows(3, 7, 2, 200))
    assert torch.equal(whole[7:9, :5], uniform_rows(3, 7, 2, 5))
    assert not torch.equal(whole, uniform_rows(4, 0, 50, 200))
    counted = np.histogram(whole, bins=10, range=(0, 1))[0]
    assert np.abs(counted - 1_000).max() < 5 * np.sqrt(1_000 * 0.9)  # binomial, 10,000 of them


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_k": 0}, {"top_p": 0}, {"top_p": 1.1}, {"stop": ((),)}, {"max_new_tokens": 0}]
)
def test_settings_outside_their_range_are_refused(wrong):
    with pytest.raises(BadValue, match=next(iter(wrong))):
        Sampling(**({"max_new_tokens": 1} | wrong))


# ---- ends


def test_a_stop_sequence_ends_a_completion_and_belongs_to_it_but_not_before_the_least_length():
    model = GPT(GPTConfig(64, 8, 1, 1, 4), seed=0)  # nearly even over four tokens
    prompts = [[0]] * 40
    sampling = Sampling(30, stop=((1, 2), (3, 3)), min_new_tokens=4)
    done = generate(model, prompts, sampling, seed=0)
    for text, finished in zip(done.texts(), done.finished.tolist(), strict=True):
        ends = [i for i in range(3, len(text)) if text[i - 1 : i + 1] in ([1, 2], [3, 3])]
        assert ends == ([len(text) - 1] if finished else [])
        assert finished or len(text) == 30
    assert done.log_probs[~done.completion_mask].eq(0).all()
    assert 30 < done.finished.sum() <= 40


def test_completions_are_cut_at_the_first_full_stop_from_a_place_on():
    stop = 9
    tokens = torch.tensor([[5, 1, stop, 2, stop, 3], [5, stop, 1, 2, 3, 4], [5, 1, 2, stop, 0, 0]])
    mask = torch.tensor([[True] * 5, [True] * 5, [True] * 3 + [False] * 2])
    whole = Completions(tokens, torch.ones(3, 1, dtype=torch.bool), mask, -1.0 * mask, torch.tensor([False] * 3))
    cut = whole.truncate_at(stop, after=2)
    assert cut.texts() == [[1, stop, 2, stop], [stop, 1, 2, 3, 4], [1, 2, stop]]
    assert cut.finished.tolist() == [True, False, True]
    assert cut.log_probs.sum(1).tolist() == [-4, -5, -3]
    some = cut.take(torch.tensor([2, 0]))
    assert some.texts() == [[1, 2, stop], [1, stop, 2, stop]]
    assert some.tokens.shape == (2, 5)
