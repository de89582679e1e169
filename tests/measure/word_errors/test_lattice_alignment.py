import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.measure.word_errors import SCLITE, UNIT, Step, align
from tacit.measure.word_errors.lattice import parse_lattice
from tacit.measure.word_errors.lattice_alignment import align_lattices

utterance = st.lists(st.sampled_from("abc"), max_size=6)


def kinds(reference, hypothesis, costs=SCLITE, **settings):
    said, heard = (parse_lattice(text, **settings) for text in (reference, hypothesis))
    return [step.kind for step in align_lattices(said, heard, costs)]


# ---- worked by hand


def test_the_alternative_that_was_recognised_is_the_one_that_was_said():
    assert kinds("the { industry's / industry } slide", "the industry slide") == ["hit", "hit", "hit"]


def test_an_alternative_of_no_word_may_be_left_out():
    assert kinds("a { b / @ } c", "a c") == ["hit", "hit"]
    assert kinds("a { b / @ } c", "a b c") == ["hit", "hit", "hit"]
    assert kinds("a { b / @ } c", "a x c") == ["hit", "insertion", "hit"]  # an insertion (3) and nothing (0.001), not 4


def test_alternatives_may_stand_on_both_sides():
    assert kinds("{ the / this } is", "th { is / as } { is / a }") == ["insertion", "substitution", "hit"]


def test_an_optional_word_left_out_is_a_hit_on_either_side():
    assert kinds("b (c) d", "b d", optional_words=True) == ["hit", "hit", "hit"]
    assert kinds("b d", "b (c) d", optional_words=True) == ["hit", "hit", "hit"]
    assert kinds("b (c) d", "b d") == ["hit", "deletion", "hit"]


def test_what_was_said_is_kept_in_the_steps():
    said, heard = parse_lattice("a { b / c }"), parse_lattice("x c")
    assert align_lattices(said, heard, SCLITE) == (Step("substitution", "a", "x"), Step("hit", "c", "c"))


def test_nothing_against_nothing():
    assert kinds("", "") == []
    assert kinds("{ a / @ }", "") == []
    assert kinds("", "a b") == ["insertion", "insertion"]


# ---- invariants


@settings(max_examples=60)
@given(utterance, utterance)
def test_without_alternatives_it_is_the_plain_alignment(reference, hypothesis):
    said, heard = parse_lattice(" ".join(reference)), parse_lattice(" ".join(hypothesis))
    assert align_lattices(said, heard, SCLITE) == align([reference], [hypothesis], SCLITE)[0]


@settings(max_examples=60)
@given(st.lists(utterance, min_size=1, max_size=3), utterance, st.sampled_from([SCLITE, UNIT]))
def test_alternatives_cost_what_the_cheapest_of_them_does(alternatives, hypothesis, costs):
    text = "{ " + " / ".join(" ".join(one) or "@" for one in alternatives) + " }"
    price = {"hit": 0, "substitution": costs.substitution, "deletion": costs.deletion, "insertion": costs.insertion}
    got = align_lattices(parse_lattice(text), parse_lattice(" ".join(hypothesis)), costs)
    each = [align([one], [hypothesis], costs)[0] for one in alternatives]
    total = [sum(price[step.kind] for step in one) for one in each]
    assert sum(price[step.kind] for step in got) == min(total)


# ---- published: the transcripts that sclite is tested with


@pytest.mark.parametrize("reference", ["{ c d / c / e } e", "{ c / c d / e } e", "{ c / e / c d } e"])
def test_the_order_of_the_alternatives_does_not_matter_to_the_count(reference):
    assert kinds(f"a b {reference} f g", "a b c d e f g") == ["hit"] * 7
