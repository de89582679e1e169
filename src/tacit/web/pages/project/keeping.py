"""What was brought is put into a project: items and questions first, unseen; then all tasks at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tacit.errors import InputError
from tacit.judging import Item, ItemKind, Outcome, Question, questions_table
from tacit.store import Store
from tacit.store.work.tasks import TaskBatch
from tacit.web.bringing.media.workshop import Workshop
from tacit.web.bringing.rows import Brought

QUESTIONS_AT_ONCE = 5_000
LARGEST_BYTES = 256 * 2**20
"""Of a converted recording or clip."""


@dataclass
class _Tasks:
    """Columns of tasks that are to be added."""

    question_ids: list[str] = field(default_factory=list)
    priorities: list[float] = field(default_factory=list)
    strata: list[str] = field(default_factory=list)
    expected: list[Any] = field(default_factory=list)
    sensitive: list[bool] = field(default_factory=list)


class ProjectKeeper:
    """Keeps a batch in a project.

    Items and questions are added some at a time, so that judges are answered meanwhile: until there are tasks about
    them, nobody is asked. What an interrupted batch leaves behind is found again when the same batch is brought.

    Args:
        store: the open store. project_id: the project. by: account_id of who brings them.
    """

    def __init__(self, store: Store, project_id: str, *, by: str) -> None:
        self._store, self._project_id, self._by = store, project_id, by
        self._waiting: list[Question] = []
        self._tasks = _Tasks()
        self.n_kept = 0
        self.unshown: list[str] = []

    def items(self, items: Sequence[Item]) -> None:
        """Keep items and what shows them, then the questions that wait for them."""
        if items:
            self._store.add_items(items)
            self._make_ready([item for item in items if item.kind in (ItemKind.AUDIO, ItemKind.VIDEO)])
        if len(self._waiting) >= QUESTIONS_AT_ONCE:
            self._add_waiting()

    def question(self, question: Question, brought: Brought | None) -> None:
        """Note a question; it is kept once its items are."""
        self._waiting.append(question)
        tasks = self._tasks
        tasks.question_ids.append(question.question_id)
        tasks.priorities.append(brought.urgency if brought else 0.0)
        tasks.strata.append(brought.stratum if brought else "")
        tasks.expected.append(written_expected(*brought.expected) if brought and brought.expected else None)
        tasks.sensitive.append(bool(brought and brought.sensitive))

    def _make_ready(self, items: Sequence[Item]) -> None:
        """Keep how browsers play recordings and clips, and a first look at each; what has that is left alone."""
        waiting = {item.item_id: item for item in items}
        for item_id in self._store.people.previews.having(list(waiting)):
            del waiting[item_id]
        with Workshop(pixels=0, largest_bytes=LARGEST_BYTES) as workshop:
            for item_id, item in waiting.items():
                where = f"{item.kind} {item_id[:10]}"
                try:
                    made = workshop.make_ready(item.content, item.kind, where=where)
                except InputError as error:
                    self.unshown.append(str(error))
                    continue
                if made.rendition is not None:
                    self._store.add_rendition(item_id, made.rendition)
                looks = {"peaks": made.peaks, "poster": made.poster}
                self._store.people.previews.keep(item_id, {name: one for name, one in looks.items() if one is not None})

    def finish(self) -> None:
        """Put all into the project at once."""
        self._add_waiting()
        tasks = self._tasks
        gold = [place for place, expected in enumerate(tasks.expected) if expected is not None]
        plain = [place for place, expected in enumerate(tasks.expected) if expected is None]
        batches = [_batch(tasks, plain, "ordinary"), _batch(tasks, gold, "gold")]
        self.n_kept = self._store.people.tasks.add_all(self._project_id, batches, by=self._by)

    def _add_waiting(self) -> None:
        if self._waiting:
            self._store.add_questions(questions_table(self._waiting))
            self._waiting = []


def _batch(tasks: _Tasks, places: Sequence[int], purpose: str) -> TaskBatch:
    def some(column: Sequence[Any]) -> list[Any]:
        return [column[place] for place in places]

    expected = None if purpose == "ordinary" else some(tasks.expected)
    names, priorities, strata = some(tasks.question_ids), some(tasks.priorities), some(tasks.strata)
    return TaskBatch(names, priorities, purpose, expected, strata, some(tasks.sensitive))


def written_expected(outcome: Outcome, answer: object) -> object:
    """Return what a check expects as tasks keep it."""
    return answer if outcome is Outcome.ANSWERED else {"outcome": str(outcome)}
