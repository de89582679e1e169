"""Whether an item is like those that were judged: the Mahalanobis distance of what a model makes of it.

A reward model answers for any item. What it was never taught about, it answers wrongly with the same assurance; how far
an item's features or activations lie from those of the judged ones says where not to believe it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from tacit.errors import BadValue, NotFinite

Float64 = NDArray[np.float64]
SMALLEST = 1e-12


@dataclass(frozen=True)
class Familiar:
    """A Gaussian around familiar items.

    Args:
        mean: shape (feature,).
        covariance: shrunk towards a multiple of the identity, shape (feature, feature).
        shrinkage: weight of that multiple, from 0 to 1.
        quantiles: of the squared distance among the familiar items themselves, by rising share, shape (101,).
        n: items that it was fitted to.
    """

    mean: Float64
    covariance: Float64
    shrinkage: float
    quantiles: Float64
    n: int

    def distance(self, features: NDArray[Any]) -> Float64:
        """Return the squared Mahalanobis distance of each item, divided by the number of features; shape (item,).

        Familiar items have about 1.

        Args:
            features: shape (item, feature).

        Raises:
            BadValue: another number of features than was fitted.

        Source: Bai et al. 2022, section 5.4, arXiv:2204.05862.
        """
        rows = _rows(features, self.mean.shape[0])
        centred = rows - self.mean
        solved = cho_solve(cho_factor(self.covariance, lower=True), centred.T).T
        return np.asarray(np.einsum("ij,ij->i", centred, solved) / self.mean.shape[0])

    def beyond(self, features: NDArray[Any], *, share: float = 0.99) -> NDArray[np.bool_]:
        """Return whether each item lies further out than `share` of the familiar ones, shape (item,)."""
        return self.distance(features) > np.interp(share, np.linspace(0, 1, len(self.quantiles)), self.quantiles)


@dataclass(frozen=True)
class RelativelyFamiliar:
    """A Gaussian around familiar items, beside one around all sorts of items.

    The difference of the two distances ignores the directions in which everything varies, which is what hides an item
    that is a little odd in just one.

    Args:
        familiar: around the familiar items. background: around all sorts.
    """

    familiar: Familiar
    background: Familiar

    def distance(self, features: NDArray[Any]) -> Float64:
        """Return the distance from the familiar items less that from the background, shape (item,).

        Source: Ren, Fort, Liu et al. 2021, eq. 2, arXiv:2106.09022.
        """
        return self.familiar.distance(features) - self.background.distance(features)


def fit_familiar(features: NDArray[Any], *, shrinkage: float | None = None) -> Familiar:
    """Fit a Gaussian to the features or activations of familiar items.

    Args:
        features: shape (item, feature), at least two items.
        shrinkage: weight of the multiple of the identity that the covariance is shrunk towards; by default the one
            that is expected to come nearest to the true covariance, so that more features than items are no trouble.

    Raises:
        BadValue: fewer than two items, no feature that varies, or a weight outside [0, 1].
        NotFinite: NaN or infinity.

    Source: Ledoit, Wolf 2004, doi:10.1016/S0047-259X(03)00096-4.
    """
    rows = _rows(features, None)
    n, width = rows.shape
    if n < 2:
        raise BadValue("familiar items", got=n, expected="at least 2")
    if shrinkage is not None and not 0 <= shrinkage <= 1:
        raise BadValue("shrinkage", got=shrinkage, expected="a weight from 0 to 1")
    mean = rows.mean(axis=0)
    centred = rows - mean
    sample = centred.T @ centred / n
    size = float(np.trace(sample)) / width
    if size <= SMALLEST:
        raise BadValue("familiar items", got="items that are all alike", expected="features that vary")
    weight = _best_shrinkage(centred, sample, size) if shrinkage is None else shrinkage
    covariance = (1 - weight) * sample
    covariance[np.diag_indices(width)] += weight * size + SMALLEST * size
    fit = Familiar(mean, covariance, weight, np.zeros(101), n)
    quantiles = np.quantile(fit.distance(rows), np.linspace(0, 1, 101))
    return Familiar(mean, covariance, weight, quantiles, n)


def _best_shrinkage(centred: Float64, sample: Float64, size: float) -> float:
    """Return the weight of the identity that minimises the expected squared error of the covariance."""
    n, width = centred.shape
    squared = float(np.sum(sample**2))
    from_identity = squared / width - size**2
    of_samples = (float(np.sum(np.sum(centred**2, axis=1) ** 2)) / n - squared) / (n * width)
    return float(np.clip(of_samples / from_identity, 0.0, 1.0)) if from_identity > 0 else 1.0


def _rows(features: NDArray[Any], width: int | None) -> Float64:
    rows = np.asarray(features, dtype=np.float64)
    if rows.ndim != 2 or (width is not None and rows.shape[1] != width):
        expected = "(item, feature)" if width is None else f"(item, {width}), as was fitted"
        raise BadValue("features", got=f"shape {rows.shape}", expected=expected)
    if not np.isfinite(rows).all():
        item = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise NotFinite(f"features of item number {item}", got="NaN or infinity", expected="finite numbers")
    return rows
