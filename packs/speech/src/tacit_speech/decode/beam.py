"""Prefix beam search for CTC over many utterances at once, in arrays.

Texts (prefixes) of all utterances lie one after another in flat arrays. Each holds the probability of the alignments
that end in a blank and of those that do not. At a frame a text either stays as it is or takes one more symbol; since
texts of an utterance differ, a text that takes a symbol can coincide with one thing only: the text that was that
already. So merging needs the place of each text's own beginning, found by a hash of its symbols, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.decode.frames import Frames, prepare
from tacit_speech.decode.fusion import Floats, Fusion, Ints, NoLanguageModel
from tacit_speech.decode.hypothesis import Hypothesis, hypothesis
from tacit_speech.posteriors import Posteriors

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class BeamSettings:
    """How wide a search is.

    Args:
        width: texts of an utterance that are kept after each frame.
        beam_log_prob: a text whose score lies further than this below the best of its utterance is dropped; None keeps.
        symbol_log_prob: a symbol less probable than this at a frame is not tried there, unless nothing, not even the
            blank, is more probable; None tries all.
        n_best: hypotheses to return for an utterance.

    Raises:
        BadValue: a width or number of hypotheses below 1, or logarithms above 0.
    """

    width: int = 100
    beam_log_prob: float | None = -12.0
    symbol_log_prob: float | None = -6.0
    n_best: int = 1

    def __post_init__(self) -> None:
        for name in ("width", "n_best"):
            if getattr(self, name) < 1:
                raise BadValue(f"beam search: {name}", got=getattr(self, name), expected="1 or more")
        for name in ("beam_log_prob", "symbol_log_prob"):
            value = getattr(self, name)
            if value is not None and not value <= 0:
                raise BadValue(f"beam search: {name}", got=value, expected="a logarithm, 0 or below, or None")


def beam_search(
    utterances: Sequence[Posteriors], fusion: Fusion | None = None, settings: BeamSettings | None = None
) -> list[list[Hypothesis]]:
    """Return the best texts of each utterance, best first.

    A text y scores ln p(y | recording) + what `fusion` adds, for `word_fusion` alpha ln p(y) + beta words. Utterances
    are searched together, so that many cost little more than one: give all that memory allows.

    Args:
        utterances: of one alphabet.
        fusion: the language model; none if absent.
        settings: how wide the search is.

    Raises:
        BadValue: utterances of several alphabets. NotFinite: log-posteriors with NaN.

    Source: Hannun, Maas, Jurafsky, Ng 2014, algorithm 1, arXiv:1408.2873; the score: Amodei et al. 2016, section
    arXiv:1512.02595.
    """
    fusion, settings = fusion or NoLanguageModel(), settings or BeamSettings()
    if not utterances:
        return []
    by_length = sorted(range(len(utterances)), key=lambda i: -len(utterances[i]))
    frames = prepare([utterances[i] for i in by_length], settings.symbol_log_prob)
    search = _Search(frames, fusion, settings)
    found: list[list[Hypothesis]] = [[] for _ in utterances]
    for place, texts in search.run():
        found[by_length[place]] = _distinct(texts, utterances[by_length[place]], settings.n_best)
    return found


def _distinct(
    texts: list[tuple[tuple[int, ...], float, float]], utterance: Posteriors, n_best: int
) -> list[Hypothesis]:
    """Return hypotheses whose texts differ: of those that differ in spaces alone, the best."""
    kept: dict[str, Hypothesis] = {}
    for ids, log_p, bonus in texts:
        one = hypothesis(ids, utterance.alphabet, log_p, bonus)
        kept.setdefault(one.text, one)
        if len(kept) == n_best:
            break
    return list(kept.values())


@dataclass
class _Beams:
    """Texts of all utterances that still go on, those of one utterance together; arrays of shape [n_texts].

    Args:
        utterance: which one.
        identity: hash of the symbols.
        before: the identity of the text without its last symbol.
        blank: ln p of the alignments that end in a blank.
        symbol: ln p of those that end in the last symbol.
        total: ln of their sum.
        bonus: what the language model has added.
        last: the last symbol; 0 for the empty text.
        node: the fusion's first number.
        state: the fusion's second number.
        leaf: where the text's symbols begin to be read, backwards.
        parent: place of the text without its last symbol; -1 where it is not among them.
    """

    utterance: Ints
    identity: Hashes
    before: Hashes
    blank: Floats
    symbol: Floats
    total: Floats
    bonus: Floats
    last: Ints
    node: Ints
    state: Ints
    leaf: Ints
    parent: Ints


class _Search:
    """One search over utterances that are sorted from the longest to the shortest."""

    def __init__(self, frames: Frames, fusion: Fusion, settings: BeamSettings) -> None:
        self._frames, self._fusion, self._settings = frames, fusion, settings
        self._reach = np.inf if settings.beam_log_prob is None else -settings.beam_log_prob
        self._came_from: list[Ints] = [np.full(1, -1)]
        self._came_by: list[Ints] = [np.zeros(1, dtype=np.int64)]
        self._n_leaves = 1
        self._most = fusion.most(frames.log_posteriors.shape[1])

    def run(self) -> list[tuple[int, list[tuple[tuple[int, ...], float, float]]]]:
        """Return the place of each utterance with its texts: symbols, ln p and bonus, best first."""
        lengths, results = self._frames.lengths, []
        beams = self._empty(len(lengths))
        for frame in range(int(lengths[0]) + 1):
            going = int(np.searchsorted(-lengths, -frame, side="left"))
            ending = beams.utterance >= going
            if ending.any():
                results.append(_taken(beams, np.flatnonzero(ending)))
                beams = _taken(
                    beams, np.flatnonzero(~ending)
                )  # the longer utterances stand first, so parents keep theirs
            if going:
                beams = self._step(beams, frame)
        return self._read([pair for ended in results for pair in self._finish(ended)])

    def _empty(self, n: int) -> _Beams:
        """Return the empty text of each utterance; identities differ, so that one table can hold all of them."""
        node, state = self._fusion.start()
        zeros, places = np.zeros(n, dtype=np.int64), np.arange(n)
        identity = _mixed(np.zeros(n, dtype=np.uint64), places)
        return _Beams(
            places, identity, np.zeros(n, dtype=np.uint64), np.zeros(n), np.full(n, -np.inf), np.zeros(n), np.zeros(n),
            zeros, np.full(n, node), np.full(n, state), zeros, np.full(n, -1),
        )  # fmt: skip

    def _step(self, beams: _Beams, frame: int) -> _Beams:
        """Let every text stay or take one more symbol, and keep the best."""
        rows = self._frames.firsts[beams.utterance] + frame
        blank = beams.total + self._frames.blank[rows]
        symbol = self._stay(beams, rows)
        stayed = np.logaddexp(blank, symbol)
        firsts = np.flatnonzero(np.append(True, beams.utterance[1:] != beams.utterance[:-1]))
        best = np.maximum.reduceat(stayed + beams.bonus, firsts)  # each utterance has a text, so these are all of them
        text, taken, grown = self._extensions(beams, frame, best)
        added, node, state = self._fusion.score(beams.node[text], beams.state[text], taken)
        bonus = added + beams.bonus[text]
        np.maximum.at(best, beams.utterance[text], grown + bonus)
        kept = self._best(
            np.concatenate([beams.utterance, beams.utterance[text]]),
            np.concatenate([stayed + beams.bonus, grown + bonus]),
            best,
        )
        n = len(beams.utterance)
        stays, grows = kept[kept < n], kept[kept >= n] - n
        return self._joined(beams, (blank, symbol, stayed), stays, (text, taken, node, state), (grown, bonus), grows)

    def _stay(self, beams: _Beams, rows: Ints) -> Floats:
        """Return ln p of the alignments that end in a text's last symbol: said again, or just after its beginning."""
        last = self._frames.log_posteriors[rows, beams.last]
        stay = beams.symbol + last
        merged = np.flatnonzero(beams.parent >= 0)
        parent = beams.parent[merged]
        before = np.where(beams.last[parent] == beams.last[merged], beams.blank[parent], beams.total[parent])
        stay[merged] = np.logaddexp(stay[merged], before + last[merged])
        return stay

    def _extensions(self, beams: _Beams, frame: int, best: Floats) -> tuple[Ints, Ints, Floats]:
        """Return text, symbol and ln p of each text with one more symbol that may be worth keeping.

        Two sieves: what the frame has against what the fusion adds at most for a symbol, then what it adds for the
        text. What would be a text that is there already is left to `_stay`.
        """
        symbols, log_probs = self._frames.tried(self._frames.firsts[: len(best)] + frame)
        least = best[beams.utterance] - self._reach - beams.bonus
        tried = (log_probs + self._most[symbols])[beams.utterance] >= (least - beams.total)[:, None]
        merged = np.flatnonzero(beams.parent >= 0)
        place, column = np.nonzero(symbols[beams.utterance[merged]] == beams.last[merged, None])
        tried[beams.parent[merged[place]], column] = False
        text, column = np.nonzero(tried)
        utterance = beams.utterance[text]
        taken = symbols[utterance, column]
        before = np.where(taken == beams.last[text], beams.blank[text], beams.total[text])
        grown = before + log_probs[utterance, column]
        hoped = grown + self._fusion.bounds(beams.node[text], beams.state[text], taken)
        near = np.flatnonzero((hoped >= least[text]) & (hoped > -np.inf))
        return text[near], taken[near], grown[near]

    def _best(self, utterance: Ints, score: Floats, best: Floats) -> Ints:
        """Return the places of the texts to keep: the best of each utterance, and none that is far below its best."""
        below = best[utterance] - score
        near = np.flatnonzero(~(below > self._reach))
        n_near = np.bincount(utterance[near], minlength=len(best))
        if n_near.max() <= self._settings.width:
            return near
        crowded = (n_near > self._settings.width)[utterance[near]]
        many = near[crowded]
        if np.isfinite(self._reach):
            many = many[np.argsort(utterance[many] * (self._reach + 1) + below[many])]
        else:
            many = many[np.lexsort((below[many], utterance[many]))]
        rank = np.arange(len(many)) - np.searchsorted(utterance[many], utterance[many], side="left")
        return np.concatenate([near[~crowded], many[rank < self._settings.width]])

    def _joined(
        self,
        beams: _Beams,
        stayed: tuple[Floats, Floats, Floats],
        stays: Ints,
        grew: tuple[Ints, Ints, Ints, Ints],
        by: tuple[Floats, Floats],
        grown: Ints,
    ) -> _Beams:
        """Return the texts of the next frame: those that stay, and those with one more symbol."""
        text, taken, node, state = (values[grown] for values in grew)
        added, bonus = (values[grown] for values in by)
        blank, symbol, total = (values[stays] for values in stayed)
        leaves = self._n_leaves + np.arange(len(text))
        self._n_leaves += len(text)
        self._came_from.append(beams.leaf[text])
        self._came_by.append(taken)
        utterance = np.concatenate([beams.utterance[stays], beams.utterance[text]])
        order = np.argsort(utterance, kind="stable")
        identity = np.concatenate([beams.identity[stays], _mixed(beams.identity[text], taken)])[order]
        before = np.concatenate([beams.before[stays], beams.identity[text]])[order]
        return _Beams(
            utterance[order],
            identity,
            before,
            np.concatenate([blank, np.full(len(text), -np.inf)])[order],
            np.concatenate([symbol, added])[order],
            np.concatenate([total, added])[order],
            np.concatenate([beams.bonus[stays], bonus])[order],
            np.concatenate([beams.last[stays], taken])[order],
            np.concatenate([beams.node[stays], node])[order],
            np.concatenate([beams.state[stays], state])[order],
            np.concatenate([beams.leaf[stays], leaves])[order],
            _places(before, identity),
        )

    def _finish(self, beams: _Beams) -> list[tuple[int, list[tuple[int, float, float]]]]:
        """Return each utterance with its texts, best first: where their symbols begin, ln p and bonus."""
        bonus = beams.bonus + self._fusion.finish(beams.node, beams.state)
        order = np.lexsort((-(beams.total + bonus), beams.utterance))
        found: dict[int, list[tuple[int, float, float]]] = {}
        for i in order.tolist():
            texts = found.setdefault(int(beams.utterance[i]), [])
            if len(texts) < 4 * self._settings.n_best or self._settings.beam_log_prob is None:
                texts.append((int(beams.leaf[i]), float(beams.total[i]), float(bonus[i])))
        return list(found.items())

    def _read(
        self, ended: list[tuple[int, list[tuple[int, float, float]]]]
    ) -> list[tuple[int, list[tuple[tuple[int, ...], float, float]]]]:
        """Follow each text's symbols back to its beginning."""
        came_from = np.concatenate(self._came_from).tolist()
        came_by = np.concatenate(self._came_by).tolist()

        def symbols(leaf: int) -> tuple[int, ...]:
            read = []
            while leaf > 0:
                read.append(came_by[leaf])
                leaf = came_from[leaf]
            return tuple(reversed(read))

        return [(place, [(symbols(leaf), log_p, bonus) for leaf, log_p, bonus in texts]) for place, texts in ended]


def _taken(beams: _Beams, places: Ints) -> _Beams:
    return _Beams(*(values[places] for values in vars(beams).values()))


def _places(wanted: Hashes, identities: Hashes) -> Ints:
    """Return where each of `wanted` stands in `identities`, -1 where it does not."""
    order = np.argsort(identities)
    at = order[np.searchsorted(identities[order], wanted).clip(max=len(order) - 1)] if len(order) else order
    return np.where(identities[at] == wanted, at, -1)


def _mixed(identity: Hashes, symbol: Ints) -> Hashes:
    """Return the hash of a text with one more symbol: 64 bits, each of which depends on all before."""
    number = symbol.astype(np.uint64) + np.uint64(1)
    mixed: Hashes = identity * np.uint64(0x9E3779B97F4A7C15) + number * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(32)
    return mixed
