"""The diagonal of a Laplacian's inverse, the variances of scores, without ever holding the inverse.

With D the diagonal and W the weights, the inverse is the series D⁻¹ + D⁻¹WD⁻¹ + D⁻¹WD⁻¹WD⁻¹ + … The diagonal of these
first terms is known exactly. What is left is nearly nothing where items have been compared with many others, and a few
products with random signs measure it. Where comparisons form a loosely joined graph, most of what is left lies in a few
directions; these are found and taken exactly, and random signs measure only what is left of that. A chain or tree
has a factor as sparse as itself, with which the columns of the inverse are solved for, a few at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.comparisons.curvature.laplacian import Laplacian, centred

Float64 = NDArray[np.float64]

EXACT_ITEMS = 2_000
CHAIN_ITEMS = 20_000
CHAIN_EDGES = 1.5  # an item: chains, trees and the like, whose factor has hardly more cells than they have edges
COLUMNS_AT_ONCE = 64
PROBES_AT_ONCE = 4
FIRST_PROBES = 16
DIRECTIONS = 64
MOST_PROBES = 128
SOLVED = 1e-4  # relative residual: far below the spread among the probes


@dataclass(frozen=True)
class Diagonal:
    """The diagonal of an inverse.

    Args:
        values: shape (item,).
        relative_error: root mean square of the relative standard error of their square roots; 0 where exact.
        n_probes: random vectors that it rests on; 0 where exact.
    """

    values: Float64
    relative_error: float = 0.0
    n_probes: int = 0


def inverse_diagonal(laplacian: Laplacian, *, seed: int = 0, accuracy: float = 0.005) -> Diagonal:
    """Return the diagonal of `laplacian.inverse()`, exact for up to 2,000 items, or 20,000 in a chain or tree.

    Args:
        laplacian: of the comparisons.
        seed: of the random signs.
        accuracy: root-mean-square relative error of the standard errors (their square roots) at which to stop.

    Source: Bekas, Kokiopoulou and Saad 2007, doi:10.1016/j.apnum.2007.01.003, equation 3, for the remainder of the
    series; the directions taken exactly after Baston and Nakatsukasa 2022, arXiv:2201.10684, section 3.
    """
    if laplacian.n_items <= EXACT_ITEMS:
        return Diagonal(np.diag(laplacian.inverse()).copy())
    rng = np.random.default_rng(seed)
    exact = _series_diagonal(laplacian)
    nothing = np.zeros((laplacian.n_items, 0))
    found = _probed(laplacian, exact, nothing, rng, accuracy=accuracy, most=FIRST_PROBES)
    if found.relative_error <= accuracy:
        return found
    if laplacian.n_items <= CHAIN_ITEMS and len(laplacian.first) <= CHAIN_EDGES * laplacian.n_items:
        return Diagonal(_by_columns(laplacian))
    sketch = _rest(laplacian, _signs(rng, laplacian.n_items, DIRECTIONS))
    directions = np.linalg.qr(_rest(laplacian, np.linalg.qr(sketch)[0]))[0]
    image = _rest(laplacian, directions)
    inner = directions.T @ image
    exact = exact + 2 * (directions * image).sum(axis=1) - ((directions @ inner) * directions).sum(axis=1)
    return _probed(laplacian, exact, directions, rng, accuracy=accuracy, most=MOST_PROBES)


def _by_columns(laplacian: Laplacian) -> Float64:
    """Solve for the columns of the inverse, some at a time, and keep of each its own diagonal cell."""
    n = laplacian.n_items
    values = np.empty(n)
    for start in range(0, n, COLUMNS_AT_ONCE):
        at = np.arange(start, min(start + COLUMNS_AT_ONCE, n))
        ends = np.zeros((n, len(at)))
        ends[at, at - start] = 1
        values[at] = laplacian.solve_by_factor(ends)[at, at - start]
    return values


def _probed(
    laplacian: Laplacian,
    exact: Float64,
    directions: Float64,
    rng: np.random.Generator,
    *,
    accuracy: float,
    most: int,
) -> Diagonal:
    """Add to `exact` what random signs measure of the rest outside `directions`."""
    n = laplacian.n_items
    floor = (1 - 1 / n) ** 2 / laplacian.diagonal  # by Cauchy and Schwarz
    total, squares, probes, error = np.zeros(n), np.zeros(n), 0, np.inf
    values = exact
    while probes < most and error > accuracy:
        signs = _signs(rng, n, PROBES_AT_ONCE)
        outside = signs - directions @ (directions.T @ signs)
        image = _rest(laplacian, outside)
        product = signs * (image - directions @ (directions.T @ image))
        total += product.sum(axis=1)
        squares += (product**2).sum(axis=1)
        probes += PROBES_AT_ONCE
        values = np.maximum(exact + total / probes, floor)
        variance = np.maximum(squares / probes - (total / probes) ** 2, 0) / (probes - 1)
        error = float(np.sqrt(np.mean(variance / values**2))) / 2
    return Diagonal(values, error, probes)


def _signs(rng: np.random.Generator, n: int, columns: int) -> Float64:
    return np.asarray(rng.integers(0, 2, (n, columns)) * 2.0 - 1, dtype=np.float64)


def _rest(laplacian: Laplacian, x: Float64) -> Float64:
    """Return the product with what the first three terms of the series leave of the inverse."""
    inverse = 1 / laplacian.diagonal[:, None]
    term = inverse * centred(x)
    series = term.copy()
    for _ in range(2):
        term = inverse * laplacian.adjacent(term)
        series += term
    return laplacian.solve(x, tolerance=SOLVED) - centred(series)


def _series_diagonal(laplacian: Laplacian) -> Float64:
    """Return the diagonal of the first three terms, with the mean taken out on both sides."""
    inverse = 1 / laplacian.diagonal
    term, ones = inverse.copy(), inverse.copy()
    for _ in range(2):
        term = inverse * laplacian.adjacent(term)
        ones += term
    diagonal = inverse + inverse**2 * laplacian.squared_adjacent(inverse)
    return np.asarray(diagonal - 2 * ones / laplacian.n_items + ones.sum() / laplacian.n_items**2)
