"""Counts and alignments beside those that NIST sclite saved, wherever the options are equal.

What is not compared, and why: tests 2, 4, 5 and 6 were aligned by GNU diff; 7_1 to 7_4, 11 and 12 infer word
boundaries from a lexicon; 1b and 1c weigh words by a language model or a list; 13_a and 13_aD align by time. tacit does
none of these. 13 and 13_D align two ctm files, which sclite cuts into pieces at pauses first: tacit is given those.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tacit.measure.transcripts import Utterances, read_stm_and_ctm, read_trn
from tacit.measure.transcripts.timed import TimedText, read_ctm
from tacit.measure.word_errors import SCLITE, Scoring, word_errors

PLAIN = Scoring(costs=SCLITE)
EVERYTHING = Scoring(costs=SCLITE, optional_words=True, fragments=True)


@pytest.fixture
def sctk(real_data: Path) -> Path:
    return real_data / "sctk"


def lower_ascii(text: str) -> str:
    """Lower the case of ASCII letters alone, as sclite does where no language is named."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def lower_turkish(text: str) -> str:
    return text.replace("I", "ı").replace("İ", "i").lower()


def cased(utterances: Utterances, lower=lower_ascii) -> Utterances:
    said, heard = (tuple(map(lower, texts)) for texts in (utterances.references, utterances.hypotheses))
    return replace(utterances, references=said, hypotheses=heard)


@pytest.fixture
def compare(saved_by_sclite):
    """Return a function that asserts that every utterance has sclite's counts and sclite's alignment."""

    def check(test: str, utterances: Utterances, scoring=PLAIN, *, encoding="latin-1", lower=lower_ascii):
        measured = word_errors(cased(utterances, lower), scoring)
        alignments = dict(zip(map(str.lower, utterances.ids), measured.alignments(), strict=True))
        theirs = saved_by_sclite(test, encoding, scoring.optional_words)
        assert len(alignments) == len(theirs) > 0
        for one in theirs:
            steps = alignments[one.name]
            kinds = [step.kind for step in steps]
            assert tuple(map(kinds.count, ("hit", "substitution", "deletion", "insertion"))) == one.counts, one.name
            pairs = [(lower(bare(a)), lower(bare(b))) for a, b in one.pairs]
            assert [(bare(step.reference), bare(step.hypothesis)) for step in steps] == pairs, one.name
        total = [sum(column) for column in zip(*(one.counts for one in theirs), strict=True)]
        assert [
            measured.counts.total()[f"{kind}s"] for kind in ("hit", "substitution", "deletion", "insertion")
        ] == total

    return check


def bare(word: str) -> str:
    """Return an optional word without its parentheses."""
    return word[1:-1] if len(word) > 2 and word.startswith("(") and word.endswith(")") else word


def letters(utterances: Utterances, *, hyphens=True, ascii_words=True) -> Utterances:
    """Return every letter as a word, as sclite's option -c does: perhaps without hyphens, perhaps ASCII words whole."""

    def apart(word: str) -> str:
        word = word if hyphens else word.replace("-", "") or word
        return word if word.isascii() and not ascii_words else " ".join(word)

    def spaced(text: str) -> str:
        return " ".join(map(apart, text.split()))

    said, heard = (tuple(map(spaced, texts)) for texts in (utterances.references, utterances.hypotheses))
    return replace(utterances, references=said, hypotheses=heard)


# ---- trn files


@pytest.mark.parametrize("test", ["test1", "test1e"])
def test_read_news(sctk, compare, test):
    compare(test, read_trn(sctk / "csrnab.ref", sctk / "csrnab.hyp", speaker_rule="wsj"))


@pytest.mark.parametrize("test", ["test7", "test7_6"])
def test_alternatives_optional_words_and_fragments(sctk, compare, test):
    compare(test, read_trn(sctk / "tests.ref", sctk / "tests.hyp"), EVERYTHING)


def test_the_same_with_reference_and_hypothesis_exchanged(sctk, compare):
    compare("test7_r", read_trn(sctk / "tests.hyp", sctk / "tests.ref"), EVERYTHING)


def test_the_same_where_no_word_is_optional(sctk, compare):
    scoring = Scoring(costs=SCLITE, fragments=True)
    compare("test7_noD", read_trn(sctk / "tests.ref", sctk / "tests.hyp"), scoring)


@pytest.mark.parametrize("n_bytes", [2, 3, 4])
def test_letters_of_several_bytes(sctk, compare, n_bytes):
    paths = (sctk / f"tests.{side}.utf8-{n_bytes}bytes" for side in ("ref", "hyp"))
    compare(f"test7-utf8-{n_bytes}bytes", read_trn(*paths), EVERYTHING, encoding="utf-8")


@pytest.mark.parametrize(
    ("test", "name", "suffix", "lower"),
    [
        ("test15_c", "test.turkish", "", lower_turkish),
        ("test15_d", "test.ukranian", "", str.lower),
        ("test17", "test.vietnamese", ".trn", str.lower),
    ],
)
def test_case_in_other_languages(sctk, compare, test, name, suffix, lower):
    paths = (sctk / f"{name}.{side}{suffix}" for side in ("ref", "hyp"))
    compare(test, read_trn(*paths), encoding="utf-8", lower=lower)


# ---- stm and ctm files


@pytest.mark.parametrize(
    ("test", "reference", "hypothesis", "reduce"),
    [
        ("test3", "lvc_ref.stm", "lvc_hyp.ctm", "none"),
        ("test3a", "lvc_refe.stm", "lvc_hyp.ctm", "none"),
        ("test14_a", "lvc_refr.stm", "lvc_hypr.ctm", "both"),
        ("test14_b", "lvc_ref.stm", "lvc_hypr.ctm", "both"),
        ("test14_c", "lvc_refr.stm", "lvc_hyp.ctm", "both"),
        ("test14_d", "lvc_refr.stm", "lvc_hypr.ctm", "hypothesis"),
        ("test14_e", "lvc_refr.stm", "lvc_hypr.ctm", "reference"),
        ("test16_2", "stm2ctm_missing.ref.stm", "stm2ctm_missing.hyp-missall.ctm", "none"),
        ("test16_3", "stm2ctm_missing.ref.stm", "stm2ctm_missing.hyp-missfile1.ctm", "none"),
        ("test16_4", "stm2ctm_missing.ref.stm", "stm2ctm_missing.hyp-missfile1chanA.ctm", "none"),
        ("test16_5", "stm2ctm_missing.ref.stm", "stm2ctm_missing.hyp-missfile1chanb.ctm", "none"),
        ("test16_6", "stm2ctm_missing.ref.stm", "stm2ctm_missing.hyp-missfile2.ctm", "none"),
        ("test16_7", "stm2ctm_missing.ref.stm", "stm2ctm_missing.hyp-missfile2chanA.ctm", "none"),
        ("test16_8", "stm2ctm_missing.ref.stm", "stm2ctm_missing.hyp-missfile2chanB.ctm", "none"),
        ("test16_9", "stm2ctm_missing.ref.stm", "stm2ctm_missing.hyp.ctm", "none"),
    ],
)
def test_conversations(sctk, compare, test, reference, hypothesis, reduce):
    compare(test, read_stm_and_ctm(sctk / reference, sctk / hypothesis, reduce=reduce))


def test_cantonese_words(sctk, compare):
    pairs = read_stm_and_ctm(sctk / "test.cantonese.stm", sctk / "test.cantonese.ctm")
    compare("test15_a", pairs, encoding="utf-8")


@pytest.mark.parametrize("test", ["test13", "test13_D"])
def test_pieces_of_two_ctm_files(sctk, compare, saved_by_sclite, test):
    said, heard = (read_ctm(sctk / f"tima_{side}.ctm", encoding="latin-1") for side in ("ref", "hyp"))
    saved = saved_by_sclite(test, "latin-1", test == "test13_D")
    references, hypotheses = [], []
    for one in saved:
        references.append(cut(said, [lower_ascii(a) for a, _ in one.pairs if a]))
        hypotheses.append(cut(heard, [lower_ascii(b) for _, b in one.pairs if b]))
    names = tuple(one.name for one in saved)
    pieces = Utterances(names, ("",) * len(names), tuple(references), tuple(hypotheses), marked_up=True)
    compare(test, pieces, Scoring(costs=SCLITE, optional_words=test == "test13_D"))


def cut(words: list[TimedText], wanted: list[str]) -> str:
    """Take from the front of `words` what makes up a piece, alternatives of which one was chosen included."""
    taken = []
    while wanted or (words and words[0].text.endswith("@ }")):
        text = lower_ascii(words.pop(0).text)
        ways = [way.split() for way in text.strip("{} ").split(" / ")] if text.startswith("{") else [[text]]
        ways = [[] if way == ["@"] else way for way in ways]
        chosen = max((way for way in ways if wanted[: len(way)] == way), key=len)
        del wanted[: len(chosen)]
        taken.append(text)
    return " ".join(taken)


# ---- letters


def test_letters_of_read_news(sctk, compare):
    pairs = read_trn(sctk / "csrnab1.ref", sctk / "csrnab1.hyp", speaker_rule="wsj")
    compare("test8", letters(pairs))


@pytest.mark.parametrize(
    ("test", "options"),
    [
        ("test9", {}),
        ("test9_1", {"hyphens": False}),
        ("test10", {"ascii_words": False}),
        ("test10_1", {"hyphens": False, "ascii_words": False}),
    ],
)
def test_letters_of_mandarin(sctk, compare, test, options):
    pairs = read_stm_and_ctm(sctk / "mand_ref.stm", sctk / "mand_hyp.ctm", encoding="gb18030")
    compare(test, letters(pairs, **options), encoding="gb18030")


def test_letters_of_cantonese(sctk, compare):
    pairs = read_stm_and_ctm(sctk / "test.cantonese.stm", sctk / "test.cantonese.ctm")
    compare("test15_b", letters(pairs, hyphens=False, ascii_words=False), encoding="utf-8")


def test_letters_of_alternatives(sctk, compare):
    pairs = letters(read_trn(sctk / "tests.ref", sctk / "tests.hyp"), hyphens=False)
    compare("test7_5", pairs)
