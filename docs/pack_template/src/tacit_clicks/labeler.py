"""The labeler: it answers *how many?* about recordings, a rating with a credence."""

import time
from collections.abc import Callable, Sequence

import polars as pl

from tacit.errors import BadFile, BadQuestion
from tacit.judging import Item, Question, QuestionKind, judgments_schema, judgments_table
from tacit.judging.item import content_hash
from tacit_clicks.algorithm import find_clicks, read_wav


def question_about(item_id: str) -> Question:
    """Return the question that the labeler, and anybody else, is asked about a recording."""
    return Question(QuestionKind.RATING, (item_id,), "How many clicks?", {"low": 0, "high": 1_000, "step": 1})


class ClickCounter:
    """Counts clicks. Below `threshold`, and where there is no sound, it says that it cannot tell."""

    def __init__(
        self,
        items: Callable[[Sequence[str]], Sequence[Item]],
        *,
        threshold: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._items, self._threshold, self._clock = items, threshold, clock
        self._asked: set[str] = set()
        self._answered: list[pl.DataFrame] = []

    @property
    def labeler_id(self) -> str:
        """The name under which it answers."""
        return "clicks"

    def ask(self, questions: pl.DataFrame) -> None:
        """Answer `questions` at once; one that was put before is not answered again."""
        new = questions.filter(~pl.col("question_id").is_in(list(self._asked))).unique(
            "question_id", maintain_order=True
        )
        if (other := new.filter(pl.col("kind") != QuestionKind.RATING)).height:
            raise BadQuestion("labeler 'clicks'", got=f"a question of kind {other['kind'][0]}", expected="a rating")
        self._asked.update(new["question_id"])
        rows = [self._answer(item) for item in self._items(new["item_ids"].list.first().to_list())]
        ids = new["question_id"].to_list()
        columns: dict[str, object] = {
            "judgment_id": [content_hash(f"clicks {one}".encode()) for one in ids],
            "question_id": ids,
            "labeler_id": [self.labeler_id] * len(ids),
            "outcome": ["cant_tell" if count is None else "answered" for count, _ in rows],
            "rating": [count for count, _ in rows],
            "credence": [credence for _, credence in rows],
            "answered_at_s": [self._clock()] * len(ids),
        }
        self._answered.append(judgments_table(columns))

    def collect(self) -> pl.DataFrame:
        """Return the judgments since the last call."""
        answered, self._answered = self._answered, []
        return pl.concat(answered) if answered else pl.DataFrame(schema=judgments_schema())

    def _answer(self, item: Item) -> tuple[float | None, float | None]:
        try:
            times, credence = find_clicks(*read_wav(item.content))
        except BadFile:
            return None, None
        return (float(len(times)), credence) if credence > self._threshold else (None, None)
