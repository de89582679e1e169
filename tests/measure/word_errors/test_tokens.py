import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.measure.word_errors.tokens import FORMS, Normalization, characters

# ---- worked by hand


def test_any_white_space_splits():
    assert Normalization().words(" one\ttwo\u00a0three\u3000four\r\nfive  ") == ["one", "two", "three", "four", "five"]


def test_one_code_point_or_two_are_one_letter_by_default():
    assert Normalization().words("cafe\u0301") == Normalization().words("caf\u00e9")
    assert Normalization("none").words("cafe\u0301") != Normalization("none").words("caf\u00e9")


def test_a_ligature_and_a_wide_letter_are_what_they_stand_for_in_nfkc_alone():
    assert Normalization("NFKC").words("ﬁn Ａ") == ["fin", "A"]
    assert Normalization("NFC").words("ﬁn Ａ") == ["ﬁn", "Ａ"]


def test_case_counts_unless_it_is_folded():
    assert Normalization().words("Straße") == ["Straße"]
    assert Normalization(casefold=True).words("Straße") == Normalization(casefold=True).words("STRASSE")


def test_punctuation_goes_but_not_from_within_a_word():
    assert Normalization(punctuation=False).words("“Don’t stop,” he half-said -- 'twas 3.5!") == [
        *("Don’t", "stop", "he", "half-said", "twas", "35")
    ]


def test_characters_are_words_with_one_space_between():
    assert characters(["the", "cat"]) == "the cat"
    assert characters([]) == ""


# ---- invariants


@given(st.text())
def test_normalising_twice_is_normalising_once(text):
    for form in FORMS:
        one = Normalization(form)
        assert one.apply(one.apply(text)) == one.apply(text)


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1)))
def test_words_come_back_from_their_characters(words):
    assert Normalization("none").words(characters(words)) == words


# ---- refuses


def test_an_unknown_form_is_refused():
    with pytest.raises(BadValue, match="normalisation form: got 'NFX', expected one of NFC, NFD, NFKC, NFKD, none"):
        Normalization("NFX")
