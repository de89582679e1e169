"""A language model as a labeler: it reads two texts and says which is better."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl

from tacit.errors import BadQuestion, BadValue
from tacit.judging import Item, ItemKind, Outcome, QuestionKind, content_hash, judgments_schema, judgments_table
from tacit_language.data import Dialogue
from tacit_language.remote.chat import ChatModel, asked

SYSTEM = (
    "You compare two texts. Say which one answers the question better. Reply with one letter alone: A for the first, "
    "B for the second, C if neither is better."
)
MAX_TOKENS = 16
_LETTER = re.compile(r"\b([ABC])\b")


class ModelJudge:
    """A labeler that asks a model, in both orders, since models favour a side.

    Where both orders name the same text, that is the answer; where they do not, or one is a draw, it is a tie. An
    answer without a letter is the outcome ``cant_tell``.

    Args:
        model: what is asked.
        item: id of an item → the item.
        question: what is asked of the two, where the question itself has no words.
        temperature: of the model's draws; its own if None.
        seed: of the model's draws, where it takes one.
        at_once: how many requests at a time.
        clock: seconds since 1970-01-01 UTC, for `answered_at_s`.

    Source: Zheng et al. 2023, section 3.4, arXiv:2306.05685 (swapping positions).
    """

    def __init__(
        self,
        model: ChatModel,
        item: Callable[[str], Item],
        *,
        question: str = "Which reply is better?",
        temperature: float | None = None,
        seed: int = 0,
        at_once: int = 4,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if at_once < 1:
            raise BadValue("at_once", got=at_once, expected="a whole number above 0")
        self._model, self._item, self._question = model, item, question
        self._temperature, self._seed, self._at_once, self._clock = temperature, seed, at_once, clock
        self._answered: list[pl.DataFrame] = []
        self._asked: set[str] = set()

    @property
    def labeler_id(self) -> str:
        """The model's name, under which its answers are kept."""
        return f"model:{self._model.name}"

    def ask(self, questions: pl.DataFrame) -> None:
        """Put comparisons to the model and wait for its answers.

        Raises:
            BadQuestion: a question of another kind. InputError: the model cannot be asked.
        """
        new = questions.filter(~pl.col("question_id").is_in(list(self._asked))).unique(
            "question_id", maintain_order=True
        )
        for kind in new.get_column("kind").unique():
            if kind != QuestionKind.COMPARISON:
                raise BadQuestion(self.labeler_id, got=f"a question of kind {kind}", expected="a comparison")
        if new.is_empty():
            return
        rows = list(new.select("question_id", "item_ids", "text").iter_rows(named=True))
        with ThreadPoolExecutor(self._at_once) as pool:
            answers = list(pool.map(self._compare, rows))
        self._answered.append(judgments_table({name: [answer[name] for answer in answers] for name in answers[0]}))
        self._asked.update(new.get_column("question_id"))

    def collect(self) -> pl.DataFrame:
        """Return the judgments made since the last call."""
        answered, self._answered = self._answered, []
        return pl.concat(answered) if answered else pl.DataFrame(schema=judgments_schema())

    def _compare(self, question: dict[str, Any]) -> dict[str, object]:
        began_s = time.perf_counter()
        texts = [_text(self._item(item_id)) for item_id in question["item_ids"]]
        words = question["text"] or self._question
        straight, swapped = (self._ask_once(words, *order) for order in (texts, texts[::-1]))
        turned = {"A": "B", "B": "A"}.get(swapped, swapped)
        outcome, comparison = Outcome.TIE, None
        if not (straight and swapped):
            outcome = Outcome.CANT_TELL
        elif straight == turned and straight != "C":
            outcome, comparison = Outcome.ANSWERED, "AB".index(straight)
        return {
            "judgment_id": content_hash(f"{self.labeler_id}\n{self._seed}\n{question['question_id']}".encode()),
            "question_id": question["question_id"],
            "labeler_id": self.labeler_id,
            "outcome": str(outcome),
            "comparison": comparison,
            "answered_at_s": self._clock(),
            "duration_s": time.perf_counter() - began_s,
        }

    def _ask_once(self, words: str, first: str, second: str) -> str:
        """Return A, B or C, or nothing if the model names none of them."""
        text = f"{words}\n\n[A]\n{first}\n[/A]\n\n[B]\n{second}\n[/B]\n\nA, B or C?"
        answer = self._model.reply(asked(text, system=SYSTEM), max_tokens=MAX_TOKENS, temperature=0.0, seed=self._seed)
        found = _LETTER.search(answer)
        return found[1] if found else ""


def _text(item: Item) -> str:
    if item.kind is ItemKind.DIALOGUE:
        return Dialogue.of_item(item).text().strip()
    if item.kind is ItemKind.TEXT:
        return item.content.decode()
    raise BadQuestion(f"item {item.item_id[:12]}", got=f"a {item.kind}", expected="a text or a dialogue")
