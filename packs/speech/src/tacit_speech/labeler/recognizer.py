"""A recogniser: an acoustic model, a decoder, and credences that come true; sound in, words out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacit.store.run_folder import read_json, write_json
from tacit_speech.acoustic import AcousticModel
from tacit_speech.decode import BeamSettings, Fusion, Hypothesis, beam_search, with_word_times
from tacit_speech.labeler.confidence import (
    Confidence,
    fit_confidence,
    text_features,
    uncalibrated,
    word_features,
)
from tacit_speech.labeler.heard import Heard, HeardWord
from tacit_speech.posteriors import Posteriors

CONFIDENCE_FILE = "confidence.json"
WIDTH = BeamSettings(width=32, n_best=8)
Sounds = Sequence[NDArray[np.float32]]


@dataclass(frozen=True)
class Recognizer:
    """Hears recordings.

    Args:
        model: sound to posteriors.
        fusion: the language model of the search; none if absent.
        settings: of the search; `n_best` rivals tell how sure it is.
        confidence: what its credences were fitted to; before that they are the share of the n best that agrees.
    """

    model: AcousticModel
    fusion: Fusion | None = None
    settings: BeamSettings = WIDTH
    confidence: Confidence | None = None

    def search(self, posteriors: Sequence[Posteriors]) -> list[list[Hypothesis]]:
        """Return the n best of each recording, the best one with the times of its words."""
        found = beam_search(posteriors, self.fusion, self.settings)
        return [
            [*with_word_times(some[:1], one), *some[1:]] if some else []
            for some, one in zip(found, posteriors, strict=True)
        ]

    def hear(self, sounds: Sounds) -> list[Heard]:
        """Return what is said in each recording.

        Args:
            sounds: samples at `model.sample_rate_hz`, shape (sample,) each.
        """
        return self.heard(self.search(self.model.posteriors(sounds)))

    def heard(self, found: Sequence[Sequence[Hypothesis]]) -> list[Heard]:
        """Return what the n best of each recording amount to."""
        words = word_features(found)
        texts = text_features(found, words)
        whole = uncalibrated(texts) if self.confidence is None else self.confidence.text.p(texts)
        heard = []
        for some, features, credence in zip(found, words, whole.tolist(), strict=True):
            sure = uncalibrated(features) if self.confidence is None else self.confidence.word.p(features)
            timed = some[0].words if some else ()
            said = (HeardWord(w.text, w.start_s, w.end_s, p) for w, p in zip(timed, sure.tolist(), strict=True))
            heard.append(Heard(tuple(said), credence, self.confidence is not None))
        return heard

    def calibrated(self, sounds: Sounds, said: Sequence[str]) -> Recognizer:
        """Return the same recogniser with credences fitted to recordings that its training has not seen.

        Args:
            sounds: as `hear` takes them.
            said: the words of each.

        Raises:
            NotIdentified: too few of them.
        """
        found = self.search(self.model.posteriors(sounds))
        return replace(self, confidence=fit_confidence(found, [" ".join(text.split()) for text in said]))

    def save(self, folder: Path) -> None:
        """Write the model and, if there is one, the confidence into a folder. A language model is a file of its own.

        Raises:
            CannotWrite: the disk is full or read-only.
        """
        self.model.save(folder)
        if self.confidence is not None:
            write_json(folder / CONFIDENCE_FILE, self.confidence.as_json())

    @staticmethod
    def load(folder: Path, fusion: Fusion | None = None, settings: BeamSettings | None = None) -> Recognizer:
        """Return the recogniser in a folder that `save`, or training, wrote.

        Raises:
            BadFile: there is none, or it is damaged.
        """
        path = folder / CONFIDENCE_FILE
        confidence = Confidence.from_json(read_json(path)) if path.is_file() else None
        model = AcousticModel.load(folder)
        if settings is None:
            return Recognizer(model, fusion, confidence=confidence)
        return Recognizer(model, fusion, settings, confidence)
