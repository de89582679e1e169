"""Texts that share prompts: every prompt is computed once, whatever the number of completions that follow it.

In preference data both texts of a pair follow one prompt, and in policy optimisation several completions do. Their
prompts' keys and values are the same, so that they are computed once and seen by all completions, gradients flowing
back through them. And the last layer computes only what is read: a prompt's last token, or for a score that alone of
every text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tacit_language.models.columns import RealTokens


class Branching:
    """Where everything is in a batch of prompts and the completions that follow them.

    The tokens of prompts and completions stand in one list, all real tokens of the prompts first.

    Args:
        prompt_mask: bool (prompt, P), True where a token is real.
        completion_mask: bool (text, L); each completion begins in the first column.
        owner: the prompt of each text, int64 (text,).
    """

    def __init__(self, prompt_mask: Tensor, completion_mask: Tensor, owner: Tensor) -> None:
        self.owner, self.completion_mask = owner, completion_mask
        self.prompts, self.completions = RealTokens.of(prompt_mask), RealTokens.of(completion_mask)
        self.n_texts, self.n_columns = completion_mask.shape
        self.n_prompt_tokens = len(self.prompts.flat)
        self.prompt_lengths = prompt_mask.sum(dim=1)
        column = torch.arange(self.prompts.longest, device=owner.device)
        self.prompt_real = column < self.prompt_lengths[:, None]  # rows begin in the first column
        self.last_of_prompt = (self.prompt_lengths.cumsum(0) - 1).clamp_min(0)  # in the list of tokens

    @property
    def position(self) -> Tensor:
        """Place of each token in its text, int64 (token,)."""
        row = torch.div(self.completions.flat, max(self.n_columns, 1), rounding_mode="floor")
        after = self.prompt_lengths[self.owner[row]] + self.completions.position
        return torch.cat([self.prompts.position, after])

    @property
    def longest(self) -> int:
        """Tokens of the longest text."""
        return int((self.prompt_lengths[self.owner] + self.completion_mask.sum(dim=1)).max())

    def tokens(self, prompts: Tensor, completions: Tensor) -> Tensor:
        """Return the real tokens of both in one list, int64 (token,)."""
        parts = ((prompts, self.prompts), (completions, self.completions))
        return torch.cat([padded.reshape(-1).index_select(0, real.flat) for padded, real in parts])

    def last_of_text(self) -> Tensor:
        """Return where each text's last token is in the list of tokens, int64 (text,)."""
        lengths = self.completion_mask.sum(dim=1)
        in_completion = self.n_prompt_tokens + lengths.cumsum(0) - 1
        return torch.where(lengths > 0, in_completion, self.last_of_prompt[self.owner])

    def spread(self, values: Tensor, n_heads: int) -> tuple[Tensor, Tensor]:
        """Return values of all tokens (token, width) as those of prompts and of completions, (row, head, column, …)."""
        parts = values[: self.n_prompt_tokens], values[self.n_prompt_tokens :]
        spread = self.prompts.spread(parts[0]), self.completions.spread(parts[1])
        first, second = (_heads(x, n_heads) for x in spread)
        return first, second

    def gather(self, of_prompts: Tensor, of_completions: Tensor) -> Tensor:
        """Undo `spread`."""
        together = (x.transpose(1, 2).flatten(2) for x in (of_prompts, of_completions))
        return torch.cat([real.gather(x) for real, x in zip((self.prompts, self.completions), together, strict=True)])

    def sees_all(self, like: Tensor) -> Tensor:
        """Return what a text's last token sees of prompt and completion, 0 or −∞, (text, 1, 1, P + L)."""
        own = torch.arange(self.completions.longest, device=like.device) < self.completion_mask.sum(dim=1)[:, None]
        real = torch.cat([self.prompt_real[self.owner], own], dim=1)
        return like.new_zeros(real.shape).masked_fill_(~real, -torch.inf)[:, None, None]

    def sees_earlier(self, like: Tensor) -> Tensor:
        """Return what each token of a completion sees, 0 or −∞, (L, P + L) or (text, 1, L, P + L)."""
        n, before = self.completions.longest, self.prompts.longest
        causal = torch.ones(n, before + n, dtype=torch.bool, device=like.device).tril_(before)
        if bool(self.prompt_real.all()):
            return like.new_zeros(causal.shape).masked_fill_(~causal, -torch.inf)
        own = torch.ones(self.n_texts, n, dtype=torch.bool, device=like.device)
        sees = causal & torch.cat([self.prompt_real[self.owner], own], dim=1)[:, None]
        return like.new_zeros(sees.shape).masked_fill_(~sees, -torch.inf)[:, None]


def through_layers(x: Tensor, layers: Sequence[Any], at: Branching, *, n_heads: int, last_only: bool) -> Tensor:
    """Return the hidden states that are read, before the last normalisation.

    Args:
        x: embeddings of all tokens, prompts first, (token, width).
        layers: the blocks of the model.
        at: where the tokens are.
        n_heads: attention heads of a layer.
        last_only: whether each text is read at its last token alone.

    Returns:
        (text, width) if `last_only`; otherwise those of the prompts' last tokens, then those of the completions'
        tokens, (prompt + token, width).
    """
    sees = at.sees_earlier(x) if at.completions.longest else None
    for layer in layers[:-1]:
        mixed = layer.attn.c_attn(layer.ln_1(x))
        seen = at.gather(*_attend(at, mixed.chunk(3, dim=1), sees, n_heads))
        x = x + layer.attn.c_proj(seen)
        x = x + layer.mlp(layer.ln_2(x))
    layer = layers[-1]
    normal = layer.ln_1(x)
    weight, bias = layer.attn.c_attn.weight, layer.attn.c_attn.bias
    width = x.shape[1]
    key, value = torch.addmm(bias[width:], normal, weight[:, width:]).chunk(2, dim=1)
    if last_only:
        read = at.last_of_text()
    else:
        completion_tokens = torch.arange(at.n_prompt_tokens, len(x), device=x.device)
        read = torch.cat([at.last_of_prompt, completion_tokens])
    query = torch.addmm(bias[:width], normal.index_select(0, read), weight[:, :width])
    attend = _last_of_texts if last_only else _last_of_prompts
    seen = attend(at, query, key, value, sees, n_heads)
    x = x.index_select(0, read) + layer.attn.c_proj(seen)
    return x + layer.mlp(layer.ln_2(x))  # type: ignore[no-any-return]


def _attend(at: Branching, mixed: Sequence[Tensor], sees: Tensor | None, n_heads: int) -> tuple[Tensor, Tensor]:
    """Return what the tokens of prompts and of completions see, (row, head, column, width)."""
    (query, own_query), (key, own_key), (value, own_value) = (at.spread(part, n_heads) for part in mixed)
    of_prompts = query
    if query.shape[2]:
        of_prompts = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    if sees is None:
        return of_prompts, own_query
    return of_prompts, _attend_to_both(at, own_query, (key, own_key), (value, own_value), sees)


def _attend_to_both(
    at: Branching, query: Tensor, keys: tuple[Tensor, Tensor], values: tuple[Tensor, Tensor], sees: Tensor
) -> Tensor:
    key = torch.cat([keys[0].index_select(0, at.owner), keys[1]], dim=2)
    value = torch.cat([values[0].index_select(0, at.owner), values[1]], dim=2)
    return functional.scaled_dot_product_attention(query, key, value, attn_mask=sees)


def _last_of_texts(at: Branching, query: Tensor, key: Tensor, value: Tensor, _: Tensor | None, n_heads: int) -> Tensor:
    """Return what the last token of each text sees, (text, width)."""
    keys, values = at.spread(key, n_heads), at.spread(value, n_heads)
    asked = query.view(len(query), n_heads, 1, -1)
    return _attend_to_both(at, asked, keys, values, at.sees_all(query)).flatten(1)


def _last_of_prompts(
    at: Branching, query: Tensor, key: Tensor, value: Tensor, sees: Tensor | None, n_heads: int
) -> Tensor:
    """Return what the last token of each prompt and the tokens of the completions see, (prompt + token, width)."""
    keys, values = at.spread(key, n_heads), at.spread(value, n_heads)
    n_prompts = len(at.prompt_lengths)
    parts = []
    if keys[0].shape[2]:
        hidden = query.new_zeros(at.prompt_real.shape).masked_fill_(~at.prompt_real, -torch.inf)
        hidden[at.prompt_lengths == 0] = 0.0  # an empty prompt sees what nobody reads
        asked = query[:n_prompts].view(n_prompts, n_heads, 1, -1)
        mask = hidden[:, None, None]
        parts.append(functional.scaled_dot_product_attention(asked, keys[0], values[0], attn_mask=mask).flatten(1))
    else:
        parts.append(query[:n_prompts])
    if sees is not None:
        own = _heads(at.completions.spread(query[n_prompts:]), n_heads)
        seen = _attend_to_both(at, own, keys, values, sees)
        parts.append(at.completions.gather(seen.transpose(1, 2).flatten(2)))
    return torch.cat(parts)


def _heads(values: Tensor, n_heads: int) -> Tensor:
    """Return (row, column, width) as (row, head, column, width of a head)."""
    rows, columns, width = values.shape
    return values.view(rows, columns, n_heads, width // n_heads).transpose(1, 2)
