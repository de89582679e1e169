"""Votes as a sparse matrix, so that a pass over them is one product.

Row i holds the votes on item i; the column is the *cell* of a vote: labeler · classes + the class said. With a table of
log-probabilities, one row a cell and one column a true class, ``matrix @ table`` adds up the evidence on every item;
with the items' posterior, ``matrix.T @ posterior`` adds up how often each labeler said what about items of each class.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tacit.crowd.choices.table import Choices
from tacit.errors import BadValue

Floats = NDArray[np.floating[Any]]
MOST_NUMBERS = 1 << 27  # in a table of labelers · classes · classes: one gigabyte
SINGLE_FROM = 2_000_000  # votes from which sums are kept in single precision
SINGLE_UP_TO = 200_000  # votes in a cell, above which single precision would lose some


@dataclass(frozen=True)
class VoteMatrix:
    """Votes, ready for the passes of a fit.

    Args:
        choices: the votes.
        matrix: SciPy's compressed sparse rows, shape (item, labeler · label).
    """

    choices: Choices
    matrix: Any

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of the passes."""
        precision: np.dtype[Any] = self.matrix.dtype
        return precision

    @cached_property
    def shares(self) -> Floats:
        """The share of the votes on each item that named each class, shape (item, label)."""
        return vote_shares(self.choices).astype(self.dtype, copy=False)

    def evidence(self, table: Floats) -> Floats:
        """Return the sum of the table's rows over each item's votes.

        Args:
            table: shape (labeler, said label, …).

        Returns:
            Shape (item, …).
        """
        flat = table.reshape(self.matrix.shape[1], -1).astype(self.dtype, copy=False)
        return np.asarray(self.matrix @ flat)

    def counts(self, posterior: Floats) -> NDArray[np.float64]:
        """Return how often each labeler said what about items of each class, shape (labeler, true label, said label).

        Args:
            posterior: shape (item, label).
        """
        k = self.choices.n_labels
        flat: NDArray[np.float64] = np.asarray(self.matrix.T @ posterior, dtype=np.float64)
        return flat.reshape(self.choices.n_labelers, k, k).transpose(0, 2, 1)


def vote_shares(choices: Choices) -> NDArray[np.float64]:
    """Return the share of the votes on each item that named each class, shape (item, label); even without votes."""
    k = choices.n_labels
    cell = choices.item.astype(np.int64) * k + choices.label
    counts = np.bincount(cell, weights=choices.weight, minlength=choices.n_items * k).reshape(-1, k).astype(np.float64)
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1e-300), 1 / k)


def vote_matrix(choices: Choices, *, where: str) -> VoteMatrix:
    """Return votes as a matrix.

    Args:
        choices: the votes.
        where: the method that wants them, for a message.

    Raises:
        BadValue: a confusion table of each labeler would not fit in memory.
    """
    n_items, n_labelers, k = choices.n_items, choices.n_labelers, choices.n_labels
    if n_labelers * k * k > MOST_NUMBERS:
        raise BadValue(
            where,
            got=f"{n_labelers:,} labelers and {k:,} classes",
            expected=f"at most {MOST_NUMBERS:,} numbers in their confusion tables",
            do="Use --method one_coin or majority, which need none",
        )
    cell = choices.labeler.astype(np.int32)
    cell *= np.int32(k)
    cell += choices.label
    largest = len(choices) if len(choices) < SINGLE_UP_TO else int(np.bincount(cell).max())
    single = len(choices) >= SINGLE_FROM and largest <= SINGLE_UP_TO
    dtype = np.float32 if single else np.float64
    data: NDArray[Any] = np.ones(len(choices), dtype) if choices.weight is None else choices.weight.astype(dtype)
    if (choices.item[1:] >= choices.item[:-1]).all():  # sorted by item already
        ends = np.searchsorted(choices.item, np.arange(n_items + 1)).astype(np.int64)
        matrix = csr_matrix((data, cell, ends), shape=(n_items, n_labelers * k), copy=False)
    else:
        matrix = csr_matrix((data, (choices.item.astype(np.int32), cell)), shape=(n_items, n_labelers * k))
    return VoteMatrix(choices, matrix)
