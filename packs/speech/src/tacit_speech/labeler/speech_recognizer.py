"""The recogniser as a labeler: it answers *what does it say?* about recordings, and says so where it cannot tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import polars as pl

from tacit.errors import BadFile, BadQuestion
from tacit.judging import Item, ItemKind, Outcome, QuestionKind, judgments_schema, judgments_table
from tacit.judging.item import content_hash
from tacit_speech.audio import read_untrusted
from tacit_speech.labeler.heard import Heard
from tacit_speech.labeler.recognizer import Recognizer

ANSWERED, CANT_TELL = str(Outcome.ANSWERED), str(Outcome.CANT_TELL)


class SpeechRecognizer:
    """Answers questions of the kind *text* about audio items.

    Each recording is heard by itself, never beside others, so that an answer does not depend on what else was asked. A
    recording that cannot be decoded, and one that it is less sure of than `threshold`, is answered *can't tell*.

    Args:
        recognizer: hears.
        items: ids → the items, in their order, such as `Store.items`.
        threshold: credence of the whole text at or below which it abstains; see `tacit.measure.selective`.
        labeler_id: the name under which it answers; give each version of a model its own.
        clock: seconds since 1970-01-01 UTC, for `answered_at_s`.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        items: Callable[[Sequence[str]], Sequence[Item]],
        *,
        threshold: float = -1.0,
        labeler_id: str = "speech",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._recognizer, self._items, self._threshold = recognizer, items, threshold
        self._labeler_id, self._clock = labeler_id, clock
        self._asked: set[str] = set()
        self._answered: list[pl.DataFrame] = []
        self._heard: dict[str, Heard] = {}

    @property
    def labeler_id(self) -> str:
        """The name under which it answers."""
        return self._labeler_id

    def heard(self, item_id: str) -> Heard | None:
        """Return what was heard in an item that was asked about: words, times, credences. None if it was no sound."""
        return self._heard.get(item_id)

    def ask(self, questions: pl.DataFrame) -> None:
        """Answer `questions` at once.

        Raises:
            BadQuestion: a question that is not for a text, or about an item that is no recording.
        """
        new = questions.filter(~pl.col("question_id").is_in(list(self._asked))).unique(
            "question_id", maintain_order=True
        )
        if not new.height:
            return
        where = f"labeler {self._labeler_id!r}"
        other = new.filter(pl.col("kind") != QuestionKind.TEXT)
        if other.height:
            raise BadQuestion(where, got=f"a question of kind {other['kind'][0]}", expected="one for a text")
        ids = new["item_ids"].list.first().to_list()
        for item in self._items(ids):
            if item.kind is not ItemKind.AUDIO:
                raise BadQuestion(where, got=f"an item of kind {item.kind}", expected="recordings")
            if item.item_id not in self._heard:
                self._hear(item)
        self._answered.append(self._judged(new["question_id"].to_list(), ids))
        self._asked.update(new["question_id"])

    def collect(self) -> pl.DataFrame:
        """Return the judgments since the last call."""
        answered, self._answered = self._answered, []
        return pl.concat(answered) if answered else pl.DataFrame(schema=judgments_schema())

    def _hear(self, item: Item) -> None:
        try:
            sound = read_untrusted(item.content, self._recognizer.model.sample_rate_hz)
        except BadFile:
            return  # answered can't tell: the others of the batch are not held up by one broken file
        self._heard[item.item_id] = self._recognizer.hear([sound])[0]

    def _judged(self, question_ids: Sequence[str], item_ids: Sequence[str]) -> pl.DataFrame:
        heard = [self._heard.get(item_id) for item_id in item_ids]
        sure = [one is not None and one.credence > self._threshold for one in heard]
        now = self._clock()
        return judgments_table(
            {
                "judgment_id": [content_hash(f"{self._labeler_id}\n{q}".encode()) for q in question_ids],
                "question_id": list(question_ids),
                "labeler_id": [self._labeler_id] * len(question_ids),
                "outcome": [ANSWERED if tells else CANT_TELL for tells in sure],
                "text": [one.text if one and tells else None for one, tells in zip(heard, sure, strict=True)],
                "credence": [one.credence if one and tells else None for one, tells in zip(heard, sure, strict=True)],
                "answered_at_s": [now] * len(question_ids),
            }
        )
