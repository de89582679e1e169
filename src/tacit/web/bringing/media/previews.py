"""A first look at media, made once: the outline of a sound, a picture of a film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacit.web.bringing.media.opening import opened

RATE_HZ = 8000
BLOCK_SAMPLES = 160  # 20 ms: an hour is 180,000 pairs on the way, whatever its rate
BARS = 800
POSTER_PX = 480
LOOKED_AT = 48  # pictures, to find one that is not blank
LEAST_CONTRAST = 12.0


def peaks(path: Path, into: Path) -> str | None:
    """Write the lowest and highest sample of each of `BARS` stretches, and return the file; None if there is no sound.

    The sound is streamed, so that an hour takes no more memory than a second. Bytes are signed, in pairs, and scaled
    so that the loudest is 127.
    """
    import av  # noqa: PLC0415 (as in `opening`)

    with opened(path) as container:
        if not container.streams.audio:
            return None
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        blocks: list[NDArray[np.float32]] = []
        rest = np.zeros(0, np.float32)
        try:
            for frame in container.decode(container.streams.audio[0]):
                for part in resampler.resample(frame):
                    rest = np.concatenate([rest, part.to_ndarray()[0]])
                if len(rest) >= 50 * BLOCK_SAMPLES:
                    whole = len(rest) // BLOCK_SAMPLES * BLOCK_SAMPLES
                    blocks.append(_extremes(rest[:whole].reshape(-1, BLOCK_SAMPLES)))
                    rest = rest[whole:]
        except av.FFmpegError:
            pass  # cut off or damaged on the way: what came before is drawn
    if len(rest):
        blocks.append(_extremes(np.pad(rest, (0, -len(rest) % BLOCK_SAMPLES)).reshape(-1, BLOCK_SAMPLES)))
    if not blocks:
        return None
    outline = outlined(np.nan_to_num(np.concatenate(blocks)), BARS)
    into.write_bytes(outline.tobytes())
    return str(into)


def outlined(extremes: NDArray[np.float32], bars: int) -> NDArray[np.int8]:
    """Return (lowest, highest) of each of `bars` stretches as bytes, the loudest 127.

    >>> outlined(np.array([[-1, 0], [0, 0.5], [-0.25, 0.25], [0, 0]], np.float32), 2).tolist()
    [[-127, 64], [-32, 32]]
    """
    starts = np.arange(bars) * len(extremes) // bars
    lowest = np.minimum.reduceat(extremes[:, 0], starts)
    highest = np.maximum.reduceat(extremes[:, 1], starts)
    loudest = max(float(-lowest.min()), float(highest.max()), 1e-6)
    return np.rint(np.stack([lowest, highest], axis=1) * 127 / loudest).astype(np.int8)


def poster(path: Path, into: Path) -> str | None:
    """Write the first picture of a film that is not blank as JPEG, and return the file; None if there is none."""
    import av  # noqa: PLC0415 (as in `opening`)
    from PIL import Image  # noqa: PLC0415 (as in `looking`)

    chosen = None
    with opened(path) as container:
        if not container.streams.video:
            return None
        try:
            for number, frame in enumerate(container.decode(container.streams.video[0])):
                chosen = chosen or frame
                if float(frame.reformat(width=32, height=32, format="gray").to_ndarray().std()) >= LEAST_CONTRAST:
                    chosen = frame
                    break
                if number >= LOOKED_AT:
                    break
        except av.FFmpegError:
            pass  # as above
        if chosen is None:
            return None
        image = Image.fromarray(chosen.to_ndarray(format="rgb24")).rotate(chosen.rotation, expand=True)
    image.thumbnail((POSTER_PX, POSTER_PX))
    image.save(into, "JPEG", quality=80)
    return str(into)


def _extremes(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([blocks.min(axis=1), blocks.max(axis=1)], axis=1)
