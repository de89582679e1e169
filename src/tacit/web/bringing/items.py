"""A cell or a file made into an item."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tacit.errors import BadFile, BadValue
from tacit.judging import Item, ItemKind, content_hash
from tacit.web.bringing.faults import shortened
from tacit.web.bringing.files.sniffing import HEAD_BYTES, Form, Sniffed, sniff
from tacit.web.bringing.limits import BringingLimits, TooMuch, size
from tacit.web.bringing.media.workshop import Seen, Workshop

MEDIA_ENDINGS = (
    *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif"),
    *(".wav", ".mp3", ".flac", ".ogg", ".oga", ".m4a", ".mp4", ".webm", ".ogv"),
    *(".avi", ".mov", ".mkv", ".wmv", ".wma", ".flv", ".mpg", ".mpeg", ".aif", ".aiff", ".aac", ".opus", ".3gp"),
)
ROLES = ("role", "from", "speaker", "author")
WORDS = ("text", "content", "value", "message")


@dataclass
class BroughtFile:
    """One file of a batch.

    Args:
        name: as the browser or the archive called it; shown and matched, never a path.
        path: where its bytes are. n_bytes: how many.
        sniffed: what it turned out to be.
    """

    name: str
    path: Path
    n_bytes: int
    sniffed: Sniffed

    @classmethod
    def at(cls, path: Path, name: str) -> BroughtFile:
        """Look at a file that has arrived."""
        with path.open("rb") as stream:
            return cls(name, path, path.stat().st_size, sniff(name, stream.read(HEAD_BYTES)))


@dataclass
class ItemMaker:
    """Makes items, and remembers which media it has decoded already.

    Args:
        files: name → file, for cells that name a file of the same batch.
        limits: what one item may be.
        workshop: decodes media.
    """

    files: Mapping[str, BroughtFile]
    limits: BringingLimits
    workshop: Workshop
    used: set[str] = field(default_factory=set)
    _seen: dict[str, Seen] = field(default_factory=dict)

    def is_played(self, item: Item) -> bool:
        """Whether browsers show an item as it is, as far as it has been looked at."""
        if item.kind not in (ItemKind.AUDIO, ItemKind.VIDEO):
            return True
        seen = self._seen.get(item.item_id)
        return seen is None or seen.playable

    def of_file(self, file: BroughtFile) -> Item:
        """Return the item that a file of media or text is.

        Raises:
            BadFile: bytes that will not decode. TooMuch: larger than the limits allow.
        """
        most = self.limits.cell_bytes if file.sniffed.form is Form.TEXT else self.limits.file_bytes
        if file.n_bytes > most:
            raise TooMuch(file.name, got=size(file.n_bytes), expected=f"at most {size(most)}")
        content = file.path.read_bytes()
        if file.sniffed.form is Form.TEXT:
            return text_item(_decode(content, file.name))
        return self._media(content, file.sniffed, file.name, file.path)

    def of_cell(self, cell: object, *, where: str) -> Item:
        """Return the item that a cell holds or names.

        Raises:
            BadFile: a file that was not brought or will not decode. BadValue: a cell that is no item.
            TooMuch: larger than the limits allow.
        """
        if isinstance(cell, str):
            return self._of_text(cell, where)
        if isinstance(cell, bool | int | float):
            return text_item(str(cell))
        if isinstance(cell, Mapping) and isinstance(cell.get("bytes"), bytes):  # as Hugging Face keeps media
            cell = cell["bytes"]
        if isinstance(cell, bytes):
            sniffed = sniff("", cell[:HEAD_BYTES])
            if sniffed.form is not Form.MEDIA:
                raise BadFile(where, got=sniffed.got or "bytes", expected="an image, a recording or a clip")
            return self._media(cell, sniffed, where)
        if isinstance(cell, list) and cell and all(isinstance(turn, Mapping) for turn in cell):
            return dialogue_item([_turn(turn, where) for turn in cell])
        raise BadValue(where, got=shortened(cell), expected="a text, the name of a file of this batch, or turns")

    def _of_text(self, cell: str, where: str) -> Item:
        if file := self.files.get(cell.strip()):
            self.used.add(file.name)
            if file.sniffed.form not in (Form.MEDIA, Form.TEXT):
                raise BadFile(where, got=f"{file.name}, {file.sniffed.got or 'a table'}", expected="a file of media")
            return self.of_file(file)
        lower = cell.strip().lower()
        if lower.endswith(MEDIA_ENDINGS) and len(lower) < 300 and "\n" not in lower:
            if "://" in lower:
                do = "Download the files and bring them with the table; the server fetches nothing"
                raise BadFile(where, got=shortened(cell), expected="the name of a file of this batch", do=do)
            if " " not in lower:
                do = "Bring the file together with the table"
                raise BadFile(where, got=shortened(cell), expected="the name of a file of this batch", do=do)
        if len(cell) > self.limits.cell_bytes:
            raise TooMuch(where, got=size(len(cell)), expected=f"at most {size(self.limits.cell_bytes)}")
        if "\n\nHuman:" in cell and "\n\nAssistant:" in cell:
            return Item(ItemKind.DIALOGUE, cell.encode(), "text/plain")
        return text_item(cell)

    def _media(self, content: bytes, sniffed: Sniffed, where: str, path: Path | None = None) -> Item:
        if sniffed.kind is None:
            raise BadFile(where, got="no media", expected="an image, a recording or a clip")
        name = content_hash(content)
        if name not in self._seen:
            if path is None:
                self._seen[name] = self.workshop.look_at_bytes(content, sniffed.kind, where=where)
            else:
                self._seen[name] = self.workshop.look(path, sniffed.kind, where=where)
        kind = self._seen[name].kind
        heard = kind is ItemKind.AUDIO and sniffed.kind is ItemKind.VIDEO  # a film without pictures
        return Item(kind, content, sniffed.media_type.replace("video/", "audio/") if heard else sniffed.media_type)


def text_item(text: str) -> Item:
    """Return a text as an item."""
    return Item(ItemKind.TEXT, text.encode(), "text/plain")


def dialogue_item(turns: list[dict[str, str]]) -> Item:
    """Return turns, each with role and text, as an item in canonical JSON."""
    written = json.dumps(turns, ensure_ascii=False, separators=(",", ":"))
    return Item(ItemKind.DIALOGUE, written.encode(), "application/json")


def _turn(turn: Mapping[str, Any], where: str) -> dict[str, str]:
    role = next((turn[name] for name in ROLES if isinstance(turn.get(name), str)), None)
    text = next((turn[name] for name in WORDS if isinstance(turn.get(name), str)), None)
    if role is None or text is None:
        raise BadValue(where, got=shortened(dict(turn)), expected="turns with a role and a text")
    return {"role": role, "text": text}


def _decode(content: bytes, where: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        got = f"bytes that are not UTF-8 (the first at byte {error.start + 1})"
        raise BadFile(where, got=got, expected="text in UTF-8", do="Save the file again as UTF-8") from None
    if "\0" in text:
        raise BadFile(where, got="a NUL character", expected="text")
    if not text.strip():
        raise BadFile(where, got="an empty text", expected="some words")
    return text
