import pytest

from tacit.errors import BadFile
from tacit.measure.transcripts.timed import read_ctm, read_stm


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a file and returns its path."""

    def write(text):
        path = tmp_path / "file"
        path.write_text(text)
        return path

    return write


# ---- worked by hand


def test_a_segment_has_times_labels_and_words(file):
    first, second = read_stm(file(";; LABEL\nC1 A ann 0.5 2.0 <o,f> well { um / @ } yes\nc1 b bob 2 3\n"))
    assert (first.channel, first.speaker, first.begin_s, first.end_s) == (("c1", "a"), "ann", 0.5, 2.0)
    assert (first.text, first.row) == ("well { um / @ } yes", 2)
    assert second.text == ""


def test_words_that_are_alternatives_of_each_other_stay_together(file):
    lines = ["c a 1.0 0.2 yes 0.9", "c a * * <ALT_BEGIN>", "c a 2.0 0.2 i", "c a 2.2 0.2 am", "c a * * <ALT>"]
    lines += ["c a 2.0 0.6 i'm", "c a * * <ALT>", "c a * * <ALT_END>"]
    plain, alternatives = read_ctm(file("\n".join(lines)))
    assert (plain.text, plain.middle_s) == ("yes", pytest.approx(1.1))
    assert alternatives.text == "{ i am / i'm / @ }"
    assert (alternatives.begin_s, alternatives.end_s) == (2.0, pytest.approx(2.6))
    assert alternatives.middle_s == pytest.approx(2.3)  # the latest middle, of "am" and of "i'm" alike


def test_channels_are_read_one_after_the_other(file):
    words = read_ctm(file("c b 1 .1 x\nc a 0 .1 y\nc b 2 .1 z\n"))
    assert [word.text for word in words] == ["y", "x", "z"]


# ---- refuses


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("c a ann 0.5\n", "line 1: got 4 fields, expected file, channel, speaker, begin, end, <labels> and words"),
        ("c a ann zero 1 x\n", "line 1, begin: got 'zero', expected seconds, such as 12.34"),
        ("c a ann 2 1 x\n", "line 1: got an end at 1 s before its begin at 2 s"),
        ("c a ann 0 nan x\n", "line 1, end: got 'nan'"),
    ],
)
def test_a_segment_that_lacks_something_is_refused(file, text, message):
    with pytest.raises(BadFile, match=message):
        read_stm(file(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("c a 1 .1\n", "line 1: got 4 fields, expected file, channel, begin, duration and word"),
        ("c a 1 x word\n", "line 1, duration: got 'x'"),
        ("c a * * <ALT>\n", "line 1: got <ALT>, expected <ALT_BEGIN> before it"),
        ("c a * * <ALT_BEGIN>\nc a 1 .1 x\n", "line 2: got alternatives that do not end, expected <ALT_END>"),
        ("c a 9 .1 x\nc a 1 .1 y\n", "line 2: got a word at 1 s after one at 9 s of the same channel"),
    ],
)
def test_a_word_that_lacks_something_is_refused(file, text, message):
    with pytest.raises(BadFile, match=message):
        read_ctm(file(text))
