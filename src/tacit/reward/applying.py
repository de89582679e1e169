"""Applying networks in NumPy: no gradient, no torch, one thread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

ROWS_AT_ONCE = 1_024  # so that a layer of all members stays in the processor's cache
ONE_THREAD_SIZE = 2**18  # multiply-adds of a matrix product that OpenBLAS still keeps on one thread


def apply_networks(
    weights: Sequence[Float32], biases: Sequence[Float32], rows: Float32, *, negative_slope: float
) -> Float32:
    """Return the output of each member for each row, shape (member, row).

    Args:
        weights: a layer each, shape (member, in, out), the last one with a single output.
        biases: a layer each but the last, shape (member, 1, out).
        rows: shape (row, in).
        negative_slope: of the leaky rectifier between layers.
    """
    out = np.empty((len(weights[0]), len(rows)), dtype=np.float32)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        out[:, part] = _apply(weights, biases, rows[part], np.float32(negative_slope))
    return out


def _apply(weights: Sequence[Float32], biases: Sequence[Float32], rows: Float32, slope: np.float32) -> Float32:
    """Return the output of each member, shape (member, row).

    Rows go through in blocks so small that the linear algebra library does not spread them over threads, which costs
    more than it gains here and would let the last bit depend on the number of cores.
    """
    largest = max(weight[0].size for weight in weights)
    block = min(len(rows), max(8, ONE_THREAD_SIZE // largest))
    n_blocks = -(-len(rows) // block)
    padded = rows
    if n_blocks * block > len(rows):
        padded = np.zeros((n_blocks * block, rows.shape[1]), np.float32)
        padded[: len(rows)] = rows
    below = padded.reshape(1, n_blocks, block, -1)
    for weight, bias in zip(weights[:-1], biases, strict=True):
        layer = np.matmul(below, weight[:, None])
        layer += bias[:, None]
        below = np.maximum(layer, slope * layer, out=layer)
    output: Float32 = np.matmul(below, weights[-1][:, None])
    return output.reshape(len(output), -1)[:, : len(rows)]
