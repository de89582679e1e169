"""The cheapest alignment of two transcripts with alternatives, over every way through either."""

from __future__ import annotations

from collections.abc import Sequence

from tacit.measure.word_errors.alignment import DELETION, HIT, INSERTION, SUBSTITUTION, Alignment, Step
from tacit.measure.word_errors.costs import Costs
from tacit.measure.word_errors.lattice import Lattice, Word

PARTS = 1_200
"""Costs are counted in this many parts of one, so that all of them are whole numbers."""

Cell = tuple[int, int]
Column = list[int]


class _Prices:
    """What a step costs in parts of one. Leaving out nothing costs a little, so that fewer such steps are preferred."""

    def __init__(self, costs: Costs) -> None:
        self.substitution, self.deletion, self.insertion = (
            PARTS * cost for cost in (costs.substitution, costs.deletion, costs.insertion)
        )
        self.nothing = 1
        self.nothing_for_nothing = self.substitution // 4

    def left_out(self, word: Word, ordinary: int) -> int:
        """Return the cost of a word with none against it: two thirds of the ordinary one if it is optional."""
        if word.is_nothing:
            return self.nothing
        return ordinary * 2 // 3 if word.optional else ordinary

    def against(self, said: Word, heard: Word) -> int:
        """Return the cost of one word against another."""
        if said.is_nothing and heard.is_nothing:
            return self.nothing_for_nothing
        return 0 if said.same(heard) else self.substitution


def align_lattices(reference: Lattice, hypothesis: Lattice, costs: Costs) -> Alignment:
    """Return the cheapest alignment; a step with no word on either side is left out of it.

    Of equally cheap last steps a substitution or hit is preferred, then an insertion, then a deletion, and of equally
    cheap ways here the alternative that was written first: what sclite does. An optional word that the other side
    leaves out counts as a hit, on either side.

    Args:
        reference: what was said.
        hypothesis: what was recognised.
        costs: of the steps.

    Source: the network alignment of NIST SCTK's sclite; the recurrence of Wagner and Fischer 1974,
    doi:10.1145/321796.321811, over the words of two acyclic graphs.
    """
    best, back = _table(reference, hypothesis, _Prices(costs))
    pairs = [(a, b) for a in reference.ends for b in hypothesis.ends]
    a, b = min(pairs, key=lambda cell: best[cell[0] + 1][cell[1] + 1])  # the first of equals
    steps: list[Step] = []
    while (a, b) != (-1, -1):
        a_before, b_before = back[a + 1][b + 1]
        said = reference.words[a] if a_before != a else None
        heard = hypothesis.words[b] if b_before != b else None
        if step := _step(said, heard):
            steps.append(step)
        a, b = a_before, b_before
    return tuple(reversed(steps))


def _table(reference: Lattice, hypothesis: Lattice, prices: _Prices) -> tuple[list[Column], list[list[Cell]]]:
    """Return the least cost up to each pair of words, counted from the beginning as 0, and the pair before it."""
    n, m = len(reference.words), len(hypothesis.words)
    dropped = [0, *(prices.left_out(word, prices.deletion) for word in reference.words)]
    added = [0, *(prices.left_out(word, prices.insertion) for word in hypothesis.words)]
    said_before = [(), *(tuple(k + 1 for k in one) for one in reference.before)]
    heard_before = [(), *(tuple(k + 1 for k in one) for one in hypothesis.before)]
    best = [[0] * (m + 1) for _ in range(n + 1)]
    back = [[(-1, -1)] * (m + 1) for _ in range(n + 1)]
    for b in range(1, m + 1):
        cost, at = _cheapest(best[0], heard_before[b])
        best[0][b], back[0][b] = cost + added[b], (-1, at - 1)
    for a in range(1, n + 1):
        said, row, row_back = reference.words[a - 1], best[a], back[a]
        for b in range(m + 1):
            deleted, above = min((best[k][b], order) for order, k in enumerate(said_before[a]))
            deleted, above = deleted + dropped[a], said_before[a][above]
            if b == 0:
                row[0], row_back[0] = deleted, (above - 1, -1)
                continue
            inserted, left = _cheapest(row, heard_before[b])
            inserted += added[b]
            both, i, j = _cheapest_pair(best, said_before[a], heard_before[b])
            both += prices.against(said, hypothesis.words[b - 1])
            if both <= deleted and both <= inserted:
                row[b], row_back[b] = both, (i - 1, j - 1)
            elif deleted < inserted:
                row[b], row_back[b] = deleted, (above - 1, b - 1)
            else:
                row[b], row_back[b] = inserted, (a - 1, left - 1)
    return best, back


def _cheapest(row: Column, places: Sequence[int]) -> tuple[int, int]:
    """Return the least cost among `places` of a row, and the first place that has it."""
    if len(places) == 1:
        return row[places[0]], places[0]
    cost, order = min((row[k], order) for order, k in enumerate(places))
    return cost, places[order]


def _cheapest_pair(best: list[Column], above: Sequence[int], left: Sequence[int]) -> tuple[int, int, int]:
    if len(above) == len(left) == 1:
        return best[above[0]][left[0]], above[0], left[0]
    pairs = [(i, j) for i in above for j in left]
    cost, order = min((best[i][j], order) for order, (i, j) in enumerate(pairs))
    return cost, *pairs[order]


def _step(said: Word | None, heard: Word | None) -> Step | None:
    if said is not None and heard is not None:
        if said.is_nothing and heard.is_nothing:
            return None
        return Step(HIT if said.same(heard) else SUBSTITUTION, said.text, heard.text)
    word = said or heard
    if word is None or word.is_nothing:
        return None
    if said is not None:
        return Step(HIT if said.optional else DELETION, said.text, "")
    return Step(HIT if word.optional else INSERTION, "", word.text)
