"""A preference model: a language model's trunk whose last real token is read by one linear head as a score."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tacit.errors import BadValue
from tacit_language.models import CausalModel
from tacit_language.preference.sequences import Branches, Index, Sequences, branches

TOKENS_AT_ONCE = 16_384


class PreferenceModel(nn.Module):
    """Text → score; the better of two texts has the higher.

    The score is read at the last real token, wherever padding stands, by a head whose weights begin normal with
    variance 1 / (width + 1). `gain` and `offset` make it mean 0 and variance 1 where that is wanted
    (`tacit_language.preference.normalise`); they are not trained.

    Args:
        trunk: the language model; it becomes part of this model and is trained with it.
        seed: of the head's first weights.

    Source: Ziegler et al. 2019, section 2.1, arXiv:1909.08593.
    """

    gain: Tensor
    offset: Tensor

    def __init__(self, trunk: CausalModel, *, seed: int = 0) -> None:
        super().__init__()
        self.trunk = trunk
        width = trunk.config.width
        generator = torch.Generator().manual_seed(seed)
        self.head = nn.Linear(width, 1, bias=False, device=trunk.device)
        with torch.no_grad():
            first = torch.randn(1, width, generator=generator) / sqrt(width + 1)
            self.head.weight.copy_(first)
        self.register_buffer("gain", torch.ones((), device=trunk.device))
        self.register_buffer("offset", torch.zeros((), device=trunk.device))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.trunk.device

    def forward(self, batch: Branches) -> Tensor:
        """Return the score of each text of a batch, shape (text,).

        Only the hidden state at the last real token is computed to the end; prompts are computed once each.
        """
        scores: Tensor = self.offset + self.gain * self.head(self.trunk.last_hidden(*batch)).squeeze(1)
        return scores

    def score(self, texts: Sequences) -> NDArray[np.float32]:
        """Return the score of each text, shape (text,); nothing is trained.

        Raises:
            BadValue: a text is longer than the model's context.
        """
        check_fits(texts, self.trunk.config.context_length)
        scores = np.zeros(len(texts), np.float32)
        was_training = self.training
        self.eval()
        with torch.no_grad():
            for which in batches_by_length(texts, TOKENS_AT_ONCE):
                scores[which] = self(branches(texts, which, device=self.device)).float().cpu().numpy()
        self.train(was_training)
        return scores


def check_fits(texts: Sequences, context_length: int) -> None:
    """Refuse texts that are longer than a model's context, naming the first.

    Raises:
        BadValue: there is one.
    """
    long = np.flatnonzero(texts.lengths > context_length)
    if len(long):
        raise BadValue(
            f"text {int(long[0])}",
            got=f"{int(texts.lengths[long[0]])} tokens",
            expected=f"at most {context_length}, the model's context",
            do="Make the texts with `sequences(…, context_length=…)` of this model",
        )


def batches_by_length(texts: Sequences, tokens_at_once: int) -> Iterator[Index]:
    """Yield the numbers of all texts in batches of similar length, each of at most `tokens_at_once` padded tokens."""
    order = np.lexsort((texts.prompt_of, texts.lengths))
    start = 0
    while start < len(order):
        end = start + 1
        longest = texts.lengths[order[start]]
        while end < len(order) and max(longest, texts.lengths[order[end]]) * (end + 1 - start) <= tokens_at_once:
            longest = max(longest, texts.lengths[order[end]])
            end += 1
        yield order[start:end]
        start = end
