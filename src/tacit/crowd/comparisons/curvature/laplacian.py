"""The curvature of any likelihood of differences is a weighted graph Laplacian: systems in it.

An edge is a pair of items that were compared, its weight how much their comparisons say. Adding a constant to all
scores changes no difference, so the Laplacian is singular in that one direction and everything here is done among
vectors of mean 0. A ridge, the curvature of a normal prior on the scores, is added to its diagonal.

Three ways to solve are tried in turn: a dense factor where there are few items; conjugate gradients with the diagonal
as preconditioner, which on well-mixed comparisons needs a dozen products and no memory; and, where the graph is long
and thin so that these do not converge, a sparse factor, which is what such graphs are good for.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csc_matrix, csr_matrix, diags
from scipy.sparse.linalg import splu

from tacit.errors import BadValue

Float64 = NDArray[np.float64]
Codes = NDArray[np.integer]

DENSE_ITEMS = 400
MOST_PRODUCTS = 400
MANY_PRODUCTS = 20_000
THIN = 8  # edges an item below which a sparse factor stays sparse
TIGHT = 1e-12


class Laplacian:
    """Σ weight · (e_first − e_second)(e_first − e_second)ᵀ + ridge · I.

    Args:
        n_items: how many items.
        first: an end of each edge, ascending, shape (edge,).
        second: its other end, shape (edge,). An edge may occur more than once.
        weight: of each edge, 0 or more, shape (edge,).
        ridge: added to the diagonal, 0 or more.
    """

    def __init__(self, n_items: int, first: Codes, second: Codes, weight: Float64, *, ridge: float = 0.0) -> None:
        self.n_items, self.first, self.second, self.weight, self.ridge = n_items, first, second, weight, ridge
        self.degree = np.bincount(first, weight, n_items) + np.bincount(second, weight, n_items)
        self.diagonal = self.degree + ridge
        if not (self.diagonal > 0).all():
            raise BadValue("Laplacian", got="an item without weight", expected="every item on an edge")

    @cached_property
    def _half(self) -> csr_matrix:
        """Each edge once, from its first item to its second."""
        starts = np.append(0, np.cumsum(np.bincount(self.first, minlength=self.n_items)))
        return csr_matrix((self.weight, self.second, starts), shape=(self.n_items, self.n_items))

    @cached_property
    def _dense(self) -> tuple[Any, bool]:
        return cho_factor(self.to_dense() + self._lift())

    @cached_property
    def _sparse_factor(self) -> Any:  # noqa: ANN401  SuperLU's own type
        whole = self._half + self._half.T
        matrix = csc_matrix(diags(self.diagonal) - whole)
        if self.ridge == 0:  # the last item is held at 0; all are moved to mean 0 afterwards
            matrix = matrix[:-1, :-1]
        return splu(
            csc_matrix(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        )

    def _lift(self) -> float:
        """What is added to every cell so that the constant direction can be inverted: it changes no mean-0 solution."""
        return float(self.diagonal.mean()) / self.n_items

    def to_dense(self) -> Float64:
        """Return the matrix, shape (item, item)."""
        cell = self.first.astype(np.int64) * self.n_items + self.second
        half = np.bincount(cell, self.weight, self.n_items**2).reshape(self.n_items, self.n_items)
        return np.asarray(np.diag(self.diagonal) - half - half.T)

    def __matmul__(self, x: Float64) -> Float64:
        """Return the product with `x`, shape (item,) or (item, column)."""
        scaled = self.diagonal * x if x.ndim == 1 else self.diagonal[:, None] * x
        return np.asarray(scaled - self.adjacent(x))

    def solve(self, right: Float64, *, tolerance: float = TIGHT) -> Float64:
        """Return the mean-0 x with matrix · x = `right`, up to a constant in `right`.

        Args:
            right: shape (item,) or (item, column).
            tolerance: of the residual relative to `right`, where the solution is iterative.
        """
        b = centred(right)
        if self.n_items <= DENSE_ITEMS:
            return centred(np.asarray(cho_solve(self._dense, b)))
        if "_sparse_factor" not in self.__dict__:
            columns = b if b.ndim == 2 else b[:, None]
            x, converged = self._conjugate_gradients(columns, tolerance, MOST_PRODUCTS if self.thin else MANY_PRODUCTS)
            if converged or not self.thin:  # a sparse factor of many edges would fill the memory
                return x if b.ndim == 2 else x[:, 0]
        return self._solve_sparse(b)

    @property
    def thin(self) -> bool:
        """Whether there are so few edges that a sparse factor stays sparse, as those of long graphs do."""
        return len(self.first) <= THIN * self.n_items

    def solve_by_factor(self, right: Float64) -> Float64:
        """Return the same as `solve` by the sparse factor, made at the first call and used by all later solutions."""
        return self._solve_sparse(centred(right))

    def adjacent(self, x: Float64) -> Float64:
        """Return the product of the weights alone with `x`, shape (item,) or (item, column)."""
        return np.asarray(self._half @ x + self._half.T @ x)

    def squared_adjacent(self, x: Float64) -> Float64:
        """Return the product of the squared weights with `x`, shape (item,)."""
        whole = self._half + self._half.T  # equal edges are added up before they are squared
        whole.data **= 2
        return np.asarray(whole @ x)

    def _conjugate_gradients(self, b: Float64, tolerance: float, most: int) -> tuple[Float64, bool]:
        """Solve for every column by conjugate gradients of its own, sharing the products.

        Source: Hestenes and Stiefel 1952, doi:10.6028/jres.049.044, preconditioned by the diagonal.
        """
        inverse = 1 / self.diagonal[:, None]
        x, residual = np.zeros_like(b), b.copy()
        goal = tolerance * np.sqrt((b * b).sum(axis=0))
        z = centred(inverse * residual)
        direction = z
        rho = (residual * z).sum(axis=0)
        for _ in range(most):
            if (np.sqrt((residual * residual).sum(axis=0)) <= goal).all():
                return x, True
            product = self @ direction
            step = rho / np.maximum((direction * product).sum(axis=0), 1e-300)
            x += step * direction
            residual -= step * product
            z = centred(inverse * residual)
            before, rho = rho, (residual * z).sum(axis=0)
            direction = z + (rho / np.maximum(before, 1e-300)) * direction
        return x, False

    def _solve_sparse(self, b: Float64) -> Float64:
        if self.ridge > 0:
            return centred(np.asarray(self._sparse_factor.solve(np.ascontiguousarray(b))))
        x = np.zeros_like(b)
        x[:-1] = self._sparse_factor.solve(np.ascontiguousarray(b[:-1]))
        return centred(x)

    def inverse(self) -> Float64:
        """Return the inverse among mean-0 vectors (without a ridge, the pseudo-inverse), shape (item, item)."""
        inverse = np.asarray(cho_solve(cho_factor(self.to_dense() + self._lift()), np.eye(self.n_items)))
        return centred(centred(inverse).T)


def centred(x: Float64) -> Float64:
    """Return `x` less its mean along the first axis."""
    return np.asarray(x - x.mean(axis=0))
