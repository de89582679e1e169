import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit_speech import Alphabet, Posteriors


def test_english_ids_begin_after_the_blank():
    # " 'abc…": space is 1, the apostrophe 2, a is 3, and z = 3 + 25 = 28; the blank makes 29 columns, as in the paper.
    english = Alphabet.english()
    assert english.ids("Az '").tolist() == [3, 28, 1, 2]
    assert (len(english), english.blank, english.space) == (29, 0, 1)


def test_pieces_are_cut_longest_first_from_the_left():
    # "the then": the|␣|the|n, for "then" is no piece and "the" is longer than "t".
    pieces = Alphabet(("t", "h", "e", "n", "the", "en", " "))
    assert pieces.ids("the then").tolist() == [5, 7, 5, 4]
    assert pieces.text(pieces.ids("the then")) == "the then"


def test_mandarin_is_an_alphabet_of_its_characters():
    alphabet = Alphabet.of_texts(["今天 天气", "很好"])
    assert sorted(alphabet.symbols) == sorted(" 今天气很好")
    assert alphabet.text(alphabet.ids("天气很好")) == "天气很好"


def test_symbols_can_be_the_words_themselves():
    alphabet = Alphabet.words_of(["Two one", "two  two"])
    assert alphabet.symbols == ("one", "two")
    assert alphabet.ids("two ONE two").tolist() == [2, 1, 2]
    assert alphabet.text([2, 0, 1, 2]) == "two one two"
    assert alphabet.space is None
    assert Alphabet.from_json(alphabet.as_json()) == alphabet
    with pytest.raises(BadValue, match=r"'three' as word 2.*expected words of the alphabet: one, two"):
        alphabet.ids("one three")
    with pytest.raises(BadValue, match="'a b'"):
        Alphabet(("a b",), whole_words=True)


def test_a_combining_accent_and_the_composed_letter_are_one():
    alphabet = Alphabet.of_texts(["café"])
    assert np.array_equal(alphabet.ids("cafe\u0301"), alphabet.ids("café"))


@given(st.text(alphabet=" 'abcdefghijklmnopqrstuvwxyz", max_size=30))
def test_text_goes_to_ids_and_back(text):
    english = Alphabet.english()
    assert english.text(english.ids(text)) == " ".join(text.split())


@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, unique=True))
def test_an_alphabet_survives_json(symbols):
    alphabet = Alphabet(tuple(symbols), lowercase=False)
    assert Alphabet.from_json(alphabet.as_json()) == alphabet


def test_a_character_outside_the_alphabet_is_named_with_its_place():
    with pytest.raises(BadValue, match=r"'7' \(U\+0037\) as character 4"):
        Alphabet.english().ids("no 7")


@pytest.mark.parametrize(
    ("symbols", "message"), [((), "0 symbols"), (("a", ""), "2 symbols"), (("a", "a"), "'a' twice")]
)
def test_what_is_no_alphabet_is_refused(symbols, message):
    with pytest.raises(BadValue, match=message):
        Alphabet(symbols)


def test_posteriors_must_fit_their_alphabet():
    with pytest.raises(BadValue, match=r"expected float32 of shape \(frames, 29\)"):
        Posteriors(np.zeros((3, 28), np.float32), Alphabet.english(), frame_s=0.02)
    with pytest.raises(BadValue, match="positive number of seconds"):
        Posteriors(np.zeros((3, 29), np.float32), Alphabet.english(), frame_s=0.0)
