from hypothesis import given
from hypothesis import strategies as st

from tacit.measure.word_errors import SCLITE, UNIT, Step, align, count_errors, drawn

utterance = st.lists(st.sampled_from("abc"), max_size=7)

# ---- worked by hand


def test_an_alignment_is_drawn_as_three_lines():
    alignment = align([["the", "cat", "sat"]], [["the", "hat", "sat", "down"]], UNIT)[0]
    assert drawn(alignment) == "REF: the CAT sat ****\nHYP: the HAT sat DOWN\n         S       I"


def test_a_long_alignment_is_wrapped():
    alignment = align([["one", "two", "three", "four"]], [["one", "too", "three"]], UNIT)[0]
    assert drawn(alignment, width=14).split("\n\n") == [
        "REF: one TWO\nHYP: one TOO\n         S",
        "REF: three\nHYP: three",
        "REF: FOUR\nHYP: ****\n     D",
    ]


def test_wide_letters_take_two_columns_and_marks_none():
    wide, narrow = drawn((Step("substitution", "今天", "ab"),)), drawn((Step("deletion", "e\u0301", ""),))
    assert wide == "REF: 今天\nHYP: AB\n     S"
    assert narrow.splitlines()[1] == "HYP: *"


def test_nothing_is_drawn_as_two_empty_lines():
    assert drawn(()) == "REF:\nHYP:"


# ---- invariants


@given(utterance, utterance, st.sampled_from([UNIT, SCLITE]))
def test_an_alignment_holds_every_word_in_order(reference, hypothesis, costs):
    steps = align([reference], [hypothesis], costs)[0]
    assert [step.reference for step in steps if step.reference] == reference
    assert [step.hypothesis for step in steps if step.hypothesis] == hypothesis
    assert all((step.kind == "hit") == (step.reference == step.hypothesis) for step in steps)


@given(utterance, utterance)
def test_the_drawn_alignment_is_the_counted_one(reference, hypothesis):
    kinds = [step.kind for step in align([reference], [hypothesis], UNIT)[0]]
    counted = count_errors([reference], [hypothesis]).total()
    assert {f"{kind}s": kinds.count(kind) for kind in ("substitution", "deletion", "insertion", "hit")} == counted
