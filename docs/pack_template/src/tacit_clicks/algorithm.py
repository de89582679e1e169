"""The algorithm: where the clicks are, and how sure it is that there are so many."""

import io
import wave

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadFile

FRAME_S, APART_S, QUIET = 0.005, 0.06, 3.0


def read_wav(content: bytes) -> tuple[NDArray[np.float64], int]:
    """Return the samples of a mono WAV file of 16 bits, between −1 and 1, and their rate in hertz."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            if file.getnchannels() != 1 or file.getsampwidth() != 2:
                got = f"{file.getnchannels()} channels of {file.getsampwidth()} bytes"
                raise BadFile("recording", got=got, expected="one channel of two bytes")
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            return samples / 32_768.0, file.getframerate()
    except (wave.Error, EOFError) as error:
        raise BadFile("recording", got=str(error) or "a file that ends early", expected="a WAV file") from None


def find_clicks(samples: NDArray[np.float64], rate_hz: int) -> tuple[NDArray[np.float64], float]:
    """Return when the clicks are, in seconds, and the credence that these are all there are and no others."""
    n = max(1, int(FRAME_S * rate_hz))
    frames = samples[: len(samples) // n * n].reshape(-1, n)
    loud = np.sqrt((frames**2).mean(axis=1)) if len(frames) else np.zeros(1)
    apart = int(APART_S / FRAME_S)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(loud, apart), 2 * apart + 1)
    peaks = np.flatnonzero((loud == around.max(axis=1)) & (loud > 0))
    height = loud[peaks] / max(float(np.median(loud)), 1e-4) / QUIET  # above 1 is a click
    margin = float(np.abs(np.log(height)).min(initial=3.0))  # how near the most doubtful peak is to the other side
    return (peaks[height > 1] * FRAME_S).astype(np.float64), float(1 - 0.5 * np.exp(-2 * margin))
