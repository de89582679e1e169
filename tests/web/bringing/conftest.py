"""A batch of files in a temporary folder, and a keeper that remembers what it was given."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tacit.judging import Item, Question
from tacit.web.bringing.batch import Batch
from tacit.web.bringing.limits import BringingLimits
from tacit.web.bringing.rows import Brought

MakeBatch = Callable[..., Batch]


class Kept:
    """Remembers what it was given to keep."""

    def __init__(self) -> None:
        self.kept: dict[str, Item] = {}
        self.questions: list[tuple[Question, Brought | None]] = []
        self.finished = False

    def items(self, items: list[Item]) -> None:
        self.kept |= {item.item_id: item for item in items}

    def question(self, question: Question, brought: Brought | None) -> None:
        self.questions.append((question, brought))

    def finish(self) -> None:
        assert all(item_id in self.kept for question, _ in self.questions for item_id in question.item_ids)
        self.finished = True

    def shown(self) -> list[tuple[str, ...]]:
        """Return what each question shows, as text."""
        return [tuple(self.kept[i].content.decode() for i in question.item_ids) for question, _ in self.questions]


@pytest.fixture
def make_batch(tmp_path: Path) -> MakeBatch:
    def make(files: dict[str, bytes], limits: BringingLimits | None = None) -> Batch:
        received = []
        for number, (name, content) in enumerate(files.items()):
            place = tmp_path / f"{number:06d}"
            place.write_bytes(content)
            received.append((name, place))
        return Batch(tmp_path, received, limits or BringingLimits())

    return make


@pytest.fixture
def kept() -> Kept:
    return Kept()


def _png(colour: int = 0, size: tuple[int, int] = (4, 3)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, (colour, 20, 30)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def png() -> Callable[..., bytes]:
    return _png
