"""Files of media opened by FFmpeg: only files, and only of kinds that name no other files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tacit.errors import MissingExtra

if TYPE_CHECKING:
    from av.container import InputContainer

FORMATS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "asf", "ogg", "wav", "w64", "flac", "mp3"),
    *("aiff", "au", "caf", "aac", "mpeg", "mpegts", "flv", "amr"),
)
"""Playlists and lists of files, which FFmpeg would follow to other files and addresses, are not among them."""

GUARD = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "file"}


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Open a file of sound or film.

    Raises:
        MissingExtra: PyAV is not installed. Anything that PyAV raises.
    """
    try:
        import av  # noqa: PLC0415 (optional, and only this process needs it)
    except ModuleNotFoundError:
        raise MissingExtra("bringing recordings and clips", package="av", install="tacit[serve]") from None
    with av.open(str(path), mode="r", metadata_errors="ignore", options=GUARD) as container:
        yield container


def said(error: Exception) -> str:
    """Return what a decoder complained about, in short and without the paths of this machine."""
    words = re.sub(r"^\[Errno \d+\] ", "", (str(error).splitlines() or [type(error).__name__])[0])
    return words.partition(": '/")[0].partition(" '/")[0].replace("<_io.BytesIO object", "<bytes")[:120]
