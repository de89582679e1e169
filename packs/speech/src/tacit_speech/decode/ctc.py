"""CTC in NumPy: the loss of a text, its gradient by the forward-backward recursions, and the sum over all alignments.

The acoustic model trains with its framework's own; these are what that one, the search and the alignment are checked
against, and what explains them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue
from tacit_speech.alphabet import BLANK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def ctc_loss(log_posteriors: ArrayLike, ids: ArrayLike) -> float:
    """Return -ln p(text | frames): minus the logarithm of the sum over all alignments.

    Args:
        log_posteriors: natural logarithms, blank at 0, shape (frames, symbols).
        ids: symbols of the text, without blanks; shape (n,).

    Returns:
        Infinity where the frames are too few: a text needs one a symbol and one more between equal neighbours.

    Raises:
        BadValue: an id that is the blank or no column, or a table of another shape.

    Source: Graves, Fernández, Gomez, Schmidhuber 2006, equations 5 to 8, doi:10.1145/1143844.1143891.
    """
    table, states = _checked(log_posteriors, ids)
    return -_end(_forward(table, states, _skips(states)))


def ctc_gradient(log_posteriors: ArrayLike, ids: ArrayLike) -> Floats:
    """Return the gradient of `ctc_loss` by the logits whose log-softmax is `log_posteriors`, shape (frames, symbols).

    It is the posterior of the network less the posterior given the text: softmax(logits) - p(symbol at frame | text).

    Raises:
        BadValue: as `ctc_loss`, or too few frames for the text, where there is no gradient.

    Source: Graves et al. 2006, equations 9 to 16, doi:10.1145/1143844.1143891.
    """
    table, states = _checked(log_posteriors, ids)
    skips = _skips(states)
    ahead = _forward(table, states, skips)
    log_p = _end(ahead)
    if np.isneginf(log_p):
        expected = f"at least {least_frames(np.asarray(ids))} for the text"
        raise BadValue("ctc_gradient: frames", got=len(table), expected=expected)
    # The backward recursion is the forward one on the reversed text and frames; both count the frame itself.
    back = _forward(table[::-1], states[::-1], _skips(states[::-1]))[::-1, ::-1]
    log_occupied = ahead + back - table[:, states] - log_p
    occupied = np.zeros(table.shape)
    for state, symbol in enumerate(states.tolist()):
        occupied[:, symbol] += np.exp(log_occupied[:, state])
    return np.asarray(np.exp(table) - occupied)


def sum_over_alignments(log_posteriors: ArrayLike, ids: ArrayLike) -> float:
    """Return ln p(text | frames) by listing every sequence of symbols, one a frame, that reduces to the text.

    Takes symbols^frames steps: for a few frames alone.
    """
    table, _ = _checked(log_posteriors, ids)
    wanted, total = tuple(np.asarray(ids).tolist()), -np.inf
    for path, log_p in alignments(table):
        if collapsed(path) == wanted:
            total = np.logaddexp(total, log_p)
    return float(total)


def alignments(table: Floats) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield every sequence of symbols, one a frame, with its ln p."""
    for path in product(range(table.shape[1]), repeat=len(table)):
        yield path, float(table[np.arange(len(table)), list(path)].sum())


def collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
    """Return the text of an alignment: repetitions are one, then blanks are none.

    >>> collapsed((1, 1, 0, 1, 2))
    (1, 1, 2)
    """
    new = (symbol for i, symbol in enumerate(path) if i == 0 or path[i - 1] != symbol)
    return tuple(symbol for symbol in new if symbol != BLANK)


def least_frames(ids: Ints) -> int:
    """Return the frames that a text needs: one a symbol, and a blank between equal neighbours."""
    return len(ids) + int((ids[1:] == ids[:-1]).sum())


def _checked(log_posteriors: ArrayLike, ids: ArrayLike) -> tuple[Floats, Ints]:
    """Return the table and the states of the text: its symbols with blanks before, between and behind them."""
    table, text = np.asarray(log_posteriors, dtype=np.float64), np.asarray(ids, dtype=np.int64)
    if table.ndim != 2:
        raise BadValue("log_posteriors", got=f"shape {table.shape}", expected="(frames, symbols)")
    if text.size and not ((text > BLANK) & (text < table.shape[1])).all():
        raise BadValue("ids of a text", got=text.tolist(), expected=f"1 to {table.shape[1] - 1}; the blank is 0")
    states = np.full(2 * len(text) + 1, BLANK, dtype=np.int64)
    states[1::2] = text
    return table, states


def _skips(states: Ints) -> NDArray[np.bool_]:
    """Return which states may follow the last but one: a symbol that differs from the symbol before it."""
    skips = np.zeros(len(states), dtype=bool)
    skips[2:] = (states[2:] != BLANK) & (states[2:] != states[:-2])
    return skips


def _forward(table: Floats, states: Ints, skips: NDArray[np.bool_]) -> Floats:
    """Return ln p of all beginnings of alignments that are in a state at a frame, shape (frames, states)."""
    emitted = table[:, states]
    ahead = np.full(emitted.shape, -np.inf)
    if not len(table):
        return ahead
    ahead[0, :2] = emitted[0, :2]
    for frame in range(1, len(table)):
        before = ahead[frame - 1]
        reached = before.copy()
        reached[1:] = np.logaddexp(reached[1:], before[:-1])
        reached[2:] = np.where(skips[2:], np.logaddexp(reached[2:], before[:-2]), reached[2:])
        ahead[frame] = reached + emitted[frame]
    return ahead


def _end(ahead: Floats) -> float:
    """Return ln p of the whole: an alignment ends in the last symbol or in the blank behind it."""
    if not len(ahead):
        return 0.0 if ahead.shape[1] == 1 else -np.inf
    return float(np.logaddexp.reduce(ahead[-1, -2:]))
