"""The simulator: recordings whose clicks are known, so that every method can be scored."""

import io
import wave

import numpy as np

from tacit.judging import Item, ItemKind

RATE_HZ = 8_000


def simulated_clicks(n: int, *, seed: int = 0, noise: float = 0.02) -> tuple[list[Item], list[int]]:
    """Return `n` recordings of two seconds as items, and how many clicks each has."""
    rng = np.random.default_rng(seed)
    items, counts = [], rng.integers(0, 9, size=n).tolist()
    for count in counts:
        sound = rng.normal(0, noise, 2 * RATE_HZ)
        for place in rng.choice(16, size=count, replace=False) * 1_000 + 400:
            sound[place : place + 40] += rng.uniform(0.3, 0.9) * np.sin(np.arange(40)) * np.linspace(1, 0, 40)
        stream = io.BytesIO()
        with wave.open(stream, "wb") as file:
            file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
            file.writeframes((32_767 * np.clip(sound, -1, 1)).astype("<i2").tobytes())
        items.append(Item(ItemKind.AUDIO, stream.getvalue(), "audio/wav"))
    return items, counts
