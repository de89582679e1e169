"""Many tests at once: p-values adjusted so that chance findings stay rare."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values adjusted so that the chance of any false finding stays below the level.

    Args:
        p_values: shape (test,), each within [0, 1].

    Raises:
        BadValue: a value outside [0, 1].

    Source: Holm 1979, Scandinavian Journal of Statistics 6:65, section 3.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty_like(p)
    out[order] = np.minimum(adjusted, 1.0)
    return out


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values adjusted so that the expected share of false findings among all findings stays below the level.

    Args:
        p_values: shape (test,), each within [0, 1].

    Raises:
        BadValue: a value outside [0, 1].

    Source: Benjamini and Hochberg 1995, theorem 1, doi:10.1111/j.2517-6161.1995.tb02031.x.

    Example:
        >>> benjamini_hochberg([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.04, 0.04]
    """
    p = _checked(p_values)
    n, order = len(p), np.argsort(p, kind="stable")
    adjusted = np.minimum.accumulate((p[order] * n / np.arange(1, n + 1))[::-1])[::-1]
    out = np.empty_like(p)
    out[order] = np.minimum(adjusted, 1.0)
    return out


def _checked(p_values: ArrayLike) -> NDArray[np.float64]:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise BadValue("p-values", got=f"shape {p.shape}", expected="a list of values from 0 to 1")
    return p
