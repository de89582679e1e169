"""Doubles: texts that are the same but for spaces and capitals, and texts that are nearly the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tacit.errors import BadValue
from tacit.judging.item import content_hash

SHINGLE = 5  # characters
PRIME = (1 << 31) - 1  # products of two numbers below it fit into 64 bits


def same_text(texts: Sequence[str]) -> NDArray[np.intp]:
    """Return the group of each text, numbered by first occurrence, (text,): the same but for spaces and capitals."""
    keys = [content_hash(_plain(text).encode()) for text in texts]
    number: dict[str, int] = {}
    return np.array([number.setdefault(key, len(number)) for key in keys], np.intp)


def near_duplicates(
    texts: Sequence[str], *, threshold: float = 0.8, bands: int = 16, rows: int = 8, seed: int = 0
) -> NDArray[np.intp]:
    """Return the group of each text, numbered by first occurrence, (text,): texts that are nearly the same.

    Two texts are alike by the share of their 5-character pieces that both have. Signatures of ``bands * rows`` smallest
    hashes find the pairs to look at; two texts of likeness s meet with probability 1 − (1 − s^rows)^bands. Groups are
    what such pairs connect, so that its ends may be less alike than `threshold`.

    Args:
        texts: what to compare.
        threshold: likeness from which on two texts belong together, by their signatures.
        bands: parts of a signature; equal in one, two texts are looked at.
        rows: hashes of a part.
        seed: of the hash functions.

    Raises:
        BadValue: a threshold outside (0, 1].

    Source: Broder 1997, doi:10.1109/SEQUEN.1997.666900.
    """
    if not 0 < threshold <= 1:
        raise BadValue("threshold of near_duplicates", got=threshold, expected="a number above 0, up to 1")
    signatures = _signatures([_plain(text) for text in texts], bands * rows, seed)
    left, right = (np.concatenate(ends) for ends in zip(*_meeting(signatures, bands, rows), strict=True))
    alike = (signatures[left] == signatures[right]).mean(axis=1) >= threshold if len(left) else np.zeros(0, bool)
    left, right = left[alike], right[alike]
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(texts), len(texts)))
    _, group = connected_components(graph, directed=False)
    _, first, member = np.unique(group, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[member]


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _signatures(texts: Sequence[str], n_hashes: int, seed: int) -> NDArray[np.uint32]:
    """Return the smallest hash of each text's pieces under each hash function, (text, hash)."""
    rng = np.random.default_rng(seed)
    factor = rng.integers(1, PRIME, size=n_hashes, dtype=np.uint64)
    shift = rng.integers(PRIME, size=n_hashes, dtype=np.uint64)
    signatures = np.empty((len(texts), n_hashes), np.uint32)
    for number, text in enumerate(texts):
        pieces = _pieces(text)
        hashes = (pieces[:, None] * factor + shift) % np.uint64(PRIME)
        signatures[number] = hashes.min(axis=0)
    return signatures


def _pieces(text: str) -> NDArray[np.uint64]:
    """Return a number below the prime for each different run of characters of the text; a short text is one run."""
    code = np.frombuffer(text.ljust(SHINGLE).encode("utf-32-le"), np.uint32).astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(code, SHINGLE)
    mixed = np.zeros(len(windows), np.uint64)
    for column in windows.T:
        mixed = (mixed * np.uint64(1_000_003) + column) % np.uint64(PRIME)
    return np.unique(mixed)


def _meeting(
    signatures: NDArray[np.uint32], bands: int, rows: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Give the pairs that are equal in a part of the signature: each text with the first one of its kind."""
    for band in range(bands):
        part = np.ascontiguousarray(signatures[:, band * rows : (band + 1) * rows])
        key = part.view(np.dtype((np.void, part.dtype.itemsize * rows))).ravel()
        _, first, member = np.unique(key, return_index=True, return_inverse=True)
        other = first[member]
        text = np.arange(len(signatures))
        yield other[other != text], text[other != text]
