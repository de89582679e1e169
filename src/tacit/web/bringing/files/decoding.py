"""Whether media can be shown: each is decoded once when it is brought, so that no judge meets one that is broken."""

from __future__ import annotations

import io
import warnings
from contextlib import closing

from tacit.errors import BadFile, MissingExtra
from tacit.judging import ItemKind
from tacit.web.bringing.limits import TooMuch

INSTALL = "tacit[serve]"
SMALLER = "Make it smaller"


def refuse_undecodable(content: bytes, kind: ItemKind, *, where: str, pixels: int) -> None:
    """Decode an image whole, or the beginning of a recording or clip.

    Args:
        content: the bytes of the file.
        kind: image, audio or video.
        where: the file, for messages.
        pixels: the most that an image may have; checked before anything is unpacked.

    Raises:
        BadFile: it cannot be decoded. TooMuch: the image is larger than `pixels`.
        MissingExtra: the libraries that decode are not installed.
    """
    if kind is ItemKind.IMAGE:
        _decode_image(content, where, pixels)
    else:
        _decode_first_frame(content, "audio" if kind is ItemKind.AUDIO else "video", where)


def _decode_image(content: bytes, where: str, pixels: int) -> None:
    try:
        from PIL import Image  # noqa: PLC0415 (optional, and only the server's imports need it)
    except ModuleNotFoundError:
        raise MissingExtra("bringing images", package="PIL", install=INSTALL) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is refused below, by a limit of our own
            with Image.open(io.BytesIO(content), formats=["PNG", "JPEG", "GIF", "WEBP", "AVIF"]) as image:
                width_px, height_px = image.size
                if width_px * height_px > pixels:
                    got = f"an image of {width_px} × {height_px} pixels"
                    raise TooMuch(where, got=got, expected=f"at most {pixels:,} pixels", do=SMALLER)
                image.load()
    except TooMuch:
        raise
    except Image.DecompressionBombError:
        raise TooMuch(where, got="an image of too many pixels", expected=f"at most {pixels:,}", do=SMALLER) from None
    except Exception as error:  # noqa: BLE001 (a decoder of damaged files may raise anything; it is told as a fault)
        raise BadFile(where, got=f"an image that will not decode ({_said(error)})", expected="a whole image") from None


def _decode_first_frame(content: bytes, stream: str, where: str) -> None:
    try:
        import av  # noqa: PLC0415 (optional, and only the server's imports need it)
    except ModuleNotFoundError:
        raise MissingExtra("bringing recordings and clips", package="av", install=INSTALL) from None
    try:
        with closing(av.open(io.BytesIO(content), mode="r", metadata_errors="ignore")) as container:
            streams = container.streams.audio if stream == "audio" else container.streams.video
            if not streams:
                raise BadFile(where, got=f"a file without {stream}", expected=f"one with {stream}")
            if next(iter(container.decode(streams[0])), None) is None:
                raise BadFile(where, got=f"{stream} without a single frame", expected="a whole recording")
    except BadFile:
        raise
    except Exception as error:  # noqa: BLE001 (as above)
        got = f"{stream} that will not decode ({_said(error)})"
        raise BadFile(where, got=got, expected="a whole recording") from None


def _said(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].replace("<_io.BytesIO object", "<bytes")[:120]
