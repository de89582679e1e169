"""Listen to every recording once: what cannot be used is named and left out, what is odd is named and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadFile
from tacit_speech.audio.recording import LeftOut, Recording
from tacit_speech.audio.sound import SoundFormat, read_sound, sound_format, stream_sound

SILENT = 10 ** (-60 / 20)
"""Loudest sample of what counts as silence: 60 dB below full scale."""

FULL_SCALE = 0.999
CLIPPED_SHARE = 0.005
"""Share of samples at full scale from which a recording counts as clipped."""


@dataclass(frozen=True)
class Heard:
    """What listening to a recording found.

    Args:
        recording: which.
        n_samples: at the rate it was resampled to.
        peak: its loudest sample, of 1.
        format: what its file says of itself.
        warnings: what is odd about it.
    """

    recording: Recording
    n_samples: int
    peak: float
    format: SoundFormat
    warnings: tuple[str, ...] = ()


def inspect(
    recordings: Iterable[Recording],
    sample_rate_hz: int,
    *,
    longest_s: float | None = None,
    keep: Callable[[Recording, NDArray[np.float32]], None] | None = None,
) -> Iterator[Heard | LeftOut]:
    """Yield what listening to each recording found, in their order.

    A file that cannot be decoded, one without a sample, silence, and a recording that is too long are left out.
    Clipping, another sample rate and several channels are warned of.

    Args:
        recordings: to listen to.
        sample_rate_hz: what they are resampled to.
        longest_s: of a recording that can be used; None for any length, which is then streamed and not held.
        keep: is handed the samples of each that can be used, if `longest_s` is given.
    """
    for recording in recordings:
        where = recording.where
        try:
            said = sound_format(recording.path)
            length_s = _length_s(recording, said)
            if longest_s is not None and length_s is not None and length_s > longest_s:
                yield LeftOut(where, recording.name, _too_long(length_s, longest_s))
                continue
            if longest_s is None:
                n_samples, peak, clipped = _streamed(recording, sample_rate_hz)
                samples = None
            else:
                samples = read_recording(recording, sample_rate_hz)
                n_samples, peak, clipped = _counted(samples)
        except BadFile as error:
            yield LeftOut(where, recording.name, f"got {error.got}, expected {error.expected}")
            continue
        if reason := _useless(n_samples, peak, sample_rate_hz, longest_s):
            yield LeftOut(where, recording.name, reason)
            continue
        if keep is not None and samples is not None:
            keep(recording, samples)
        yield Heard(recording, n_samples, peak, said, _warnings(said, sample_rate_hz, clipped / n_samples))


def read_recording(recording: Recording, sample_rate_hz: int) -> NDArray[np.float32]:
    """Return the samples of a recording, shape (samples,).

    Raises:
        BadFile: its file cannot be decoded.
    """
    return read_sound(recording.path, sample_rate_hz, start_s=recording.start_s, end_s=recording.end_s)


def _length_s(recording: Recording, said: SoundFormat) -> float | None:
    if recording.end_s is not None:
        return recording.end_s - recording.start_s
    return None if said.duration_s is None else said.duration_s - recording.start_s


def _streamed(recording: Recording, sample_rate_hz: int) -> tuple[int, float, int]:
    blocks = stream_sound(recording.path, sample_rate_hz, start_s=recording.start_s, end_s=recording.end_s)
    n_samples, peak, clipped = 0, 0.0, 0
    for block in blocks:
        n, highest, at_scale = _counted(block)
        n_samples, peak, clipped = n_samples + n, max(peak, highest), clipped + at_scale
    return n_samples, peak, clipped


def _counted(samples: NDArray[np.float32]) -> tuple[int, float, int]:
    loudness = np.abs(samples)
    return len(samples), float(loudness.max(initial=0.0)), int((loudness >= FULL_SCALE).sum())


def _useless(n_samples: int, peak: float, sample_rate_hz: int, longest_s: float | None) -> str:
    if n_samples == 0:
        return "no sound: not one sample in it"
    if longest_s is not None and n_samples > longest_s * sample_rate_hz:  # a header may be silent about its length
        return _too_long(n_samples / sample_rate_hz, longest_s)
    if not np.isfinite(peak):
        return "samples that are no numbers"
    return f"silence: nothing louder than {SILENT:.0e} of full scale" if peak < SILENT else ""


def _warnings(said: SoundFormat, sample_rate_hz: int, clipped: float) -> tuple[str, ...]:
    found = []
    if clipped >= CLIPPED_SHARE:
        found.append(f"clipped: {clipped:.1%} of its samples are at full scale")
    if said.sample_rate_hz < sample_rate_hz:
        found.append(f"recorded at {said.sample_rate_hz} Hz: nothing above {said.sample_rate_hz / 2:g} Hz is in it")
    if said.n_channels > 1:
        found.append(f"{said.n_channels} channels, mixed down to one")
    return tuple(found)


def _too_long(length_s: float, longest_s: float) -> str:
    return f"{length_s:.0f} s long, longer than {longest_s:g} s: cut it into utterances, or raise --longest-s"
