import pytest

from tacit.errors import BadValue
from tacit.measure.transcripts import read_stm_and_ctm, read_transcripts, read_two_ctm

STM = "c a ann 0 2 one two\nc a bob 2 4 three\nc a ann 4 6 four\nc b cy 0 9 five\n"


@pytest.fixture
def read(tmp_path):
    """Return a function that writes an stm and a ctm file and pairs them."""

    def write(stm, ctm, function=read_stm_and_ctm, **settings):
        (tmp_path / "ref.stm").write_text(stm)
        (tmp_path / "hyp.ctm").write_text(ctm)
        return function(tmp_path / "ref.stm", tmp_path / "hyp.ctm", **settings)

    return write


# ---- worked by hand


def test_a_word_belongs_where_its_middle_falls(read):
    # middles: w 0.1, x 1.95 (before 2), y 2.05 (after 2), z 8 (after everything: the last segment takes it)
    got = read(STM, "c a 0 .2 w\nc a 1.8 .3 x\nc a 1.9 .3 y\nc a 7.9 .2 z\n")
    assert got.hypotheses == ("w x", "y", "z", "")
    assert got.ids == ("ann-000", "bob-000", "ann-001", "cy-000")
    assert got.speakers == ("ann", "bob", "ann", "cy")
    assert got.references == ("one two", "three", "four", "five")


def test_a_segment_that_is_not_scored_takes_its_words_along(read):
    stm = STM.replace("three", "IGNORE_TIME_SEGMENT_IN_SCORING")
    assert read(stm, "c a 0 .2 w\nc a 3 .2 lost\nc a 5 .2 z\n").hypotheses == ("w", "z", "")


def test_either_side_is_cut_to_the_time_of_the_other_where_that_is_asked_for(read):
    early_and_late = "c a 2.5 .2 x\nc a 3 .2 y\n"
    assert read(STM, early_and_late, reduce="reference").references == ("three", "five")
    stm = "c a bob 2 4 three\n"
    words = "c a 0 .2 early\nc a 3 .2 x\nc a 9 .2 late\n"
    assert read(stm, words, reduce="hypothesis").hypotheses == ("x",)
    assert read(stm, words).hypotheses == ("early x late",)


def test_two_ctm_files_are_an_utterance_a_channel(read):
    got = read("c a 0 .1 one\nc a 1 .1 two\nc b 0 .1 x\n", "c a 0 .1 one\n", read_two_ctm)
    assert (got.ids, got.references, got.hypotheses) == (("c-a", "c-b"), ("one two", "x"), ("one", ""))


def test_the_format_is_told_by_the_name_of_the_reference(read, tmp_path):
    assert read(STM, "c a 0 .1 w\n", read_transcripts).ids[0] == "ann-000"
    for name, text in (("r", "a (x)\n"), ("h", "a (x)\n"), ("plain", "a\n")):
        (tmp_path / name).write_text(text)
    assert read_transcripts(tmp_path / "r", tmp_path / "h").ids == ("x",)
    assert read_transcripts(tmp_path / "r", tmp_path / "plain").ids == ("line 1",)
    assert read_transcripts(tmp_path / "r", tmp_path / "h", form="lines").references == ("a (x)",)


# ---- refuses


@pytest.mark.parametrize(
    ("stm", "ctm", "settings", "message"),
    [
        (
            STM,
            "d a 0 .1 x\n",
            {},
            r"hyp.ctm, line 1: got a word of file 'd', channel 'a', expected only files and chan",
        ),
        ("\n", "c a 0 .1 x\n", {}, r"ref.stm: got no segments"),
        (
            STM,
            "c a 0 .1 x\n",
            {"reduce": "ref"},
            r"reduce: got 'ref', expected one of none, reference, hypothesis, both",
        ),
    ],
)
def test_what_does_not_pair_is_refused(read, stm, ctm, settings, message):
    with pytest.raises(BadValue, match=message):
        read(stm, ctm, **settings)


def test_formats_and_cuts_that_do_not_go_together_are_refused(read):
    with pytest.raises(BadValue, match="format: got 'srt', expected one of auto, lines, trn, stm, ctm"):
        read(STM, "", read_transcripts, form="srt")
    with pytest.raises(BadValue, match="reduce: got 'both' with format 'ctm', expected format stm, which has times"):
        read("c a 0 .1 x\n", "c a 0 .1 x\n", read_transcripts, form="ctm", reduce="both")
    with pytest.raises(BadValue, match="got no words, expected a word a line"):
        read("", "c a 0 .1 x\n", read_two_ctm)
    with pytest.raises(BadValue, match="got a word of file 'd'"):
        read("c a 0 .1 x\n", "d a 0 .1 x\n", read_two_ctm)
