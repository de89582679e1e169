"""Whether media decode, what they are inside, and whether browsers can play them as they are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacit.errors import BadFile, MissingExtra
from tacit.web.bringing.limits import TooMuch
from tacit.web.bringing.media.opening import opened, said

if TYPE_CHECKING:
    from av.container import InputContainer

SMALLER = "Make it smaller"
BY_HAND = "Save it as MP4 with H.264 and AAC, and bring that"
PLAYED_FILMS = {"mp4": {"h264", "vp9", "av1"}, "webm": {"vp8", "vp9", "av1"}}
PLAYED_SOUNDS = {
    "mp4": {"aac", "mp3", "opus", "flac"},
    "webm": {"opus", "vorbis"},
    "ogg": {"opus", "vorbis", "flac"},
    "wav": {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"},
    "flac": {"flac"},
    "mp3": {"mp3", "mp3float"},
    "aac": {"aac"},
}
PLAYED_PIXELS = {"yuv420p", "yuvj420p"}
"""What current Chromium, Firefox and Safari all play, by the kind of file.

Source: https://developer.mozilla.org/docs/Web/Media/Guides/Formats, codecs by container.
"""


def look(path: Path, kind: str, *, where: str, pixels: int) -> dict[str, Any]:
    """Decode an image whole, or the beginning of a recording or clip.

    Args:
        kind: image, audio or video, as its first bytes say.
        where: the file, for messages.
        pixels: the most that an image may have; checked before anything is unpacked.

    Returns:
        `kind`, which is audio for a film without pictures, and whether it is `playable` as it is.

    Raises:
        BadFile: it cannot be decoded. TooMuch: the image is larger than `pixels`.
        MissingExtra: the libraries that decode are not installed.
    """
    if kind == "image":
        _decode_image(path, where, pixels)
        return {"kind": kind, "playable": True}
    try:
        with opened(path) as container:
            return _look_inside(container, kind, where)
    except (BadFile, MissingExtra):
        raise
    except Exception as error:  # noqa: BLE001 (a decoder of damaged files may raise anything; it is told as a fault)
        got = f"{kind} that will not decode ({said(error)})"
        raise BadFile(where, got=got, expected="a whole recording", do=BY_HAND) from None


def _look_inside(container: InputContainer, kind: str, where: str) -> dict[str, Any]:
    films = [stream for stream in container.streams.video if not _is_cover(stream)]
    sounds = container.streams.audio
    if not films and not sounds:
        raise BadFile(where, got=f"a file without {kind}", expected=f"one with {kind}")
    stream = films[0] if films and kind == "video" else (sounds or films)[0]
    if kind == "audio" and not sounds:
        raise BadFile(where, got="a file without audio", expected="one with audio")
    if next(iter(container.decode(stream)), None) is None:
        raise BadFile(where, got=f"{kind} without a single frame", expected="a whole recording")
    found = "video" if films and kind == "video" else "audio"
    return {"kind": found, "playable": _playable(container, found)}


def _is_cover(stream: Any) -> bool:  # noqa: ANN401 (a stream; its dispositions are not typed)
    """Whether a stream of pictures is only the cover of a record."""
    return bool(int(getattr(stream, "disposition", 0)) & 0x400)


def _playable(container: InputContainer, kind: str) -> bool:
    names = set(container.format.name.split(","))
    brand = str(container.metadata.get("major_brand", "")).strip()
    form = "mp4" if "mp4" in names else next((name for name in PLAYED_SOUNDS if name in names), "")
    if "webm" in names and not _is_webm(container):
        form = ""  # Matroska, which not all browsers open
    if form == "mp4" and brand == "qt":
        form = ""
    sounds_well = all(one.codec_context.name in PLAYED_SOUNDS.get(form, ()) for one in container.streams.audio)
    if kind == "audio":
        return sounds_well
    film = next(one for one in container.streams.video if not _is_cover(one))
    deep = film.codec_context.name in ("vp9", "av1", "libdav1d") or film.codec_context.pix_fmt in PLAYED_PIXELS
    names_film = {"libdav1d": "av1"}.get(film.codec_context.name, film.codec_context.name)
    return sounds_well and deep and names_film in PLAYED_FILMS.get(form, ())


def _is_webm(container: InputContainer) -> bool:
    """Whether a Matroska file says that it keeps to the part of it that browsers know."""
    with Path(container.name).open("rb") as stream:
        return b"webm" in stream.read(64)


def _decode_image(path: Path, where: str, pixels: int) -> None:
    try:
        from PIL import Image  # noqa: PLC0415 (optional, and only this process needs it)
    except ModuleNotFoundError:
        raise MissingExtra("bringing images", package="PIL", install="tacit[serve]") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is refused below, by a limit of our own
            with Image.open(path, formats=["PNG", "JPEG", "GIF", "WEBP", "AVIF"]) as image:
                width_px, height_px = image.size
                if width_px * height_px > pixels:
                    got = f"an image of {width_px} × {height_px} pixels"
                    raise TooMuch(where, got=got, expected=f"at most {pixels:,} pixels", do=SMALLER)
                image.load()
    except TooMuch:
        raise
    except Image.DecompressionBombError:
        raise TooMuch(where, got="an image of too many pixels", expected=f"at most {pixels:,}", do=SMALLER) from None
    except Exception as error:  # noqa: BLE001 (as above)
        raise BadFile(where, got=f"an image that will not decode ({said(error)})", expected="a whole image") from None
