"""What a reward model sees of a reply: its words, and the first policy's activations on it.

Neither changes in any later training, so that an item's features stay what they were when it was judged. Words are
counted in a fixed number of places, whatever the language: a place each by a hash, the sign by another.

Source: the hashed words after Weinberger et al. 2009, arXiv:0902.2206.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import torch
from numpy.typing import NDArray

from tacit_language.models import CausalModel, pad_right

ROWS_AT_ONCE = 64
PLACES = 128
_WORD = re.compile(r"\w+|[^\w\s]")


def features_of(
    model: CausalModel | None,
    prompts: Sequence[Sequence[int]],
    replies: Sequence[Sequence[int]],
    texts: Sequence[tuple[str, str]],
    *,
    pad_id: int = 0,
) -> NDArray[np.float32]:
    """Return what a reward model sees of replies, float32 (reply, 1, feature): items of one step.

    Args:
        model: whose activations are taken as well; None for words alone, which say more where all words are known.
        prompts: tokens of the prompt of each reply. replies: tokens of each reply, at least one.
        texts: prompt and reply of each in words.
        pad_id: what stands where no token is real.
    """
    counts = word_counts(texts)
    if model is None:
        return counts
    return np.concatenate([activations(model, prompts, replies, pad_id=pad_id), counts], axis=2)


def word_counts(texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
    """Return hashed counts of the words of each reply, how many there are, and how many of them the prompt holds.

    Args:
        texts: prompt and reply.

    Returns:
        float32 (reply, 1, 130).
    """
    counts = np.zeros((len(texts), 1, PLACES + 2), np.float32)
    for row, (prompt, reply) in enumerate(texts):
        asked = set(_WORD.findall(prompt.lower()))
        words = _WORD.findall(reply.lower())
        for word in words:
            place, sign = _place(word)
            counts[row, 0, place] += sign
        counts[row, 0, PLACES:] = len(words), sum(word in asked and len(word) > 2 for word in words)
    return counts


@lru_cache(maxsize=100_000)
def _place(word: str) -> tuple[int, int]:
    """Return where a word is counted, and with which sign."""
    digest = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
    return digest % PLACES, 1 if digest >> 40 & 1 else -1


def activations(
    model: CausalModel, prompts: Sequence[Sequence[int]], replies: Sequence[Sequence[int]], *, pad_id: int = 0
) -> NDArray[np.float32]:
    """Return features of replies: the mean of the last hidden states over the reply, and that of its last token.

    Args:
        model: whose activations they are.
        prompts: tokens of the prompt of each reply.
        replies: tokens of each reply, at least one.
        pad_id: what stands where no token is real.

    Returns:
        float32 (reply, 1, 2 · width).
    """
    order = np.argsort([len(p) + len(r) for p, r in zip(prompts, replies, strict=True)], kind="stable")
    features = np.empty((len(order), 1, 2 * model.config.width), np.float32)
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(order), ROWS_AT_ONCE):
            rows = order[start : start + ROWS_AT_ONCE]
            tokens, mask = pad_right([[*prompts[row], *replies[row]] for row in rows], pad_id)
            hidden = model(tokens.to(model.device), mask.to(model.device)).float()
            column = torch.arange(tokens.shape[1])
            begins = torch.tensor([len(prompts[row]) for row in rows])[:, None]
            written = (mask & (column >= begins)).to(hidden.device)[:, :, None]
            mean = (hidden * written).sum(dim=1) / written.sum(dim=1).clamp_min(1)
            ends = mask.sum(dim=1).to(hidden.device) - 1
            last = hidden[torch.arange(len(rows)), ends]
            features[rows, 0] = torch.cat([mean, last], dim=1).cpu().numpy()
    model.train(was_training)
    return features
