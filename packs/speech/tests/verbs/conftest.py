"""Recordings that anybody can make: words as tones, by two singers."""

import numpy as np
import pytest

from tacit_speech.audio import wav_bytes

RATE_HZ = 8_000
PITCH_HZ = {"do": 400, "mi": 1_200, "so": 2_800}


def sung(words, seed, tuning=1.0):
    draw = np.random.default_rng(seed)
    at = np.arange(round(0.25 * RATE_HZ)) / RATE_HZ
    tones = [0.3 * np.sin(2 * np.pi * PITCH_HZ[word] * tuning * at) for word in words.split()]
    sound = np.concatenate([part for tone in tones for part in (np.zeros(400), tone, np.zeros(400))])
    return (sound + draw.normal(0, 0.003, len(sound))).astype(np.float32)


@pytest.fixture
def singers(tmp_path, monkeypatch):
    """Return the current folder, with `recordings` of two singers and `new_recordings` that nobody wrote down."""
    words = list(PITCH_HZ)
    for singer, tuning in (("ann", 1.0), ("bob", 1.05)):
        folder = tmp_path / "recordings" / singer
        folder.mkdir(parents=True)
        for number in range(10):
            (folder / f"{number}.wav").write_bytes(wav_bytes(sung(words[number % 3], number, tuning), RATE_HZ))
            (folder / f"{number}.txt").write_text(words[number % 3] + "\n")
    (tmp_path / "new_recordings").mkdir()
    for number in range(2):
        sound = wav_bytes(sung("do mi", 100 + number), RATE_HZ)
        (tmp_path / "new_recordings" / f"{number}.wav").write_bytes(sound)
    monkeypatch.chdir(tmp_path)
    return tmp_path
