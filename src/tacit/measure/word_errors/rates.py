"""The rates of the word-error family, from counts of hits and errors."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.measure.estimate import Estimate
from tacit.measure.word_errors.counts import Counts
from tacit.measure.word_errors.resampling import WITHOUT_WORDS, Ratio, Resamples

COLUMNS = ("hits", "substitutions", "deletions", "insertions", "wrong", "utterances")
"""What is summed over utterances; `wrong` is 1 for an utterance with any error."""

SAID, HEARD, ERRORS = (1, 1, 1, 0, 0, 0), (1, 1, 0, 1, 0, 0), (0, 1, 1, 1, 0, 0)
HITS, ALL = (1, 0, 0, 0, 0, 0), (1, 1, 1, 1, 0, 0)

RATIOS = {
    "wer": Ratio((ERRORS,), (SAID,)),
    "hunt": Ratio(((0, 1, 0.5, 0.5, 0, 0),), (SAID,)),
    "mer": Ratio((ERRORS,), (ALL,)),
    "wip": Ratio((HITS, HITS), (SAID, HEARD)),
    "ser": Ratio(((0, 0, 0, 0, 1, 0),), ((0, 0, 0, 0, 0, 1),)),
}


@dataclass(frozen=True)
class Rates:
    """Error rates of a set of utterances, each with its interval.

    Where nothing was said at all (N = 0), `wer` and `hunt` are 0 if nothing was recognised and infinite otherwise, and
    `mer` and `wil` are 0 and 1. A single empty reference among others is no special case: what was recognised there
    counts as insertions.

    Args:
        wer: word error rate (S + D + I) / N; above 1 where many words are inserted.
        word_accuracy: 1 − wer, negative where wer is above 1.
        hunt: Hunt's weighted rate (S + ½D + ½I) / N.
        mer: match error rate (S + D + I) / (H + S + D + I).
        wil: word information lost, 1 − wip.
        wip: word information preserved, H² / (N P), where P words were recognised.
        ser: sentence error rate, the share of utterances with any error.
    """

    wer: Estimate
    word_accuracy: Estimate
    hunt: Estimate
    mer: Estimate
    wil: Estimate
    wip: Estimate
    ser: Estimate


def word_error_rates(counts: Counts, *, seed: int = 0, clusters: ArrayLike | None = None, level: float = 0.95) -> Rates:
    """Return the rates of a set of utterances with their intervals.

    Args:
        counts: of each utterance.
        seed: of the bootstrap.
        clusters: a label an utterance, such as its speaker; utterances of one label are resampled together.
        level: coverage of the intervals.

    Raises:
        BadValue: clusters of another length.

    Source: Morris, Maier, Green 2004, equation 2 (WER) and the two measures that it proposes (MER; WIL, with WIP its
    complement), doi:10.21437/Interspeech.2004-668; Hunt 1990, Speech Communication 9:329 (weighted total errors);
    intervals as `Resamples` makes them.

    Example:
        >>> from tacit.measure.word_errors import count_errors
        >>> rates = word_error_rates(count_errors([["a", "b"], ["c", "d"]], [["a"], ["c", "x"]]))
        >>> rates.wer.mean, rates.hunt.mean, rates.ser.mean
        (0.5, 0.375, 1.0)
    """
    resamples = Resamples(_columns(counts), seed=seed, clusters=clusters, level=level)
    said, heard = int(counts.reference_words.sum()), int(counts.hypothesis_words.sum())
    bounded = {name: inf if name in ("wer", "hunt") else 1.0 for name in RATIOS}
    known = {name: resamples.estimate(ratio, most=bounded[name]) for name, ratio in RATIOS.items()}

    def defined(values: dict[str, float]) -> None:
        known.update(
            {name: Estimate(v, v, v, len(resamples.units), level, WITHOUT_WORDS) for name, v in values.items()}
        )

    if said == 0 and heard == 0:
        defined({"wer": 0.0, "hunt": 0.0, "mer": 0.0, "wip": 1.0})
    elif said == 0:
        defined({"wer": inf, "hunt": inf, "mer": 1.0, "wip": 0.0})
    elif heard == 0:
        defined({"wip": 0.0})
    return Rates(word_accuracy=_one_minus(known["wer"]), wil=_one_minus(known["wip"]), **known)


def _columns(counts: Counts) -> NDArray[np.float64]:
    wrong = (counts.errors > 0).astype(np.float64)
    one = np.ones(len(counts))
    columns = [counts.hits, counts.substitutions, counts.deletions, counts.insertions, wrong, one]
    return np.column_stack(columns).astype(np.float64)


def _one_minus(e: Estimate) -> Estimate:
    return Estimate(1 - e.mean, 1 - e.high, 1 - e.low, e.n, e.level, e.method)
