"""What a file is, told by its first bytes and never by its name alone.

A page or a drawing that can carry script (HTML, SVG, XML) is not taken as media at all: shown inline it would run in
the judge's browser. Brought inside a table it is a text like any other, and is shown as text.

Source: the signatures as in WHATWG, MIME Sniffing, sections 6.1 to 6.3, https://mimesniff.spec.whatwg.org.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from tacit.judging import ItemKind

HEAD_BYTES = 512


class Form(StrEnum):
    """How a file is read."""

    MEDIA = "media"
    TEXT = "text"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    ARCHIVE = "archive"
    GZIP = "gzip"
    REFUSED = "refused"


@dataclass(frozen=True)
class Sniffed:
    """What a file turned out to be.

    Args:
        form: how it is read.
        kind: of the item that it becomes, where it is one.
        media_type: its IANA media type, where it is one item.
        got: what it is in words, where it is refused. do: what to do instead.
    """

    form: Form
    kind: ItemKind | None = None
    media_type: str = ""
    got: str = ""
    do: str = ""


SIGNATURES: tuple[tuple[int, bytes, ItemKind, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", ItemKind.IMAGE, "image/png"),
    (0, b"\xff\xd8\xff", ItemKind.IMAGE, "image/jpeg"),
    (0, b"GIF87a", ItemKind.IMAGE, "image/gif"),
    (0, b"GIF89a", ItemKind.IMAGE, "image/gif"),
    (8, b"WEBPVP", ItemKind.IMAGE, "image/webp"),
    (4, b"ftypavif", ItemKind.IMAGE, "image/avif"),
    (8, b"WAVE", ItemKind.AUDIO, "audio/wav"),
    (0, b"fLaC", ItemKind.AUDIO, "audio/flac"),
    (0, b"ID3", ItemKind.AUDIO, "audio/mpeg"),
    (4, b"ftypM4A", ItemKind.AUDIO, "audio/mp4"),
    (4, b"ftypqt", ItemKind.VIDEO, "video/quicktime"),
    (4, b"ftyp", ItemKind.VIDEO, "video/mp4"),
    (4, b"moov", ItemKind.VIDEO, "video/quicktime"),
    (4, b"mdat", ItemKind.VIDEO, "video/quicktime"),
    (4, b"wide", ItemKind.VIDEO, "video/quicktime"),
    (8, b"AVI ", ItemKind.VIDEO, "video/x-msvideo"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ItemKind.VIDEO, "video/x-ms-asf"),
    (0, b"\x00\x00\x01\xba", ItemKind.VIDEO, "video/mpeg"),
    (0, b"FLV\x01", ItemKind.VIDEO, "video/x-flv"),
    (8, b"AIFF", ItemKind.AUDIO, "audio/aiff"),
    (8, b"AIFC", ItemKind.AUDIO, "audio/aiff"),
    (0, b".snd", ItemKind.AUDIO, "audio/basic"),
    (0, b"caff", ItemKind.AUDIO, "audio/x-caf"),
    (0, b"#!AMR", ItemKind.AUDIO, "audio/amr"),
    (0, b"\x1a\x45\xdf\xa3", ItemKind.VIDEO, "video/webm"),
)
TABLES = {
    ".csv": Form.CSV,
    ".tsv": Form.CSV,
    ".jsonl": Form.JSONL,
    ".ndjson": Form.JSONL,
    ".json": Form.JSONL,
}
OFFICE = {".xlsx", ".ods", ".docx", ".xlsm", ".xls", ".pptx"}
SCRIPTED = {".svg", ".html", ".htm", ".xml", ".xhtml"}
PACKED = (b"BZh", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
KNOWN = (
    "Bring PNG, JPEG, GIF, WebP, WAV, MP3, FLAC, Ogg, MP4, WebM, AVI, MOV, WMA, txt, CSV, JSON lines, Parquet or zip"
)
TRANSPORT = 0x47
"""How each packet of 188 bytes of an MPEG transport stream begins."""

TEXTS = {".txt", ".md", ".text", ".log", ""}
CARRIES_SCRIPT = (b"<svg", b"<!doctype", b"<html", b"<?xml", b"<script", b"<body", b"<head", b"<iframe")
HIDDEN_NAMES = {".ds_store", "thumbs.db", "desktop.ini"}


def sniff(name: str, head: bytes) -> Sniffed:
    """Return what a file is.

    Args:
        name: as the browser or the archive calls it; its ending chooses between kinds of text.
        head: its first `HEAD_BYTES`.
    """
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    if not head:
        return Sniffed(Form.REFUSED, got="an empty file")
    for start, magic, kind, media_type in SIGNATURES:
        if head[start : start + len(magic)] == magic and _whole_signature(head, media_type):
            return Sniffed(Form.MEDIA, kind, media_type)
    if head.startswith(b"OggS"):
        video = b"theora" in head
        return Sniffed(Form.MEDIA, ItemKind.VIDEO if video else ItemKind.AUDIO, "video/ogg" if video else "audio/ogg")
    if len(head) > 376 and head[0] == head[188] == head[376] == TRANSPORT:
        return Sniffed(Form.MEDIA, ItemKind.VIDEO, "video/mp2t")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # an MPEG frame of layer III without tags
        return Sniffed(Form.MEDIA, ItemKind.AUDIO, "audio/mpeg")
    return _not_media(ending, head)


def _whole_signature(head: bytes, media_type: str) -> bool:
    """Files of chunks share their first letters: the form's name stands after the length."""
    if media_type in ("audio/wav", "image/webp", "video/x-msvideo"):
        return head.startswith(b"RIFF")
    return head.startswith(b"FORM") if media_type == "audio/aiff" else True


def _not_media(ending: str, head: bytes) -> Sniffed:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(b"PAR1"):
        return Sniffed(Form.PARQUET)
    if head.startswith(b"PK\x03\x04") and ending not in OFFICE:
        return Sniffed(Form.ARCHIVE)
    if head.startswith(b"\x1f\x8b"):
        return Sniffed(Form.GZIP)
    if ending in TABLES and not head.startswith(b"PK\x03\x04"):
        return Sniffed(TABLES[ending])
    for signs, got, do in (
        (ending in OFFICE, f"an office document ({ending})", "Save the sheet as CSV"),
        (head.startswith(PACKED), "a packed file", "Unpack it, or pack it as zip"),
        (
            ending in SCRIPTED or start.startswith(CARRIES_SCRIPT),
            "a page or drawing that can carry script",
            "Save a drawing as PNG; put a page's text into a table, where it stays text",
        ),
        (head.startswith(b"%PDF"), "a PDF document", "Save its pages as PNG, or its text as a text file"),
        (ending not in TEXTS or b"\0" in head, "a file of unknown kind", KNOWN),
    ):
        if signs:
            return Sniffed(Form.REFUSED, got=got, do=do)
    return Sniffed(Form.TEXT, ItemKind.TEXT, "text/plain")
