"""A recogniser of simulated speech, trained once."""

import pytest

from tacit.judging import Item, ItemKind
from tacit_speech.audio import wav_bytes
from tacit_speech.labeler import Recognizer, Retraining, taught
from tacit_speech.labeler.simulated import RATE_HZ, simulated_speech, simulated_texts

QUICK = Retraining(takes=1_000, symbols="words")


@pytest.fixture(scope="session")
def recognizer():
    """A recogniser that is nearly always right in quiet, and often wrong in noise."""
    texts = simulated_texts(60, seed=1)
    model = taught(None, simulated_speech(texts, seed=1), texts, sample_rate_hz=RATE_HZ, how=QUICK, seed=0)
    return Recognizer(model)


@pytest.fixture(scope="session")
def items_of():
    """What makes items of sounds."""

    def make(sounds):
        return [Item(ItemKind.AUDIO, wav_bytes(sound, RATE_HZ), "audio/wav") for sound in sounds]

    return make
