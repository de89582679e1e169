import pytest

from tacit.errors import BadFile, BadValue
from tacit.measure.transcripts import read_trn
from tacit.measure.transcripts.markup import is_comment, spoken
from tacit.measure.transcripts.trn import looks_like_trn, speaker_of


@pytest.fixture
def read(tmp_path):
    """Return a function that writes two trn files and reads them."""

    def write(reference, hypothesis, **settings):
        (tmp_path / "ref.trn").write_text(reference)
        (tmp_path / "hyp.trn").write_text(hypothesis)
        return read_trn(tmp_path / "ref.trn", tmp_path / "hyp.trn", **settings)

    return write


# ---- worked by hand


def test_utterances_are_paired_by_name_whatever_their_order_and_case(read):
    got = read("a b (ann_1)\nc (Bob-2)\n", ";; a comment\nc d (BOB-2)\n\na (Ann_1)\n")
    assert got.ids == ("ann_1", "bob-2")
    assert got.speakers == ("ann", "bob")
    assert (got.references, got.hypotheses) == (("a b ", "c "), ("a ", "c d "))
    assert got.marked_up


def test_a_name_tells_who_spoke_by_the_rule_that_is_asked_for():
    assert [speaker_of("4t0c0201", rule) for rule in ("wsj", "none")] == ["4t0", ""]
    assert speaker_of("ann_marie-1", "spu_id") == "ann"


def test_words_in_parentheses_within_a_line_are_no_name(read):
    assert read("b (c) d (x-1)\n", "b d (x-1)\n").references == ("b (c) d ",)


@pytest.mark.parametrize(
    ("text", "words"),
    [("um;tag1 yes;;tag2", "um yes"), (r"a\;s", "a;s"), ("far* *", "far *"), ("{ um;t / uh; } no", "{ um / uh } no")],
)
def test_tags_and_stars_are_not_spoken(text, words):
    assert spoken(text) == words


def test_every_telling_line_of_a_trn_file_ends_in_a_name():
    assert looks_like_trn([";; comment", "", "a b (x)"])
    assert not looks_like_trn(["a b (x)", "a b"])
    assert not looks_like_trn([])
    assert is_comment(";; x")


# ---- refuses


@pytest.mark.parametrize(
    ("reference", "hypothesis", "message"),
    [
        (
            "a (x)\nb (y)\n",
            "a (x)\n",
            r"ref.trn, line 2: got 'y', which .*hyp.trn lacks \(1 such: y\), expected the same",
        ),
        ("a (x)\n", "a (x)\nb (y)\nc (z)\n", r"hyp.trn, line 2: got 'y', which .*ref.trn lacks \(2 such: y, z\)"),
        ("a (x)\nb (X)\n", "a (x)\n", r"ref.trn, line 2: got 'x', as in line 1, expected a name of its own"),
        ("\n;; nothing\n", "a (x)\n", r"ref.trn: got no utterances"),
    ],
)
def test_names_that_do_not_pair_are_refused(read, reference, hypothesis, message):
    with pytest.raises(BadValue, match=message):
        read(reference, hypothesis)


def test_a_line_without_a_name_is_refused(read):
    with pytest.raises(BadFile, match=r"ref.trn, line 2: got 'b c', expected words and a name in parentheses"):
        read("a (x)\nb c\n", "a (x)\n")


def test_an_unknown_rule_is_refused(read):
    with pytest.raises(BadValue, match="speaker rule: got 'first', expected one of spu_id, wsj, none"):
        read("a (x)\n", "a (x)\n", speaker_rule="first")
