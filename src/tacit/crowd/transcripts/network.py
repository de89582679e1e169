"""Several transcripts of one recording side by side: each word finds its slot, and a slot holds what each one says.

The transcript that is nearest to all others comes first and makes the slots. The others are aligned to the slots one by
one, nearest first: a word goes into a slot that holds the same word, else in one that holds others, else it makes a new
slot. Where a slot holds no word of a transcript, that transcript says nothing there, which is a vote too.

All items of like size are aligned at once, as padded arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.transcripts.table import Transcribed
from tacit.measure.word_errors.counts import count_errors

Integers = NDArray[np.int64]

SUBSTITUTION, INSERTION, DELETION, LEFT_OUT_TOO = 4, 3, 3, 1
"""Costs of a step; a word left out costs little where another transcript has left it out before."""
CELLS_AT_ONCE = 2_000_000
FAR = 1 << 40
DIAGONAL, SKIP_SLOT, NEW_SLOT = 0, 1, 2


@dataclass(frozen=True)
class Network:
    """Where each word of each transcript stands.

    Args:
        slot: slot of each word, counted from 0 within its item and in the order of speech, shape (word,).
        n_slots: how many slots each item has, shape (item,).
    """

    slot: Integers
    n_slots: Integers


def align_transcripts(given: Transcribed) -> Network:
    """Return the slots of all transcripts' words.

    Args:
        given: at least one transcript of each item.

    Source: the word transition networks of ROVER, Fiscus 1997, section 2.1, doi:10.1109/ASRU.1997.659110; the first
    transcript is the one with the least edits to all others, so that their order in the table does not matter.
    """
    begin = given.begins
    order, rank = _nearest_first(given)
    slot = np.zeros(len(given.word), dtype=np.int64)
    n_slots = np.zeros(len(given.items), dtype=np.int64)
    item = given.item.astype(np.int64)
    longest = np.zeros(len(given.items), dtype=np.int64)
    np.maximum.at(longest, item, given.n_words)
    n_transcripts = np.bincount(item, minlength=len(given.items))
    for items in _chunks(longest, n_transcripts):
        _align(given, begin, order[np.isin(item[order], items)], rank, slot, n_slots)
    return Network(slot, n_slots)


def _chunks(longest: Integers, n_transcripts: Integers) -> Iterator[Integers]:
    """Yield items of like size, so many that their padded arrays stay small."""
    by_size = np.lexsort((n_transcripts, longest))
    cells = (2 * longest[by_size] + 2) * (longest[by_size] + 1) * np.maximum(n_transcripts[by_size], 2)
    begin = 0
    while begin < len(by_size):
        total = np.arange(1, len(by_size) - begin + 1) * np.maximum.accumulate(cells[begin:])
        end = begin + max(1, int(np.searchsorted(total, CELLS_AT_ONCE, side="right")))
        yield by_size[begin:end]
        begin = end


def _nearest_first(given: Transcribed) -> tuple[Integers, Integers]:
    """Return the transcripts item by item, nearest to all others of their item first, and the place of each."""
    item = given.item.astype(np.int64)
    by_item = np.argsort(item, kind="stable")
    spread = item[by_item]
    pairs = [np.zeros((2, 0), dtype=np.int64)]
    for ahead in range(1, int(np.bincount(item).max(initial=1))):
        both = np.flatnonzero(spread[ahead:] == spread[:-ahead])
        pairs.append(np.stack([by_item[both], by_item[both + ahead]]))
    one, other = np.concatenate(pairs, axis=1)
    words = [given.words(at) for at in range(len(given))]
    apart = count_errors([words[at] for at in one], [words[at] for at in other]).errors.astype(np.float64)
    total = np.bincount(np.concatenate([one, other]), weights=np.tile(apart, 2), minlength=len(item))
    # Of equally near ones, the one whose labeler's name comes first in the alphabet: the table's order says nothing.
    name = given.labelers.rank("ordinal").to_numpy().astype(np.int64)[given.labeler]
    order = np.lexsort((name, total, item))
    first = np.concatenate([[0], np.flatnonzero(np.diff(item[order])) + 1])
    sizes = np.diff([*first, len(order)])
    rank = np.empty(len(item), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(first, sizes)
    return order, rank


def _align(
    given: Transcribed, begin: Integers, order: Integers, rank: Integers, slot: Integers, n_slots: Integers
) -> None:
    """Align the transcripts of some items, in `order`, and write where their words stand into `slot` and `n_slots`."""
    item = given.item.astype(np.int64)
    done: list[Integers] = []  # transcripts that stand in the network, a round an entry
    for round_ in range(int(rank[order].max(initial=-1)) + 1):
        now = order[rank[order] == round_]
        if round_ == 0:
            for_words, within = _words_of(begin, now)
            slot[for_words] = within
            n_slots[item[now]] = given.n_words[now]
        else:
            there = np.concatenate(done)
            _place(given, begin, now, there[np.isin(item[there], item[now])], slot, n_slots)
        done.append(now)


def _place(
    given: Transcribed, begin: Integers, now: Integers, there: Integers, slot: Integers, n_slots: Integers
) -> None:
    """Align one more transcript of each of some items to the slots that the earlier ones, `there`, have made."""
    item = given.item.astype(np.int64)
    row_of = np.full(len(given.items), -1, dtype=np.int64)
    row_of[item[now]] = np.arange(len(now))
    n, m = n_slots[item[now]], given.n_words[now]
    words, within = _words_of(begin, now)
    new = np.zeros((len(now), int(m.max(initial=0))), dtype=np.int64)
    new[np.repeat(np.arange(len(now)), m), within] = given.word[words]
    old, _ = _words_of(begin, there)
    old_row = np.repeat(row_of[item[there]], given.n_words[there])
    n_before = np.bincount(row_of[item[there]], minlength=len(now))
    held = np.zeros((len(now), int(n.max(initial=0)), len(np.unique(_turn(there, item)))), dtype=np.int64)
    held[old_row, slot[old], np.repeat(_turn(there, item), given.n_words[there])] = given.word[old]
    lacking = (held > 0).sum(axis=2) < n_before[:, None]
    steps, first = _cheapest_steps(held, lacking, new, n, m)
    used = np.arange(steps.shape[1]) >= first[:, None]
    place = np.cumsum(used, axis=1) - 1  # of each step, in the new order of slots
    from_slot, from_word = (used & (steps != kind) for kind in (NEW_SLOT, SKIP_SLOT))
    moved = np.zeros((len(now), int(n.max(initial=0))), dtype=np.int64)
    moved[np.arange(moved.shape[1]) < n[:, None]] = place[from_slot]
    slot[old] = moved[old_row, slot[old]]
    slot[words] = place[from_word]
    n_slots[item[now]] = used.sum(axis=1)


def _turn(transcripts: Integers, item: Integers) -> Integers:
    """Return, for each transcript, how many others of its item come before it."""
    by_item = np.argsort(item[transcripts], kind="stable")
    sorted_item = item[transcripts][by_item]
    first = np.concatenate([[0], np.flatnonzero(np.diff(sorted_item)) + 1])
    turn = np.empty(len(transcripts), dtype=np.int64)
    turn[by_item] = np.arange(len(transcripts)) - np.repeat(first, np.diff([*first, len(transcripts)]))
    return turn


def _words_of(begin: Integers, transcripts: Integers) -> tuple[Integers, Integers]:
    """Return the places of the words of some transcripts, one after the other, and of each the place within its own."""
    n = begin[transcripts + 1] - begin[transcripts]
    within = np.arange(int(n.sum())) - np.repeat(np.cumsum(n) - n, n)
    return np.repeat(begin[transcripts], n) + within, within


def _cheapest_steps(
    held: Integers, lacking: NDArray[np.bool_], new: Integers, n: Integers, m: Integers
) -> tuple[NDArray[np.uint8], Integers]:
    """Return the cheapest steps through slots and words of each row, at the end of the row, and where they begin.

    Args:
        held: word of each earlier transcript in each slot, 0 for none, shape (row, slot, transcript).
        lacking: whether some earlier transcript has no word in the slot, shape (row, slot).
        new: words that are aligned, padded with 0, shape (row, word).
        n: slots of each row. m: words of each row.
    """
    rows, longest = len(new), new.shape[1]
    cost = np.zeros((rows, held.shape[1] + 1, longest + 1), dtype=np.int64)
    along = INSERTION * np.arange(longest + 1)
    cost[:, 0] = along
    skip = np.where(lacking, LEFT_OUT_TOO, DELETION)
    for at in range(held.shape[1]):
        same = (held[:, at, :, None] == new[:, None, :]).any(axis=1)
        down = cost[:, at] + skip[:, at, None]
        down[:, 1:] = np.minimum(down[:, 1:], cost[:, at, :-1] + np.where(same, 0, SUBSTITUTION))
        cost[:, at + 1] = along + np.minimum.accumulate(down - along, axis=1)
    i, j, row = n.copy(), m.copy(), np.arange(rows)
    steps = np.zeros((rows, int((n + m).max(initial=0))), dtype=np.uint8)
    first = np.full(rows, steps.shape[1], dtype=np.int64)
    while len(going := row[(i > 0) | (j > 0)]):
        a, b = i[going], j[going]
        here = cost[going, a, b]
        same = (held[going, a - 1] == new[going, b - 1][:, None]).any(axis=1) if held.shape[1] and longest else a < 0
        both = cost[going, a - 1, b - 1] + np.where(same, 0, SUBSTITUTION)
        diagonal = (a > 0) & (b > 0) & (here == both)
        inserted = ~diagonal & (b > 0) & (here == cost[going, a, b - 1] + INSERTION)
        step = np.where(diagonal, DIAGONAL, np.where(inserted, NEW_SLOT, SKIP_SLOT))
        first[going] -= 1
        steps[going, first[going]] = step
        i[going] -= step != NEW_SLOT
        j[going] -= step != SKIP_SLOT
    return steps, first
