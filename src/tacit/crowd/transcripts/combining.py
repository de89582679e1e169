"""Transcripts combined word by word, each labeler's votes weighted by a reliability that is inferred with the words.

Every slot of an item's network is a question with votes: which word is here, or none? A labeler of reliability r votes
for the truth with probability r, and else for any of `n_confusable` wrong answers alike. Words, reliabilities and the
number of wrong answers are inferred together by expectation–maximisation. Where a labeler states how sure it was of a
word, as a recogniser does, that credence takes the place of its reliability.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import betaincinv

from tacit.crowd.transcripts.network import Network, align_transcripts
from tacit.crowd.transcripts.table import Transcribed
from tacit.errors import BadValue
from tacit.measure import Estimate

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

NOTHING = 0
PRIOR_VOTES = 4.0
FIRST_RELIABILITY = 0.8
LEAST = 1e-3
MOST_CONFUSABLE = 1_000.0
MOST_ITERATIONS = 100
TOLERANCE = 1e-6


@dataclass(frozen=True)
class CombinedTranscripts:
    """What many transcripts amount to.

    Args:
        given: the transcripts.
        slot_item: item of each slot, rising, shape (slot,).
        word: most probable word of each slot, as its code; 0 where probably nothing was said.
        p: its probability.
        reliability: how often each labeler's vote on a slot is right, one a labeler.
        n_confusable: among how many wrong answers mistakes fall.
        iterations: how many there were. converged: whether the reliabilities stood still at the end.
    """

    given: Transcribed
    slot_item: Integers
    word: Integers
    p: Floats
    reliability: tuple[Estimate, ...]
    n_confusable: float
    iterations: int
    converged: bool
    warnings: tuple[str, ...] = field(default=())

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row an item: `item`, its `text`, the `probability` of the whole, the `words` and the `p` of each.

        That of the whole is the product over all its slots, those where nothing was said included.
        """
        n = len(self.given.items)
        said = self.word != NOTHING
        names = pl.Series(["", *self.given.vocabulary], dtype=pl.String)
        words = (
            pl.DataFrame(
                {"code": self.slot_item[said], "words": names[self.word[said].tolist()], "p": self.p[said]},
                schema={"code": pl.Int64, "words": pl.String, "p": pl.Float64},
            )
            .group_by("code", maintain_order=True)
            .agg("words", "p")
        )
        log_p = np.bincount(self.slot_item, weights=np.log(np.maximum(self.p, 1e-300)), minlength=n)
        empty = {"words": pl.lit([], dtype=pl.List(pl.String)), "p": pl.lit([], dtype=pl.List(pl.Float64))}
        joined = pl.DataFrame({"code": np.arange(n), "item": self.given.items}).join(words, on="code", how="left")
        joined = joined.sort("code").with_columns(pl.col(name).fill_null(value) for name, value in empty.items())
        return joined.select(
            "item", text=pl.col("words").list.join(" "), probability=pl.Series(np.exp(log_p)), words="words", p="p"
        )

    @property
    def labelers(self) -> pl.DataFrame:
        """One row a labeler: `labeler`, `transcripts`, `votes` on slots, `reliability`, `low`, `high`."""
        counted = np.bincount(self.given.labeler, minlength=len(self.given.labelers))
        return pl.DataFrame(
            {
                "labeler": self.given.labelers,
                "transcripts": counted,
                "votes": [one.n for one in self.reliability],
                "reliability": [one.mean for one in self.reliability],
                "low": [one.low for one in self.reliability],
                "high": [one.high for one in self.reliability],
            }
        )


def combine_transcripts(given: Transcribed, *, level: float = 0.95) -> CombinedTranscripts:
    """Return the most probable transcript of each item, with the probability of each word.

    Args:
        given: the transcripts; credences of words, where there are any, must be calibrated.
        level: coverage of the labelers' intervals, which hold the words' probabilities for known.

    Raises:
        BadValue: a level outside (0, 1).

    Source: voting over aligned transcripts, Fiscus 1997 (ROVER), doi:10.1109/ASRU.1997.659110; votes weighted by
    inferred reliability after Dawid and Skene 1979, doi:10.2307/2346806, with one number a labeler.

    Example:
        >>> from tacit.crowd.transcripts import transcribed_from_table
        >>> texts = ["the cat sat", "a cat sat", "the cat"]
        >>> table = pl.DataFrame({"item": ["a"] * 3, "labeler": ["x", "y", "z"], "label": texts})
        >>> combine_transcripts(transcribed_from_table(table)).table["text"].item()
        'the cat sat'
    """
    if not 0 < level < 1:
        raise BadValue("level of an interval", got=level, expected="a share between 0 and 1, such as 0.95")
    votes = _votes(given, align_transcripts(given))
    n_labelers = len(given.labelers)
    n_votes = np.bincount(votes.labeler, minlength=n_labelers).astype(np.float64)
    reliability = np.full(n_labelers, FIRST_RELIABILITY)
    confusable, p_nothing, iteration, moved = 20.0, 0.2, 0, np.inf
    crowd, right = FIRST_RELIABILITY, n_votes
    p = np.zeros(len(votes.alternative_slot))
    while iteration < MOST_ITERATIONS and moved > TOLERANCE:
        iteration += 1
        p = _posterior(votes, reliability, confusable, p_nothing)
        right = np.bincount(votes.labeler, weights=p[votes.alternative], minlength=n_labelers).astype(np.float64)
        crowd = float((right.sum() + 1) / (n_votes.sum() + 2))
        again = (right + PRIOR_VOTES * crowd) / (n_votes + PRIOR_VOTES)
        moved = float(np.abs(again - reliability).max())
        reliability = again
        confusable = _confusable(votes, p)
        silent = p[votes.alternative_word == NOTHING].sum()
        p_nothing = float((silent + 1) / (votes.n_slots + 5))
    best = _best(votes, p, given.vocabulary)
    a, b = right + PRIOR_VOTES * crowd, n_votes - right + PRIOR_VOTES * (1 - crowd)
    low, high = betaincinv(a, b, 0.5 - level / 2), betaincinv(a, b, 0.5 + level / 2)
    rows = zip(reliability.tolist(), low.tolist(), high.tolist(), n_votes.tolist(), strict=True)
    method = "Beta posterior over reliability"
    return CombinedTranscripts(
        given,
        votes.slot_item,
        votes.alternative_word[best],
        p[best],
        tuple(Estimate(r, lo, hi, int(n), level, method) for r, lo, hi, n in rows),
        confusable,
        iteration,
        moved <= TOLERANCE,
        _warnings(given),
    )


@dataclass(frozen=True)
class _Votes:
    """Votes on slots.

    Args:
        labeler: of each vote, shape (vote,). alternative: which answer it is for. credence: stated, else NaN.
        alternative_slot: slot of each answer that was voted for, rising. alternative_word: its word, 0 for none.
        slot_item: item of each slot, rising. n_slots: how many.
    """

    labeler: Integers
    alternative: Integers
    credence: Floats
    alternative_slot: Integers
    alternative_word: Integers
    slot_item: Integers
    n_slots: int


def _votes(given: Transcribed, network: Network) -> _Votes:
    """Return a vote of each transcript on each slot of its item: a word, or nothing where it has none."""
    item, labeler = given.item.astype(np.int64), given.labeler.astype(np.int64)
    first_slot = np.cumsum(network.n_slots) - network.n_slots
    n_here = network.n_slots[item]
    first_vote = np.cumsum(n_here) - n_here
    transcript = np.repeat(np.arange(len(given)), n_here)
    slot = first_slot[item[transcript]] + np.arange(len(transcript)) - first_vote[transcript]
    word, credence = np.zeros(len(slot), dtype=np.int64), np.full(len(slot), np.nan)
    of_word = first_vote[np.repeat(np.arange(len(given)), given.n_words)] + network.slot
    word[of_word], credence[of_word] = given.word, given.credence
    size = len(given.vocabulary) + 1
    answers, alternative = np.unique(slot * size + word, return_inverse=True)
    slot_item = np.repeat(np.arange(len(network.n_slots)), network.n_slots)
    return _Votes(
        labeler[transcript], alternative, credence, answers // size, answers % size, slot_item, len(slot_item)
    )


def _posterior(votes: _Votes, reliability: Floats, confusable: float, p_nothing: float) -> Floats:
    """Return the probability of each answer that was voted for; what is missing to 1 is that of all other words."""
    sure = np.where(np.isnan(votes.credence), reliability[votes.labeler], votes.credence).clip(LEAST, 1 - LEAST)
    gain = np.log(sure) - np.log1p(-sure) + np.log(confusable)
    score = np.bincount(votes.alternative, weights=gain, minlength=len(votes.alternative_slot)).astype(np.float64)
    nothing = votes.alternative_word == NOTHING
    score += np.where(nothing, np.log(p_nothing), np.log1p(-p_nothing) - np.log(confusable))
    n_words = np.bincount(votes.alternative_slot[~nothing], minlength=votes.n_slots)
    unseen = np.log1p(-p_nothing) - np.log(confusable) + np.log(np.maximum(confusable + 1 - n_words, LEAST))
    top = np.maximum.reduceat(score, _firsts(votes)) if len(score) else score
    top = np.maximum(top, unseen)
    raised = np.exp(score - top[votes.alternative_slot])
    total = np.bincount(votes.alternative_slot, weights=raised, minlength=votes.n_slots) + np.exp(unseen - top)
    return np.asarray(raised / total[votes.alternative_slot], dtype=np.float64)


def _confusable(votes: _Votes, p: Floats) -> float:
    """Return among how many wrong answers mistakes fall: the inverse of how often two mistakes on a slot agree."""
    n = np.bincount(votes.alternative, minlength=len(p)).astype(np.float64)
    of_slot = np.bincount(votes.alternative_slot, weights=n, minlength=votes.n_slots)
    agreeing = float(((1 - p) * n * (n - 1) / 2).sum())
    others = of_slot[votes.alternative_slot] - n
    none_right = np.maximum(1 - np.bincount(votes.alternative_slot, weights=p, minlength=votes.n_slots), 0)
    pairs = float((p * others * (others - 1) / 2).sum() + (none_right * of_slot * (of_slot - 1) / 2).sum())
    return float(np.clip((pairs + 20.0) / (agreeing + 1.0), 1.0, MOST_CONFUSABLE))


def _best(votes: _Votes, p: Floats, vocabulary: tuple[str, ...]) -> Integers:
    """Return the most probable answer of each slot; of equal ones a word before nothing, the first by the alphabet."""
    alphabetic = np.argsort(np.argsort(np.array(["", *vocabulary])))[votes.alternative_word]
    order = np.lexsort((alphabetic, votes.alternative_word == NOTHING, -p.round(9), votes.alternative_slot))
    return order[_firsts(votes)]


def _firsts(votes: _Votes) -> Integers:
    """Return where the answers of each slot begin."""
    slot = votes.alternative_slot
    return np.concatenate([[0], np.flatnonzero(np.diff(slot)) + 1]) if len(slot) else np.zeros(0, dtype=np.int64)


def _warnings(given: Transcribed) -> tuple[str, ...]:
    alone = int((np.bincount(given.item, minlength=len(given.items)) == 1).sum())
    if not alone:
        return given.notes
    words = f"{alone:,} of {len(given.items):,} items have one transcript alone, which nothing can be held against."
    return (*given.notes, words)
