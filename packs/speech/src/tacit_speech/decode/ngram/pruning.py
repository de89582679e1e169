"""Make a model smaller where it costs least: by the relative entropy that an n-gram's loss would add."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.decode.ngram.model import BEGIN_ID, Floats, NGram
from tacit_speech.decode.ngram.smoothing import NO_BACKOFF


def prune_by_entropy(model: NGram, threshold: float) -> NGram:
    """Leave out each n-gram whose loss raises the perplexity of what the model itself would say by less than a share.

    An n-gram goes only when nothing longer begins with it, so the longest are looked at first. Each is judged as if it
    went alone; then the weights of the shorter contexts are made anew, so that probabilities sum to 1. A Kneser-Ney
    model suffers more from this than others, since its shorter contexts count something else than words: prefer
    `cutoffs` in `smooth` for a small model from text, and this for a model that came as a file.

    Args:
        model: a model of any order.
        threshold: relative rise of perplexity, such as 1e-7.

    Raises:
        BadValue: a threshold that is negative or not a number.

    Source: Stolcke 1998, "Entropy-based pruning of backoff language models" (cs/0006025 on arXiv); the remark on
    Kneser-Ney: Chelba, Brants, Neveitt, Xu 2010, Interspeech, "Study on interaction between entropy pruning and
    Kneser-Ney smoothing".
    """
    if not 0 <= threshold < np.inf:
        raise BadValue("threshold of pruning", got=threshold, expected="a relative rise of perplexity, such as 1e-7")
    starts = np.cumsum([1, *model.sizes])
    kept = np.ones(len(model.words), dtype=bool)
    history = _log_p_of_ngrams(model)
    for k in range(model.order - 1, 0, -1):
        level = np.arange(starts[k], starts[k + 1])
        leaf = np.ones(len(model.words), dtype=bool)
        leaf[model.contexts[np.flatnonzero(kept & (model.levels > k + 1))]] = False
        below, _ = _without_first(model, level)
        rise = np.expm1(_relative_entropy(model, level, below, history))
        kept[level[leaf[level] & (rise < threshold)]] = False
    return _smaller(model, kept)


def _without_first(model: NGram, ngrams: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """Return ln p of the last token of `ngrams` after the context without its first token."""
    return model.advance(model.suffixes[model.contexts[ngrams]], model.words[ngrams])


def _log_p_of_ngrams(model: NGram) -> Floats:
    """Return ln p of each n-gram as a piece of text; the beginning of a sentence is certain where it is asked."""
    log_p, first = np.zeros(len(model.words)), 1
    own = np.where(np.isneginf(model.log_prob), NO_BACKOFF, model.log_prob)
    own[1 + BEGIN_ID] = 0.0
    for size in model.sizes:
        level = slice(first, first + size)
        log_p[level] = log_p[model.contexts[level]] + own[level]
        first += size
    return log_p


def _relative_entropy(model: NGram, level: NDArray[np.int64], below: Floats, history: Floats) -> Floats:
    """Return the divergence that leaving out each n-gram of a level alone would cause.

    With a the weight of the shorter context before and a' after, and s the sum of p over the words that h keeps:
    p(h) {p(w|h) (ln p(w|h) - ln p(w|h') - ln a') + (ln a - ln a') (1 - s)}.
    """
    context, own = model.contexts[level], model.log_prob[level]
    seen = np.bincount(context, weights=np.exp(own), minlength=len(model.words))
    seen_below = np.bincount(context, weights=np.exp(below), minlength=len(model.words))
    left, left_below = np.maximum(1 - seen, 0), np.maximum(1 - seen_below, 1e-300)
    p, q = np.exp(own), np.exp(below)
    with np.errstate(divide="ignore"):
        after = np.log(left[context] + p) - np.log(left_below[context] + q)
    change = after - model.log_backoff[context]
    change = np.where(left[context] > 1e-12, change, 0.0)
    rise: Floats = np.maximum(np.exp(history[context]) * (p * (own - below - after) - left[context] * change), 0)
    return rise


def _smaller(model: NGram, kept: NDArray[np.bool_]) -> NGram:
    """Return the model of the n-grams that are kept, with new weights of the shorter contexts."""
    number = np.cumsum(kept) - 1
    starts = np.cumsum([1, *model.sizes])
    sizes = [int(kept[a:b].sum()) for a, b in pairwise(starts.tolist())]
    while len(sizes) > 1 and sizes[-1] == 0:
        sizes.pop()
    small = NGram(
        model.unit,
        model.vocabulary,
        number[model.contexts[kept]],
        model.words[kept],
        model.log_prob[kept],
        np.zeros(int(kept.sum())),
        tuple(sizes),
    )
    return with_new_backoffs(small)


def with_new_backoffs(model: NGram) -> NGram:
    """Return `model` with the weights of shorter contexts that make every context's probabilities sum to 1.

    The weight of h is (1 - sum of p(w|h) over its words) / (1 - sum of p(w|h') over the same words), from the shortest
    contexts up, because p(w|h') may itself rest on a shorter one.
    """
    backoff, starts = np.zeros(len(model.words)), np.cumsum([1, *model.sizes])
    for k in range(1, model.order):
        level = np.arange(starts[k], starts[k + 1])
        lower = NGram(
            *(model.unit, model.vocabulary, model.contexts, model.words, model.log_prob),
            *(backoff, model.sizes),
        )
        below, _ = _without_first(lower, level)
        context = model.contexts[level]
        seen = np.bincount(context, weights=np.exp(model.log_prob[level]), minlength=len(backoff))
        seen_below = np.bincount(context, weights=np.exp(below), minlength=len(backoff))
        parents = np.unique(context)
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = np.log(np.maximum(1 - seen, 0)) - np.log(np.maximum(1 - seen_below, 0))
        backoff[parents] = np.where(np.isfinite(weight[parents]), weight[parents], NO_BACKOFF)
    return NGram(model.unit, model.vocabulary, model.contexts, model.words, model.log_prob, backoff, model.sizes)
