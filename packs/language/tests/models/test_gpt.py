"""The small GPT: padding changes nothing, gradients included, and wrong sizes are refused."""

import pytest
import torch

from tacit.errors import BadFile, BadValue
from tacit_language.models import GPT, ByteTokenizer, CharacterTokenizer, GPTConfig, load_model, save_model
from tacit_language.models.log_probs import picked_log_probs
from tacit_language.models.tokenizers import check_round_trip

ROWS = [[1, 2, 3], [4, 5, 6, 7, 8, 9, 10], [11]]


def padded(side):
    tokens, mask = torch.zeros(3, 9, dtype=torch.int64), torch.zeros(3, 9, dtype=torch.bool)
    for row, found in enumerate(ROWS):
        here = {"left": slice(9 - len(found), 9), "right": slice(0, len(found)), "both": slice(1, 1 + len(found))}[side]
        tokens[row, here], mask[row, here] = torch.tensor(found), True
    return tokens, mask


@pytest.mark.parametrize("side", ["left", "right", "both"])
def test_padding_changes_neither_hidden_states_nor_gradients(side):
    alone, together = (GPT(GPTConfig(12, 24, 2, 3, 13), seed=5) for _ in range(2))
    hidden = torch.cat([alone(torch.tensor([row]))[0] for row in ROWS])
    tokens, mask = padded(side)
    found = together(tokens, mask)[mask]
    torch.testing.assert_close(found, hidden, atol=1e-5, rtol=1e-5)
    weight = torch.linspace(-1, 1, hidden.numel()).view_as(hidden)
    (hidden * weight).sum().backward()
    (found * weight).sum().backward()
    for first, second in zip(alone.parameters(), together.parameters(), strict=True):
        if first.grad is not None:
            torch.testing.assert_close(first.grad, second.grad, atol=1e-4, rtol=1e-4)


def test_no_token_sees_what_comes_after_it():
    model = GPT(GPTConfig(12, 24, 2, 3, 13), seed=5)
    tokens = torch.tensor([[1, 2, 3, 4, 5, 6]])
    changed = tokens.clone()
    changed[0, 4] = 9
    before, after = model(tokens), model(changed)
    torch.testing.assert_close(before[0, :4], after[0, :4])
    assert not torch.allclose(before[0, 4:], after[0, 4:])


def test_the_slope_of_a_picked_log_probability_is_that_of_the_log_softmax(rng):
    logits = torch.tensor(rng.normal(size=(4, 6)), dtype=torch.float32, requires_grad=True)
    token, weight = torch.tensor([0, 5, 2, 2]), torch.tensor([1.0, -2.0, 0.5, 3.0])
    (ours,) = torch.autograd.grad((picked_log_probs(logits, token, temperature=0.7) * weight).sum(), logits)
    expected = (logits / 0.7).log_softmax(1).gather(1, token[:, None]).squeeze(1)
    (theirs,) = torch.autograd.grad((expected * weight).sum(), logits)
    torch.testing.assert_close(ours, theirs)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(BadValue, match="GPT width: got 10, expected a multiple of the 3 heads"):
        GPTConfig(8, 10, 1, 3, 5)
    with pytest.raises(BadValue, match="GPT input: got 9 tokens in a row, expected at most 8"):
        GPT(GPTConfig(8, 8, 1, 1, 5))(torch.zeros(1, 9, dtype=torch.int64))


def test_a_folder_that_is_damaged_is_told(tmp_path):
    with pytest.raises(BadFile, match="got no config"):
        load_model(tmp_path)
    save_model(tmp_path, GPT(GPTConfig(8, 8, 1, 1, 4)), CharacterTokenizer("abc"))
    weights = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(weights[:-100])
    with pytest.raises(BadFile, match=r"model.safetensors: got .*, expected a whole safetensors file"):
        load_model(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(weights)
    config = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(config.replace('"n_positions": 8', '"n_positions": 9'))
    with pytest.raises(
        BadFile, match=r"got transformer.wpe.weight of shape \(8, 8\), expected weights of shape \(9, 8\)"
    ):
        load_model(tmp_path)


def test_tokenizers_of_our_own_bring_every_text_back(rng):
    check_round_trip(ByteTokenizer(), ["", "plain", "naïve 中 🙂\n\t"])
    tokenizer = CharacterTokenizer.of(["banana", "bread"])
    assert tokenizer.characters == "abdenr"
    assert tokenizer.encode("bad") == [1, 0, 2]
    assert tokenizer.decode([1, 0, 2, tokenizer.end_id]) == "bad"
    with pytest.raises(BadValue, match="text 'bad luck', character 3: got ' ', expected one of the 6 characters"):
        tokenizer.encode("bad luck")
    with pytest.raises(BadValue, match="each of them once"):
        CharacterTokenizer("aa")
