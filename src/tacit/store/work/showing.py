"""Questions as they are shown: items by address, small texts as they are. Looked up once: questions never change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, select

from tacit.judging import ItemKind, Question, QuestionKind
from tacit.store.media_folder import MediaFolder
from tacit.store.sql.one_of import OneOf
from tacit.store.sql.prepared import Prepared
from tacit.store.sql.schema import item, media, question, rendition
from tacit.store.work.visit import Leased, ShownItem, ShownQuestion

INLINE_BYTES = 64 * 1024
MOST_KEPT = 50_000
READABLE = (ItemKind.TEXT, ItemKind.DIALOGUE, ItemKind.TABLE, ItemKind.SPECTRUM)


@dataclass(frozen=True)
class Showable:
    """A question with its items, ready to be shown in any order.

    Args:
        sequence: the row of the question.
        shown: what is asked.
        occasion: of the question.
        items: in the question's own order.
    """

    sequence: int
    shown: ShownQuestion
    occasion: str
    items: tuple[ShownItem, ...]

    @cached_property
    def again(self) -> ShownQuestion:
        """The question as it is put to a judge who has answered it: another asking, with an id of its own."""
        kind, text, settings = self.shown.kind, self.shown.text, self.shown.settings
        ids = tuple(one.id for one in self.items)
        repeated = Question(QuestionKind(kind), ids, text, settings, occasion=repeat_occasion(self.occasion))
        return ShownQuestion(repeated.question_id, kind, text, settings)

    def leased(
        self, lease_id: str, order: Sequence[int], *, expires_at_s: float, sensitive: bool, again: bool
    ) -> Leased:
        """Return the question as handed out in `order`."""
        left = order[0] if len(order) == 2 else None
        items = tuple(self.items[index] for index in order)
        return Leased(lease_id, self.again if again else self.shown, items, left, expires_at_s, sensitive)


class Showing:
    """Keeps questions that were looked up.

    Args:
        folder: where large media are.
    """

    def __init__(self, folder: MediaFolder) -> None:
        self._folder = folder
        self._known: dict[int, Showable] = {}

    def get(self, connection: Connection, questions: Iterable[int]) -> dict[int, Showable]:
        """Return sequence → question, of those asked for."""
        wanted = set(questions)
        found = {sequence: self._known[sequence] for sequence in wanted if sequence in self._known}
        missing = [sequence for sequence in wanted if sequence not in found]
        return found | self._look_up(connection, missing) if missing else found

    def _look_up(self, connection: Connection, missing: list[int]) -> dict[int, Showable]:
        rows = _QUESTIONS.rows(connection, sequences=missing)
        names = sorted({name for row in rows for name in json.loads(row.item_ids)})
        items = {found.item_id: self._shown_item(found) for found in _ITEMS.rows(connection, names=names)}
        looked_up = {row.sequence: _showable(row, [items[name] for name in json.loads(row.item_ids)]) for row in rows}
        if len(self._known) > MOST_KEPT:
            self._known = {}
        # A clip may be rendered after it was asked about, so that what is not to be seen yet is looked up again.
        self._known |= {
            key: one for key, one in looked_up.items() if all(i.url or i.text is not None for i in one.items)
        }
        return looked_up

    def _shown_item(self, row: Any) -> ShownItem:  # noqa: ANN401  a row
        if row.rendition_id is not None:
            return ShownItem(row.item_id, row.kind, row.rendition_type, url=f"/media/{row.rendition_id}")
        if row.kind == ItemKind.SEGMENT:
            return ShownItem(row.item_id, row.kind, row.media_type)
        if row.kind in READABLE and row.n_bytes <= INLINE_BYTES:
            content = self._folder.read(row.media_id) if row.content is None else row.content
            text = bytes(content).decode("utf-8", errors="replace")
            return ShownItem(row.item_id, row.kind, row.media_type, text=text)
        return ShownItem(row.item_id, row.kind, row.media_type, url=f"/media/{row.media_id}")


def _showable(row: Any, items: list[ShownItem]) -> Showable:  # noqa: ANN401  a row
    shown = ShownQuestion(row.question_id, row.kind, row.text, json.loads(row.settings))
    return Showable(row.sequence, shown, row.occasion, tuple(items))


def repeat_occasion(occasion: str) -> str:
    """Return the occasion of a question that is put to the same judge again, to see whether the answer stays."""
    return f"{occasion} repeat".strip()


_QUESTIONS = Prepared(select(question).where(OneOf(question.c.sequence, "sequences")))
_shown_media, _own_media = media.alias("shown_media"), media.alias("own_media")
_ITEMS = Prepared(
    select(
        item.c.item_id,
        item.c.kind,
        item.c.media_type,
        _own_media.c.media_id,
        _own_media.c.n_bytes,
        _own_media.c.content,
        rendition.c.media_type.label("rendition_type"),
        _shown_media.c.media_id.label("rendition_id"),
    )
    .select_from(
        item.join(_own_media, item.c.media == _own_media.c.sequence)
        .outerjoin(rendition, rendition.c.item == item.c.sequence)
        .outerjoin(_shown_media, rendition.c.media == _shown_media.c.sequence)
    )
    .where(OneOf(item.c.item_id, "names"))
)
