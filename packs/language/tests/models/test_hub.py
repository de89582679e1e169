"""Models in the Hugging Face layout, both ways. transformers is slow to import: all that needs it stands here."""

import json
import os

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
import torch
import transformers

from tacit.errors import BadFile, BadValue
from tacit_language.data import Dialogue, Message
from tacit_language.models import (
    GPT,
    ByteTokenizer,
    CharacterTokenizer,
    GPTConfig,
    Sampling,
    add_lora,
    check_round_trip,
    generate,
    load_model,
    save_model,
    token_log_probs,
)
from tacit_language.models.hub import HubModel, HubTokenizer
from tacit_language.remote.local import chat_tokens
from tacit_language.training import RowBatches, TrainingSettings, train_language_model

PROMPTS = [[1, 2, 3], [4], [5, 6, 7, 8, 9]]
TINY = {"vocab_size": 31, "max_position_embeddings": 40, "hidden_size": 24, "num_hidden_layers": 2}
TINY |= {"num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 32, "head_dim": 12}
ENDS = {"bos_token_id": 0, "eos_token_id": 0}
MODELS = {
    "llama": lambda: transformers.LlamaConfig(**TINY, **ENDS),
    "qwen3": lambda: transformers.Qwen3Config(**TINY, **ENDS),
    "gemma2": lambda: transformers.Gemma2Config(**TINY, **ENDS, final_logit_softcapping=3.0),
    "gpt2": lambda: transformers.GPT2Config(n_embd=24, n_layer=2, n_head=2, vocab_size=31, n_positions=40, **ENDS),
}


@pytest.fixture(scope="module", params=MODELS)
def folder(request, tmp_path_factory):
    """Return a folder with a tiny model of random weights and a tokenizer, as transformers writes them."""
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    inner = transformers.AutoModelForCausalLM.from_config(MODELS[request.param]())
    with torch.no_grad():
        for name, weight in inner.named_parameters():
            if weight.dim() == 2:
                weight.mul_(3 if "wte" in name or "embed" in name else 8)
    inner.save_pretrained(folder)
    CharacterTokenizer("".join(map(chr, range(97, 127)))).save(folder, 40)
    return folder


@pytest.mark.parametrize("tokenizer", [ByteTokenizer(), CharacterTokenizer("\n !aehlowé")], ids=["bytes", "characters"])
@pytest.mark.parametrize("activation", ["gelu_new", "relu"])
def test_transformers_loads_what_is_saved_with_the_same_logits_and_tokens(tokenizer, activation, tmp_path):
    size = tokenizer.vocabulary_size
    model = GPT(GPTConfig(40, 24, 2, 3, size, activation=activation), seed=3)
    save_model(tmp_path, model, tokenizer)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    tokens = torch.randint(size, (3, 20), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(model.logits(model(tokens)), theirs(tokens).logits, atol=1e-5, rtol=1e-5)
        again = load_model(tmp_path)
        assert isinstance(again.model, GPT)
        assert torch.equal(again.model(tokens), model(tokens))
    text = "hello wwé\n  hello !"
    fast = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert fast.encode(text) == tokenizer.encode(text) == again.tokenizer.encode(text)
    assert fast.decode(tokenizer.encode(text)) == text
    assert fast.eos_token_id == tokenizer.end_id == again.tokenizer.end_id


def test_a_model_of_transformers_keeps_the_contract(folder):
    model, tokenizer = load_model(folder, own=False)
    assert isinstance(model, HubModel)
    assert isinstance(tokenizer, HubTokenizer)
    done = generate(model, PROMPTS, Sampling(12, stop=((3,),)), seed=0)
    targets = torch.cat([torch.zeros_like(done.prompt_mask), done.completion_mask], dim=1)
    with torch.no_grad():
        again = token_log_probs(model, done.tokens, done.mask, targets)
    torch.testing.assert_close(again[:, done.prompt_columns :], done.log_probs, atol=1e-4, rtol=1e-4)
    assert generate(model, PROMPTS, Sampling(12, stop=((3,),)), seed=0, rows_at_once=1).texts() == done.texts()


def test_greedy_decoding_is_what_transformers_writes(folder):
    model, _ = load_model(folder)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder)
    written = theirs.generate(
        torch.tensor([[5, 6, 7]]), max_new_tokens=10, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    assert generate(model, [[5, 6, 7]], Sampling(10, temperature=0), seed=0).tokens.tolist() == written.tolist()


def test_a_model_that_is_not_here_is_told_without_a_traceback():
    with pytest.raises(BadFile, match="a folder or an id of a causal model"):
        load_model("nobody/nothing")


def test_a_tokenizer_that_loses_capitals_is_refused_where_it_matters(folder, tmp_path):
    _, tokenizer = load_model(folder, own=False)
    check_round_trip(tokenizer, ["plain", ""])
    with pytest.raises(BadValue, match=r"tokenizer, text 1: got .* back from its tokens, expected 'a Capital'"):
        check_round_trip(tokenizer, ["plain", "a Capital"])


def test_a_tokenizer_needs_no_padding_token_but_an_end(tmp_path):
    save_model(tmp_path, GPT(GPTConfig(16, 8, 1, 1, 4)), CharacterTokenizer("abc"))
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config | {"pad_token": None}))
    model, tokenizer = load_model(tmp_path, own=False)
    assert tokenizer.inner.pad_token is None
    prompts = [tokenizer.encode(text) for text in ("a", "bca", "ab")]
    assert generate(model, prompts, Sampling(4), seed=0).prompts() == prompts
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config | {"eos_token": None}))
    with pytest.raises(BadValue, match="got no end-of-text token, expected one"):
        load_model(tmp_path, own=False)


# ---- LoRA


def test_lora_learns_a_change_of_low_rank_alone_and_merges_it_when_saved(folder, tmp_path):
    model, tokenizer = load_model(folder, own=False)
    add_lora(model, rank=2, seed=1)
    fixed = {name: weight.clone() for name, weight in model.named_parameters() if not weight.requires_grad}
    learned = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    assert 0 < learned < sum(weight.numel() for weight in fixed.values())
    tokens = torch.tensor([[1, 2, 3, 4, 5, 6]])
    with torch.no_grad():
        before = model.logits(model(tokens))
        torch.testing.assert_close(before, load_model(folder, own=False).model.inner(tokens).logits)
    train_language_model(model, RowBatches([[1, 2, 3, 4, 5, 6]], tokens_per_batch=6, seed=0), TrainingSettings(5))
    with torch.no_grad():
        after = model.logits(model(tokens))
    assert not torch.allclose(before, after, atol=1e-3)
    assert all(torch.equal(weight, fixed[name]) for name, weight in model.named_parameters() if name in fixed)
    save_model(tmp_path, model, tokenizer)
    with torch.no_grad():
        torch.testing.assert_close(
            transformers.AutoModelForCausalLM.from_pretrained(tmp_path)(tokens).logits, after, atol=1e-4, rtol=1e-4
        )
    with pytest.raises(BadValue, match="a model that has it already"):
        add_lora(model, rank=2)


def test_a_chat_template_forms_the_prompt(folder):
    _, tokenizer = load_model(folder, own=False)
    dialogue = Dialogue((Message("user", "abc"),))
    assert tokenizer.decode(chat_tokens(tokenizer, dialogue)) == "umanabcssistant"  # no template: what has tokens of it
    tokenizer.inner.chat_template = "{% for m in messages %}{{ m.role }}{{ m.content }}{% endfor %}reply"
    assert tokenizer.decode(chat_tokens(tokenizer, dialogue)) == "userabcreply"
