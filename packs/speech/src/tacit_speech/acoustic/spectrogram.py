"""Sound → log-spectrogram: the power in each band of frequencies, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from tacit.errors import BadValue

FLOOR = 1e-10
"""Power that is added before the logarithm: full scale is 1, so this is below the rounding of 16 bits."""


@dataclass(frozen=True)
class Spectrogram:
    """How sound becomes frames.

    Args:
        sample_rate_hz: of the sound that `frames` is given.
        window_s: how long a stretch a frame looks at.
        hop_s: seconds from one frame to the next.
        mel_bands: how many bands, evenly spaced on the mel scale; None for every frequency of the Fourier transform,
            as in the paper.
        lowest_hz: where the mel bands begin.

    Raises:
        BadValue: a duration or rate that is not positive, or more bands than frequencies.

    Source: Amodei et al. 2016, section 3 (windows of 20 ms), arXiv:1512.02595; the mel scale of Stevens, Volkmann and
    Newman 1937, doi:10.1121/1.1915893.
    """

    sample_rate_hz: int = 16_000
    window_s: float = 0.02
    hop_s: float = 0.01
    mel_bands: int | None = None
    lowest_hz: float = 20.0

    def __post_init__(self) -> None:
        for name in ("sample_rate_hz", "window_s", "hop_s"):
            if not getattr(self, name) > 0:
                raise BadValue(name, got=getattr(self, name), expected="a positive number")
        if self.hop_samples < 1 or self.window_samples < 2:
            raise BadValue("hop_s", got=self.hop_s, expected=f"more than a sample of {1 / self.sample_rate_hz} s")
        if self.mel_bands is not None and not 1 <= self.mel_bands <= self.n_frequencies:
            raise BadValue("mel_bands", got=self.mel_bands, expected=f"1 to {self.n_frequencies}")

    @property
    def window_samples(self) -> int:
        """Samples that a frame looks at."""
        return round(self.window_s * self.sample_rate_hz)

    @property
    def hop_samples(self) -> int:
        """Samples from one frame to the next."""
        return round(self.hop_s * self.sample_rate_hz)

    @property
    def n_frequencies(self) -> int:
        """Frequencies of the Fourier transform, 0 among them."""
        return self.window_samples // 2 + 1

    @property
    def n_bands(self) -> int:
        """Numbers a frame."""
        return self.n_frequencies if self.mel_bands is None else self.mel_bands

    @cached_property
    def _window(self) -> NDArray[np.float32]:
        return np.hanning(self.window_samples + 1)[:-1].astype(np.float32)

    @property
    def _scale(self) -> float:
        """Makes the power of a full-scale sine about 1."""
        return float(4.0 / self._window.sum() ** 2)

    def n_frames(self, n_samples: int) -> int:
        """Return how many frames `n_samples` yield: a frame is made where a whole window fits, and at least one."""
        return 0 if n_samples == 0 else 1 + max(0, n_samples - self.window_samples) // self.hop_samples

    def frames(self, samples: NDArray[np.float32], *, warp: float = 1.0, tempo: float = 1.0) -> NDArray[np.float32]:
        """Return the log-power of each frame.

        Args:
            samples: sound between −1 and 1, shape (samples,).
            warp: by how much the frequency axis is stretched, as by a longer or shorter vocal tract: what is heard at f
                is read at f / warp.
            tempo: how many times faster the speech is to seem: the hop is so much longer.

        Returns:
            Natural logarithms, shape (frames, bands); no frame of no sound.
        """
        if not len(samples):
            return np.zeros((0, self.n_bands), np.float32)
        if len(samples) < self.window_samples:
            samples = np.pad(samples, (0, self.window_samples - len(samples)))
        windows = np.lib.stride_tricks.sliding_window_view(samples, self.window_samples)
        if tempo == 1.0:
            chosen = windows[:: self.hop_samples]
        else:
            begins = np.arange(0, len(windows), self.hop_samples * tempo)
            chosen = windows[np.minimum(begins.round().astype(np.int64), len(windows) - 1)]
        spectrum = rfft(chosen * self._window)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) * np.float32(self._scale)
        if warp != 1.0 or self.mel_bands is not None:
            power = power @ _bands(self, round(warp, 2))
        return np.asarray(np.log(power + np.float32(FLOOR)), np.float32)


@lru_cache(maxsize=256)
def _bands(settings: Spectrogram, warp: float) -> NDArray[np.float32]:
    """Return the weight of each frequency in each band, shape (frequencies, bands)."""
    frequencies = np.linspace(0, settings.sample_rate_hz / 2, settings.n_frequencies) * warp
    if settings.mel_bands is None:
        grid = np.linspace(0, settings.sample_rate_hz / 2, settings.n_frequencies)
        step = grid[1]
        weights = np.clip(1 - np.abs(frequencies[:, None] - grid[None, :]) / step, 0, None)
        return np.asarray(weights / np.maximum(weights.sum(axis=0), 1e-3), np.float32)
    edges_mel = np.linspace(_mel(settings.lowest_hz), _mel(settings.sample_rate_hz / 2), settings.mel_bands + 2)
    edges = 700 * np.expm1(edges_mel / 1127)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (frequencies[:, None] - low) / (middle - low)
    falling = (high - frequencies[:, None]) / (high - middle)
    weights = np.clip(np.minimum(rising, falling), 0, None)
    nearest = np.abs(frequencies[:, None] - middle).argmin(axis=0)  # a band narrower than the grid takes its nearest
    empty = weights.sum(axis=0) == 0
    weights[nearest[empty], np.flatnonzero(empty)] = 1.0
    return np.asarray(weights / weights.sum(axis=0), np.float32)


def _mel(frequency_hz: float) -> float:
    return float(1127 * np.log1p(frequency_hz / 700))


SPOKEN_RANGE = 6.0
"""Frames down to so many nats of power (26 dB) below the loudest are taken for speech."""

LOWEST = -3.0
"""What is further below the mean of the speech, in standard deviations, is silence: how deep, does not matter."""


@dataclass(frozen=True)
class Normalization:
    """What is taken off the frames before the network sees them.

    Args:
        over: ``utterance`` takes mean and spread of each recording's own speech, so that loudness, microphone and how
            much silence stands around it do not matter; ``corpus`` takes those of the training set, which a stream can
            do while it is still being spoken; ``level`` takes the recording's loudness alone, so that the colour of its
            sound, which tells one short word from another, stays.
        mean: of the training set, band by band; needed for ``corpus``.
        deviation: likewise the standard deviation.
    """

    over: str = "utterance"
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.over not in ("utterance", "level", "corpus"):
            raise BadValue("normalisation", got=repr(self.over), expected="utterance, level or corpus")

    def apply(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return normalised frames, shape (frames, bands)."""
        if not len(frames):
            return frames
        if self.over == "corpus":
            deviation = np.maximum(np.asarray(self.deviation, np.float32), 1e-3)
            return np.asarray((frames - np.asarray(self.mean, np.float32)) / deviation, np.float32)
        loudness = frames.mean(axis=1)
        spoken = frames[loudness >= loudness.max() - SPOKEN_RANGE]
        mean = spoken.mean(axis=0) if self.over == "utterance" else spoken.mean()
        scaled = (frames - mean) / max(float((spoken - mean).std()), 1e-3)
        return np.asarray(np.maximum(scaled, LOWEST), np.float32)
