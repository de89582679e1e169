"""Labels that are probably wrong, by confident learning: where a model that never saw the label is sure of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue, NotFinite

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]
TOLERANCE = 1e-3


@dataclass(frozen=True)
class LabelErrors:
    """Which labels are probably wrong.

    Args:
        item: rows of the suspected labels, the surest first, shape (suspect,).
        suggested: class that the model gives instead, shape (suspect,).
        margin: how much likelier it is than the given one, shape (suspect,).
        joint: estimated share of items by given and true class, shape (class, class).
        score: probability that the model gives to each label as it is, shape (item,); low is suspect.
    """

    item: Index
    suggested: Index
    margin: Float64
    joint: Float64
    score: Float64

    @property
    def error_rate(self) -> float:
        """Estimated share of labels that are wrong."""
        return float(1 - np.trace(self.joint))


def find_label_errors(p: ArrayLike, label: ArrayLike) -> LabelErrors:
    """Return the labels that are probably wrong.

    A class is believed of an item if its probability is at least the mean probability of that class among items that
    are labeled so. Counting given against believed classes, scaled to how often each class is given, estimates the
    joint distribution of given and true classes; of each given class and each other one as many items are suspected as
    that says, those with the largest margin.

    Args:
        p: probability of each class by a model that was fitted **without the item's own label** (out of fold), rows
            adding up to 1, shape (item, class).
        label: the given class, shape (item,).

    Raises:
        BadValue: shapes that do not fit, a label outside the classes, or rows that are no probabilities.
        NotFinite: a probability that is NaN.

    Source: Northcutt, Jiang and Chuang 2021, eq. 1 to 3 and section 3.2 (prune by noise rate), arXiv:1911.00068.
    """
    q, y = _checked(p, label)
    n, n_classes = q.shape
    given = np.bincount(y, minlength=n_classes)
    own = q[np.arange(n), y]
    threshold = np.divide(
        np.bincount(y, weights=own, minlength=n_classes), given, out=np.full(n_classes, np.inf), where=given > 0
    )
    believed = np.where(q >= threshold[None, :], q, -1.0)
    counted = np.flatnonzero(believed.max(axis=1) >= 0)
    best = believed[counted].argmax(axis=1)
    counts = np.bincount(y[counted] * n_classes + best, minlength=n_classes**2).reshape(n_classes, n_classes)
    joint = _calibrated(counts.astype(np.float64), given)
    item, suggested, margin = _pruned(q, y, own, joint * n)
    order = np.argsort(-margin, kind="stable")
    return LabelErrors(item[order], suggested[order], margin[order], joint, own)


def _calibrated(counts: Float64, given: Index) -> Float64:
    """Return the joint distribution whose rows add up to how often each class is given."""
    counts = counts + np.diag(
        ((counts.sum(axis=1) == 0) & (given > 0)).astype(np.float64)
    )  # nothing believed: as given
    rows = counts.sum(axis=1, keepdims=True)
    scaled = np.divide(counts, rows, out=np.zeros_like(counts), where=rows > 0) * given[:, None]
    return np.asarray(scaled / scaled.sum())


def _pruned(q: Float64, y: Index, own: Float64, expected: Float64) -> tuple[Index, Index, Float64]:
    """Return for each given and other class as many items as are expected, those of the largest margin."""
    n_classes = q.shape[1]
    found: list[tuple[Index, Index, Float64]] = []
    for given in range(n_classes):
        rows = np.flatnonzero(y == given)
        for other in range(n_classes):
            k = min(round(float(expected[given, other])), len(rows))
            if other == given or k == 0:
                continue
            margin = q[rows, other] - own[rows]
            top = np.argpartition(-margin, k - 1)[:k]
            found.append((rows[top], np.full(k, other), margin[top]))
    if not found:
        none = np.zeros(0, dtype=np.intp)
        return none, none, np.zeros(0)
    item, suggested, margin = (np.concatenate(x) for x in zip(*found, strict=True))
    order = np.lexsort((-margin, item))  # an item that several classes claim goes to the one of the largest margin
    first = np.unique(item[order], return_index=True)[1]
    kept = order[first][margin[order[first]] > 0]
    return item[kept], suggested[kept], margin[kept]


def _checked(p: ArrayLike, label: ArrayLike) -> tuple[Float64, Index]:
    q, y = np.asarray(p, dtype=np.float64), np.asarray(label)
    where = "label errors"
    if q.ndim != 2 or y.ndim != 1 or len(q) != len(y) or len(q) == 0:
        raise BadValue(where, got=f"shapes {q.shape} and {y.shape}", expected="(item, class) and (item,)")
    if not np.isfinite(q).all():
        row = int(np.argwhere(~np.isfinite(q))[0][0])
        raise NotFinite(f"{where}, row {row + 1}", got="NaN or infinity", expected="probabilities")
    bad = np.flatnonzero((q.min(axis=1) < 0) | (np.abs(q.sum(axis=1) - 1) > TOLERANCE))
    if len(bad):
        got = f"{np.round(q[bad[0]], 4).tolist()}"
        raise BadValue(f"{where}, row {bad[0] + 1}", got=got, expected="probabilities that add up to 1")
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= q.shape[1]:
        raise BadValue(f"{where}, label", got=f"{y.min()} to {y.max()}", expected=f"0 to {q.shape[1] - 1}")
    return q, y.astype(np.intp)
