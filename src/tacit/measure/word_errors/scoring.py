"""From pairs of transcripts to the whole word-error family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.measure.estimate import Estimate
from tacit.measure.transcripts.utterances import Utterances
from tacit.measure.word_errors.alignment import DELETION, HIT, INSERTION, SUBSTITUTION, Alignment, align
from tacit.measure.word_errors.costs import UNIT, Costs
from tacit.measure.word_errors.counts import Counts, count_errors, edit_distances
from tacit.measure.word_errors.lattice import NOTHING, Lattice, Word, parse_lattice
from tacit.measure.word_errors.lattice_alignment import align_lattices
from tacit.measure.word_errors.normalized_distance import normalized_edit_distances
from tacit.measure.word_errors.rates import word_error_rates
from tacit.measure.word_errors.resampling import ratio_of_sums
from tacit.measure.word_errors.tokens import Normalization, characters
from tacit.measure.word_errors.weighted import weighted_counts

Integers = NDArray[np.int64]

AT_ONCE = 10_000
KINDS = (HIT, SUBSTITUTION, DELETION, INSERTION)


@dataclass(frozen=True)
class Scoring:
    """How transcripts are compared.

    Args:
        normalization: what is done to them first.
        costs: of the alignment's steps.
        optional_words: whether ``(uh)`` may be left out; in marked-up transcripts alone.
        fragments: whether ``fi-`` is the same as any word that begins so; in marked-up transcripts alone.
    """

    normalization: Normalization = field(default_factory=Normalization)
    costs: Costs = UNIT
    optional_words: bool = False
    fragments: bool = False


@dataclass(frozen=True)
class WordErrors:
    """The word-error family of a set of utterances.

    Args:
        utterances: what was compared.
        scoring: how.
        counts: hits and errors of each utterance.
        character_errors: least edits of its characters, shape (utterance,).
        n_characters: of its reference, spaces between words included, shape (utterance,).
        normalized: its length-normalised edit distance, shape (utterance,).
        rates: name → estimate: wer, word_accuracy, hunt, mer, wil, wip, cer, ser, normalized_edit_distance.
    """

    utterances: Utterances
    scoring: Scoring
    counts: Counts
    character_errors: Integers
    n_characters: Integers
    normalized: NDArray[np.float64]
    rates: Mapping[str, Estimate]

    def alignments(self) -> Iterator[Alignment]:
        """Yield the alignment that is counted of each utterance, in order."""
        for begin in range(0, len(self.utterances), AT_ONCE):
            yield from _Chunk(
                self.utterances, range(begin, min(begin + AT_ONCE, len(self.utterances))), self.scoring
            ).alignments()


def word_errors(
    utterances: Utterances,
    scoring: Scoring | None = None,
    *,
    seed: int = 0,
    by_speaker: bool = False,
    level: float = 0.95,
) -> WordErrors:
    """Return the whole word-error family of pairs of transcripts.

    Where a transcript has alternatives, the way through it that costs least is what is counted: it makes up the words
    that were said. The character error rate and the normalised distance are those of the words on that way.

    Args:
        utterances: at least one pair.
        scoring: how they are compared; at unit costs, NFC and with case if absent.
        seed: of the bootstrap behind the intervals.
        by_speaker: whether the utterances of a speaker are resampled together.
        level: coverage of the intervals.

    Raises:
        BadValue: no utterances, an unclosed brace, or speakers asked for and not known.

    Source: the rates as `word_error_rates`; CER as WER of characters; Marzal and Vidal 1993, doi:10.1109/34.232078.

    Example:
        >>> pairs = Utterances.of(["the cat sat"], ["the hat sat down"])
        >>> result = word_errors(pairs)
        >>> result.counts.total(), result.rates["wer"].mean
        ({'substitutions': 1, 'deletions': 0, 'insertions': 1, 'hits': 2}, 0.6666666666666666)
    """
    scoring = scoring or Scoring()
    if len(utterances) == 0:
        raise BadValue("word_errors", got="no utterances", expected="at least one")
    clusters = utterances.speakers if by_speaker else None
    if clusters is not None and not all(clusters):
        raise BadValue("by_speaker", got="utterances whose speaker is not known", expected="a speaker for each")
    parts = []
    for begin in range(0, len(utterances), AT_ONCE):
        chunk = _Chunk(utterances, range(begin, min(begin + AT_ONCE, len(utterances))), scoring)
        said, heard = list(map(characters, chunk.references)), list(map(characters, chunk.hypotheses))
        normalized = normalized_edit_distances(chunk.references, chunk.hypotheses)
        rows = [chunk.counts.hits, chunk.counts.substitutions, chunk.counts.deletions, chunk.counts.insertions]
        rows += [edit_distances(said, heard), np.array([len(text) for text in said], dtype=np.int64)]
        parts.append((np.stack(rows), np.array([float(d) for d in normalized])))
    table = np.concatenate([part for part, _ in parts], axis=1)
    normalized_all = np.concatenate([part for _, part in parts])
    counts = Counts(*table[:4])
    family = word_error_rates(counts, seed=seed, clusters=clusters, level=level)
    quotient = partial(ratio_of_sums, seed=seed, clusters=clusters, level=level)
    rates = {
        **{one.name: getattr(family, one.name) for one in fields(family)},
        "cer": quotient(table[4], table[5]),
        "normalized_edit_distance": quotient(normalized_all, np.ones(len(utterances)), most=1.0),
    }
    return WordErrors(utterances, scoring, counts, table[4], table[5], normalized_all, rates)


class _Chunk:
    """Some utterances as words: each transcript's own, or those on the best way through its alternatives."""

    def __init__(self, utterances: Utterances, rows: range, scoring: Scoring) -> None:
        self._scoring = scoring
        self.references: list[list[str]] = []
        self.hypotheses: list[list[str]] = []
        self._through: dict[int, Alignment] = {}
        for place, row in enumerate(rows):
            said, heard = utterances.references[row], utterances.hypotheses[row]
            if utterances.marked_up and (self._has_markup(said) or self._has_markup(heard)):
                where = f"utterance {utterances.ids[row]}"
                alignment = align_lattices(self._lattice(said, where), self._lattice(heard, where), scoring.costs)
                self._through[place] = alignment
                self.references.append([step.reference for step in alignment if step.reference])
                self.hypotheses.append([step.hypothesis for step in alignment if step.hypothesis])
            else:
                self.references.append(scoring.normalization.words(said))
                self.hypotheses.append(scoring.normalization.words(heard))

    @property
    def counts(self) -> Counts:
        """Hits and errors of each utterance of the chunk."""
        plain = [place for place in range(len(self.references)) if place not in self._through]
        said, heard = [self.references[k] for k in plain], [self.hypotheses[k] for k in plain]
        costs = self._scoring.costs
        counted = count_errors(said, heard) if costs == UNIT else weighted_counts(said, heard, costs)
        table = np.zeros((4, len(self.references)), dtype=np.int64)
        table[:, plain] = [counted.hits, counted.substitutions, counted.deletions, counted.insertions]
        for place, alignment in self._through.items():
            kinds = [step.kind for step in alignment]
            table[:, place] = [kinds.count(kind) for kind in KINDS]
        return Counts(*table)

    def alignments(self) -> Iterator[Alignment]:
        """Yield the alignment of each utterance of the chunk."""
        aligned = align(self.references, self.hypotheses, self._scoring.costs)
        for place, alignment in enumerate(aligned):
            yield self._through.get(place, alignment)

    def _has_markup(self, text: str) -> bool:
        signs = "{}@" + ("(" if self._scoring.optional_words else "") + ("-" if self._scoring.fragments else "")
        return any(sign in text for sign in signs)

    def _lattice(self, text: str, where: str) -> Lattice:
        asked = self._scoring
        parsed = parse_lattice(text, optional_words=asked.optional_words, fragments=asked.fragments, where=where)
        return Lattice(tuple(map(self._normalized, parsed.words)), parsed.before, parsed.ends)

    def _normalized(self, word: Word) -> Word:
        if word.is_nothing:
            return word
        text = "".join(self._scoring.normalization.words(word.text))
        return Word(text or NOTHING, word.optional, word.fragment)
