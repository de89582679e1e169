"""Recordings on a page: heard, seen as pictures over time, with words that are played by a click.

Everything is inside the page: the sound and the pictures as data, and one script that the page's policy knows by its
hash. What a script cannot do without one is still there: the browser's own player, the words and the pictures.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.judging.item import Media
from tacit.report.media import Shown, shown

HERE = Path(__file__).parent
HIT, SUBSTITUTION, DELETION, INSERTION = "hit", "substitution", "deletion", "insertion"
KINDS = {HIT: "", SUBSTITUTION: "taken for another word", DELETION: "left out", INSERTION: "put in"}
SHADE = (11, 107, 116)  # the accent of the page's light theme; a picture cannot take the reader's own


@dataclass(frozen=True)
class Picture:
    """A picture over the whole time of a recording, its left edge the beginning and its right edge the end.

    Args:
        png: the picture. alt: what it shows, for those who cannot see it.
        rows: names of its rows of equal height, the uppermost first; none where rows have no names.
    """

    png: bytes
    alt: str
    rows: Sequence[str] = ()

    @property
    def source(self) -> str:
        """The picture as a ``data:`` address."""
        return f"data:image/png;base64,{b64encode(self.png).decode('ascii')}"


@dataclass(frozen=True)
class TimedWord:
    """A word and when it was said.

    Args:
        said: what was said; empty for a word that was put in, or where nobody knows.
        heard: what was recognised; empty for a word that was left out.
        start_s: where it begins in the recording. end_s: where it ends.
        kind: hit, substitution, deletion or insertion.
        note: a few words, such as how sure the recogniser was.
    """

    said: str
    heard: str
    start_s: float
    end_s: float
    kind: str = HIT
    note: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadValue("TimedWord, kind", got=repr(self.kind), expected=f"one of {', '.join(KINDS)}")

    @property
    def label(self) -> str:
        """What a listener who cannot see is told."""
        words = f"{self.said or 'nothing'}, recognised as {self.heard or 'nothing'}" if KINDS[self.kind] else self.heard
        return f"{words}, {self.start_s:.2f} to {self.end_s:.2f} seconds" + (f", {self.note}" if self.note else "")

    @property
    def mark(self) -> str:
        """The letter of an error, so that none is told by its colour alone."""
        return "" if self.kind == HIT else self.kind[0].upper()


@dataclass(frozen=True)
class Recording:
    """A recording as the page shows it.

    Args:
        name: of the recording. note: more of it, in a few words.
        media: its sound, of a type that a page can play.
        duration_s: its length.
        words: in the order in which they were said.
        pictures: drawn below each other on the same time axis.
    """

    name: str
    media: Media
    duration_s: float
    words: Sequence[TimedWord] = ()
    pictures: Sequence[Picture] = ()
    note: str = ""

    @property
    def sound(self) -> Shown:
        """The sound, ready for the page."""
        return shown(self.media)


def script() -> Markup:
    """Return the script of pages with recordings."""
    return Markup((HERE / "recordings.js").read_text(encoding="utf-8"))  # noqa: S704 (our own file)


def script_hash() -> str:
    """Return what a content security policy knows the script by."""
    return b64encode(sha256(script().encode("utf-8")).digest()).decode("ascii")


def heat_png(shares: NDArray[np.floating], *, height_px: int = 0) -> bytes:
    """Return a table of shares as a picture: nothing is transparent, 1 is the accent colour, on any ground.

    Args:
        shares: from 0 to 1, shape (row, column), the first row uppermost.
        height_px: rows are repeated to about this height; 0 leaves them a pixel high.
    """
    alpha = np.clip(np.nan_to_num(np.asarray(shares, dtype=np.float64)), 0.0, 1.0)
    if height_px > len(alpha) > 0:
        alpha = np.repeat(alpha, height_px // len(alpha), axis=0)
    picture = np.empty((*alpha.shape, 4), dtype=np.uint8)
    picture[..., :3] = SHADE
    picture[..., 3] = np.round(255 * alpha)
    return _png(picture)


def wave_png(samples: NDArray[np.floating], *, width_px: int = 900, height_px: int = 64) -> bytes:
    """Return the outline of a sound as a picture; silence is a line.

    Args:
        samples: of one channel, shape (sample,).
    """
    n = len(samples)
    edges = np.linspace(0, n, min(width_px, max(n, 1)) + 1).astype(np.intp)[:-1]
    low = np.minimum.reduceat(samples, edges) if n else np.zeros(1)
    high = np.maximum.reduceat(samples, edges) if n else np.zeros(1)
    loudest = max(float(np.abs(samples).max(initial=0.0)), 1e-9)
    level = np.linspace(1, -1, height_px)[:, None]
    half = 1.5 / height_px
    inside = (level >= low[None, :] / loudest - half) & (level <= high[None, :] / loudest + half)
    return heat_png(0.75 * inside)


def _png(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture of shape (row, column, 4) as PNG.

    Source: the PNG specification, second edition, ISO/IEC 15948:2004, sections 5.3 and 11.2.2.
    """

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    height, width, _ = picture.shape
    lines = np.zeros((height, 1 + 4 * width), dtype=np.uint8)  # each line begins with its filter: 0, none
    lines[:, 1:] = picture.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits of red, green, blue and opacity
    whole = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + whole
