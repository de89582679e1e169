"""Where the errors are: which words are taken for which, how often each word is missed, and whose speech it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tacit.measure.estimate import Estimate, proportion
from tacit.measure.word_errors.alignment import DELETION, HIT, INSERTION, SUBSTITUTION, Alignment
from tacit.measure.word_errors.resampling import ratio_of_sums
from tacit.measure.word_errors.scoring import WordErrors


@dataclass(frozen=True)
class Confusions:
    """What became of words, most frequent first; equally frequent ones in alphabetical order.

    Args:
        substitutions: (said, recognised, how often).
        deletions: (said, how often).
        insertions: (recognised, how often).
    """

    substitutions: tuple[tuple[str, str, int], ...]
    deletions: tuple[tuple[str, int], ...]
    insertions: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class VocabularyWord:
    """How one word of the references fared.

    Args:
        word: as it is compared.
        error_rate: share of its occurrences that were substituted or deleted, with Wilson's interval; `n` counts them.
        substituted: how often another word was recognised.
        deleted: how often nothing was.
        intruded: how often it was recognised where something else or nothing was said.
    """

    word: str
    error_rate: Estimate
    substituted: int
    deleted: int
    intruded: int


@dataclass(frozen=True)
class SpeakerErrors:
    """The errors of one speaker's utterances.

    Args:
        speaker: the name.
        counts: their sums: substitutions, deletions, insertions, hits.
        n_utterances: how many.
        wer: word error rate; its interval rests on this speaker's utterances alone.
        ser: share of utterances with any error, with Wilson's interval.
    """

    speaker: str
    counts: dict[str, int]
    n_utterances: int
    wer: Estimate
    ser: Estimate


def confusions(alignments: Iterable[Alignment]) -> Confusions:
    """Return which words were taken for which, which were left out and which were put in.

    Args:
        alignments: of any number of utterances.

    Source: the confusion pairs of NIST SCTK's reports.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    gone: Counter[str] = Counter()
    added: Counter[str] = Counter()
    for alignment in alignments:
        for step in alignment:
            if step.kind == SUBSTITUTION:
                pairs[step.reference, step.hypothesis] += 1
            elif step.kind == DELETION:
                gone[step.reference] += 1
            elif step.kind == INSERTION:
                added[step.hypothesis] += 1
    return Confusions(
        tuple((*pair, n) for pair, n in sorted(pairs.items(), key=lambda row: (-row[1], row[0]))),
        tuple(sorted(gone.items(), key=lambda row: (-row[1], row[0]))),
        tuple(sorted(added.items(), key=lambda row: (-row[1], row[0]))),
    )


def vocabulary(alignments: Iterable[Alignment]) -> list[VocabularyWord]:
    """Return the single-word error rate of each word that was said, by how many errors it cost.

    Args:
        alignments: of any number of utterances.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953, for the intervals.
    """
    said: Counter[str] = Counter()
    substituted: Counter[str] = Counter()
    deleted: Counter[str] = Counter()
    intruded: Counter[str] = Counter()
    for alignment in alignments:
        for step in alignment:
            if step.reference and (step.hypothesis or step.kind != HIT):
                said[step.reference] += 1
                substituted[step.reference] += step.kind == SUBSTITUTION
                deleted[step.reference] += step.kind == DELETION
            if step.kind in (SUBSTITUTION, INSERTION):
                intruded[step.hypothesis] += 1
    words = [
        VocabularyWord(
            word, proportion(substituted[word] + deleted[word], n), substituted[word], deleted[word], intruded[word]
        )
        for word, n in said.items()
    ]
    return sorted(words, key=lambda one: (-(one.substituted + one.deleted), -one.error_rate.n, one.word))


def speaker_table(result: WordErrors, *, seed: int = 0, level: float = 0.95) -> list[SpeakerErrors]:
    """Return a row a speaker, in the order in which they appear; none where speakers are not known.

    Args:
        result: of the whole set.
        seed: of the bootstrap.
        level: coverage of the intervals.

    Source: the summary by speaker of NIST SCTK's reports; intervals as `Resamples`.
    """
    names = [name for name in dict.fromkeys(result.utterances.speakers) if name]
    speakers = np.array(result.utterances.speakers)
    rows = []
    for name in names:
        mine = np.flatnonzero(speakers == name)
        counts = result.counts.of(mine)
        wer = ratio_of_sums(counts.errors, counts.reference_words, seed=seed, level=level)
        ser = proportion(int((counts.errors > 0).sum()), len(mine), level=level)
        rows.append(SpeakerErrors(name, counts.total(), len(mine), wer, ser))
    return rows
