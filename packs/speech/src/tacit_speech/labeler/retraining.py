"""Teaching a recogniser what people corrected: a copy goes on from the weights it has, over all that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_speech.acoustic import (
    AcousticModel,
    Augmentation,
    ModelSettings,
    Normalization,
    SoundsInMemory,
    Spectrogram,
    Trainer,
    TrainingSettings,
)
from tacit_speech.acoustic.model import ConvolutionSettings
from tacit_speech.alphabet import Alphabet

Samples = NDArray[np.float32]

SYMBOLS = ("characters", "words")
FEW_TAKES = ModelSettings(
    convolutions=(ConvolutionSettings(16, (5, 7), (2, 2)), ConvolutionSettings(16, (5, 5), (2, 2))),
    layers=1,
    width=48,
)
"""A model that learns from tens of takes, in seconds."""


@dataclass(frozen=True)
class Retraining:
    """How a recogniser is taught in one round.

    Args:
        takes: utterances that it sees, those known again and again until they are so many.
        fewest_epochs: passes over all that is known, at the least.
        first_times: how many times as long it learns in its first round, when it knows nothing.
        learning_rate: at the top; it falls to 0 within a round.
        batch_size: utterances a step.
        symbols: what a new model writes with: ``characters``, or whole ``words``, which need far fewer takes where the
            words are few.
        augmentation: how far recordings are changed.

    Raises:
        BadValue: an unknown kind of symbols.
    """

    takes: int = 2_000
    fewest_epochs: int = 10
    first_times: float = 1.0
    learning_rate: float = 5e-3
    batch_size: int = 16
    symbols: str = "characters"
    augmentation: Augmentation = Augmentation(noise_share=0.0, tempo=0.0, band_masks=1, time_masks=0)  # noqa: RUF009

    def __post_init__(self) -> None:
        if self.symbols not in SYMBOLS:
            raise BadValue("symbols", got=repr(self.symbols), expected=" or ".join(SYMBOLS))

    def alphabet(self, texts: Sequence[str]) -> Alphabet:
        """Return what texts can be written with."""
        if self.symbols == "characters":
            return Alphabet.of_texts(texts)
        words = sorted({word for text in texts for word in text.lower().split()})
        return Alphabet((" ", *words))

    def settings(self, n_takes: int, *, first: bool) -> TrainingSettings:
        """Return how to train on so many takes."""
        seen = self.takes * (self.first_times if first else 1.0)
        return TrainingSettings(
            epochs=max(self.fewest_epochs, round(seen / max(n_takes, 1))),
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            sorta_grad=first,
            augmentation=self.augmentation,
        )


def new_model(alphabet: Alphabet, sample_rate_hz: int, *, seed: int, shape: ModelSettings = FEW_TAKES) -> AcousticModel:
    """Return a small model that knows nothing.

    Args:
        alphabet: what it writes with.
        sample_rate_hz: of its sound.
        seed: of its weights.
        shape: of its network.
    """
    spectrogram = Spectrogram(sample_rate_hz, window_s=0.025, mel_bands=32)
    return AcousticModel.new(alphabet, spectrogram, Normalization(), shape, seed=seed)


def copy_of(model: AcousticModel) -> AcousticModel:
    """Return a model with the same weights, which learns without changing the first."""
    made = AcousticModel.new(model.alphabet, model.spectrogram, model.normalization, model.network.settings, seed=0)
    made.network.load_state_dict({name: value.detach().clone() for name, value in model.network.state_dict().items()})
    made.network.to(model.device)
    return made


def taught(
    model: AcousticModel | None,
    sounds: Sequence[Samples],
    texts: Sequence[str],
    *,
    sample_rate_hz: int,
    how: Retraining,
    seed: int,
) -> AcousticModel:
    """Return a model that has learned these takes, from the weights of another or from nothing.

    Where a text holds what the other's alphabet cannot write, learning begins anew with an alphabet that can.

    Args:
        model: to go on from; it is not changed. None to begin from nothing.
        sounds: samples at `sample_rate_hz`, shape (sample,) each.
        texts: what was said in each. A take too short for its text is left out.
        sample_rate_hz: of the sounds.
        how: to teach.
        seed: of a new model's weights, and of the order and the augmentation of takes.

    Raises:
        BadValue: no take is left.
    """
    first = model is None or not all(_writes(model.alphabet, text) for text in texts)
    pupil = new_model(how.alphabet(texts), sample_rate_hz, seed=seed) if model is None or first else copy_of(model)
    fitting = [
        (sound, text) for sound, text in zip(sounds, texts, strict=True) if text.split() and _fits(pupil, sound, text)
    ]
    if not fitting:
        raise BadValue("corrections", got="no take with words that fit in its time", expected="at least one")
    corpus = SoundsInMemory.of(pupil, [sound for sound, _ in fitting], [text for _, text in fitting])
    with torch.random.fork_rng(devices=[]):
        Trainer(pupil, corpus, how.settings(len(fitting), first=first), seed).run()
    return pupil


def _writes(alphabet: Alphabet, text: str) -> bool:
    try:
        alphabet.ids(text)
    except BadValue:
        return False
    return True


def _fits(model: AcousticModel, sound: Samples, text: str) -> bool:
    ids = model.alphabet.ids(text)
    return model.rows_of(len(sound)) >= len(ids) + int((ids[1:] == ids[:-1]).sum())
