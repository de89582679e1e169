"""Any causal model in the Hugging Face layout, through transformers, behind the contract of `CausalModel`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from tacit.errors import BadFile, BadValue, CannotWrite, MissingExtra
from tacit_language.models.causal import Cache, CausalModel, ModelConfig
from tacit_language.models.columns import positions

EXTRA = "tacit-language[hub]"


class HubCache:
    """transformers' own cache, with the mask of what it holds.

    Args:
        inner: a ``DynamicCache``.
        rows: rows of the batch.
        device: where the model is.
    """

    def __init__(self, inner: Any, rows: int, device: torch.device) -> None:  # noqa: ANN401 (another program's class)
        self.inner, self.mask = inner, torch.ones(rows, 0, dtype=torch.bool, device=device)

    @property
    def n_columns(self) -> int:
        """Columns of tokens seen so far, padding included."""
        return self.mask.shape[1]

    def extend(self, tokens: Tensor, mask: Tensor | None) -> None:
        """Note which of the new tokens are real."""
        new = torch.ones_like(tokens, dtype=torch.bool) if mask is None else mask
        self.mask = torch.cat([self.mask, new], dim=1)

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows alone, int64 (row,)."""
        self.inner.batch_select_indices(rows)
        self.mask = self.mask.index_select(0, rows)


class HubModel(CausalModel):
    """A causal model of transformers.

    Args:
        inner: what ``AutoModelForCausalLM`` returned.
        where: what it was loaded from, for messages.

    Raises:
        BadValue: its logits are not its output embedding times its last hidden states, as with models that change
            logits in a way that is not known here.
    """

    def __init__(self, inner: Any, where: str) -> None:  # noqa: ANN401 (another program's class)
        super().__init__()
        self.inner, self.where = inner, where
        self.adapter: Any = None
        settings = inner.config.get_text_config()
        self.config = ModelConfig(
            context_length=int(getattr(settings, "max_position_embeddings", 0) or 2**20),  # none: positions by distance
            width=int(settings.hidden_size),
            n_layers=int(settings.num_hidden_layers),
            n_heads=int(settings.num_attention_heads),
            vocabulary_size=int(inner.get_output_embeddings().weight.shape[0]),
        )
        self._cap = getattr(settings, "final_logit_softcapping", None)
        takes = inspect.signature(inner.base_model.forward).parameters
        self._takes_positions = "position_ids" in takes
        self._cache_name = "cache" if "cache" in takes else "past_key_values"  # renamed in transformers 5
        self.train()
        self._check()

    def train(self, mode: bool = True) -> Self:
        """Change nothing within: dropout stays off, since with it no two passes give the same probabilities."""
        super().train(mode)
        self.inner.eval()
        return self

    def forward(self, tokens: Tensor, mask: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """Return the last hidden states (row, column, width); see `CausalModel.forward`."""
        seen = torch.ones_like(tokens, dtype=torch.bool) if mask is None else mask
        given: dict[str, Any] = {"use_cache": False}
        if cache is not None:
            if not isinstance(cache, HubCache):
                raise BadValue(self.where, got=f"a {type(cache).__name__}", expected="what start_cache returned")
            cache.extend(tokens, mask)
            seen, given = cache.mask, {"use_cache": True, self._cache_name: cache.inner}
        if self._takes_positions:
            given["position_ids"] = positions(seen)[:, -tokens.shape[1] :]
        if not bool(seen.all()):
            given["attention_mask"] = seen.long()
        hidden: Tensor = self.inner.base_model(input_ids=tokens, **given).last_hidden_state
        return hidden

    def logits(self, hidden: Tensor) -> Tensor:
        """Map hidden states (…, width) to the logits of the next token (…, vocabulary)."""
        logits: Tensor = self.inner.get_output_embeddings()(hidden)
        return logits if self._cap is None else torch.tanh(logits / self._cap) * self._cap

    def start_cache(self, rows: int, columns: int) -> HubCache:  # noqa: ARG002 (this cache grows as it must)
        """Return an empty cache for `rows` rows."""
        from transformers import DynamicCache  # noqa: PLC0415 (an optional extra, slow to import)

        return HubCache(DynamicCache(config=self.inner.config), rows, self.device)

    def save(self, folder: Path) -> None:
        """Write the weights as transformers reads them; what `add_lora` added is merged into them.

        Raises:
            CannotWrite: the disk is full or read-only.
        """
        whole = self.inner if self.adapter is None else deepcopy(self.adapter).merge_and_unload()
        try:
            whole.save_pretrained(folder, safe_serialization=True)
        except OSError as error:
            raise CannotWrite(str(folder), got=str(error), expected="a disk with room to write") from None

    def _check(self) -> None:
        tokens = torch.arange(min(4, self.config.vocabulary_size), device=self.device)[None]
        with torch.no_grad():
            expected = self.inner(input_ids=tokens, use_cache=False).logits
            got = self.logits(self(tokens))
        if got.shape != expected.shape or not torch.allclose(got, expected, atol=1e-3, rtol=1e-3):
            raise BadValue(
                self.where,
                got=f"a {type(self.inner).__name__} that changes its logits in a way of its own",
                expected="a causal model whose logits are its output embedding times its last hidden states",
            )


class HubTokenizer:
    """A tokenizer of transformers.

    Args:
        inner: what ``AutoTokenizer`` returned. It needs no padding token, since masks say what is real.
        where: what it was loaded from, for messages.

    Raises:
        BadValue: it has no token that ends a text.
    """

    def __init__(self, inner: Any, where: str) -> None:  # noqa: ANN401 (another program's class)
        self.inner = inner
        if inner.eos_token_id is None:
            do = "Name one in tokenizer_config.json, as eos_token"
            raise BadValue(f"tokenizer of {where}", got="no end-of-text token", expected="one", do=do)

    @property
    def vocabulary_size(self) -> int:
        """Tokens that there are."""
        return len(self.inner)

    @property
    def end_id(self) -> int:
        """The token that ends a text."""
        return int(self.inner.eos_token_id)

    def encode(self, text: str) -> list[int]:
        """Return the tokens of `text`, no beginning and no end added."""
        return list(self.inner.encode(text, add_special_tokens=False))

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`, without the tokens that only mark its form."""
        return str(self.inner.decode(list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def chat_tokens(self, messages: Sequence[Mapping[str, str]]) -> list[int] | None:
        """Return the tokens after which a reply is due, by the tokenizer's chat template; None if it has none."""
        if not getattr(self.inner, "chat_template", None):
            return None
        text = self.inner.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        return self.encode(str(text))

    def save(self, folder: Path, context_length: int) -> None:  # noqa: ARG002 (it has a length of its own)
        """Write the files that transformers reads a tokenizer from."""
        self.inner.save_pretrained(folder)


def load_hub_model(where: str) -> tuple[HubModel, HubTokenizer]:
    """Return a model and its tokenizer through transformers: from a folder, or by an id of the hub.

    Raises:
        MissingExtra: transformers is not installed.
        BadFile: no such model, no weights in safetensors, or files that transformers cannot read.
    """
    tokenizer = load_hub_tokenizer(where)
    with _told(where):
        from transformers import AutoModelForCausalLM  # noqa: PLC0415 (an optional extra, slow to import)

        inner = AutoModelForCausalLM.from_pretrained(where, use_safetensors=True, dtype=torch.float32)
    return HubModel(inner, where), tokenizer


def load_hub_tokenizer(where: str) -> HubTokenizer:
    """Return a tokenizer through transformers; see `load_hub_model`."""
    with _told(where):
        from transformers import AutoTokenizer  # noqa: PLC0415 (an optional extra, slow to import)

        return HubTokenizer(AutoTokenizer.from_pretrained(where), where)


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Say what transformers complains about as a user's own mistake."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtra(f"model {where}", package=error.name or "transformers", install=EXTRA) from None
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise BadFile(
            f"model {where}",
            got=reason if len(reason) < 300 else reason[:300] + " …",
            expected="a folder or an id of a causal model whose weights are in safetensors",
            do="Without a network, bring the model's folder and give its path",
        ) from None
