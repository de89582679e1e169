"""How much may be brought at once, and what is said when it is more."""

from __future__ import annotations

from dataclasses import dataclass

from tacit.errors import InputError

KIB, MIB, GIB = 2**10, 2**20, 2**30


class TooMuch(InputError):
    """More than the server takes: bytes, files, rows or columns."""


@dataclass(frozen=True)
class BringingLimits:
    """The most that one batch may hold.

    Args:
        batch_bytes: all files of a batch together, as they are sent.
        file_bytes: one image, recording or clip.
        files: how many, those inside archives included.
        unpacked_bytes: what archives unpack to, all together.
        unpacked_ratio: how many times larger an archive may become; a bomb is thousands of times larger.
        rows: of all tables together.
        columns: of one table.
        cell_bytes: one text.
        pixels: of one image.
        faults: how many are listed; the others are counted.
    """

    batch_bytes: int = 2 * GIB
    file_bytes: int = 256 * MIB
    files: int = 20_000
    unpacked_bytes: int = 4 * GIB
    unpacked_ratio: int = 200
    rows: int = 2_000_000
    columns: int = 1_000
    cell_bytes: int = 1 * MIB
    pixels: int = 100_000_000
    faults: int = 10_000


def size(n_bytes: int) -> str:
    """Return a number of bytes in words.

    >>> size(1536), size(2 * 2**30)
    ('1.5 KiB', '2 GiB')
    """
    for unit, words in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if n_bytes >= unit:
            return f"{n_bytes / unit:.1f}".removesuffix(".0") + f" {words}"
    return f"{n_bytes} bytes"
