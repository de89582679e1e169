"""A form with files, streamed to disk as it arrives: no file is ever whole in memory, and limits hold at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header

from tacit.errors import BadValue, CannotWrite
from tacit.web.bringing.limits import BringingLimits, TooMuch, size

if TYPE_CHECKING:  # the package names it for type checkers alone
    from python_multipart.multipart import MultipartCallbacks

FIELD_BYTES = 64 * 1024
FIELDS = 100
MIB_AT_ONCE = 2**20


@dataclass
class Received:
    """A form that has arrived.

    Args:
        files: (name as the browser called it, where its bytes are), in order.
        fields: name → value, the last one where a name repeats.
    """

    files: list[tuple[str, Path]] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


async def receive_form(
    content_type: str, chunks: AsyncIterator[bytes], folder: Path, limits: BringingLimits
) -> Received:
    """Write the files of a multipart form to `folder` under names of our own.

    Args:
        content_type: the request's header, with its boundary.
        chunks: the body as it arrives.
        folder: an empty folder; the caller removes it, after an error too.

    Raises:
        BadValue: not a multipart form, or a broken one. TooMuch: more bytes, files or fields than the limits allow.
        CannotWrite: the disk is full.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise BadValue("upload", got=content_type or "no content type", expected="multipart/form-data")
    parts = _Parts(folder, limits)
    parser = MultipartParser(options[b"boundary"], parts.callbacks())
    n_bytes, waiting = 0, bytearray()
    try:
        async for chunk in chunks:
            n_bytes += len(chunk)
            if n_bytes > limits.batch_bytes:
                do = "Bring it in several batches"
                raise TooMuch("upload", got=f"more than {size(limits.batch_bytes)}", expected="less", do=do)
            waiting += chunk
            if len(waiting) >= MIB_AT_ONCE:  # parsed and written in a thread, so that judges are answered meanwhile
                data, waiting = bytes(waiting), bytearray()
                await asyncio.to_thread(parser.write, data)
        await asyncio.to_thread(parser.write, bytes(waiting))
    except MultipartParseError as error:
        raise _broken(str(error)) from None
    except OSError as error:
        raise CannotWrite("upload", got=error.strerror or str(error), expected="a disk with room for it") from None
    finally:
        parts.close()
    if not parts.ended:
        raise _broken(f"after {size(n_bytes)}")
    return parts.received


def _broken(how: str) -> BadValue:
    return BadValue("upload", got=f"a form that breaks off ({how})", expected="a whole one", do="Send it again")


class _Parts:
    """What the parser calls, part by part."""

    def __init__(self, folder: Path, limits: BringingLimits) -> None:
        self.received, self.ended = Received(), False
        self._folder, self._limits = folder, limits
        self._stream: BinaryIO | None = None
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._field, self._text = "", bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._more("_header", data[start:end]),
            "on_header_value": lambda data, start, end: self._more("_value", data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": lambda data, start, end: self._data(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._all_ended,
        }

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _all_ended(self) -> None:
        self.ended = True

    def _begin(self) -> None:
        self._headers, self._text = {}, bytearray()
        self._header, self._value = b"", b""

    def _more(self, name: str, data: bytes) -> None:
        grown = getattr(self, name) + data
        if len(grown) > FIELD_BYTES:
            raise TooMuch("upload", got="a header without end", expected=f"at most {size(FIELD_BYTES)}")
        setattr(self, name, grown)

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""
        if len(self._headers) > FIELDS:
            raise TooMuch("upload", got="too many headers", expected=f"at most {FIELDS} for a part")

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            return
        name = options[b"filename"].decode("utf-8", "replace").replace("\0", "")[:1024]
        if len(self.received.files) >= self._limits.files:
            raise TooMuch("upload", got=f"more than {self._limits.files:,} files", expected="fewer", do="Pack them")
        place = self._folder / f"{len(self.received.files):06d}"
        self._stream = place.open("wb")
        self.received.files.append((name, place))

    def _data(self, data: bytes) -> None:
        if self._stream is not None:
            self._stream.write(data)
            return
        self._text += data
        if len(self._text) > FIELD_BYTES:
            raise TooMuch(f"field {self._field!r}", got="a text without end", expected=f"at most {size(FIELD_BYTES)}")

    def _end(self) -> None:
        if self._stream is not None:
            self.close()
            if not self.received.files[-1][0]:  # a file field that was left empty
                self.received.files.pop()[1].unlink()
            return
        if len(self.received.fields) >= FIELDS:
            raise TooMuch("upload", got="too many fields", expected=f"at most {FIELDS}")
        self.received.fields[self._field] = self._text.decode("utf-8", "replace")
