"""Forced alignment: when each word of a known text was said, and how sure the frames are of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.alphabet import BLANK, Alphabet
from tacit_speech.audio.transcripts_out import TimedWord
from tacit_speech.decode.ctc import least_frames
from tacit_speech.posteriors import Posteriors

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

STAY, STEP, SKIP = range(3)


@dataclass(frozen=True, eq=False)
class Alignment:
    """The likeliest alignment of a text.

    Args:
        words: the words in their order, with times. A word's confidence is the geometric mean of the probability of its
            symbols, each at the frame where it is likeliest: how clearly it was heard, not calibrated.
        path: the symbol of each frame, blanks among them; [frames].
        log_p: ln p of this one alignment.
    """

    words: tuple[TimedWord, ...]
    path: Ints
    log_p: float


def align(utterances: Sequence[Posteriors], texts: Sequence[str]) -> list[Alignment]:
    """Return the likeliest alignment of each text with its recording, all at once.

    CTC tends to say a symbol in one frame and blanks around it, so that a word's end is early rather than late by part
    of its last symbol.

    Args:
        utterances: of any lengths.
        texts: what was said in each, in symbols of its alphabet.

    Raises:
        BadValue: numbers that differ; a text with a character outside the alphabet, or longer than its frames allow.

    Source: the Viterbi form of Graves et al. 2006, section 4.1, doi:10.1145/1143844.1143891.
    """
    if len(utterances) != len(texts):
        raise BadValue("texts to align", got=len(texts), expected=f"{len(utterances)}, one a recording")
    if not utterances:
        return []
    ids = [_ids(one, text, i) for i, (one, text) in enumerate(zip(utterances, texts, strict=True))]
    states, log_p = _viterbi([one.log_posteriors for one in utterances], ids)
    return [
        _alignment(one, symbols, path, float(score))
        for one, symbols, path, score in zip(utterances, ids, states, log_p, strict=True)
    ]


def _ids(utterance: Posteriors, text: str, place: int) -> Ints:
    ids = utterance.alphabet.ids(text)
    if (least := least_frames(ids)) > len(utterance):
        expected = f"at least the {least} that {text[:60]!r} needs"
        do = "Check that the transcript is of this recording"
        raise BadValue(f"recording {place + 1} to align: frames", got=len(utterance), expected=expected, do=do)
    return ids


def _viterbi(tables: Sequence[NDArray[np.float32]], ids: Sequence[Ints]) -> tuple[list[Ints], Floats]:
    """Return the state of each frame (odd ones are symbols) and ln p, of texts that advance side by side."""
    n, most = len(tables), 2 * max(len(text) for text in ids) + 1
    lengths = np.array([len(table) for table in tables])
    symbols = np.zeros((n, most), dtype=np.int64)
    for i, text in enumerate(ids):
        symbols[i, 1 : 2 * len(text) : 2] = text
    skips = np.zeros((n, most), dtype=bool)
    skips[:, 2:] = (symbols[:, 2:] != BLANK) & (symbols[:, 2:] != symbols[:, :-2])
    rows = np.concatenate(tables).astype(np.float64)
    firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    best = np.full((n, most), -np.inf)
    best[:, 0] = 0.0  # before the first frame, only the first blank or, by a step from it, the first symbol can come
    moves = np.zeros((int(lengths.max(initial=0)), n, most), dtype=np.int8)
    for frame in range(len(moves)):
        going = np.flatnonzero(lengths > frame)
        now = best[going]
        stepped, skipped = np.full_like(now, -np.inf), np.full_like(now, -np.inf)
        stepped[:, 1:] = now[:, :-1]
        skipped[:, 2:] = np.where(skips[going, 2:], now[:, :-2], -np.inf) if frame else -np.inf
        move = np.where(stepped > now, STEP, STAY).astype(np.int8)
        reached = np.maximum(stepped, now)
        move[skipped > reached] = SKIP
        moves[frame, going] = move
        emitted = np.take_along_axis(rows[firsts[going] + frame], symbols[going], axis=1)
        best[going] = np.maximum(skipped, reached) + emitted
    return _traced(moves, best, lengths, np.array([len(text) for text in ids]))


def _traced(moves: NDArray[np.int8], best: Floats, lengths: Ints, n_symbols: Ints) -> tuple[list[Ints], Floats]:
    """Go back from the better of the last two states of each text."""
    every, last = np.arange(len(lengths)), 2 * n_symbols
    before = np.maximum(last - 1, 0)
    state = np.where(best[every, before] > best[every, last], before, last)
    log_p = best[every, state].copy()
    states = np.zeros((len(moves), len(lengths)), dtype=np.int64)
    for frame in range(len(moves) - 1, -1, -1):
        going = np.flatnonzero(lengths > frame)
        states[frame, going] = state[going]
        state[going] -= moves[frame, going, state[going]]
    return [states[:length, i] for i, length in enumerate(lengths.tolist())], log_p


def _alignment(utterance: Posteriors, ids: Ints, states: Ints, log_p: float) -> Alignment:
    path = np.where(states % 2, np.append(ids, BLANK)[(states // 2).clip(max=len(ids))], BLANK)
    if not len(ids):
        return Alignment((), path, log_p)
    place = states[states % 2 == 1] // 2
    frames = np.flatnonzero(states % 2 == 1)
    emitted = utterance.log_posteriors[frames, path[frames]].astype(np.float64)
    first = np.searchsorted(place, np.arange(len(ids)))
    last = np.searchsorted(place, np.arange(len(ids)), side="right") - 1
    peak = np.maximum.reduceat(emitted, first)
    words = []
    for begin, end in _word_spans(ids, utterance.alphabet):
        words.append(
            TimedWord(
                utterance.alphabet.text(ids[begin:end]),
                utterance.start_s + float(frames[first[begin]]) * utterance.frame_s,
                utterance.start_s + float(frames[last[end - 1]] + 1) * utterance.frame_s,
                float(np.exp(min(peak[begin:end].mean(), 0.0))),
            )
        )
    return Alignment(tuple(words), path, log_p)


def _word_spans(ids: Ints, alphabet: Alphabet) -> list[tuple[int, int]]:
    """Return the first place of each word's symbols and the one behind them; all are one word if nothing parts them."""
    if alphabet.whole_words:
        return [(place, place + 1) for place in range(len(ids))]
    space = alphabet.space
    letters = np.concatenate([[False], ids != space if space is not None else np.ones(len(ids), bool), [False]])
    edges = np.flatnonzero(letters[1:] != letters[:-1])
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
