import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.measure.word_errors.lattice import Word, parse_lattice, plain_lattice


def ways(lattice):
    """Return every way through a lattice as words."""

    def to(end):
        if end == -1:
            return [[]]
        return [[*way, lattice.words[end].text] for before in lattice.before[end] for way in to(before)]

    return sorted(" ".join(way) for end in lattice.ends for way in to(end))


# ---- worked by hand


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [""]),
        ("a b", ["a b"]),
        ("a { b c / d } e", ["a b c e", "a d e"]),
        ("{a/b} c", ["a c", "b c"]),
        ("a { b / @ } c", ["a @ c", "a b c"]),
        ("a { b / { c / d e } f } g", ["a b g", "a c f g", "a d e f g"]),
        ("{ a / b } { c / d }", ["a c", "a d", "b c", "b d"]),
        ("{ a / }", ["", "a"]),
        ("and/or 1/2", ["and/or 1/2"]),
    ],
)
def test_every_way_through_the_alternatives(text, expected):
    assert ways(parse_lattice(text)) == expected


def test_a_word_in_parentheses_is_optional_only_where_that_is_asked_for():
    assert parse_lattice("(uh) yes", optional_words=True).words == (Word("uh", optional=True), Word("yes"))
    assert parse_lattice("(uh) yes").words == (Word("(uh)"), Word("yes"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("fi-", "fish", True), ("fi-", "ish", False), ("-sh", "fish", True), ("-sh", "h", False), ("fish", "fi-", True)],
)
def test_a_fragment_is_any_word_that_it_is_a_part_of(one, other, same):
    first, second = (parse_lattice(text, fragments=True).words[0] for text in (one, other))
    assert first.same(second) is same
    assert Word(one).same(Word(other)) is False


def test_a_sequence_of_words_is_plain_and_anything_else_is_not():
    assert parse_lattice("a b c").is_plain
    assert plain_lattice(["a", "b"]) == parse_lattice("a b")
    assert not parse_lattice("a { b / c }").is_plain
    assert not parse_lattice("a @").is_plain


# ---- invariants


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), min_size=1, max_size=4))
def test_an_alternation_has_a_way_for_each_alternative(alternatives):
    text = "x { " + " / ".join(" ".join(one) for one in alternatives) + " } y"
    assert ways(parse_lattice(text)) == sorted(f"x {' '.join(one)} y" for one in alternatives)


# ---- refuses


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a { b / c", r"line 3: got an opening brace that is not closed, expected \{ one / another \}"),
        ("a } b", "line 3: got a closing brace without an opening one"),
    ],
)
def test_braces_that_do_not_match_are_refused(text, message):
    with pytest.raises(BadValue, match=message):
        parse_lattice(text, where="line 3")
