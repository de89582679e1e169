"""What people correct teaches the recogniser."""

import numpy as np
import polars as pl
import pytest

from tacit.crowd.transcripts.simulated import SimulatedTranscriber
from tacit.errors import BadValue
from tacit.judging import Question, QuestionKind, questions_table
from tacit.judging.checks import check_labeler
from tacit.store import Store
from tacit_speech.labeler import CorrectionLoop, Heard, Plan, Retraining, Takes, taught
from tacit_speech.labeler.correcting import least_sure_first
from tacit_speech.labeler.simulated import RATE_HZ, simulated_speech, simulated_texts

BRIEF = Retraining(takes=60, fewest_epochs=1, symbols="words")
LONGER = Retraining(takes=400, fewest_epochs=5, symbols="words")
PLAN = Plan(labels=36, first=28, a_round=8)


@pytest.fixture
def project(items_of):
    """A store with takes, and what was said in them."""
    texts = simulated_texts(60, seed=8, most_words=2)
    sounds = simulated_speech(texts, seed=8)
    items = items_of(sounds)
    with Store.in_memory() as store:
        store.add_items(items)
        ids = [item.item_id for item in items]
        yield store, Takes(dict(zip(ids, sounds, strict=True)), RATE_HZ), dict(zip(ids, texts, strict=True))


def test_the_plan_by_hand():
    plan = Plan(labels=100, first=20, a_round=10, growth=0.5)
    assert [plan.n_next(known) for known in (0, 5, 20, 40, 90, 100)] == [20, 15, 10, 20, 10, 0]


def test_the_least_sure_come_first():
    heard = [Heard((), credence, False) for credence in (0.9, 0.2, 0.5, 0.2)]
    assert least_sure_first(heard) == [1, 3, 2, 0]


def test_the_loop_asks_shows_drafts_and_learns(project):
    store, takes, truth = project
    loop = CorrectionLoop(store, takes, SimulatedTranscriber(truth), PLAN, LONGER, seed=1)
    rounds = []
    loop.run(rounds.append)
    assert [one.labels for one in rounds] == [28, 36]
    assert loop.known() == {item: truth[item] for item in loop.known()}
    asked = store.questions()
    drafts = [settings != "{}" for settings in asked["settings"]]
    assert drafts == [False] * 28 + [True] * 8
    heard = rounds[-1].recognizer.hear(takes.of(takes.sounds))
    right = np.mean([one.text == text for one, text in zip(heard, truth.values(), strict=True)])
    assert right > 0.4  # 36 takes, and a few seconds of learning
    assert np.isnan(rounds[0].mended)
    assert 0 <= rounds[-1].mended <= 1


def test_a_loop_that_was_stopped_goes_on_with_the_same_answers(project):
    store, takes, truth = project
    first = CorrectionLoop(store, takes, SimulatedTranscriber(truth), Plan(labels=20), BRIEF, seed=1)
    first.run()
    before = store.judgments()
    rounds = []
    again = CorrectionLoop(store, takes, SimulatedTranscriber(truth), Plan(labels=24, a_round=4), BRIEF, seed=1)
    again.run(rounds.append)
    assert [one.labels for one in rounds] == [24]
    assert store.judgments()[:20].equals(before)


def test_people_who_pass_over_a_take_are_not_asked_again_and_do_not_hold_up_the_rest(project):
    store, takes, truth = project

    class Passing(SimulatedTranscriber):
        def collect(self):
            some = super().collect()
            if not some.height:
                return some
            odd = pl.int_range(pl.len()) % 2 == 1
            outcome = pl.when(odd).then(pl.lit("cant_tell")).otherwise("outcome").alias("outcome")
            return some.with_columns(outcome, pl.when(odd).then(None).otherwise("text").alias("text"))

    rounds = []
    CorrectionLoop(store, takes, Passing(truth), Plan(labels=60, first=40, a_round=30), BRIEF).run(rounds.append)
    assert rounds[-1].labels < 60
    assert store.questions()["item_ids"].explode().n_unique() == 60


def test_a_word_that_the_alphabet_lacks_begins_it_anew():
    texts = ["lo", "hi"] * 3
    sounds = simulated_speech(texts, seed=1)
    how = Retraining(takes=12, fewest_epochs=1, symbols="words")
    model = taught(None, sounds, texts, sample_rate_hz=RATE_HZ, how=how, seed=0)
    assert model.alphabet.symbols == (" ", "hi", "lo")
    more = taught(model, sounds, ["mid", *texts[1:]], sample_rate_hz=RATE_HZ, how=how, seed=0)
    assert "mid" in more.alphabet.symbols
    same = taught(model, sounds, texts, sample_rate_hz=RATE_HZ, how=how, seed=0)
    weights = [next(one.network.parameters()).detach().numpy() for one in (model, same)]
    assert not np.array_equal(*weights)  # a copy has learned, and the model itself has not


def test_a_simulated_transcriber_keeps_the_contract_of_a_labeler_and_errs_at_its_rate():
    truth = {f"i{k}": "one two three four" for k in range(300)}
    truth["other"] = "five six seven eight nine"
    questions = questions_table([Question(QuestionKind.TEXT, (item,)) for item in truth])
    check_labeler(lambda: SimulatedTranscriber(truth, error_rate=0.2, clock=lambda: 0.0), questions[:10])
    labeler = SimulatedTranscriber(truth, error_rate=0.2, seed=3)
    labeler.ask(questions)
    texts = labeler.collect()["text"].to_list()
    wrong = np.mean([text != said for text, said in zip(texts, truth.values(), strict=True)])
    assert wrong == pytest.approx(1 - 0.8**4, abs=0.08)


@pytest.mark.parametrize("wrong", [{"labels": 0}, {"pick": "best"}, {"a_round": 0}])
def test_a_plan_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(BadValue, match=next(iter(wrong))):
        Plan(**wrong)


def test_takes_without_a_word_teach_nothing():
    with pytest.raises(BadValue, match="no take with words"):
        taught(None, simulated_speech(["lo"]), [""], sample_rate_hz=RATE_HZ, how=BRIEF, seed=0)
