"""Segments as short H.264 films that any browser plays."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue, MissingExtra
from tacit.judging import Media
from tacit_control.render import DEFAULT_HEIGHT_PX, Renderer
from tacit_control.segment import Segment

FASTEST_HZ = 30
SHORTEST_S = 1.0

ENCODING = {"preset": "veryfast", "crf": "23", "x264-params": "mbtree=0"}
"""Small clips at moderate cost: ``ultrafast`` takes about half the time for clips three times as large.

x264's macroblock tree is off because, with it, one small film in some hundred differs by a few bytes from run to run,
on one thread and from the same pictures; a clip is known by the hash of its bytes.
"""

_BT601 = 6  # the matrix with which RGB is turned into YUV, so that browsers turn it back with the same
_LIMITED_RANGE = 1


def render_clip(segment: Segment, *, height: int = DEFAULT_HEIGHT_PX, renderer: Renderer | None = None) -> Media:
    """Return a segment as an MP4 film, at the pace of `playback`.

    Args:
        segment: what to show.
        height: of the picture in pixels.
        renderer: one to use again for many clips; by default one is opened for this clip.

    Raises:
        InputError: the segment cannot be drawn; see `Renderer.frames`.
    """
    if renderer is None:
        with Renderer() as own:
            return render_clip(segment, height=height, renderer=own)
    stride, rate_hz = playback(len(segment), renderer.frame_rate_hz(segment))
    return Media(encode_h264(renderer.frames(segment, height=height, stride=stride), fps=rate_hz), "video/mp4")


def playback(n_steps: int, step_rate_hz: float) -> tuple[int, Fraction]:
    """Return which steps to show and how fast, so that a person can judge them.

    A clip runs in real time where it can. It lasts at least a second, in slow motion if it must, since half a second
    is over before it is seen. At most 30 frames a second are shown: of a faster clock every second, third … step.

    Args:
        n_steps: steps of the segment.
        step_rate_hz: steps a second of the environment's own clock.

    Returns:
        Show every so manieth step; frames a second, at most 30.
    """
    if n_steps < 1 or not step_rate_hz > 0:
        raise BadValue(
            "playback", got=f"{n_steps} steps at {step_rate_hz} Hz", expected="at least one step, above 0 Hz"
        )
    pace_hz = min(step_rate_hz, n_steps / SHORTEST_S)
    stride = max(1, round(pace_hz / FASTEST_HZ))
    return stride, Fraction(min(float(FASTEST_HZ), pace_hz / stride)).limit_denominator(1000)


def encode_h264(frames: NDArray[np.uint8], *, fps: float | Fraction) -> bytes:
    """Return frames as an MP4 film: the same bytes for the same frames, its index at the front.

    Args:
        frames: colours 0 to 255, shape (frame, height, width, 3); an odd height or width is padded by one pixel.
        fps: frames a second.

    Raises:
        BadValue: no frames, another shape or type, or a rate that is not positive.
        MissingExtra: this build of PyAV has no x264.
    """
    import av  # noqa: PLC0415  loads FFmpeg, so only when something is shown
    from av.video.reformatter import VideoReformatter  # noqa: PLC0415

    if frames.ndim != 4 or 0 in frames.shape or frames.shape[-1] != 3 or frames.dtype != np.uint8:
        got = f"{frames.dtype} of shape {frames.shape}"
        raise BadValue("frames", got=got, expected="uint8 of shape (frame, height, width, 3), at least one")
    if not fps > 0:
        raise BadValue("fps", got=fps, expected="a rate above 0")
    odd_rows, odd_columns = frames.shape[1] % 2, frames.shape[2] % 2
    if odd_rows or odd_columns:
        frames = np.pad(frames, ((0, 0), (0, odd_rows), (0, odd_columns), (0, 0)), mode="edge")
    film = BytesIO()
    convert = VideoReformatter().reformat
    # room for the index at the front, which a memory buffer cannot be shifted to make afterwards
    with av.open(film, "w", format="mp4", options={"moov_size": str(1500 + 24 * len(frames))}) as container:
        try:
            stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000), options=ENCODING)
        except av.codec.codec.UnknownCodecError:
            raise MissingExtra("H.264 clips", package="libx264 in av", install="av>=14") from None
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        stream.thread_count = 1  # another number of threads gives other bytes
        stream.codec_context.colorspace, stream.codec_context.color_range = _BT601, _LIMITED_RANGE
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            container.mux(stream.encode(convert(picture, format="yuv420p", dst_colorspace=_BT601, threads=1)))
        container.mux(stream.encode())
    return film.getvalue()
