"""Splits by conversation: what shares a conversation never stands on both sides."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue


def split_by_conversation(conversations: Sequence[str], share: float, *, seed: int = 0) -> NDArray[np.bool_]:
    """Return which rows are held out, bool (row,).

    A conversation's side hangs on its name and the seed alone, so that it stays where it is when rows are added.

    Args:
        conversations: the name of each row's conversation, such as `Dialogue.conversation`.
        share: of the conversations that are held out, about.
        seed: of the split.

    Raises:
        BadValue: a share outside [0, 1].

    Source: Bai et al. 2022, section 2.2, arXiv:2204.05862 (about four comparisons a conversation).
    """
    if not 0 <= share <= 1:
        raise BadValue("share held out", got=share, expected="a number from 0 to 1")
    below = int(share * 2**64)
    side = {name: int.from_bytes(_digest(name, seed), "big") < below for name in set(conversations)}
    return np.array([side[name] for name in conversations], bool)


def _digest(name: str, seed: int) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=8, salt=seed.to_bytes(8, "big")).digest()
