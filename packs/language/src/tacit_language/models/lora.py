"""LoRA: learn a change of low rank to a large model's weights, and leave the weights themselves as they are."""

from __future__ import annotations

import warnings

import torch

from tacit.errors import BadValue, MissingExtra
from tacit_language.models.causal import CausalModel
from tacit_language.models.hub import EXTRA, HubModel


def add_lora(model: CausalModel, *, rank: int, alpha: float | None = None, seed: int = 0) -> None:
    """Give every linear map of a model a trainable change of rank `rank`, and hold all other weights fixed.

    The change is 0 at first. `save_model` merges it into the weights.

    Args:
        model: a model of transformers, as `load_model` gives it with ``own=False``; changed in place.
        rank: of each change.
        alpha: the change is multiplied by ``alpha / rank``; twice the rank if None.
        seed: of its first weights.

    Raises:
        BadValue: the model of this pack, which is small enough to be trained whole; a rank below 1; or LoRA already.
        MissingExtra: peft is not installed.

    Source: Hu et al. 2021, section 4.1, arXiv:2106.09685.
    """
    if not isinstance(model, HubModel):
        expected = "a model of transformers"
        raise BadValue("add_lora", got=f"a {type(model).__name__}", expected=expected, do="Load it with own=False")
    if rank < 1 or model.adapter is not None:
        got = "a model that has it already" if rank >= 1 else f"rank {rank}"
        raise BadValue("add_lora", got=got, expected="a rank above 0, once")
    try:
        from peft import LoraConfig, get_peft_model  # noqa: PLC0415 (an optional extra, slow to import)
    except ModuleNotFoundError as error:
        raise MissingExtra("LoRA", package=error.name or "peft", install=EXTRA) from None
    transposed = any(type(part).__name__ == "Conv1D" for part in model.inner.modules())  # as GPT-2 keeps its weights
    settings = LoraConfig(
        task_type="CAUSAL_LM",
        r=rank,
        lora_alpha=2 * rank if alpha is None else alpha,
        lora_dropout=0.0,
        target_modules="all-linear",
        fan_in_fan_out=transposed,
    )
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by names that it is giving up
        torch.manual_seed(seed)
        model.adapter = get_peft_model(model.inner, settings)
