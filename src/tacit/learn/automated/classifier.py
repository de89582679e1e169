"""A classifier that says how sure it is: logistic regression, its strength and temperature found by cross-fitting."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from tacit.errors import BadValue
from tacit.learn.automated.items import Rows

Float64 = NDArray[np.float64]
Index = NDArray[np.intp]
STRENGTHS = (0.3, 3.0, 30.0)  # inverse of the penalty on the weights
MOST_ITERATIONS = 300
N_FOLDS = 3
SMALLEST = 1e-12


@dataclass(frozen=True)
class Classifier:
    """A fitted classifier.

    Args:
        weights: shape (class, number). offset: shape (class,).
        temperature: by which its log-odds are divided, so that it is as often right as it says.
        strength: inverse of the penalty on the weights.
        classes: codes that it knows, rising; others have probability 0.
        n_classes: how many classes there are.
        held_out_confidence: of its labeled items, each by a classifier that was fitted without it, shape (labeled,);
            empty where a class occurs but once.
        held_out_right: whether that was right, shape (labeled,).
    """

    weights: Float64
    offset: Float64
    temperature: float
    strength: float
    classes: Index
    n_classes: int
    held_out_confidence: Float64
    held_out_right: Float64

    def p(self, rows: Rows) -> Float64:
        """Return the probability of each class of each item, shape (item, class)."""
        logits = np.asarray(rows @ self.weights.T) + self.offset
        out = np.zeros((logits.shape[0], self.n_classes))
        out[:, self.classes] = _softmax(logits / self.temperature)
        return out


def fit_classifier(
    rows: Rows, label: Index, n_classes: int, *, seed: int, like: Classifier | None = None
) -> Classifier:
    """Return a classifier whose strength and temperature were chosen on labels it had not seen.

    Args:
        rows: of the labeled items, shape (item, number).
        label: class of each, shape (item,).
        n_classes: how many classes there are.
        seed: of the folds.
        like: take its strength, which saves two thirds of the cross-fitting.

    Raises:
        BadValue: fewer than two classes occur.

    Source: temperature scaling, Guo et al. 2017, section 4.2, arXiv:1706.04599.
    """
    classes, code = np.unique(label, return_inverse=True)
    if len(classes) < 2:
        raise BadValue("automated labelling", got="labels of one class alone", expected="at least two classes")
    strength, temperature = (3.0, 1.0) if like is None else (like.strength, like.temperature)
    confidence = right = np.zeros(0)
    folds = min(N_FOLDS, int(np.bincount(code).min()))
    if folds >= 2:
        strengths = STRENGTHS if like is None else (strength,)
        held_out = [_held_out_logits(rows, code, one, folds, seed) for one in strengths]
        fitted = [_temperature(logits, code) for logits in held_out]
        best = int(np.argmin([loss for _, loss in fitted]))
        strength, temperature = strengths[best], fitted[best][0]
        p = _softmax(held_out[best] / temperature)
        confidence, right = p.max(axis=1), (p.argmax(axis=1) == code).astype(np.float64)
    weights, offset = _fitted(rows, code, strength)
    return Classifier(weights, offset, temperature, strength, classes.astype(np.intp), n_classes, confidence, right)


def _fitted(rows: Rows, code: Index, strength: float) -> tuple[Float64, Float64]:
    model = LogisticRegression(C=strength, max_iter=MOST_ITERATIONS, tol=1e-3).fit(rows, code)
    weights, offset = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(weights) == 1:  # two classes: the log-odds of the second
        return np.vstack([np.zeros_like(weights), weights]), np.array([0.0, float(offset[0])])
    return weights, offset


def _held_out_logits(rows: Rows, code: Index, strength: float, folds: int, seed: int) -> Float64:
    n_classes = int(code.max()) + 1
    logits = np.full((len(code), n_classes), -np.inf)
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(np.zeros(len(code)), code):
        weights, offset = _fitted(rows[train], code[train], strength)
        logits[test] = np.asarray(rows[test] @ weights.T) + offset
    return logits


def _temperature(logits: Float64, code: Index) -> tuple[float, float]:
    """Return the temperature of least log loss, and that loss."""

    def loss(log_temperature: float) -> float:
        p = _softmax(logits / exp(log_temperature))[np.arange(len(code)), code]
        return float(-np.log(np.maximum(p, SMALLEST)).mean())

    found = minimize_scalar(loss, bounds=(-4.0, 4.0), method="bounded")
    return exp(float(found.x)), float(found.fun)


def _softmax(logits: Float64) -> Float64:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
