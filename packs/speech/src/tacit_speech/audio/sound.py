"""Sound from any file that FFmpeg reads: WAV, FLAC, Ogg, MP3, the sound of a film; mono, at the rate one asks for."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from tacit.errors import BadFile, BadValue

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".wma", ".aiff", ".aif", ".au")
FILM_SUFFIXES = (".mp4", ".mkv", ".webm", ".mov", ".avi")
SEEK_MARGIN_S = 0.5
"""How far before a stretch decoding begins, so that filters of decoder and resampler have settled."""


@dataclass(frozen=True)
class SoundFormat:
    """What a file says of its sound before it is decoded.

    Args:
        sample_rate_hz: of the file.
        n_channels: of the file.
        duration_s: as its header has it; None if it does not say.
        codec: FFmpeg's name of how it is coded.
    """

    sample_rate_hz: int
    n_channels: int
    duration_s: float | None
    codec: str


def sound_format(source: Path | bytes) -> SoundFormat:
    """Return what the header of a file says.

    Raises:
        BadFile: there is no such file, it is not sound or film, or it holds no sound.
    """
    with _opened(source) as container:
        stream = container.streams.audio[0]
        duration_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None
        if duration_s is None and container.duration:
            duration_s = container.duration / av.time_base
        return SoundFormat(stream.rate, stream.channels, duration_s, stream.codec_context.name)


def read_sound(
    source: Path | bytes, sample_rate_hz: int, *, start_s: float = 0.0, end_s: float | None = None
) -> NDArray[np.float32]:
    """Return a stretch of sound, all of it at once.

    Args:
        source: a file, or what is in one.
        sample_rate_hz: to resample to.
        start_s: where the stretch begins.
        end_s: where it ends; None for the end of the file.

    Returns:
        Samples between −1 and 1, the mean of the channels, shape (samples,).

    Raises:
        BadFile: the file cannot be decoded. BadValue: a stretch that ends before it begins.
    """
    blocks = list(stream_sound(source, sample_rate_hz, start_s=start_s, end_s=end_s))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def stream_sound(
    source: Path | bytes, sample_rate_hz: int, *, start_s: float = 0.0, end_s: float | None = None
) -> Iterator[NDArray[np.float32]]:
    """Yield a stretch of sound block by block, as the file is decoded: an hour needs no more memory than a second.

    Args, samples and errors are those of `read_sound`; the blocks are as long as the file's own packets.
    """
    if end_s is not None and end_s < start_s:
        raise BadValue(
            f"{_named(source)}, stretch", got=f"an end at {end_s:g} s before {start_s:g} s", expected="a later end"
        )
    left = None if end_s is None else round((end_s - start_s) * sample_rate_hz)
    try:
        with _opened(source) as container:
            for block in _blocks(container, sample_rate_hz, start_s):
                if left is not None:
                    block = block[:left]  # noqa: PLW2901 (what is beyond the end is cut off)
                    left -= len(block)
                if len(block):
                    yield block
                if left == 0:
                    return
    except av.FFmpegError as error:
        raise BadFile(_named(source), got=error.strerror, expected="sound that can be decoded to its end") from None


def _blocks(
    container: av.container.InputContainer, sample_rate_hz: int, start_s: float
) -> Iterator[NDArray[np.float32]]:
    stream = container.streams.audio[0]
    if start_s > SEEK_MARGIN_S and stream.time_base:
        container.seek(int((start_s - SEEK_MARGIN_S) / stream.time_base), stream=stream)
    resampler = AudioResampler(format="fltp", rate=sample_rate_hz)
    skip: int | None = None
    for frame in container.decode(stream):
        if skip is None:
            skip = round((start_s - (frame.time or 0.0)) * sample_rate_hz) if start_s else 0
        for resampled in resampler.resample(frame):
            block = _mono(resampled)
            yield block[max(skip, 0) :]
            skip -= len(block)
    if skip is not None:
        for resampled in resampler.resample(None):
            yield _mono(resampled)[max(skip, 0) :]


def _mono(frame: av.AudioFrame) -> NDArray[np.float32]:
    return np.asarray(frame.to_ndarray().mean(axis=0), np.float32)


def _opened(source: Path | bytes) -> av.container.InputContainer:
    expected, where = "a file with sound, such as WAV, FLAC, Ogg, MP3 or a film", _named(source)
    if isinstance(source, Path) and not source.is_file():
        raise BadFile(where, got="a folder" if source.is_dir() else "no such file", expected=expected)
    if not (source.stat().st_size if isinstance(source, Path) else len(source)):
        raise BadFile(where, got="an empty file", expected=expected)
    try:
        opened = str(source) if isinstance(source, Path) else io.BytesIO(source)
        container = av.open(opened, mode="r", metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        raise BadFile(where, got=error.strerror or str(error), expected=expected) from None
    if not container.streams.audio:
        kinds = ", ".join(stream.type for stream in container.streams) or "nothing"
        container.close()
        raise BadFile(where, got=f"{kinds}, no sound", expected=expected)
    return container


def _named(source: Path | bytes) -> str:
    return str(source) if isinstance(source, Path) else "sound"


def wav_bytes(samples: NDArray[np.float32], sample_rate_hz: int) -> bytes:
    """Return sound as a WAV file of 16 bits, mono; what is beyond −1 and 1 is cut off.

    Args:
        samples: between −1 and 1, shape (samples,).
        sample_rate_hz: of the samples.
    """
    whole = np.clip(np.round(samples * 32767.0), -32768, 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(whole.tobytes())
    return out.getvalue()
