"""One recording as a page shows it: its sound, its wave, its posteriors, and its words beside what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from tacit.judging.item import Media
from tacit.measure.word_errors import Alignment
from tacit.report.recordings import HIT, Picture, Recording, TimedWord, heat_png, wave_png
from tacit.report.wording import percent
from tacit_speech.audio import wav_bytes
from tacit_speech.labeler import Heard, HeardWord
from tacit_speech.posteriors import Posteriors

SHOWN_ABOVE = 0.2
"""A symbol that is never more probable than this is left out of the picture."""
MOST_ROWS = 24
HEIGHT_PX = 240


@dataclass(frozen=True, eq=False)
class Listened:
    """A recording that was heard.

    Args:
        name: of the recording. speaker: who spoke. condition: anything else to tell errors by. Empty if not known.
        said: what was said; None where nobody has written it down.
        heard: what was recognised.
        sound: samples, shape (sample,). sample_rate_hz: of them.
        posteriors: of its frames.
    """

    name: str
    speaker: str
    condition: str
    said: str | None
    heard: Heard
    sound: NDArray[np.float32]
    sample_rate_hz: int
    posteriors: Posteriors

    @property
    def duration_s(self) -> float:
        """Its length."""
        return len(self.sound) / self.sample_rate_hz


def recording_of(one: Listened, alignment: Alignment | None) -> Recording:
    """Return a recording for a page.

    Args:
        one: the recording.
        alignment: of what was said with what was recognised; None where nobody knows what was said.
    """
    words = one.heard.words
    timed = [_plain(word) for word in words] if alignment is None else _aligned(alignment, words, one.duration_s)
    pictures = [Picture(wave_png(one.sound), "The wave of the sound.")]
    if (drawn := _posteriorgram(one)) is not None:
        pictures.append(drawn)
    note = ", ".join(filter(None, (one.speaker, one.condition, f"{percent(one.heard.credence)} sure of the whole")))
    media = Media(wav_bytes(one.sound, one.sample_rate_hz), "audio/wav")
    return Recording(one.name, media, one.duration_s, timed, pictures, note)


def _plain(word: HeardWord) -> TimedWord:
    return TimedWord("", word.text, word.start_s, word.end_s, note=f"{percent(word.credence)} sure")


def _aligned(alignment: Alignment, words: Sequence[HeardWord], duration_s: float) -> list[TimedWord]:
    """Return the steps of an alignment with times; a word that was left out lies between those beside it."""
    timed, place = [], 0
    for step in alignment:
        if step.hypothesis:
            word = words[place]
            place += 1
            note = f"{percent(word.credence)} sure"
            timed.append(TimedWord(step.reference, step.hypothesis, word.start_s, word.end_s, step.kind, note))
        else:
            start_s = words[place - 1].end_s if place else 0.0
            end_s = words[place].start_s if place < len(words) else duration_s
            timed.append(TimedWord(step.reference, "", start_s, max(start_s, end_s), step.kind))
    return timed


def _posteriorgram(one: Listened) -> Picture | None:
    """Return the probability of each symbol over time, in the order in which they are likeliest; none of the blank."""
    table = np.exp(one.posteriors.log_posteriors[:, 1:].astype(np.float64))
    shown = np.flatnonzero(table.max(axis=0, initial=0.0) > SHOWN_ABOVE) if len(table) else np.zeros(0, np.intp)
    if not len(shown):
        return None
    shown = shown[np.argsort(table[:, shown].argmax(axis=0), kind="stable")][:MOST_ROWS]
    n_frames = max(len(table), ceil(one.duration_s / one.posteriors.frame_s))
    shares = np.zeros((len(shown), n_frames))
    shares[:, : len(table)] = table[:, shown].T
    names = [one.posteriors.alphabet.symbols[k] for k in shown.tolist()]
    alt = f"Probability of {len(names)} symbols over time: {', '.join(name.strip() or 'space' for name in names)}."
    return Picture(heat_png(shares, height_px=HEIGHT_PX), alt, [name if name.strip() else "␣" for name in names])


def is_right(alignment: Alignment) -> bool:
    """Return whether every word was recognised and none put in."""
    return all(step.kind == HIT for step in alignment)
