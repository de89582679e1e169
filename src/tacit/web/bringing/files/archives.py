"""Zip archives and gzip files: what is in them becomes files of the batch, within limits that a bomb breaks at once.

A member's name is only shown and matched; it never touches a path, so `../` in it leads nowhere. What a member claims
to unpack to is checked first, and what it does unpack to is counted as it comes, because the claim can be false.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tacit.web.bringing.faults import Fault
from tacit.web.bringing.files.sniffing import HIDDEN_NAMES
from tacit.web.bringing.limits import BringingLimits, size

CHUNK_BYTES = 1 << 20
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


def unpack(path: Path, name: str, into: Path, limits: BringingLimits) -> Iterator[tuple[str, Path] | Fault]:
    """Give each member's name and where its bytes have been put, or the fault that it has.

    Args:
        path: the archive. name: what it was called.
        into: an empty folder of its own for the members.
    """
    try:
        archive = zipfile.ZipFile(path)
    except UNREADABLE as error:
        yield Fault(name, None, "", f"a zip archive that will not open ({error})", "a whole archive", stops=True)
        return
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir() and not _hidden(member.filename)]
        if fault := _refused(path, name, members, limits):
            yield fault
            return
        left = limits.unpacked_bytes
        for number, member in enumerate(members):
            shown = f"{name}/{member.filename}"
            if member.flag_bits & 0x1:
                yield Fault(shown, None, "", "a member with a password", "one without", "Unpack the archive first")
                continue
            place = into / f"{number:06d}"
            try:
                n_bytes = _unpack_member(archive, member, place, min(left, _most(member, limits)))
            except UNREADABLE as error:
                place.unlink(missing_ok=True)
                yield Fault(shown, None, "", f"a member that will not unpack ({error})", "a whole archive")
                continue
            if n_bytes is None:
                place.unlink(missing_ok=True)
                got = "a member that unpacks to more than it says"
                yield Fault(name, None, "", got, f"at most {size(limits.unpacked_bytes)}", stops=True)
                return
            left -= n_bytes
            yield shown, place


def unpack_gzip(path: Path, name: str, place: Path, limits: BringingLimits) -> tuple[str, Path] | Fault:
    """Return the name and the place of what a gzip file holds, or its fault.

    Args:
        path: the file. name: what it was called. place: where its contents go.
    """
    most = min(limits.unpacked_bytes, limits.unpacked_ratio * max(path.stat().st_size, 1024))
    try:
        with gzip.open(path) as packed, place.open("wb") as stream:
            n_bytes = 0
            while chunk := packed.read(CHUNK_BYTES):
                n_bytes += len(chunk)
                if n_bytes > most:
                    got = f"{size(path.stat().st_size)} that unpack to more than {size(most)}"
                    expected = (
                        f"at most {size(limits.unpacked_bytes)}, and at most {limits.unpacked_ratio} times the file"
                    )
                    return Fault(name, None, "", got, expected, "Unpack it and bring what it holds", stops=True)
                stream.write(chunk)
    except UNREADABLE as error:
        return Fault(name, None, "", f"a gzip file that will not unpack ({error})", "a whole one", stops=True)
    return name.removesuffix(".gz").removesuffix(".GZ"), place


def _most(member: zipfile.ZipInfo, limits: BringingLimits) -> int:
    return min(member.file_size, limits.unpacked_ratio * max(member.compress_size, 1024))


def _refused(path: Path, name: str, members: list[zipfile.ZipInfo], limits: BringingLimits) -> Fault | None:
    claimed = sum(member.file_size for member in members)
    packed = max(path.stat().st_size, 1024)
    if len(members) > limits.files:
        return Fault(name, None, "", f"{len(members):,} files", f"at most {limits.files:,}", stops=True)
    if claimed > limits.unpacked_bytes or claimed > limits.unpacked_ratio * packed:
        got = f"{size(packed)} that unpack to {size(claimed)}"
        expected = f"at most {size(limits.unpacked_bytes)}, and at most {limits.unpacked_ratio} times the archive"
        return Fault(name, None, "", got, expected, "Unpack it and bring the files themselves", stops=True)
    return None


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path, most: int) -> int | None:
    """Write a member's bytes and return how many they are; None where they are more than `most`."""
    n_bytes = 0
    with archive.open(member) as packed, place.open("wb") as stream:
        while chunk := packed.read(CHUNK_BYTES):
            n_bytes += len(chunk)
            if n_bytes > most:
                return None
            stream.write(chunk)
    return n_bytes


def _hidden(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part.startswith((".", "__MACOSX")) or part.lower() in HIDDEN_NAMES for part in parts if part != "..")
