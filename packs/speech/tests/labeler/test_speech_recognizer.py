"""The recogniser is a labeler like any other."""

import pytest

from tacit.errors import BadQuestion
from tacit.judging import Item, ItemKind, Question, QuestionKind, questions_table
from tacit.judging.checks import check_labeler
from tacit_speech.labeler import SpeechRecognizer
from tacit_speech.labeler.simulated import simulated_speech


@pytest.fixture
def asked(items_of):
    """Items, what finds them, and a question about each."""
    items = items_of(simulated_speech(["lo", "mid", "up"], seed=4))
    broken = Item(ItemKind.AUDIO, b"RIFF....WAVEnot sound", "audio/wav")
    by_id = {item.item_id: item for item in [*items, broken]}
    questions = questions_table([Question(QuestionKind.TEXT, (item.item_id,), "What is said?") for item in items])
    return items, broken, lambda ids: [by_id[one] for one in ids], questions


def test_it_keeps_the_contract_of_a_labeler(recognizer, asked):
    _, _, items, questions = asked
    check_labeler(lambda: SpeechRecognizer(recognizer, items, clock=lambda: 0.0), questions)


def test_it_answers_with_text_credence_and_words_in_time(recognizer, asked):
    recordings, _, items, questions = asked
    labeler = SpeechRecognizer(recognizer, items)
    labeler.ask(questions)
    judgments = labeler.collect()
    assert judgments["text"].to_list() == ["lo", "mid", "up"]
    assert judgments["credence"].is_between(0, 1).all()
    heard = labeler.heard(recordings[0].item_id)
    assert [word.text for word in heard.words] == ["lo"]
    assert 0 <= heard.words[0].start_s < heard.words[0].end_s < 0.7  # it sounds for about .25 s, after about .1 s


def test_it_says_that_it_cannot_tell_below_its_threshold_and_of_what_is_no_sound(recognizer, asked):
    _, broken, items, questions = asked
    shy = SpeechRecognizer(recognizer, items, threshold=1.0)
    shy.ask(questions)
    assert set(shy.collect()["outcome"]) == {"cant_tell"}
    labeler = SpeechRecognizer(recognizer, items)
    labeler.ask(questions_table([Question(QuestionKind.TEXT, (broken.item_id,), "What is said?")]))
    assert labeler.collect()["outcome"].to_list() == ["cant_tell"]
    assert labeler.heard(broken.item_id) is None


def test_other_questions_and_other_items_are_refused(recognizer, asked):
    recordings, _, items, _ = asked
    labeler = SpeechRecognizer(recognizer, items)
    choice = Question(QuestionKind.CHOICE, (recordings[0].item_id,), settings={"options": ["a", "b"]})
    with pytest.raises(BadQuestion, match="one for a text"):
        labeler.ask(questions_table([choice]))
    picture = Item(ItemKind.IMAGE, b"x", "image/png")
    labeler = SpeechRecognizer(recognizer, lambda _: [picture])
    with pytest.raises(BadQuestion, match="expected recordings"):
        labeler.ask(questions_table([Question(QuestionKind.TEXT, (picture.item_id,))]))
