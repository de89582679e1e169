"""Modified Kneser-Ney smoothing, interpolated, with three discounts an order.

An n-gram below the highest order counts by how many different words stand before it, because it is asked only where
the longer one is unknown; one that begins a sentence has nothing before it and counts as it is. From each count c a
discount D(min(c, 3)) is taken, and what is taken goes to the shorter context.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.decode.ngram.counting import NGramCounts, count_ngrams
from tacit_speech.decode.ngram.model import BEGIN_ID, Floats, Ints, NGram
from tacit_speech.decode.ngram.text import Unit

FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where a text is too small or too regular for their estimate, as KenLM's builder has them on request."""

Discounts = tuple[float, float, float]


@dataclass(frozen=True)
class SmoothingReport:
    """What a model was made with.

    Args:
        discounts: D1, D2 and D3+ of each order, from single tokens up.
        estimated: whether the discounts of that order come from the text, not from `FALLBACK` or the caller.
        left_out: n-grams of each order that were cut off as too rare.
    """

    discounts: tuple[Discounts, ...]
    estimated: tuple[bool, ...]
    left_out: tuple[int, ...]


def build(
    lines: Iterable[str],
    order: int,
    *,
    unit: Unit = Unit.WORD,
    vocabulary: Iterable[str] | None = None,
    min_count: int = 1,
    cutoffs: Sequence[int] = (),
    where: str = "text",
) -> tuple[NGram, SmoothingReport]:
    """Count a text and smooth the counts: `count_ngrams`, then `smooth`.

    >>> model, _ = build(["a b", "a b", "a c"], 2)
    >>> model.order, model.n_words
    (2, 6)
    """
    known = None if vocabulary is None else set(vocabulary)
    counts = count_ngrams(lines, order, unit=unit, vocabulary=known, min_count=min_count, where=where)
    return smooth(counts, cutoffs=cutoffs)


def smooth(
    counts: NGramCounts, *, discounts: Sequence[Discounts] | None = None, cutoffs: Sequence[int] = ()
) -> tuple[NGram, SmoothingReport]:
    """Return the interpolated modified Kneser-Ney model of `counts`.

    Args:
        counts: of all orders.
        discounts: D1, D2, D3+ of each order; from the text, if absent.
        cutoffs: an n-gram of order k that was seen `cutoffs[k - 1]` times or fewer is left out, and its probability
            goes to the shorter context. Never falling; the first is 0, because no token can be left out here; the last
            holds for all higher orders.

    Raises:
        BadValue: cutoffs that fall or begin above 0; discounts that are not three an order.

    Source: Chen, Goodman 1999, modified Kneser-Ney smoothing, doi:10.1006/csla.1999.0128; the uniform distribution
    below single words and the counts at the beginning of sentences: Heafield, Pouzyrevsky, Clark, Koehn 2013, section
    3, aclanthology.org/P13-2121.
    """
    order, n_words = counts.order, len(counts.vocabulary)
    least = _cutoffs(cutoffs, order)
    starts = np.cumsum([1, *counts.sizes])
    suffixes = counts.suffixes()
    adjusted = _adjusted(counts, suffixes)
    kept = counts.counts > np.repeat([-1, *least], [1, *counts.sizes])
    kept[: 1 + n_words] = True
    given = [_discounts(adjusted[a:b]) if discounts is None else None for a, b in pairwise(starts.tolist())]
    used = list(discounts) if discounts is not None else [one or FALLBACK for one in given]
    if len(used) != order or any(len(three) != 3 for three in used):
        raise BadValue("discounts", got=used, expected=f"three for each of {order} orders")
    prob, backoff = np.zeros(len(adjusted)), np.ones(len(adjusted))
    below = np.full(n_words, 1 / (n_words - 1))  # uniform over all that can follow; <s> cannot
    for k, (first, end) in enumerate(pairwise(starts.tolist())):
        level = slice(first, end)
        probability, weight = _interpolate(
            counts.contexts[level], adjusted[level], kept[level], used[k], below if k == 0 else prob[suffixes[level]]
        )
        prob[level] = probability
        backoff[: len(weight)] = np.where(np.isnan(weight), backoff[: len(weight)], weight)
    prob[1 + BEGIN_ID], backoff[0] = 0, 1  # nothing is shorter than the empty context
    model = _model(counts, prob, backoff, kept)
    left_out = tuple(int((~kept[a:b]).sum()) for a, b in pairwise(starts.tolist()))
    return model, SmoothingReport(tuple(used), tuple(one is not None for one in given), left_out)


def _cutoffs(cutoffs: Sequence[int], order: int) -> list[int]:
    least = [*cutoffs, *[cutoffs[-1] if cutoffs else 0] * (order - len(cutoffs))]
    if least[0] != 0 or sorted(least) != least or len(least) != order:
        expected = f"at most {order} whole numbers that begin with 0 and never fall, such as 0 0 1"
        raise BadValue("cutoffs of the language model", got=" ".join(map(str, cutoffs)), expected=expected)
    return least


def _adjusted(counts: NGramCounts, suffixes: Ints) -> Ints:
    """Return the count of each n-gram of the highest order, and of each shorter one how many words stand before it."""
    first_top = len(counts.counts) - counts.sizes[-1]
    if counts.order == 1:
        adjusted = counts.counts.copy()
    else:
        longer = suffixes[1 + counts.sizes[0] :]
        adjusted = np.bincount(longer, minlength=len(counts.counts))
        begins = np.zeros(len(adjusted), dtype=bool)
        begins[1 + BEGIN_ID] = True
        first = 1 + counts.sizes[0]
        for size in counts.sizes[1:]:
            begins[first : first + size] = begins[counts.contexts[first : first + size]]
            first += size
        as_they_are = begins | (np.arange(len(adjusted)) >= first_top)
        adjusted = np.where(as_they_are, counts.counts, adjusted)
    adjusted[0] = adjusted[1 + BEGIN_ID] = 0  # nothing predicts the beginning of a sentence
    return adjusted


def _discounts(adjusted: Ints) -> Discounts | None:
    """Return D1, D2, D3+ from how many n-grams have the counts 1 to 4; None where these do not yield discounts."""
    t = np.bincount(adjusted[adjusted <= 4], minlength=5).astype(float)
    if (t[1:5] == 0).any():
        return None
    y = t[1] / (t[1] + 2 * t[2])
    d = [i - (i + 1) * y * t[i + 1] / t[i] for i in (1, 2, 3)]
    return (d[0], d[1], d[2]) if all(0 <= one <= i for i, one in enumerate(d, 1)) else None


def _interpolate(
    contexts: Ints,
    adjusted: Ints,
    kept: NDArray[np.bool_],
    discounts: Discounts,
    below: Floats,
) -> tuple[Floats, Floats]:
    """Return p of each n-gram of a level, and for each context the weight of the shorter one, NaN where none is."""
    taken = np.array([0.0, *discounts])[adjusted.clip(max=3)]
    total = np.bincount(contexts, weights=adjusted)
    lost = np.bincount(contexts, weights=np.where(kept, np.minimum(taken, adjusted), adjusted))
    with np.errstate(invalid="ignore"):
        weight = lost / total
    own = np.where(kept, np.maximum(adjusted - taken, 0), 0) / total[contexts]
    return own + weight[contexts] * below, weight


def _model(counts: NGramCounts, prob: Floats, backoff: Floats, kept: NDArray[np.bool_]) -> NGram:
    """Return the model of the n-grams that are kept, numbered anew."""
    number = np.cumsum(kept) - 1
    ends = np.cumsum([1, *counts.sizes])
    sizes = tuple(int(kept[a:b].sum()) for a, b in pairwise(ends.tolist()))
    with np.errstate(divide="ignore"):
        log_prob, log_backoff = np.log(prob[kept]), np.log(backoff[kept])
    return NGram(
        counts.unit,
        counts.vocabulary,
        number[counts.contexts[kept]],
        counts.words[kept],
        np.where(np.arange(len(log_prob)) == 0, 0.0, log_prob),
        np.where(np.isneginf(log_backoff), NO_BACKOFF, log_backoff),
        sizes,
    )


NO_BACKOFF = -99 * float(np.log(10))
"""ln weight of a shorter context that is never asked, because all its words were seen after the longer: ARPA's -99."""
