"""Sound that a stranger sent: only real sound files are opened, and none that would lead elsewhere or never end.

FFmpeg also reads playlists, which are texts that name other files and addresses, and it would fetch them. So what comes
in has to begin as a sound or film file begins, before FFmpeg looks at it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadFile
from tacit_speech.audio.sound import stream_sound

Samples = NDArray[np.float32]

LONGEST_S = 600.0
BEGINNINGS: tuple[tuple[int, bytes], ...] = (
    (8, b"WAVE"),
    (0, b"fLaC"),
    (0, b"OggS"),
    (0, b"ID3"),
    (4, b"ftyp"),
    (0, b"\x1a\x45\xdf\xa3"),  # Matroska and WebM
    (8, b"AIFF"),
    (8, b"AIFC"),
    (0, b".snd"),
)
"""Place in the file, and what stands there, for each kind of file that is let in."""


def read_untrusted(content: bytes, sample_rate_hz: int, *, longest_s: float = LONGEST_S) -> Samples:
    """Return the sound of a file that somebody sent, mono and at a rate, shape (sample,).

    Args:
        content: of a WAV, FLAC, Ogg, MP3, MP4, Matroska, AIFF or AU file.
        sample_rate_hz: to resample to.
        longest_s: decoding stops when there is more than this.

    Raises:
        BadFile: another kind of file, one that cannot be decoded, one without sound, or one that is longer.
    """
    if not _is_sound(content):
        expected = "a file of sound: WAV, FLAC, Ogg, MP3, MP4, Matroska, AIFF or AU"
        raise BadFile("sound", got=f"a file that begins with {content[:12]!r}", expected=expected)
    blocks, left = [], int(longest_s * sample_rate_hz)
    for block in stream_sound(content, sample_rate_hz):
        left -= len(block)
        if left < 0:
            raise BadFile("sound", got=f"more than {longest_s:g} s", expected="a shorter recording", do="Cut it")
        blocks.append(block)
    if not blocks:
        raise BadFile("sound", got="a file of 0 s", expected="a recording")
    sound = np.concatenate(blocks)
    if not np.isfinite(sound).all():
        raise BadFile("sound", got="samples that are no numbers", expected="finite samples")
    return sound


def _is_sound(content: bytes) -> bool:
    framed = len(content) > 1 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0  # MP3 or AAC without a tag
    return framed or any(content[at : at + len(sign)] == sign for at, sign in BEGINNINGS)
