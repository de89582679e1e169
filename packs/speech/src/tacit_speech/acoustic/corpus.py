"""What training learns from: in memory, or on disk and read when it is needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.acoustic.acoustic_model import AcousticModel
from tacit_speech.acoustic.spectrogram import Normalization, Spectrogram
from tacit_speech.acoustic.training import rows_needed
from tacit_speech.audio import LeftOut, Recording, inspect, read_recording

KEPT_BYTES = 512 * 2**20
"""How much decoded sound is kept in memory, so that small corpora are decoded but once."""


@dataclass(frozen=True, eq=False)
class SoundsInMemory:
    """Recordings that are at hand as arrays.

    Args:
        sounds: samples at the model's rate, shape (samples,) each.
        ids: of the transcripts.
        n_frames: of each.
    """

    sounds: Sequence[NDArray[np.float32]]
    ids: Sequence[NDArray[np.int64]]
    n_frames: NDArray[np.int64]

    @staticmethod
    def of(model: AcousticModel, sounds: Sequence[NDArray[np.float32]], texts: Sequence[str]) -> SoundsInMemory:
        """Return the corpus of recordings and what was said in each.

        Raises:
            BadValue: unequal numbers, a character outside the alphabet, or a recording too short for its transcript.
        """
        if len(sounds) != len(texts) or not len(sounds):
            got = f"{len(sounds)} recordings and {len(texts)} transcripts"
            raise BadValue("corpus", got=got, expected="as many of both, and at least one")
        ids = [model.alphabet.ids(text) for text in texts]
        for row, (sound, one) in enumerate(zip(sounds, ids, strict=True)):
            if reason := why_unfit(model, len(sound), one):
                raise BadValue(f"recording {row}", got=reason, expected="one that its transcript fits in")
        n_frames = np.array([model.spectrogram.n_frames(len(sound)) for sound in sounds], np.int64)
        return SoundsInMemory(sounds, ids, n_frames)

    def samples(self, row: int) -> NDArray[np.float32]:
        """Return the sound of a recording."""
        return self.sounds[row]


class SoundsOnDisk:
    """Recordings that are decoded when they are needed; as many as fit are kept decoded.

    Args:
        recordings: with their transcripts.
        ids: of the transcripts.
        n_frames: of each recording, shape (recordings,).
        sample_rate_hz: to resample to.
        cache: samples that have been decoded already.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        ids: Sequence[NDArray[np.int64]],
        n_frames: NDArray[np.int64],
        sample_rate_hz: int,
        cache: SoundCache,
    ) -> None:
        self.recordings, self.ids, self.n_frames = recordings, ids, n_frames
        self._sample_rate_hz, self._cache = sample_rate_hz, cache

    def samples(self, row: int) -> NDArray[np.float32]:
        """Return the sound of a recording.

        Raises:
            BadFile: its file cannot be decoded any more.
        """
        recording = self.recordings[row]
        return self._cache.get(recording.name, lambda: read_recording(recording, self._sample_rate_hz))


class SoundCache:
    """Decoded recordings by name, the least recently used of them dropped.

    Args:
        most_bytes: how much to keep.
    """

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    def put(self, name: str, samples: NDArray[np.float32]) -> None:
        """Keep the samples of a recording."""
        self._bytes += samples.nbytes - (self._kept[name].nbytes if name in self._kept else 0)
        self._kept[name] = samples
        self._kept.move_to_end(name)
        while self._bytes > self._most_bytes:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes

    def get(self, name: str, read: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return the samples of a recording, read if they are not kept."""
        if name not in self._kept:
            samples = read()
            self.put(name, samples)
            return samples
        self._kept.move_to_end(name)
        return self._kept[name]


@dataclass(frozen=True)
class Gathered:
    """Recordings that training can use, and what became of the others.

    Args:
        recordings: those that can be used, in order.
        n_samples: of each, shape (recordings,).
        left_out: the others, each with its reason.
        warnings: what is odd about those that are kept.
        cache: what has been decoded.
    """

    recordings: tuple[Recording, ...]
    n_samples: NDArray[np.int64]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[LeftOut, ...]
    cache: SoundCache = field(repr=False)

    @property
    def duration_samples(self) -> int:
        """All samples together."""
        return int(self.n_samples.sum())


def gather(
    recordings: Iterable[Recording],
    sample_rate_hz: int,
    *,
    longest_s: float,
    listened: Callable[[int], None] | None = None,
) -> Gathered:
    """Listen to all recordings once and return those that training can use.

    Args:
        recordings: with and without transcripts; those without are left out.
        sample_rate_hz: to resample to.
        longest_s: of an utterance.
        listened: is told, after each, how many have been listened to.
    """
    cache = SoundCache()
    written = []
    left_out: list[LeftOut] = []
    warnings: list[LeftOut] = []
    for one in recordings:
        if one.text is not None and one.text.strip():
            written.append(one)
        else:
            left_out.append(LeftOut(one.where, one.name, "no transcript"))
    kept, lengths = [], []
    heard = inspect(written, sample_rate_hz, longest_s=longest_s, keep=lambda one, sound: cache.put(one.name, sound))
    for number, found in enumerate(heard, start=1):
        if isinstance(found, LeftOut):
            left_out.append(found)
        else:
            kept.append(found.recording)
            lengths.append(found.n_samples)
            warnings += [LeftOut(found.recording.where, found.recording.name, said) for said in found.warnings]
        if listened is not None:
            listened(number)
    return Gathered(tuple(kept), np.array(lengths, np.int64), tuple(left_out), tuple(warnings), cache)


def fit_to(model: AcousticModel, gathered: Gathered) -> tuple[SoundsOnDisk, Gathered]:
    """Return the corpus for a model: what its alphabet cannot write, and what its frames cannot hold, is left out."""
    rows, ids, left_out = [], [], list(gathered.left_out)
    for row, one in enumerate(gathered.recordings):
        try:
            written = model.alphabet.ids(one.text or "")
        except BadValue as error:
            left_out.append(LeftOut(one.where, one.name, f"{error.got} is not in the alphabet"))
            continue
        if reason := why_unfit(model, int(gathered.n_samples[row]), written):
            left_out.append(LeftOut(one.where, one.name, reason))
            continue
        rows.append(row)
        ids.append(written)
    kept = tuple(gathered.recordings[row] for row in rows)
    n_samples = gathered.n_samples[rows]
    fitting = Gathered(kept, n_samples, tuple(left_out), gathered.warnings, gathered.cache)
    n_frames = np.array([model.spectrogram.n_frames(int(n)) for n in n_samples], np.int64)
    return SoundsOnDisk(kept, ids, n_frames, model.sample_rate_hz, gathered.cache), fitting


def why_unfit(model: AcousticModel, n_samples: int, ids: NDArray[np.int64]) -> str:
    """Return why a recording cannot be trained on; empty if it can."""
    if not len(ids):
        return "an empty transcript"
    rows, needed = model.rows_of(n_samples), rows_needed(ids)
    if rows >= needed:
        return ""
    seconds = n_samples / model.sample_rate_hz
    return f"{len(ids)} symbols in {seconds:.2f} s: they need {needed} rows of posteriors, and there are {rows}"


def corpus_normalization(spectrogram: Spectrogram, sounds: Iterable[NDArray[np.float32]]) -> Normalization:
    """Return mean and spread of each band over all frames of some recordings, for a model that streams."""
    n, total, squares = 0, np.zeros(spectrogram.n_bands), np.zeros(spectrogram.n_bands)
    for sound in sounds:
        frames = spectrogram.frames(sound).astype(np.float64)
        n, total, squares = n + len(frames), total + frames.sum(axis=0), squares + (frames**2).sum(axis=0)
    mean = total / max(n, 1)
    deviation = np.sqrt(np.maximum(squares / max(n, 1) - mean**2, 0.0))
    return Normalization("corpus", tuple(mean.tolist()), tuple(deviation.tolist()))
