"""How sure a recogniser may be: the odds of a word from its rivals among the n best and from its frames, calibrated.

Scores of a decoder are no probabilities. A line through what a word's rivals and its frames say, fitted to recordings
that training has not seen, makes them come true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from tacit.errors import BadFile, BadValue, NotIdentified
from tacit.measure.word_errors import SCLITE, align
from tacit_speech.decode import Hypothesis

Values = NDArray[np.float64]

WORD_FEATURES = ("log-odds among the n best", "log-odds of its frames", "log-odds of the best text")
TEXT_FEATURES = ("log-odds of the best text", "log-odds of its least sure word", "mean log-odds of its words")
LEAST = 1e-4
PENALTY = 1.0
MOST_STEPS = 100


@dataclass(frozen=True)
class Line:
    """Log-odds that are a weighted sum of features.

    Args:
        weights: one a feature, of features as they are.
        intercept: at features of 0.
        n: examples that it was fitted to.
    """

    weights: tuple[float, ...]
    intercept: float
    n: int

    def p(self, features: Values) -> Values:
        """Return the probability of each row, features of shape (row, feature)."""
        return np.asarray(expit(features @ np.array(self.weights) + self.intercept), dtype=np.float64)


@dataclass(frozen=True)
class Confidence:
    """Calibrated credences of words and of whole texts.

    Args:
        word: from `word_features`.
        text: from `text_features`.
    """

    word: Line
    text: Line

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return asdict(self)

    @staticmethod
    def from_json(value: dict[str, Any]) -> Confidence:
        """Return the confidence that `as_json` wrote.

        Raises:
            BadFile: a value of another form.
        """
        try:
            lines = {
                name: Line(tuple(map(float, line["weights"])), float(line["intercept"]), int(line["n"]))
                for name, line in value.items()
            }
            return Confidence(**lines)
        except (KeyError, TypeError, ValueError) as error:
            raise BadFile("confidence", got=str(error), expected="lines for 'word' and 'text'") from None


def word_features(found: Sequence[Sequence[Hypothesis]]) -> list[Values]:
    """Return what is known of each word of the best text of each recording, shape (word, feature) each.

    Args:
        found: of each recording the n best, best first, with the times of the words of the best one at least.

    Source: word posteriors from n-best lists, Wessel, Schlüter, Macherey, Ney 2001, section III, doi:10.1109/89.906002.
    """
    best, rivals = [], []
    for some in found:
        words = some[0].text.split() if some else []
        best += [words] * len(some)
        rivals += [one.text.split() for one in some]
    aligned = iter(align(best, rivals, SCLITE))
    features = []
    for some in found:
        timed = some[0].words if some else ()
        agreed = np.zeros(len(timed))
        for share in _shares(some).tolist():
            kept = [step.kind == "hit" for step in next(aligned) if step.reference]
            agreed += share * np.array(kept, dtype=np.float64) if kept else 0.0
        frames = np.array([0.5 if word.confidence is None else word.confidence for word in timed])
        whole = np.full(len(timed), _shares(some)[0] if some else 0.5)
        features.append(np.column_stack([_log_odds(agreed), _log_odds(frames), _log_odds(whole)]))
    return features


def text_features(found: Sequence[Sequence[Hypothesis]], words: Sequence[Values]) -> Values:
    """Return what is known of the best text of each recording, shape (recording, feature).

    Args:
        found: of each recording the n best, best first.
        words: what `word_features` says of them.
    """
    rows = []
    for some, known in zip(found, words, strict=True):
        whole = float(_log_odds(_shares(some)[:1])[0]) if some else 0.0
        sure = known[:, :2].mean(axis=1)
        rows.append((whole, float(sure.min()), float(sure.mean())) if len(sure) else (whole, -4.0, -4.0))
    return np.array(rows, dtype=np.float64).reshape(len(found), len(TEXT_FEATURES))


def uncalibrated(features: Values) -> Values:
    """Return the share of the n best that agrees, which is what there is before any fit, shape (row,)."""
    return np.asarray(expit(features[:, 0]), dtype=np.float64)


def fit_confidence(found: Sequence[Sequence[Hypothesis]], said: Sequence[str]) -> Confidence:
    """Return the confidence that fits recordings whose words are known.

    Args:
        found: of each recording the n best, best first, with words' times.
        said: the words of each, with single spaces.

    Raises:
        BadValue: numbers that differ. NotIdentified: no words, or too few right or wrong ones to tell them apart.
    """
    if len(found) != len(said):
        raise BadValue("fit_confidence", got=f"{len(found)} recordings and {len(said)} texts", expected="as many")
    words = word_features(found)
    right = word_marks(found, said)
    whole = np.array([bool(s) and s[0].text == text for s, text in zip(found, said, strict=True)], dtype=np.float64)
    marks = np.concatenate(right) if right else np.zeros(0)
    return Confidence(
        fit_line(np.concatenate(words) if words else np.zeros((0, 3)), marks, "words"),
        fit_line(text_features(found, words), whole, "texts"),
    )


def word_marks(found: Sequence[Sequence[Hypothesis]], said: Sequence[str]) -> list[Values]:
    """Return whether each word of the best text of each recording is right: 1 or 0, shape (word,) each."""
    heard = [some[0].text.split() if some else [] for some in found]
    steps = align([text.split() for text in said], heard, SCLITE)
    return [np.array([float(step.kind == "hit") for step in one if step.hypothesis]) for one in steps]


def fit_line(features: Values, right: Values, what: str) -> Line:
    """Return the line of log-odds that makes the marks likeliest, with a weak pull of the weights towards 0.

    As in Platt's method, marks are drawn a little towards ½, so that a set in which all are right has finite odds.

    Args:
        features: shape (example, feature).
        right: 1 or 0, shape (example,).
        what: the examples are, for the message.

    Raises:
        NotIdentified: fewer than ten examples.

    Source: Platt 1999, Advances in Large Margin Classifiers 61–74, section 2.2, with several features.
    """
    n = len(right)
    if n < 10:
        do = "Give more recordings with their transcripts"
        raise NotIdentified("confidence", got=f"{n} {what} to fit it to", expected="ten or more", do=do)
    n_right = float(right.sum())
    target = np.where(right > 0, (n_right + 1) / (n_right + 2), 1 / (n - n_right + 2))
    centre, spread = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    design = np.column_stack([(features - centre) / spread, np.ones(n)])
    pull = np.diag([PENALTY] * features.shape[1] + [1e-9])
    weights = np.zeros(design.shape[1])
    weights[-1] = np.log((n_right + 1) / (n - n_right + 1))
    for _ in range(MOST_STEPS):
        p = expit(design @ weights)
        slope = design.T @ (target - p) - pull @ weights
        step = np.linalg.solve((design * (p * (1 - p))[:, None]).T @ design + pull, slope)
        weights = weights + step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    plain = weights[:-1] / spread
    return Line(tuple(plain.tolist()), float(weights[-1] - plain @ centre), n)


def _shares(some: Sequence[Hypothesis]) -> Values:
    """Return how the n best share what probability they have together."""
    scores = np.array([one.score for one in some])
    return np.exp(scores - logsumexp(scores)) if len(scores) else scores


def _log_odds(p: Values) -> Values:
    clipped = np.clip(p, LEAST, 1 - LEAST)
    return np.asarray(np.log(clipped) - np.log1p(-clipped), dtype=np.float64)
