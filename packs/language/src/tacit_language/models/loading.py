"""Load a model and its tokenizer by the path of a folder or by an id."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import torch

from tacit.errors import BadFile
from tacit.store.run_folder import read_json
from tacit_language.models.causal import CausalModel
from tacit_language.models.pickled import WEIGHTS, refuse_pickled
from tacit_language.models.saving import can_be_own, read_gpt
from tacit_language.models.tokenizers import Tokenizer, own_tokenizer

_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


class Loaded(NamedTuple):
    """A model and its tokenizer."""

    model: CausalModel
    tokenizer: Tokenizer


def load_model(where: str | Path, *, device: str | torch.device = "cpu", own: bool = True) -> Loaded:
    """Return a causal model and its tokenizer.

    Args:
        where: a folder in the Hugging Face layout, such as `save_model` writes; or an id of the Hugging Face hub.
        device: where the weights go.
        own: compute a GPT-2 by the `GPT` of this pack, which is faster; otherwise by transformers, as LoRA needs it.

    Raises:
        BadFile: no such folder, weights that are pickled alone, or files that are absent or damaged.
        MissingExtra: the model needs transformers, which is not installed.
    """
    folder = Path(where)
    if not folder.is_dir():
        if folder.exists() or str(where).startswith((".", "/", "~")) or not _ID.fullmatch(str(where)):
            raise BadFile(str(where), got="no such folder", expected="a folder with a model, or an id of the hub")
        return _through_transformers(str(where), device)
    if not (folder / "config.json").exists():
        raise BadFile(str(folder), got="no config.json", expected="a model in the Hugging Face layout")
    refuse_pickled(folder)
    if own and (folder / WEIGHTS).exists() and can_be_own(read_json(folder / "config.json")):
        tokenizer = own_tokenizer(folder)
        model = read_gpt(folder).to(device)
        if tokenizer is not None:
            return Loaded(model, tokenizer)
        from tacit_language.models.hub import load_hub_tokenizer  # noqa: PLC0415 (slow to import, and seldom needed)

        return Loaded(model, load_hub_tokenizer(str(folder)))
    return _through_transformers(str(folder), device)


def _through_transformers(where: str, device: str | torch.device) -> Loaded:
    from tacit_language.models.hub import load_hub_model  # noqa: PLC0415 (slow to import, and seldom needed)

    model, tokenizer = load_hub_model(where)
    return Loaded(model.to(device), tokenizer)
