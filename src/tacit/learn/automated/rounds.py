"""The loop: ask people about some items, let the classifier label what it now can, and ask about the rest again.

Every round draws its items at random from those that nobody has labeled yet, sets part of their labels aside, and
chooses its threshold on that part alone: it is a sample of the very items that the threshold then decides about. Each
round has an equal part of the risk, so that the promise holds for all rounds together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.learn.automated.classifier import fit_classifier
from tacit.learn.automated.items import Pool
from tacit.learn.automated.labelling import CALIBRATION_SHARE, FEWEST_LABELS
from tacit.learn.automated.threshold import promise_in_sequence

Index = NDArray[np.intp]
AUTOMATIC, PERSON = 1, 2


@dataclass(frozen=True)
class Round:
    """What one round did.

    Args:
        asked: items that people labeled. automatic: items that the classifier labeled.
        waiting: items that are left.
        threshold: on its confidence; infinite if nothing could be promised.
        cost: of all rounds so far, in the price of one label by a person.
    """

    asked: int
    automatic: int
    waiting: int
    threshold: float
    cost: float


@dataclass(frozen=True)
class LabeledInRounds:
    """Every item's label.

    Args:
        label: class of each item, shape (item,).
        source: 1 where the classifier gave it, 2 where a person did, shape (item,).
        rounds: what each did; the last one asks people about all that is left.
    """

    label: Index
    source: NDArray[np.int8]
    rounds: tuple[Round, ...]


def label_in_rounds(  # noqa: PLR0913 (each is a thing of its own that a caller may want to set)
    pool: Pool,
    ask: Callable[[Index], Index],
    n_classes: int,
    *,
    batch: int,
    most_rounds: int = 5,
    precision: float = 0.95,
    risk: float = 0.05,
    seed: int = 0,
    automatic_price: float = 0.0,
) -> LabeledInRounds:
    """Label every item of a pool, by people as seldom as the promise allows.

    Args:
        pool: the items.
        ask: rows of the pool → their classes, as people say.
        n_classes: how many classes there are.
        batch: items that people label in a round, at least twenty.
        most_rounds: after so many rounds people label all that is left.
        precision: promised of the automatic labels.
        risk: probability that the promise is false.
        seed: of the draws.
        automatic_price: of an automatic label, in the price of one by a person.

    Raises:
        BadValue: a batch of fewer than twenty, no round, or answers of another number than were asked.

    Source: rounds of asking as in Settles 2009, section 3, Computer Sciences Technical Report 1648; the promise as in
    `promise_in_sequence`, with Bonferroni's parts of the risk.
    """
    if batch < FEWEST_LABELS or most_rounds < 1:
        got = f"{most_rounds} rounds of {batch}"
        raise BadValue("label_in_rounds", got=got, expected=f"at least one round of {FEWEST_LABELS} or more")
    rng = np.random.default_rng(seed)
    label, source = np.zeros(len(pool), dtype=np.intp), np.zeros(len(pool), dtype=np.int8)
    train = np.zeros(0, dtype=np.intp)
    rounds: list[Round] = []
    for number in range(most_rounds):
        waiting = np.flatnonzero(source == 0)
        if len(waiting) <= batch:
            break
        asked = rng.permutation(waiting)[:batch]
        label[asked], source[asked] = _answers(ask, asked), PERSON
        calibration = asked[: round(CALIBRATION_SHARE * batch)]
        train = np.concatenate([train, asked[len(calibration) :]])
        classifier = fit_classifier(pool.rows[train], label[train], n_classes, seed=seed + number)
        p = classifier.p(pool.rows[calibration])
        right = (p.argmax(axis=1) == label[calibration]).astype(np.float64)
        held_out = (classifier.held_out_confidence, classifier.held_out_right)
        promise = promise_in_sequence(held_out, p.max(axis=1), right, precision=precision, risk=risk / most_rounds)
        rest = np.flatnonzero(source == 0)
        p = classifier.p(pool.rows[rest])
        sure = p.max(axis=1) > promise.threshold
        label[rest[sure]], source[rest[sure]] = p.argmax(axis=1)[sure], AUTOMATIC
        train = np.concatenate([train, calibration])  # they may fit the next round's classifier, whose own is new
        left = int((source == 0).sum())
        rounds.append(Round(batch, int(sure.sum()), left, promise.threshold, _cost(source, automatic_price)))
    waiting = np.flatnonzero(source == 0)
    if len(waiting):
        label[waiting], source[waiting] = _answers(ask, waiting), PERSON
        rounds.append(Round(len(waiting), 0, 0, float("inf"), _cost(source, automatic_price)))
    return LabeledInRounds(label, source, tuple(rounds))


def _answers(ask: Callable[[Index], Index], asked: Index) -> Index:
    answers = np.asarray(ask(asked))
    if answers.shape != asked.shape:
        got = f"{answers.shape} answers to {len(asked)} questions"
        raise BadValue("label_in_rounds, ask", got=got, expected="one an item")
    return answers.astype(np.intp)


def _cost(source: NDArray[np.int8], automatic_price: float) -> float:
    return float((source == PERSON).sum() + automatic_price * (source == AUTOMATIC).sum())
