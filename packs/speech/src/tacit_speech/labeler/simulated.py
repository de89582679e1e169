"""Simulated speech: words are chords that follow each other, with noise and silence between; what is said is known.

Nobody would take it for speech. It is what a recogniser, a loop and a page are tried on where there are no recordings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WORDS = {"lo": (300.0, 420.0), "mid": (800.0, 650.0), "hi": (1700.0, 2100.0), "up": (400.0, 1900.0)}
"""Word → the two tones it is made of, one after the other, in hertz."""
RATE_HZ = 8_000
TONE_S = 0.12
PAUSE_S = 0.1


def simulated_speech(
    texts: Sequence[str], *, seed: int = 0, noise: float = 0.02, drift: float = 0.05
) -> list[NDArray[np.float32]]:
    """Return a recording of each text at `RATE_HZ`, shape (sample,) each.

    Args:
        texts: words of `WORDS`.
        seed: of the voices, the lengths and the noise.
        noise: its amplitude; a word has about .3.
        drift: standard deviation of a voice's pitch, as a share.
    """
    rng = np.random.default_rng(seed)
    sounds = []
    for text in texts:
        voice = np.exp(rng.normal(0, drift))
        parts = [_silence(rng)]
        for word in text.split():
            for tone_hz in WORDS[word]:
                n = int(RATE_HZ * TONE_S * rng.uniform(0.8, 1.3))
                at_s = np.arange(n) / RATE_HZ
                rise = np.minimum(1.0, np.minimum(np.arange(n), np.arange(n)[::-1]) / 80)
                parts.append(0.3 * rise * np.sin(2 * np.pi * voice * tone_hz * at_s))
            parts.append(_silence(rng))
        sound = np.concatenate(parts)
        sounds.append((sound + rng.normal(0, noise, len(sound))).astype(np.float32))
    return sounds


def simulated_texts(n: int, *, seed: int = 0, most_words: int = 3) -> list[str]:
    """Return `n` texts of one to `most_words` words each."""
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(list(WORDS), size=rng.integers(1, most_words + 1)).tolist()) for _ in range(n)]


def _silence(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.zeros(int(RATE_HZ * PAUSE_S * rng.uniform(0.7, 1.4)))
