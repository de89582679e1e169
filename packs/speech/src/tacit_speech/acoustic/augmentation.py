"""What training does to a recording so that the recogniser hears more voices, rooms and speeds than were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from tacit_speech.acoustic.spectrogram import Normalization, Spectrogram

Samples = NDArray[np.float32]

MICROPHONE_WAVES = 5
"""Cosines of which the change of a microphone's gain is made."""

QUIET_DB = (30.0, 60.0)
"""How far below the speech the noise of a quiet room is."""


@dataclass(frozen=True)
class Augmentation:
    """How far training departs from a recording; every range is drawn from anew, each time an utterance is seen.

    Args:
        speed: most that it is played faster or slower, as a share; pitch and voice move with it.
        tempo: most that it is spoken faster or slower, the pitch kept.
        vocal_tract: most that the frequency axis is stretched.
        microphone: standard deviation, in nats of power, of a smooth random change of each band's gain.
        noise_share: share of utterances that noise is laid over.
        noise_db: range of the signal-to-noise ratio.
        pad_s: most silence put at either end.
        band_masks: stretches of bands that are blotted out.
        band_mask_share: most of the bands that one of them covers.
        time_masks: stretches of time that are blotted out.
        time_mask_share: most of the frames that one of them covers.

    Source: noise on 40 % of utterances, Amodei et al. 2016, section 5.2, arXiv:1512.02595; speed, Ko et al. 2015,
    doi:10.21437/Interspeech.2015-711; vocal tract length, Jaitly and Hinton 2013 (ICML workshop); masks, Park et al.
    2019, arXiv:1904.08779.
    """

    speed: float = 0.1
    tempo: float = 0.1
    vocal_tract: float = 0.1
    microphone: float = 0.0
    noise_share: float = 0.4
    noise_db: tuple[float, float] = (0.0, 30.0)
    pad_s: float = 0.0
    band_masks: int = 2
    band_mask_share: float = 0.15
    time_masks: int = 1
    time_mask_share: float = 0.1

    @staticmethod
    def none() -> Augmentation:
        """Return what leaves every recording as it is."""
        return Augmentation(0, 0, 0, 0, 0, (0, 0), 0, 0, 0, 0, 0)

    def frames(
        self,
        samples: Samples,
        spectrogram: Spectrogram,
        normalization: Normalization,
        random: np.random.Generator,
        noises: Sequence[Samples] = (),
    ) -> NDArray[np.float32]:
        """Return normalised frames of a changed recording, shape (frames, bands).

        Args:
            samples: of the recording.
            spectrogram: makes the frames.
            normalization: of the frames.
            random: where the changes are drawn from.
            noises: recordings of noise to lay over; coloured noise is made if there is none.
        """
        sound = _faster(samples, 1 + random.uniform(-self.speed, self.speed)) if self.speed else samples
        if self.pad_s:
            before, after = (random.uniform(0, self.pad_s, 2) * spectrogram.sample_rate_hz).astype(int)
            sound = np.pad(sound, (before, after))
        if self.noise_share and random.random() < self.noise_share:
            sound = _with_noise(sound, random.uniform(*self.noise_db), random, noises)
        elif self.pad_s:  # silence of exact zeros would tell where it was put
            sound = _with_noise(sound, random.uniform(*QUIET_DB), random, ())
        frames = spectrogram.frames(
            sound,
            warp=1 + random.uniform(-self.vocal_tract, self.vocal_tract) if self.vocal_tract else 1.0,
            tempo=1 + random.uniform(-self.tempo, self.tempo) if self.tempo else 1.0,
        )
        if self.microphone:
            frames = frames + np.float32(self.microphone) * _smooth(frames.shape[1], random)
        frames = normalization.apply(frames)
        return self._masked(frames, random)

    def _masked(self, frames: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
        n_frames, n_bands = frames.shape
        for _ in range(self.band_masks):
            width = int(random.uniform(0, self.band_mask_share * n_bands + 1))
            first = int(random.integers(0, n_bands - width + 1))
            frames[:, first : first + width] = 0  # the mean, after normalisation
        for _ in range(self.time_masks):
            width = int(random.uniform(0, self.time_mask_share * n_frames + 1))
            first = int(random.integers(0, n_frames - width + 1))
            frames[first : first + width] = 0
        return frames


def _smooth(n_bands: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Return a smooth random curve over the bands: slow cosines, the slower the stronger, of power 1 together."""
    waves = np.arange(1, MICROPHONE_WAVES + 1)
    strength = random.normal(size=MICROPHONE_WAVES) / waves
    curve = np.cos(np.pi * np.outer((np.arange(n_bands) + 0.5) / n_bands, waves)) @ strength
    return np.asarray(curve / np.sqrt(0.5 * (1.0 / waves**2).sum()), np.float32)


def _faster(samples: Samples, times: float) -> Samples:
    """Return the sound played so many times faster, by linear interpolation between its samples."""
    at = np.arange(0, len(samples), times)
    return np.asarray(np.interp(at, np.arange(len(samples)), samples), np.float32)


def _with_noise(samples: Samples, ratio_db: float, random: np.random.Generator, noises: Sequence[Samples]) -> Samples:
    """Return the sound with noise laid over it, at a signal-to-noise ratio in decibels."""
    if noises:
        noise = noises[int(random.integers(len(noises)))]
        begin = int(random.integers(max(1, len(noise) - len(samples))))
        noise = np.resize(noise[begin:], len(samples))
    else:
        noise = coloured_noise(len(samples), random)
    power, of_noise = float(np.mean(samples**2)), float(np.mean(noise**2))
    if not power or not of_noise:
        return samples
    gain = np.sqrt(power / of_noise * 10 ** (-ratio_db / 10))
    return np.asarray(samples + np.float32(gain) * noise, np.float32)


def coloured_noise(n_samples: int, random: np.random.Generator) -> Samples:
    """Return noise whose power falls with frequency as f^−s, with s between 0 (white) and 2 (brown)."""
    n = next_fast_len(n_samples, real=True)
    spectrum = rfft(random.standard_normal(n, dtype=np.float32))
    frequency = np.arange(1, len(spectrum) + 1, dtype=np.float32)
    coloured = irfft(spectrum * frequency ** np.float32(-random.uniform(0, 2) / 2), n)
    return np.asarray(coloured[:n_samples], np.float32)
