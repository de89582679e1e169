"""Tokens of texts of any size: a file of tokens on disk, and short rows packed into long ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue, CannotWrite
from tacit_language.models import Tokenizer


def token_file(texts: Iterable[str], tokenizer: Tokenizer, path: Path) -> NDArray[np.integer]:
    """Write the tokens of texts to a file, each text followed by the end, and return them as they lie on the disk.

    Texts are read one at a time and the tokens are not held in memory, so that both may be larger than it.

    Args:
        texts: what to encode.
        tokenizer: how.
        path: the file; plain unsigned integers, 2 bytes each where the vocabulary allows, else 4.

    Raises:
        CannotWrite: the disk is full or read-only.
        BadValue: no texts.
    """
    kind = np.dtype("<u2" if tokenizer.vocabulary_size <= 2**16 else "<u4")
    n = 0
    try:
        with path.open("wb") as stream:
            for text in texts:
                tokens = np.array([*tokenizer.encode(text), tokenizer.end_id], kind)
                stream.write(tokens.tobytes())
                n += len(tokens)
    except OSError as error:
        raise CannotWrite(str(path), got=error.strerror or str(error), expected="a disk with room to write") from None
    if n == 0:
        raise BadValue("texts", got="none", expected="at least one")
    return np.memmap(path, kind, mode="r")


def pack_rows(
    rows: Sequence[Sequence[int]], learned: Sequence[Sequence[bool]], length: int
) -> tuple[list[list[int]], list[list[bool]]]:
    """Return rows joined into fewer that are at most `length` long: the longest first, each where it still fits.

    The model of this pack needs none of it, since it computes no padding. In a model that does, a row that stands
    behind another sees it, as texts in pre-training do.

    Args:
        rows: the tokens of each row, ended by the tokenizer's end.
        learned: which tokens' loss counts.
        length: most tokens of a joined row.

    Raises:
        BadValue: a row is longer.
    """
    order = sorted(range(len(rows)), key=lambda i: (-len(rows[i]), i))
    if order and len(rows[order[0]]) > length:
        raise BadValue(f"row {order[0]}", got=f"{len(rows[order[0]])} tokens", expected=f"at most {length}")
    joined: list[list[int]] = []
    flags: list[list[bool]] = []
    with_room: dict[int, list[int]] = {}  # room left → the joined rows that have it
    for i in order:
        room = min((left for left in with_room if left >= len(rows[i])), default=None)
        if room is None:
            joined.append([])
            flags.append([])
            place, left = len(joined) - 1, length
        else:
            place, left = with_room[room].pop(), room
            if not with_room[room]:
                del with_room[room]
        joined[place] += rows[i]
        flags[place] += [False, *learned[i][1:]]
        with_room.setdefault(left - len(rows[i]), []).append(place)
    return joined, flags
