"""Many transcripts of one recording become one, word by word."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.cli.main import main
from tacit.crowd.transcripts import combine_transcripts, transcribed_from_judgments, transcribed_from_table
from tacit.crowd.transcripts.network import align_transcripts
from tacit.crowd.transcripts.simulated import simulated_transcripts
from tacit.errors import BadValue
from tacit.judging import Question, QuestionKind, judgments_table, questions_table
from tacit.measure.word_errors import UNIT, Utterances, align, word_errors


def transcribed(texts, **columns):
    """Return transcripts of one item, a labeler each."""
    labelers = [f"w{k}" for k in range(len(texts))]
    table = pl.DataFrame({"item": ["a"] * len(texts), "labeler": labelers, "label": texts, **columns})
    return transcribed_from_table(table)


def combined(texts, **columns):
    return combine_transcripts(transcribed(texts, **columns)).table.row(0, named=True)


def wer(table, truth):
    said = [truth[int(item[1:])] for item in table["item"]]
    return word_errors(Utterances.of(said, table["text"].to_list())).rates["wer"].mean


def test_slots_by_hand():
    # "b c d" is nearest to the others: 1 edit from "a b c d" and 1 from "b x d". It makes three slots; a comes before
    # them as a new slot, and x stands where c stands.
    one = transcribed(["a b c d", "b c d", "b x d"])
    network = align_transcripts(one)
    assert network.n_slots.tolist() == [4]
    assert network.slot.tolist() == [0, 1, 2, 3, 1, 2, 3, 1, 2, 3]


def test_two_of_three_decide_a_word_and_a_silence():
    found = combined(["the cat sat", "a cat sat down", "the cat sat"])
    assert found["text"] == "the cat sat"
    assert len(found["p"]) == 3
    assert found["probability"] < min(found["p"])


def test_what_no_transcript_says_alone_can_be_the_answer():
    assert combined(["one two tree", "won two three", "one too three"])["text"] == "one two three"


def test_an_empty_transcript_is_a_vote_for_silence():
    found = combined(["", "", "hm"])
    assert (found["text"], found["words"]) == ("", [])


def test_credence_of_a_word_outweighs_a_crowd_that_is_unsure():
    # Log-odds of the three votes: ln(.99/.01) = 4.6 for b, against twice ln(.6/.4) = .8 for a.
    texts, credence = ["b", "a", "a"], [[0.99], [0.6], [0.6]]
    assert combined(texts, credence=pl.Series(credence))["text"] == "b"
    assert combined(texts, credence=pl.Series([[0.6], [0.6], [0.6]]))["text"] == "a"


def test_reliable_transcribers_are_found_and_outvote_a_careless_majority():
    table, truth = simulated_transcripts(300, [0.05, 0.4, 0.4, 0.4], seed=1)
    found = combine_transcripts(transcribed_from_table(table))
    reliability = [one.mean for one in found.reliability]
    assert reliability[0] > 0.9
    assert max(reliability[1:]) < 0.8
    assert wer(found.table, truth) < 0.05
    assert found.converged


def test_the_combination_is_better_than_its_best_part_and_knows_how_good_it_is():
    table, truth = simulated_transcripts(300, [0.1, 0.2, 0.3], seed=2)
    found = combine_transcripts(transcribed_from_table(table))
    best = wer(table.filter(labeler="w0").rename({"label": "text"}), truth)
    assert wer(found.table, truth) < 0.8 * best
    said = [truth[int(item[1:])].split() for item in found.table["item"]]
    steps = [step for one in align(said, found.table["words"].to_list(), UNIT) for step in one if step.hypothesis]
    right = np.mean([step.kind == "hit" for step in steps])
    assert np.concatenate(found.table["p"].to_list()).mean() == pytest.approx(right, abs=0.02)


WORDS = st.lists(st.sampled_from("abc"), max_size=5).map(" ".join)


@given(st.lists(WORDS, min_size=1, max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_table_changes_nothing(texts, random):
    rows = [("i", f"w{k}", text) for k, text in enumerate(texts)]
    shuffled = random.sample(rows, len(rows))
    first, second = (
        combine_transcripts(
            transcribed_from_table(pl.DataFrame(some, schema=["item", "labeler", "label"], orient="row"))
        )
        for some in (rows, shuffled)
    )
    assert first.table["text"].item() == second.table["text"].item()
    assert first.table["probability"].item() == pytest.approx(second.table["probability"].item(), rel=1e-6)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_slots_keep_the_order_of_speech_and_items_do_not_touch(items):
    rows = [(f"i{n}", f"w{k}", text) for n, texts in enumerate(items) for k, text in enumerate(texts)]
    whole = transcribed_from_table(pl.DataFrame(rows, schema=["item", "labeler", "label"], orient="row"))
    network = align_transcripts(whole)
    for at in range(len(whole)):
        slots = network.slot[whole.begins[at] : whole.begins[at + 1]]
        assert (np.diff(slots) > 0).all()
        assert (slots < network.n_slots[whole.item[at]]).all()
    alone = [align_transcripts(transcribed(texts)).n_slots[0] for texts in items]
    assert network.n_slots.tolist() == alone


def test_a_later_transcript_of_the_same_labeler_counts():
    table = pl.DataFrame({"item": ["a", "a"], "labeler": ["w", "w"], "label": ["one", "two"]})
    found = combine_transcripts(transcribed_from_table(table))
    assert found.table["text"].item() == "two"
    assert any("replaced" in note for note in found.warnings)


def test_answers_to_text_questions_are_transcripts():
    question = Question(QuestionKind.TEXT, ("recording",), "What is said?")
    answers = judgments_table(
        {
            "judgment_id": ["1", "2", "3"],
            "question_id": [question.question_id] * 3,
            "labeler_id": ["x", "y", "z"],
            "outcome": ["answered", "answered", "cant_tell"],
            "text": ["hello", "hello", None],
        }
    )
    found = transcribed_from_judgments(answers, questions_table([question]))
    assert found.items.to_list() == ["recording"]
    assert found.labelers.to_list() == ["x", "y"]


def test_the_verb_combines_a_file_and_measures_it(tmp_path, capsys):
    table, truth = simulated_transcripts(40, [0.05, 0.2, 0.3], seed=4)
    table.write_csv(tmp_path / "labels.csv")
    pl.DataFrame({"item": [f"i{k}" for k in range(40)], "gold": truth}).write_csv(tmp_path / "gold.csv")
    words = ["aggregate", str(tmp_path / "labels.csv"), "--method", "transcripts", "--out", str(tmp_path / "out.csv")]
    assert main([*words, "--gold", str(tmp_path / "gold.csv"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["word_error_rate"]["estimate"] < 0.06
    assert result["word_error_rate"]["n"] == 40
    written = pl.read_csv(tmp_path / "out.csv")
    assert written.columns == ["item", "text", "probability", "words"]
    assert " ".join(word for word, _ in json.loads(written["words"][0])) == written["text"][0]
    assert main(words) == 0
    assert "least reliable labelers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"label": ["x", None]}, "row 2, column 'label'"),
        ({"label": ["x", "y z"], "credence": [[0.5], [0.5]]}, "1 numbers for 2 words"),
        ({"label": ["x", "y"], "credence": [[0.5], [1.5]]}, "outside 0 to 1"),
        ({"label": ["x", "y"], "labeler": ["w", None]}, "row 2"),
    ],
)
def test_what_is_no_transcript_is_refused_with_its_row(columns, message):
    table = pl.DataFrame({"item": ["a", "b"], "labeler": ["w", "w"], **columns})
    with pytest.raises(BadValue, match=message):
        transcribed_from_table(table)


def test_an_option_that_texts_have_no_use_for_is_refused(tmp_path, capsys):
    (tmp_path / "l.csv").write_text("item,labeler,label\na,w,x\n")
    assert main(["aggregate", str(tmp_path / "l.csv"), "--method", "transcripts", "--options", "a,b"]) == 2
    assert "Leave --options out" in capsys.readouterr().err
