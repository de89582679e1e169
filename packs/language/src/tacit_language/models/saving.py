"""A folder with a GPT in it, as transformers reads and writes one: JSON and safetensors, nothing pickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from tacit.errors import BadFile, BadValue
from tacit.store.run_folder import read_json, write_bytes, write_json
from tacit_language.models.causal import CausalModel
from tacit_language.models.gpt import GPT, GPTConfig
from tacit_language.models.hub import HubModel
from tacit_language.models.pickled import WEIGHTS
from tacit_language.models.tokenizers import Tokenizer

_NAMES = {
    "n_positions": "context_length",
    "n_embd": "width",
    "n_layer": "n_layers",
    "n_head": "n_heads",
    "vocab_size": "vocabulary_size",
    "layer_norm_epsilon": "epsilon",
}
_ACTIVATIONS = {"gelu_new": "gelu_new", "gelu_pytorch_tanh": "gelu_new", "relu": "relu"}
_MUST_BE = {
    "n_inner": (None,),
    "tie_word_embeddings": (True,),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
}


def save_model(folder: Path, model: CausalModel, tokenizer: Tokenizer) -> None:
    """Write a model and its tokenizer into `folder`, as transformers reads them; what LoRA learned is merged.

    Raises:
        CannotWrite: the disk is full or read-only. BadValue: a model of neither kind.
    """
    if isinstance(model, HubModel):
        tokenizer.save(folder, model.config.context_length)
        model.save(folder)
    elif isinstance(model, GPT):
        _save_gpt(folder, model, tokenizer)
    else:
        raise BadValue("save_model", got=f"a {type(model).__name__}", expected="a GPT or a model of transformers")


def _save_gpt(folder: Path, model: GPT, tokenizer: Tokenizer) -> None:
    settings: dict[str, Any] = {name: getattr(model.config, own) for name, own in _NAMES.items()}
    ends = {"bos_token_id": tokenizer.end_id, "eos_token_id": tokenizer.end_id, "pad_token_id": tokenizer.end_id}
    settings |= ends | {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "activation_function": model.config.activation,
        "attn_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "resid_pdrop": 0.0,
        "tie_word_embeddings": True,
        "torch_dtype": str(model.transformer.wte.weight.dtype).removeprefix("torch."),
    }
    weights = {name: weight.detach().cpu().contiguous() for name, weight in model.state_dict().items()}
    # safetensors refuses tensors that share memory, as the views of an optimiser's flat vector do
    weights = {name: weight.clone() for name, weight in weights.items()}
    write_bytes(folder / WEIGHTS, save(weights, metadata={"format": "pt"}))
    write_json(folder / "generation_config.json", ends)
    tokenizer.save(folder, model.config.context_length)
    write_json(folder / "config.json", settings)


def can_be_own(settings: dict[str, Any]) -> bool:
    """Whether `GPT` computes what a ``config.json`` with these settings describes."""
    plain = all(settings.get(name, allowed[0]) in allowed for name, allowed in _MUST_BE.items())
    known = settings.get("activation_function", "gelu_new") in _ACTIVATIONS
    return settings.get("model_type") == "gpt2" and plain and known


def read_gpt(folder: Path) -> GPT:
    """Return the GPT in a folder whose settings `can_be_own` accepts.

    Raises:
        BadFile: a file is absent or damaged, or weights do not fit the settings.
    """
    settings = read_json(folder / "config.json")
    sizes = {own: settings[name] for name, own in _NAMES.items() if name in settings}
    try:
        config = GPTConfig(activation=_ACTIVATIONS[settings.get("activation_function", "gelu_new")], **sizes)  # type: ignore[arg-type]
    except TypeError as error:
        raise BadFile(str(folder / "config.json"), got=str(error), expected="the sizes of a GPT-2") from None
    model = GPT(config)
    stored = read_weights(folder / WEIGHTS)
    wanted = model.state_dict()
    weights = {_own_name(name): weight for name, weight in stored.items()}
    weights = {name: weight for name, weight in weights.items() if name in wanted}
    wrong = [n for n, w in wanted.items() if n not in weights or weights[n].shape != w.shape]
    if wrong:
        got = f"no {wrong[0]}" if wrong[0] not in weights else f"{wrong[0]} of shape {tuple(weights[wrong[0]].shape)}"
        expected = f"weights of shape {tuple(wanted[wrong[0]].shape)}, as config.json says"
        raise BadFile(str(folder / WEIGHTS), got=got, expected=expected)
    model.load_state_dict({name: weight.float() for name, weight in weights.items()})
    return model


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Return name → tensor of a safetensors file.

    Raises:
        BadFile: it is absent, cut short or damaged.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            return {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 (not a dict)
    except FileNotFoundError:
        raise BadFile(str(path), got="no such file", expected="weights in safetensors") from None
    except (SafetensorError, OSError) as error:
        raise BadFile(str(path), got=str(error), expected="a whole safetensors file") from None


def _own_name(name: str) -> str:
    """GPT-2's first checkpoints leave out the name of the trunk."""
    return name if name.startswith(("transformer.", "lm_head.")) else f"transformer.{name}"
