"""Simulated transcribers: each leaves out, puts in and mistakes words at a rate of its own, with the truth known."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b

import numpy as np
import polars as pl

from tacit.errors import BadQuestion, UnknownName
from tacit.judging import Outcome, QuestionKind, judgments_schema, judgments_table
from tacit.judging.item import content_hash

VOCABULARY = ("the", "a", "of", "to", "in", "it", "is", "was", "on", "that", "he", "for", "his", "with", "as", "at")


class SimulatedTranscriber:
    """Answers questions of the kind *text* from known texts, with mistakes.

    What it answers depends on the question and the seed alone, so that asking again gives the same judgment.

    Args:
        truth: item → what it says.
        error_rate: of its words, from 0 to 1; half of the errors are substitutions by another word of `truth`, a
            quarter are left out, and a quarter said twice.
        seed: of its mistakes.
        labeler_id: the name under which it answers.
        clock: seconds since 1970-01-01 UTC, for `answered_at_s`.
    """

    def __init__(
        self,
        truth: Mapping[str, str],
        *,
        error_rate: float = 0.0,
        seed: int = 0,
        labeler_id: str = "simulated",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._truth, self._error_rate, self._seed = dict(truth), error_rate, seed
        self._labeler_id, self._clock = labeler_id, clock
        self._words = sorted({word for text in self._truth.values() for word in text.split()})
        self._asked: set[str] = set()
        self._answered: list[pl.DataFrame] = []

    @property
    def labeler_id(self) -> str:
        """The name under which it answers."""
        return self._labeler_id

    def ask(self, questions: pl.DataFrame) -> None:
        """Answer `questions` at once.

        Raises:
            BadQuestion: a question of another kind. UnknownName: an item whose text is not known.
        """
        new = questions.filter(~pl.col("question_id").is_in(list(self._asked))).unique(
            "question_id", maintain_order=True
        )
        if not new.height:
            return
        other = new.filter(pl.col("kind") != QuestionKind.TEXT)
        if other.height:
            got = f"a question of kind {other['kind'][0]}"
            raise BadQuestion(f"labeler {self._labeler_id!r}", got=got, expected="one for a text")
        ids = new["question_id"].to_list()
        texts = [self._said(q, item) for q, item in zip(ids, new["item_ids"].list.first().to_list(), strict=True)]
        columns: dict[str, object] = {
            "judgment_id": [content_hash(f"{self._labeler_id}\n{self._seed}\n{q}".encode()) for q in ids],
            "question_id": ids,
            "labeler_id": [self._labeler_id] * len(ids),
            "outcome": [str(Outcome.ANSWERED)] * len(ids),
            "text": texts,
            "answered_at_s": [self._clock()] * len(ids),
        }
        self._answered.append(judgments_table(columns))
        self._asked.update(ids)

    def collect(self) -> pl.DataFrame:
        """Return the judgments since the last call."""
        answered, self._answered = self._answered, []
        return pl.concat(answered) if answered else pl.DataFrame(schema=judgments_schema())

    def _said(self, question_id: str, item_id: str) -> str:
        if item_id not in self._truth:
            raise UnknownName("item", item_id, self._truth)
        key = blake2b(f"{self._seed}\n{question_id}".encode(), digest_size=8).digest()
        rng = np.random.default_rng(int.from_bytes(key, "little"))
        words = self._truth[item_id].split()
        said: list[str] = []
        for word, chance in zip(words, rng.random(len(words)).tolist(), strict=True):
            others = [one for one in self._words if one != word] or [word]
            if chance < 0.25 * self._error_rate:
                continue
            if chance < 0.5 * self._error_rate:
                said.append(word)
            said.append(
                others[int(rng.integers(len(others)))] if 0.5 <= chance / max(self._error_rate, 1e-12) < 1 else word
            )
        return " ".join(said)


def simulated_transcripts(
    n_items: int,
    error_rates: Sequence[float],
    *,
    seed: int = 0,
    n_words: int = 8,
    vocabulary: Sequence[str] = VOCABULARY,
) -> tuple[pl.DataFrame, list[str]]:
    """Return a table with columns `item`, `labeler` and `label`, and the true text of each item.

    Half of the errors are substitutions by any other word alike, a quarter deletions, a quarter insertions.

    Args:
        n_items: how many items.
        error_rates: errors a word of each transcriber, from 0 to 1; all of them transcribe every item.
        seed: of the texts and of the errors.
        n_words: words an item on average, at least 1 in each.
        vocabulary: the words, at least two.
    """
    rng = np.random.default_rng(seed)
    lengths = 1 + rng.poisson(n_words - 1, n_items)
    truth = [rng.integers(len(vocabulary), size=n).tolist() for n in lengths.tolist()]
    rows = []
    for labeler, rate in enumerate(error_rates):
        for item, said in enumerate(truth):
            heard: list[int] = []
            for word, chance in zip(said, rng.random(len(said)).tolist(), strict=True):
                other = (word + int(rng.integers(1, len(vocabulary)))) % len(vocabulary)
                if chance < 0.25 * rate:
                    heard += [word, other]  # one put in
                elif chance < 0.5 * rate:
                    pass  # left out
                else:
                    heard.append(other if chance < rate else word)
            rows.append((f"i{item}", f"w{labeler}", " ".join(vocabulary[word] for word in heard)))
    table = pl.DataFrame(rows, schema=["item", "labeler", "label"], orient="row")
    return table, [" ".join(vocabulary[word] for word in said) for said in truth]
