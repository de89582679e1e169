"""Label what can be labeled at a promised precision, and say of the rest that people must.

The labeled items are split at random. One part fits the classifier, the other is never seen by it: on that one the
threshold is chosen above which the promised precision holds, by a bound that is valid whatever the classifier. It holds
for the unlabeled items if the labeled ones were drawn from the same pool at random, and “right” means what the given
labels call right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.learn.automated.classifier import Classifier, fit_classifier
from tacit.learn.automated.items import Pool
from tacit.learn.automated.threshold import promise_in_sequence
from tacit.measure import Estimate, proportion
from tacit.measure.selective import Promise

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]
CALIBRATION_SHARE = 0.4
SHARES = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)
FEWEST_LABELS = 20


@dataclass(frozen=True)
class CostPoint:
    """What it costs to have every item labeled, if so many of the labels had been bought.

    Args:
        labels: bought from people at first.
        automatic: items that the classifier then labels. people: items that people must label after all.
        coverage: share of the items without a label that the classifier labels.
        cost: of all, in the price of one label by a person.
    """

    labels: int
    automatic: int
    people: int
    coverage: float
    cost: float


@dataclass(frozen=True)
class AutoLabels:
    """The outcome.

    Args:
        item: rows of the pool that had no label, shape (item,).
        label: the class that the classifier gives each, shape (item,).
        confidence: its probability, shape (item,).
        p: probability of each class, shape (item, class).
        automatic: whether the label is good enough for the promise, shape (item,).
        promise: the threshold and what is promised.
        coverage: share of the unlabeled items that are labeled so.
        classifier: that was used.
        n_train: labels that fitted it. n_calibration: labels that the threshold was chosen on.
        curve: cost against labels bought.
        warnings: what the user should know before believing the result.
    """

    item: Index
    label: Index
    confidence: Float64
    p: Float64
    automatic: NDArray[np.bool_]
    promise: Promise
    coverage: Estimate
    classifier: Classifier
    n_train: int
    n_calibration: int
    curve: tuple[CostPoint, ...]
    warnings: tuple[str, ...]


def label_automatically(  # noqa: PLR0913 (each is a thing of its own that a caller may want to set)
    pool: Pool,
    labeled: Index,
    label: Index,
    n_classes: int,
    *,
    precision: float = 0.95,
    risk: float = 0.05,
    seed: int = 0,
    automatic_price: float = 0.0,
    shares: Sequence[float] = SHARES,
    progress: Callable[[float], None] | None = None,
) -> AutoLabels:
    """Label the items without a label where a promised precision allows it.

    Args:
        pool: all items.
        labeled: rows of those with a label, drawn from the pool at random, shape (labeled,).
        label: their classes, shape (labeled,).
        n_classes: how many classes there are.
        precision: to be promised of the automatic labels.
        risk: probability that the promise is false.
        seed: of the split.
        automatic_price: of an automatic label, in the price of one by a person.
        shares: of the labels, for each of which a point of the cost curve is made.
        progress: is told the share of the work that is done.

    Raises:
        BadValue: fewer than twenty labels, one class alone, an item labeled twice, or a share outside (0, 1).

    Source: selective classification with a guarantee, Geifman and El-Yaniv 2017, arXiv:1705.08500; see
    `promise_in_sequence`.
    """
    if len(labeled) < FEWEST_LABELS:
        do = "Label some more items, drawn at random"
        raise BadValue("automated labelling", got=f"{len(labeled)} labels", expected=f"{FEWEST_LABELS} or more", do=do)
    if len(np.unique(labeled)) < len(labeled):
        raise BadValue("automated labelling", got="an item labeled twice", expected="one label an item")
    order = np.random.default_rng(seed).permutation(len(labeled))
    rest = np.setdiff1d(np.arange(len(pool)), labeled)
    given, how = Given(pool, labeled[order], label[order], n_classes), Wanted(precision, risk, seed)
    classifier, promise, n_train = _once(given, how, None)
    curve = []
    for done, share in enumerate(shares):
        curve += _cost_point(given, how, (classifier, promise), share, automatic_price)
        if progress is not None:
            progress((done + 1) / len(shares))
    p = classifier.p(pool.rows[rest])
    confidence = p.max(axis=1) if len(rest) else np.zeros(0)
    automatic_labels = confidence > promise.threshold
    coverage = proportion(int(automatic_labels.sum()), len(rest))
    warnings = _warnings(promise, len(labeled) - n_train, precision, risk, label, n_classes)
    return AutoLabels(
        item=rest,
        label=p.argmax(axis=1) if len(rest) else np.zeros(0, dtype=np.intp),
        confidence=confidence,
        p=p,
        automatic=automatic_labels,
        promise=promise,
        coverage=coverage,
        classifier=classifier,
        n_train=n_train,
        n_calibration=len(labeled) - n_train,
        curve=tuple(curve),
        warnings=tuple(warnings),
    )


@dataclass(frozen=True)
class Given:
    """The pool and the labels that are given, in random order."""

    pool: Pool
    labeled: Index
    label: Index
    n_classes: int


@dataclass(frozen=True)
class Wanted:
    """What is to be promised, at which risk, and the seed of what is drawn at random."""

    precision: float
    risk: float
    seed: int


def _once(given: Given, how: Wanted, like: Classifier | None) -> tuple[Classifier, Promise, int]:
    """Return a classifier, the promise that can be made of it, and how many labels fitted it."""
    n_train = len(given.labeled) - round(CALIBRATION_SHARE * len(given.labeled))
    rows, label = given.pool.rows[given.labeled], given.label
    classifier = fit_classifier(rows[:n_train], label[:n_train], given.n_classes, seed=how.seed, like=like)
    p = classifier.p(rows[n_train:])
    right = (p.argmax(axis=1) == label[n_train:]).astype(np.float64)
    held_out = (classifier.held_out_confidence, classifier.held_out_right)
    promise = promise_in_sequence(held_out, p.max(axis=1), right, precision=how.precision, risk=how.risk)
    return classifier, promise, n_train


def _cost_point(
    given: Given, how: Wanted, whole: tuple[Classifier, Promise], share: float, automatic_price: float
) -> list[CostPoint]:
    """Return the cost of labeling all, had so much less been bought; nothing if that is too little to learn from."""
    n = round(share * len(given.labeled))
    some = Given(given.pool, given.labeled[:n], given.label[:n], given.n_classes)
    if n < FEWEST_LABELS or len(np.unique(some.label[: n - round(CALIBRATION_SHARE * n)])) < 2:
        return []
    classifier, promise = whole if share == 1 else _once(some, how, whole[0])[:2]
    waiting = np.setdiff1d(np.arange(len(given.pool)), some.labeled)
    automatic = int((classifier.p(given.pool.rows[waiting]).max(axis=1) > promise.threshold).sum())
    people = len(waiting) - automatic
    cost = n + people + automatic_price * automatic
    return [CostPoint(n, automatic, people, automatic / max(len(waiting), 1), cost)]


def _warnings(
    promise: Promise, n_calibration: int, precision: float, risk: float, label: Index, n_classes: int
) -> list[str]:
    said = []
    if promise.threshold == inf:
        fewest = int(np.ceil(np.log(risk) / np.log(precision)))
        said.append(
            f"Nothing can be promised: no threshold on the {n_calibration:,} labels set aside keeps a precision of "
            f"{precision:g}. It takes at least {fewest:,} of them, all right, to promise anything; label more items."
        )
    seldom = np.flatnonzero(np.bincount(label, minlength=n_classes) < 2)
    if len(seldom):
        said.append(f"{len(seldom):,} of {n_classes:,} classes have fewer than two labels; they are not recognised.")
    return said
