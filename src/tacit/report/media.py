"""Media as the page carries them: inside itself, as data, and only of kinds that no script can hide in."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from tacit.judging.item import Item, ItemKind, Media

SHOWN_AS = {
    "video/mp4": "video",
    "video/webm": "video",
    "image/png": "image",
    "image/jpeg": "image",
    "image/gif": "image",
    "image/webp": "image",
    "audio/mpeg": "audio",
    "audio/wav": "audio",
    "audio/ogg": "audio",
    "audio/flac": "audio",
    "text/plain": "text",
}


@dataclass(frozen=True)
class Shown:
    """One item as the page shows it.

    Args:
        kind: ``video``, ``image``, ``audio``, ``text``, or ``other`` for what a page cannot show.
        source: a ``data:`` address; empty for text and other.
        text: the words of a text, or the media type of what cannot be shown.
    """

    kind: str
    source: str = ""
    text: str = ""


def shown(media: Media) -> Shown:
    """Return `media` ready for the page."""
    kind = SHOWN_AS.get(media.media_type.partition(";")[0].strip().lower(), "other")
    if kind == "other":
        return Shown(kind, text=media.media_type)
    if kind == "text":
        return Shown(kind, text=media.content.decode("utf-8", errors="replace"))
    media_type = media.media_type.partition(";")[0].strip().lower()
    return Shown(kind, source=f"data:{media_type};base64,{b64encode(media.content).decode('ascii')}")


def shown_item(item: Item) -> Shown | None:
    """Return a dialogue, which is read as it is, ready for the page; None for an item that must be drawn first."""
    if item.kind is not ItemKind.DIALOGUE:
        return None
    text = item.content.decode("utf-8", errors="replace")
    if item.media_type == "application/json":
        try:
            text = "\n\n".join(f"{str(turn['role']).capitalize()}: {turn['text']}" for turn in json.loads(text))
        except (ValueError, TypeError, KeyError):
            return Shown("text", text=text)  # another program's dialogue: its JSON is shown as it is
    return Shown("text", text=text)


def replies(folder: Path) -> list[tuple[Shown, Shown]]:
    """Return what the first and the final policy wrote after the same prompts, in the order of the prompts."""
    pairs = []
    for first in sorted(folder.glob("first-*.txt")):
        final = first.with_name(first.name.replace("first", "final"))
        if final.is_file():
            before, after = (shown(Media(path.read_bytes(), "text/plain")) for path in (first, final))
            pairs.append((before, after))
    return pairs


def clip(path: Path) -> Shown | None:
    """Return the H.264 clip in `path`, or None if there is none or it is empty."""
    content = path.read_bytes() if path.is_file() else b""
    return shown(Media(content, "video/mp4")) if content else None
