"""Items: the things that are judged, known by the hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ItemKind(StrEnum):
    """What an item is, so that a page knows how to show it and a labeler whether it can answer."""

    TEXT = "text"
    DIALOGUE = "dialogue"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    SEGMENT = "segment"
    TABLE = "table"
    SPECTRUM = "spectrum"


READABLE = (ItemKind.TEXT, ItemKind.DIALOGUE)
"""Kinds whose content a page shows as it is: nothing need be drawn first."""


def content_hash(content: bytes) -> str:
    """Return the lower-case hexadecimal SHA-256 of `content`: the identity of items and of media."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Media:
    """Bytes that a page can show.

    Args:
        content: the encoded bytes.
        media_type: an IANA media type, such as ``video/mp4`` or ``text/plain``.
    """

    content: bytes
    media_type: str

    @cached_property
    def media_id(self) -> str:
        """SHA-256 of the content."""
        return content_hash(self.content)


@dataclass(frozen=True)
class Item:
    """A thing that is judged. Two items with the same content are the same item.

    Args:
        kind: what it is.
        content: its canonical bytes, from which it can be shown again and its features computed again.
        media_type: how `content` is encoded.
    """

    kind: ItemKind
    content: bytes
    media_type: str

    @cached_property
    def item_id(self) -> str:
        """SHA-256 of the content."""
        return content_hash(self.content)


@dataclass(frozen=True)
class Candidates:
    """What a producer offers to ask about. An item comes into being only for what is asked.

    Args:
        kind: the kind of every candidate.
        media_type: the encoding of every candidate's content.
        features: what a reward model sees, first axis the candidate; a trajectory segment has shape
            (candidate, step, feature), float32.
        content: index of a candidate → its canonical bytes.
        group: key of what each candidate answers, such as the prompt of a text, shape (candidate,): only candidates of
            one group are compared, and a group is never divided between what teaches a reward and what tests it.
            None where any two may be compared.
    """

    kind: ItemKind
    media_type: str
    features: NDArray[Any]
    content: Callable[[int], bytes]
    group: NDArray[np.uint64] | None = None

    def __len__(self) -> int:
        """Return the number of candidates."""
        return int(self.features.shape[0])

    def item(self, index: int) -> Item:
        """Return candidate `index` as an item."""
        return Item(self.kind, self.content(index), self.media_type)
