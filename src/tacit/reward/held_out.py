"""Which member of an ensemble keeps which pair out of its training, decided by the pair itself.

The choice is a hash of (seed, member, pair), so it does not change as judgments come in: a pair once held out never
enters that member's training, in this fit or in any later one that starts from it. Asking the same pair again, or
asking another rater, falls on the same side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]


def held_out(pair_keys: Keys, *, seed: int, members: int, share: float) -> NDArray[np.bool_]:
    """Return who holds out which pair, shape (member, pair).

    Args:
        pair_keys: number of each pair, shape (pair,).
        seed: of the division.
        members: how many networks.
        share: expected share of the pairs that each member holds out, in [0, 1).
    """
    salt = mix(np.arange(members, dtype=np.uint64) + mix(np.array([seed % 2**64], dtype=np.uint64)))
    uniform = (mix(pair_keys[None, :] ^ salt[:, None]) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return uniform < share


def key_of_rows(rows: NDArray[np.uint32]) -> Keys:
    """Return a 64-bit key of each row of words, shape (row, word) → (row,); trailing zeros change nothing.

    Source: multilinear hashing, Carter and Wegman 1979, doi:10.1016/0022-0000(79)90044-8.
    """
    multipliers = mix(np.arange(1, rows.shape[1] + 1, dtype=np.uint64)) | np.uint64(1)
    return mix(np.einsum("ij,j->i", rows, multipliers, dtype=np.uint64))


def mix(x: Keys) -> Keys:
    """Return `x` with every bit spread over all 64 bits.

    Source: the finaliser of SplitMix64, Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195.
    """
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
