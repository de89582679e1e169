"""The labeler keeps its contract, finds what the simulator planted, and says so where it cannot."""

import numpy as np
import pytest

from tacit.errors import BadFile
from tacit.judging import Item, ItemKind, questions_table
from tacit.judging.checks import check_labeler
from tacit_clicks import ClickCounter, simulated_clicks
from tacit_clicks.algorithm import find_clicks, read_wav
from tacit_clicks.labeler import question_about


def test_it_keeps_the_contract_of_a_labeler():
    items = {item.item_id: item for item in simulated_clicks(4, seed=1)[0]}
    questions = questions_table([question_about(item_id) for item_id in items])
    check_labeler(lambda: ClickCounter(lambda ids: [items[one] for one in ids], clock=lambda: 0.0), questions)


def test_it_finds_the_clicks_that_were_planted():
    items, counts = simulated_clicks(100, seed=2)
    found = [len(find_clicks(*read_wav(item.content))[0]) for item in items]
    assert np.mean(np.array(found) == counts) > 0.9


def test_two_clicks_by_hand():
    sound = np.full(8_000, 1e-3)
    sound[[2_000, 6_000]] = 0.5  # at a quarter and three quarters of a second
    times, credence = find_clicks(sound, 8_000)
    assert times == pytest.approx([0.25, 0.75], abs=0.005)
    assert credence > 0.9


def test_what_is_no_recording_is_refused_and_the_labeler_cannot_tell():
    with pytest.raises(BadFile, match="expected a WAV file"):
        read_wav(b"no sound")
    broken = Item(ItemKind.AUDIO, b"no sound", "audio/wav")
    labeler = ClickCounter(lambda _: [broken])
    labeler.ask(questions_table([question_about(broken.item_id)]))
    assert labeler.collect()["outcome"].to_list() == ["cant_tell"]
