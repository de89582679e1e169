"""Media as the page carries them: inside itself, as data, and only of kinds that no script can hide in."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from tacit.judging.item import Media

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


def clip(path: Path) -> Shown | None:
    """Return the H.264 clip in `path`, or None if there is none or it is empty."""
    content = path.read_bytes() if path.is_file() else b""
    return shown(Media(content, "video/mp4")) if content else None
