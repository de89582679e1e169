"""TextGrid, trn, ctm, stm, CSV and JSON lines: what is written is read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadFile, BadValue
from tacit.measure.transcripts import read_trn
from tacit.measure.transcripts.timed import read_ctm, read_stm
from tacit.measure.word_errors import word_errors
from tacit_speech.audio import TimedWord, Transcript, write_transcripts
from tacit_speech.audio.text_grid import Interval, Tier, read_text_grid, text_grid_text, transcript_of
from tacit_speech.audio.transcripts_out import as_trn

SPOKEN = Transcript(
    "clips/1",
    "good morning",
    (TimedWord("good", 1.5, 1.75, 0.9), TimedWord("morning", 1.75, 2.25, 0.5)),
    "ann",
    "/somewhere/talk.wav",
    1.5,
    2.5,
    "good evening",
)

SHORT = '''File type = "ooTextFile"
Object class = "TextGrid"

0
2.5
<exists>
2
"IntervalTier"
"words"
0
2.5
2
0
1.5
""
1.5
2.5
"she said ""no"""
"TextTier"
"bells"
0
2.5
1
1.0
"ding 2"
'''


def test_a_short_text_grid_is_read_as_praat_means_it(tmp_path):
    path = tmp_path / "a.TextGrid"
    path.write_text(SHORT, encoding="utf-16")
    words, bells = read_text_grid(path)
    assert words == Tier("words", (Interval(0, 1.5, ""), Interval(1.5, 2.5, 'she said "no"')))
    assert bells == Tier("bells", (Interval(1.0, 1.0, "ding 2"),), points=True)
    assert transcript_of([bells, words]) == 'she said "no"'


LABELS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00", exclude_categories=["C"]), max_size=12)


@given(st.lists(LABELS, min_size=1, max_size=6), LABELS)
def test_a_text_grid_that_was_written_is_read_again(tmp_path_factory, labels, name):
    tier = Tier(name, tuple(Interval(float(n), n + 1.0, label) for n, label in enumerate(labels)))
    path = tmp_path_factory.mktemp("grids") / "a.TextGrid"
    path.write_text(text_grid_text([tier], len(labels)), encoding="utf-8")
    assert read_text_grid(path) == [tier]


def test_gaps_between_words_are_filled_as_praat_asks():
    text = text_grid_text([Tier("words", (Interval(0.5, 1.0, "hello"),))], 2.0)
    assert "intervals: size = 3" in text
    assert text.count('text = ""') == 2


def test_ctm_and_stm_are_read_by_the_core(tmp_path):
    write_transcripts(tmp_path / "a.ctm", [SPOKEN])
    words = read_ctm(tmp_path / "a.ctm")
    assert [(one.text, one.begin_s, one.end_s) for one in words] == [("good", 1.5, 1.75), ("morning", 1.75, 2.25)]
    assert (tmp_path / "a.ctm").read_text().splitlines()[0] == "talk 1 1.500 0.250 good 0.9000"
    write_transcripts(tmp_path / "a.stm", [SPOKEN])
    (segment,) = read_stm(tmp_path / "a.stm")
    assert (segment.channel, segment.speaker, segment.begin_s) == (("talk", "1"), "ann", 1.5)
    assert segment.text == "good morning"


def test_trn_pairs_what_was_said_with_what_was_recognised(tmp_path):
    # "good evening" against "good morning": one of two words is wrong.
    write_transcripts(tmp_path / "hyp.trn", [SPOKEN])
    (tmp_path / "ref.trn").write_text(as_trn([SPOKEN], reference=True))
    pairs = read_trn(tmp_path / "ref.trn", tmp_path / "hyp.trn")
    assert pairs.speakers == ("ann",)
    assert word_errors(pairs).rates["wer"].mean == 0.5


def test_several_text_grids_go_into_a_folder(tmp_path):
    other = Transcript("b", "x", (TimedWord("x", 0, 1),), end_s=1.0)
    write_transcripts(tmp_path / "all.TextGrid", [SPOKEN, other])
    assert sorted(path.name for path in (tmp_path / "all.TextGrid").iterdir()) == ["b.TextGrid", "clips_1.TextGrid"]


@pytest.mark.parametrize("text", ["", "nothing of the kind", SHORT[:120]])
def test_what_is_no_text_grid_is_refused(tmp_path, text):
    path = tmp_path / "a.TextGrid"
    path.write_text(text)
    with pytest.raises(BadFile, match=r"a\.TextGrid"):
        read_text_grid(path)


def test_another_form_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(BadValue, match=r"expected one of \.csv, \.jsonl, \.trn, \.ctm, \.stm, \.TextGrid"):
        write_transcripts(tmp_path / "a.docx", [SPOKEN])
