"""Recordings of a manifest as items of a store, so that people can hear them and correct what was recognised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tacit.judging import Item, ItemKind, Outcome, Question, QuestionKind, judgments_table, questions_table
from tacit.judging.item import content_hash
from tacit.store import Store
from tacit_speech.audio import Recording, wav_bytes

Samples = NDArray[np.float32]

GIVEN = "manifest"
"""The name under which transcripts that came with the recordings lie in the store."""
SHOWN_AS_THEY_ARE = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}


def item_of(recording: Recording, sound: Samples, sample_rate_hz: int) -> Item:
    """Return a recording as an item: its file where that can be played, else the stretch of it as WAV.

    Args:
        recording: where it comes from.
        sound: its samples.
        sample_rate_hz: of them.
    """
    media_type = SHOWN_AS_THEY_ARE.get(recording.path.suffix.lower())
    if media_type is not None and recording.start_s == 0 and recording.end_s is None:
        return Item(ItemKind.AUDIO, recording.path.read_bytes(), media_type)
    return Item(ItemKind.AUDIO, wav_bytes(sound, sample_rate_hz), "audio/wav")


def add_given(store: Store, texts: Mapping[str, str], question: str) -> int:
    """Keep transcripts that came with the recordings as answers, and return how many were new.

    Args:
        store: holds the items.
        texts: item → what is said in it.
        question: the words that are put to people.
    """
    asked: Sequence[Question] = [Question(QuestionKind.TEXT, (item,), question) for item in texts]
    store.add_questions(questions_table(asked))
    return store.add_judgments(
        judgments_table(
            {
                "judgment_id": [content_hash(f"{GIVEN}\n{one.question_id}".encode()) for one in asked],
                "question_id": [one.question_id for one in asked],
                "labeler_id": [GIVEN] * len(asked),
                "outcome": [str(Outcome.ANSWERED)] * len(asked),
                "text": list(texts.values()),
                "answered_at_s": [0.0] * len(asked),
            }
        )
    )
