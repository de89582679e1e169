"""The frames of many utterances in one table, with the symbols of each that are worth trying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue, NotFinite
from tacit_speech.alphabet import BLANK
from tacit_speech.posteriors import Posteriors

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frames:
    """Log-posteriors of utterances, one after another.

    Args:
        lengths: frames of each utterance, [n_utterances].
        firsts: row of the first frame of each utterance, [n_utterances].
        log_posteriors: [n_rows, n_symbols].
        blank: ln p of the blank, [n_rows].
        symbols: symbols of each row from the most probable down, as many as the richest row has; [n_rows, k].
        log_probs: their ln p, -inf for those that are not worth trying; [n_rows, k].
        n_tried: how many are, [n_rows].
    """

    lengths: Ints
    firsts: Ints
    log_posteriors: Floats
    blank: Floats
    symbols: Ints
    log_probs: Floats
    n_tried: Ints

    def tried(self, rows: Ints) -> tuple[Ints, Floats]:
        """Return symbols and ln p that are worth trying at each row, each [n, k]; k is the most that any row has."""
        k = int(self.n_tried[rows].max())
        return self.symbols[rows, :k], self.log_probs[rows, :k]


def prepare(utterances: Sequence[Posteriors], symbol_log_prob: float | None) -> Frames:
    """Return the frames of `utterances`.

    Args:
        utterances: of one alphabet.
        symbol_log_prob: a symbol below this is not worth trying unless nothing, not even the blank, is more probable;
            None tries all.

    Raises:
        BadValue: several alphabets. NotFinite: a log-posterior is NaN or positive infinity.
    """
    alphabet = utterances[0].alphabet
    if any(one.alphabet != alphabet for one in utterances):
        raise BadValue("utterances to decode", got="several alphabets", expected="one", do="Decode them apart")
    table = np.concatenate([one.log_posteriors for one in utterances]).astype(np.float64)
    if not (table < np.inf).all():
        row = int(np.flatnonzero(~(table < np.inf).all(axis=1))[0])
        raise NotFinite(f"log_posteriors, frame {row} of all", got="NaN or infinity", expected="logarithms")
    spoken = np.delete(table, BLANK, axis=1)
    least = -np.inf if symbol_log_prob is None else symbol_log_prob
    n_tried = ((spoken >= least) & (spoken > -np.inf)).sum(axis=1)
    n_tried = np.maximum(n_tried, spoken.max(axis=1, initial=-np.inf) > table[:, BLANK])
    order = _likeliest(spoken, int(max(n_tried.max(initial=0), 1)))
    k = order.shape[1]
    log_probs = np.take_along_axis(spoken, order, axis=1)
    lengths = np.array([len(one) for one in utterances], dtype=np.int64)
    return Frames(
        lengths,
        np.concatenate([[0], np.cumsum(lengths)[:-1]]),
        table,
        table[:, BLANK].copy(),
        order + 1,
        np.where(np.arange(k) < n_tried[:, None], log_probs, -np.inf),
        n_tried,
    )


def _likeliest(spoken: Floats, k: int) -> Ints:
    """Return the columns of the `k` highest of each row, from the highest down; thousands of symbols are not sorted."""
    if k < spoken.shape[1] // 4:
        some = np.argpartition(-spoken, k - 1, axis=1)[:, :k]
        by_height = np.argsort(-np.take_along_axis(spoken, some, axis=1), axis=1, kind="stable")
        return np.take_along_axis(some, by_height, axis=1)
    return np.argsort(-spoken, axis=1, kind="stable")[:, :k]
