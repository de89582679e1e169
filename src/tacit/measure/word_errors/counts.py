"""How many words of each utterance were hit, substituted, deleted and inserted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """Hits and errors of each utterance.

    Args:
        hits: reference words that were recognised, shape (utterance,).
        substitutions: reference words taken for another word, shape (utterance,).
        deletions: reference words left out, shape (utterance,).
        insertions: words that the reference has not, shape (utterance,).
    """

    hits: Integers
    substitutions: Integers
    deletions: Integers
    insertions: Integers

    def __len__(self) -> int:
        return len(self.hits)

    @property
    def errors(self) -> Integers:
        """Substitutions, deletions and insertions together, shape (utterance,)."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def reference_words(self) -> Integers:
        """Words that were said, shape (utterance,)."""
        return self.hits + self.substitutions + self.deletions

    @property
    def hypothesis_words(self) -> Integers:
        """Words that were recognised, rightly or not, shape (utterance,)."""
        return self.hits + self.substitutions + self.insertions

    def of(self, rows: Integers) -> Counts:
        """Return the counts of some utterances."""
        return Counts(self.hits[rows], self.substitutions[rows], self.deletions[rows], self.insertions[rows])

    def total(self) -> dict[str, int]:
        """Return the four sums over all utterances."""
        return {
            "substitutions": int(self.substitutions.sum()),
            "deletions": int(self.deletions.sum()),
            "insertions": int(self.insertions.sum()),
            "hits": int(self.hits.sum()),
        }


def count_errors(references: Iterable[Sequence[str]], hypotheses: Iterable[Sequence[str]]) -> Counts:
    """Return the counts of pairs of word sequences, aligned at the least number of errors.

    A substitution, a deletion and an insertion cost 1 each. Where several alignments have the least number of errors,
    the one that rapidfuzz traces back is counted: of two equally good last steps, it prefers a deletion, then an
    insertion, then a substitution.

    Args:
        references: the words that were said, a sequence an utterance. A sequence of single characters does as well.
        hypotheses: the words that were recognised, as many sequences.

    Source: Levenshtein 1966, Soviet Physics Doklady 10:707; Wagner and Fischer 1974, doi:10.1145/321796.321811; the
    bit-parallel recurrence of Hyyrö 2003, Nordic Journal of Computing 10:29, as implemented by rapidfuzz.

    Example:
        >>> count_errors([["the", "cat", "sat"]], [["the", "hat", "sat", "down"]]).total()
        {'substitutions': 1, 'deletions': 0, 'insertions': 1, 'hits': 2}
    """
    editops = Levenshtein.editops
    n_reference: list[int] = []
    n_hypothesis: list[int] = []
    n_errors: list[int] = []
    n_substitutions: list[int] = []
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        steps = editops(reference, hypothesis)
        n_reference.append(len(reference))
        n_hypothesis.append(len(hypothesis))
        n_errors.append(len(steps))
        n_substitutions.append([step.tag for step in steps].count("replace"))
    lengths, errors, substitutions = np.array(n_reference), np.array(n_errors), np.array(n_substitutions)
    return _from_lengths(lengths, np.array(n_hypothesis), errors, substitutions)


def edit_distances(references: Sequence[str], hypotheses: Sequence[str]) -> Integers:
    """Return the least number of single-character edits between pairs of strings, shape (pair,).

    Source: as `count_errors`.

    Example:
        >>> edit_distances(["kitten"], ["sitting"]).tolist()
        [3]
    """
    if not references:
        return np.zeros(0, dtype=np.int64)
    return np.asarray(cpdist(references, hypotheses, scorer=Levenshtein.distance, dtype=np.int64), dtype=np.int64)


def _from_lengths(n: Integers, m: Integers, errors: Integers, substitutions: Integers) -> Counts:
    """Return the counts that lengths n and m determine with the errors e: D + I = e − S and D − I = n − m."""
    n, m, errors, substitutions = (np.asarray(x, dtype=np.int64) for x in (n, m, errors, substitutions))
    deletions = (errors - substitutions + n - m) // 2
    return Counts(n - substitutions - deletions, substitutions, deletions, deletions - (n - m))
