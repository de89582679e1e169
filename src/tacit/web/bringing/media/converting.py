"""Recordings and clips that browsers do not play, made into ones that they do: H.264 and AAC in MP4."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tacit.errors import BadFile
from tacit.web.bringing.media.looking import BY_HAND
from tacit.web.bringing.media.opening import opened, said

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

LARGEST_PX = 1920
QUALITY = {"crf": "21", "preset": "veryfast"}
SOUND_RATE_HZ = 48_000
SOUND_BITS_PER_S = 128_000
CLOCK = Fraction(1, 90_000)


def convert(path: Path, kind: str, into: Path, *, where: str) -> dict[str, str]:
    """Write what browsers can play, and return its file and media type; a file that breaks off is kept up to there.

    Raises:
        BadFile: not a single picture or sound came out.
    """
    import av  # noqa: PLC0415 (as in `opening`)

    n_frames = 0
    first = _first_picture(path) if kind == "video" else None
    with opened(path) as source, av.open(str(into), "w", format="mp4", options={"movflags": "+faststart"}) as target:
        made = _Made(source, target, first)
        try:
            for frame in source.decode(made.streams):
                made.take(frame)
                n_frames += 1
        except av.FFmpegError as error:
            if not n_frames:
                got = f"a file that will not decode ({said(error)})"
                raise BadFile(where, got=got, expected="a whole recording", do=BY_HAND) from None
        made.finish()
    return {"path": str(into), "media_type": f"{kind}/mp4"}


def _first_picture(path: Path) -> Any:  # noqa: ANN401 (a frame)
    with opened(path) as container:
        return next(iter(container.decode(container.streams.video[0])))


class _Made:
    """The film or sound that is being written.

    Args:
        source: what is read. target: what is written. first: the first picture, None for a sound alone.
    """

    def __init__(self, source: InputContainer, target: OutputContainer, first: Any) -> None:  # noqa: ANN401 (as above)
        self._target, self._sound = target, None
        self._last = -1
        self.streams: list[Any] = []
        self._written: list[Any] = []
        if first is not None:
            self.streams.append(source.streams.video[0])
            self._turns = round(first.rotation / 90) % 4
            self._film = self._new_film(first)
        if source.streams.audio:
            self.streams.append(source.streams.audio[0])
            self._sound = self._new_sound(source.streams.audio[0])

    def _new_film(self, first: Any) -> Any:  # noqa: ANN401 (as above)
        width, height = (first.height, first.width) if self._turns % 2 else (first.width, first.height)
        scale = min(1.0, LARGEST_PX / max(width, height))
        film = self._target.add_stream("libx264", options=QUALITY)
        film.width, film.height = (max(2, round(side * scale) // 2 * 2) for side in (width, height))
        film.pix_fmt = "yuv420p"
        film.codec_context.time_base = film.time_base = CLOCK
        film.codec_context.thread_count = 1
        self._written.append(film)
        return film

    def _new_sound(self, given: Any) -> Any:  # noqa: ANN401 (streams as PyAV has them)
        import av  # noqa: PLC0415 (as in `opening`)

        layout = "mono" if given.codec_context.channels == 1 else "stereo"
        sound = self._target.add_stream("aac", rate=SOUND_RATE_HZ)
        sound.codec_context.layout = layout
        sound.codec_context.bit_rate = SOUND_BITS_PER_S
        self._written.append(sound)
        self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=SOUND_RATE_HZ, frame_size=1024)
        return sound

    def take(self, frame: Any) -> None:  # noqa: ANN401 (as above)
        """Write one picture, or some sound."""
        if hasattr(frame, "width"):
            self._take_picture(frame)
        elif self._sound is not None:
            for part in self._resampler.resample(frame):
                self._target.mux(self._sound.encode(part))

    def _take_picture(self, frame: Any) -> None:  # noqa: ANN401 (as above)
        shown = frame
        if self._turns:
            import av  # noqa: PLC0415 (as in `opening`)

            shown = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), self._turns)), format="rgb24"
            )
        shown = shown.reformat(width=self._film.width, height=self._film.height, format="yuv420p")
        at = self._last + 3000 if frame.pts is None else int(frame.pts * frame.time_base / CLOCK)
        shown.pts, shown.time_base = max(at, self._last + 1), CLOCK
        shown.pict_type = 0
        self._last = shown.pts
        self._target.mux(self._film.encode(shown))

    def finish(self) -> None:
        """Write what the encoders hold back."""
        if self._sound is not None:
            for part in self._resampler.resample(None):
                self._target.mux(self._sound.encode(part))
        for stream in self._written:
            self._target.mux(stream.encode())
