"""How well a language model foretells a text: perplexity with an interval, and the tokens that it does not know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.measure import Estimate
from tacit.measure.word_errors.resampling import ratio_of_sums
from tacit_speech.decode.ngram.model import NGram
from tacit_speech.decode.ngram.text import sentences


@dataclass(frozen=True)
class Evaluation:
    """What a model makes of a text.

    Args:
        perplexity: over all tokens and sentence ends; sentences are resampled for its interval.
        perplexity_of_known: the same without the tokens that are not in the vocabulary.
        n_sentences: lines that held tokens.
        n_tokens: tokens, without sentence ends.
        n_unknown: tokens that are not in the vocabulary.
    """

    perplexity: Estimate
    perplexity_of_known: Estimate
    n_sentences: int
    n_tokens: int
    n_unknown: int


def evaluate(model: NGram, lines: Iterable[str], *, where: str = "text") -> Evaluation:
    """Return the perplexity of `model` on a text, a sentence a line.

    Raises:
        BadValue: a text without tokens.
    """
    texts = list(sentences(lines, model.unit, where=where))
    if not texts:
        raise BadValue(where, got="no tokens", expected="a sentence a line")
    log_probs, unknown = model.token_log_probs(texts)
    lengths = np.array([len(text) + 1 for text in texts])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    loss = np.add.reduceat(-log_probs, starts)
    known = np.add.reduceat(np.where(unknown, 0.0, -log_probs), starts)
    n_unknown = np.add.reduceat(unknown.astype(np.int64), starts)
    return Evaluation(
        _perplexity(loss, lengths),
        _perplexity(known, lengths - n_unknown),
        len(texts),
        int(lengths.sum()) - len(texts),
        int(n_unknown.sum()),
    )


def _perplexity(loss: NDArray[np.float64], n: NDArray[np.int64]) -> Estimate:
    mean = ratio_of_sums(loss, n, seed=0)
    middle, low, high = (float(np.exp(value)) for value in (mean.mean, mean.low, mean.high))
    return Estimate(middle, low, high, mean.n, mean.level, f"exp of {mean.method}")
