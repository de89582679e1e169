"""A small GPT of our own whose weights have the names and the shapes of GPT-2's.

What it trains is therefore read by any program that reads GPT-2, and it reads any GPT-2. Padding costs next to nothing:
what is computed token by token is computed for real tokens alone, and attention sees rows that begin in the first
column, so that it needs no mask but the causal one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from tacit.errors import BadValue
from tacit_language.models.branching import Branching, through_layers
from tacit_language.models.cache import KeyValueCache
from tacit_language.models.causal import Cache, CausalModel, ModelConfig
from tacit_language.models.columns import RealTokens


@dataclass(frozen=True)
class GPTConfig(ModelConfig):
    """The sizes of a GPT, and the non-linearity of its feed-forward part.

    Args:
        activation: ``gelu_new`` is GPT-2's; ``relu`` is faster.
        epsilon: added to the variance in layer normalisation.
    """

    activation: Literal["gelu_new", "relu"] = "gelu_new"
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        for name in ("context_length", "width", "n_layers", "n_heads", "vocabulary_size"):
            if getattr(self, name) < 1:
                raise BadValue(f"GPT {name}", got=getattr(self, name), expected="a whole number above 0")
        if self.width % self.n_heads:
            raise BadValue("GPT width", got=self.width, expected=f"a multiple of the {self.n_heads} heads")
        if self.activation not in ("gelu_new", "relu"):
            raise BadValue("GPT activation", got=repr(self.activation), expected="gelu_new or relu")


class Projection(nn.Module):
    """An affine map whose weight has shape (in, out), as GPT-2 has it."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (row, in) to (row, out)."""
        return torch.addmm(self.bias, x, self.weight)


class Attention(nn.Module):
    """Causal self-attention of several heads."""

    def __init__(self, config: GPTConfig, layer: int) -> None:
        super().__init__()
        self.n_heads, self.layer = config.n_heads, layer
        self.c_attn = Projection(config.width, 3 * config.width)
        self.c_proj = Projection(config.width, config.width)

    def forward(self, x: Tensor, rows: int, real: RealTokens | None) -> Tensor:
        """Map (token, width) to the same; `real` says where the tokens are in `rows` rows, None if all are real."""
        mixed = self.c_attn(x)
        padded = mixed.view(rows, -1, mixed.shape[1]) if real is None else real.spread(mixed)
        query, key, value = self._heads(padded)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        together = seen.transpose(1, 2).flatten(2)
        return self.c_proj(together.flatten(0, 1) if real is None else real.gather(together))  # type: ignore[no-any-return]

    def go_on(self, x: Tensor, rows: int, cache: KeyValueCache, mask: Tensor | None) -> Tensor:
        """Map new tokens (token, width) to the same, seeing those in the cache as far as `mask` lets them."""
        query, key, value = self._heads(self.c_attn(x).view(rows, -1, 3 * x.shape[1]))
        keys, values = cache.put(self.layer, key, value)
        causal = mask is None and query.shape[2] > 1
        seen = functional.scaled_dot_product_attention(query, keys, values, attn_mask=mask, is_causal=causal)
        return self.c_proj(seen.transpose(1, 2).reshape(x.shape))  # type: ignore[no-any-return]

    def _heads(self, mixed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows, columns, width = mixed.shape
        query, key, value = mixed.view(rows, columns, 3, self.n_heads, width // 3 // self.n_heads).permute(
            2, 0, 3, 1, 4
        )
        return query, key, value


class FeedForward(nn.Module):
    """Two affine maps with a non-linearity between them."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.c_fc = Projection(config.width, 4 * config.width)
        self.c_proj = Projection(4 * config.width, config.width)
        self.smooth = config.activation == "gelu_new"

    def forward(self, x: Tensor) -> Tensor:
        """Map (token, width) to the same."""
        inner = self.c_fc(x)
        inner = functional.gelu(inner, approximate="tanh") if self.smooth else functional.relu(inner, inplace=True)
        return self.c_proj(inner)  # type: ignore[no-any-return]


class Block(nn.Module):
    """One layer: attention, then feed-forward, each added to what it was given."""

    def __init__(self, config: GPTConfig, layer: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.width, eps=config.epsilon)
        self.attn = Attention(config, layer)
        self.ln_2 = nn.LayerNorm(config.width, eps=config.epsilon)
        self.mlp = FeedForward(config)

    def forward(self, x: Tensor, rows: int, real: RealTokens | None) -> Tensor:
        """Map (token, width) to the same."""
        x = x + self.attn(self.ln_1(x), rows, real)
        return x + self.mlp(self.ln_2(x))  # type: ignore[no-any-return]

    def go_on(self, x: Tensor, rows: int, cache: KeyValueCache, mask: Tensor | None) -> Tensor:
        """Map new tokens (token, width) to the same."""
        x = x + self.attn.go_on(self.ln_1(x), rows, cache, mask)
        return x + self.mlp(self.ln_2(x))  # type: ignore[no-any-return]


class Trunk(nn.Module):
    """Embeddings, blocks and the last normalisation, under GPT-2's names."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        # weights that are given are not drawn from PyTorch's global generator; its meta device would cost 60 MB instead
        self.wte, self.wpe = (
            nn.Embedding(n, config.width, _weight=torch.empty(n, config.width))
            for n in (config.vocabulary_size, config.context_length)
        )
        self.h = nn.ModuleList(Block(config, layer) for layer in range(config.n_layers))
        self.ln_f = nn.LayerNorm(config.width, eps=config.epsilon)

    def layers(self) -> Iterator[Block]:
        """Iterate over the blocks, first to last."""
        return cast(Iterator[Block], iter(self.h))


class GPT(CausalModel):
    """A decoder-only transformer with learned positions and tied embeddings.

    Args:
        config: its sizes.
        seed: of the first weights.

    Source: Radford et al. 2019, Language models are unsupervised multitask learners, section 2.3.
    """

    config: GPTConfig

    def __init__(self, config: GPTConfig, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self.transformer = Trunk(config)
        self._start(seed)

    def _start(self, seed: int) -> None:
        """Draw the first weights: normal with deviation .02, less for what is added to the residual stream."""
        draw = torch.Generator().manual_seed(seed)
        shrink = 1 / sqrt(2 * self.config.n_layers)
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if name.endswith("bias"):
                    weight.zero_()
                elif weight.dim() == 1:
                    weight.fill_(1.0)
                else:
                    deviation = 0.02 * (shrink if name.endswith("c_proj.weight") else 1.0)
                    weight.normal_(0.0, deviation, generator=draw)

    def forward(self, tokens: Tensor, mask: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """Return the last hidden states (row, column, width); see `CausalModel.forward`."""
        if cache is not None:
            if not isinstance(cache, KeyValueCache):
                raise BadValue("GPT cache", got=type(cache).__name__, expected="what start_cache returned")
            return self._go_on(tokens, mask, cache)
        rows, columns = tokens.shape
        real = None if mask is None or bool(mask.all()) else RealTokens.of(mask)
        longest = columns if real is None else real.longest
        self._check_length(longest)
        trunk = self.transformer
        if real is None:
            x = (trunk.wte(tokens) + trunk.wpe.weight[:columns]).flatten(0, 1)
        else:
            chosen = tokens.reshape(-1).index_select(0, real.flat)
            x = trunk.wte(chosen) + trunk.wpe(real.position)
        for block in trunk.layers():
            x = block(x, rows, real)
        x = trunk.ln_f(x)
        return x.view(rows, columns, -1) if real is None else real.pad(x)

    def branched(
        self, prompts: Tensor, prompt_mask: Tensor, completions: Tensor, completion_mask: Tensor, owner: Tensor
    ) -> Tensor:
        """Return the last hidden states of completions, each prompt computed once; see `CausalModel.branched`."""
        at = Branching(prompt_mask, completion_mask, owner)
        hidden = self._branched(prompts, completions, at, last_only=False)
        n_prompts = len(prompts)
        first = hidden[:n_prompts].index_select(0, owner)[:, None]
        return torch.cat([first, at.completions.pad(hidden[n_prompts:])], dim=1)

    def last_hidden(
        self, prompts: Tensor, prompt_mask: Tensor, completions: Tensor, completion_mask: Tensor, owner: Tensor
    ) -> Tensor:
        """Return the last hidden state of each text's last token; see `CausalModel.last_hidden`."""
        return self._branched(prompts, completions, Branching(prompt_mask, completion_mask, owner), last_only=True)

    def _branched(self, prompts: Tensor, completions: Tensor, at: Branching, *, last_only: bool) -> Tensor:
        self._check_length(at.longest)
        trunk, tokens = self.transformer, at.tokens(prompts, completions)
        x = trunk.wte(tokens) + trunk.wpe(at.position)
        blocks = list(trunk.h)
        x = through_layers(x, blocks, at, n_heads=self.config.n_heads, last_only=last_only)
        return trunk.ln_f(x)  # type: ignore[no-any-return]

    def logits(self, hidden: Tensor) -> Tensor:
        """Map hidden states (…, width) to the logits of the next token (…, vocabulary)."""
        return functional.linear(hidden, self.transformer.wte.weight)

    def start_cache(self, rows: int, columns: int) -> KeyValueCache:
        """Return an empty cache with room for `columns` tokens in each of `rows` rows."""
        self._check_length(columns)
        config = self.config
        width = config.width // config.n_heads
        return KeyValueCache(
            config.n_layers, rows, config.n_heads, columns, width, self.transformer.wte.weight.detach()
        )

    def _go_on(self, tokens: Tensor, mask: Tensor | None, cache: KeyValueCache) -> Tensor:
        rows, columns = tokens.shape
        if columns > cache.room:
            raise BadValue("GPT cache", got=f"{columns} more tokens", expected=f"at most {cache.room}, its room")
        before = cache.n_columns
        place = cache.lengths[:, None] + torch.arange(columns, device=tokens.device)
        if mask is not None:
            place = cache.lengths[:, None] + (mask.cumsum(dim=1) - 1).clamp_min_(0)
        cache.extend(rows, columns, mask)
        trunk = self.transformer
        x = trunk.wte(tokens).flatten(0, 1) + trunk.wpe(place).flatten(0, 1)
        seen = _may_see(cache, before, columns)
        for block in trunk.layers():
            x = block.go_on(x, rows, cache, seen)
        return trunk.ln_f(x).view(rows, columns, -1)  # type: ignore[no-any-return]

    def _check_length(self, columns: int) -> None:
        if columns > self.config.context_length:
            raise BadValue(
                "GPT input",
                got=f"{columns} tokens in a row",
                expected=f"at most {self.config.context_length}, its context",
            )


def _may_see(cache: KeyValueCache, before: int, columns: int) -> Tensor | None:
    """Return which keys each new column may see, bool (row, 1, column, key); None where the causal rule says it all."""
    real = cache.mask
    if real is None and (columns == 1 or before == 0):
        return None
    keys = torch.arange(cache.n_columns, device=cache.device)
    query = torch.arange(before, before + columns, device=keys.device)[:, None]
    causal = keys <= query
    if real is None:
        return causal
    return (causal & real[:, None, :] | (keys == query))[:, None]  # padding sees itself, so that no row sees nothing
