"""Small projects: a few text items, questions about them, and judgments of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from tacit.judging import Item, ItemKind, Outcome, Question, QuestionKind, judgments_table, questions_table
from tacit.store import Store


class Samples:
    """Makes items, questions and judgments that fit together."""

    @staticmethod
    def items(n: int = 6) -> list[Item]:
        return [Item(ItemKind.TEXT, f"item {i}".encode(), "text/plain") for i in range(n)]

    @staticmethod
    def comparisons(items: Sequence[Item], n: int) -> pl.DataFrame:
        """Return `n` comparisons, told apart by their occasion."""
        first, second = items[0].item_id, items[1].item_id
        return questions_table(
            [Question(QuestionKind.COMPARISON, (first, second), "Better?", occasion=str(i)) for i in range(n)]
        )

    @staticmethod
    def answers(questions: pl.DataFrame, *, ids: Sequence[str] | None = None, labeler: str = "ann") -> pl.DataFrame:
        """Return one answer to each comparison: the first item is better."""
        n = questions.height
        return judgments_table(
            {
                "judgment_id": list(ids) if ids is not None else [f"{labeler} {i}" for i in range(n)],
                "question_id": questions.get_column("question_id"),
                "labeler_id": [labeler] * n,
                "outcome": ["answered"] * n,
                "comparison": [0] * n,
                "answered_at_s": [1.5e9 + i for i in range(n)],
            }
        )

    @staticmethod
    def every_kind(items: Sequence[Item]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return a question of each kind, and a judgment on each; then one draw, and one that replaces another."""
        ids = [item.item_id for item in items]
        kind = QuestionKind
        questions = questions_table(
            [
                Question(kind.CHOICE, (ids[0],), 'Which "class"?\n', {"options": ["chat", "chien, chat", '""']}),
                Question(kind.COMPARISON, (ids[0], ids[1]), "Which, — ‘é’?"),
                Question(kind.RANKING, tuple(ids[:3])),
                Question(kind.RATING, (ids[2],), settings={"low": -1.5, "high": 10}),
                Question(kind.TEXT, (ids[3],)),
                Question(kind.SPANS, (ids[4],), settings={"options": ["x,y", '"z"'], "unit": "second"}),
                Question(kind.PROBABILITY, (ids[5],), occasion="2"),
            ]
        )
        asked = questions.get_column("question_id").to_list()
        answered = str(Outcome.ANSWERED)
        empty = [None] * 9
        columns = {name: list(empty) for name in ("choice", "comparison", "ranking", "rating", "text", "spans")}
        columns |= {"probability": list(empty)}
        columns["choice"][0], columns["comparison"][1], columns["ranking"][2] = "chat", 1, [0, 2, 2]
        columns["rating"][3], columns["text"][4], columns["probability"][6] = 0.1 + 0.2, "", 1 / 3
        columns["spans"][5] = [{"start": 0.1, "end": 2.0, "label": "x,y"}, {"start": 1.0, "end": 1.5, "label": '"z"'}]
        columns["text"][8] = "a later\r\nthought"
        judgments = judgments_table(
            {
                "judgment_id": [f"j{i}" for i in range(9)],
                "question_id": [*asked, asked[1], asked[4]],
                "labeler_id": ["ann", "Bé", "ann", "ann", "ann", "ann", "ann", "cy, d", "ann"],
                "outcome": [answered] * 7 + [str(Outcome.TIE), answered],
                **columns,
                "shown_left": [None, 1, *[None] * 7],
                "credence": [1.0, *[None] * 8],
                "answered_at_s": [1.7e9 + 0.1 * i for i in range(9)],
                "duration_s": [None, 0.0, *[2.5] * 7],
                "follows": [*[None] * 8, "j4"],
            }
        )
        return questions, judgments


@pytest.fixture(scope="session")
def samples() -> Samples:
    return Samples()


@pytest.fixture(params=["file", "memory", "postgres"])
def store(request, tmp_path: Path):
    """An empty project, in a folder, in memory, and in PostgreSQL: all must do the same."""
    with Store.in_memory() if request.param == "memory" else Store.open(request.getfixturevalue("place")) as opened:
        yield opened


@pytest.fixture
def place(request, tmp_path: Path):
    """Where a new project may be: what a test that uses this and not `store` names in `request.param`, or a folder."""
    wanted = request.node.callspec.params.get("store") if hasattr(request.node, "callspec") else None
    return request.getfixturevalue("postgres_url") if wanted == "postgres" else tmp_path / "project"


@pytest.fixture
def full(samples: Samples, tmp_path: Path):
    """A project in a folder that holds a judgment of every kind."""
    with Store.open(tmp_path / "full") as opened:
        fill(opened, samples)
        yield opened


@pytest.fixture
def full_url(samples: Samples, postgres_url: str):
    """The URL of a project in PostgreSQL that holds a judgment of every kind."""
    with Store.open(postgres_url) as opened:
        fill(opened, samples)
    return postgres_url


def fill(store: Store, samples: Samples) -> None:
    items = samples.items()
    questions, judgments = samples.every_kind(items)
    store.add_items(items)
    store.add_questions(questions)
    store.add_judgments(judgments)
