from itertools import pairwise
from math import inf, log, nan
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacit.errors import BadQuestion, BadValue, NotFinite
from tacit.judging import (
    Irrationality,
    Question,
    QuestionKind,
    SimulatedLabeler,
    check_judgments,
    check_labeler,
    questions_table,
)

STEPS = {"a": [3.0, 0.0], "b": [0.0, 2.0], "c": [1.0, 1.0], "d": [-5.0, -4.0], "e": [2.0, 1.0]}


def labeler(irrationality=None, *, steps=STEPS, seed=0):
    return SimulatedLabeler(
        lambda ids: np.array([steps[i] for i in ids]), irrationality=irrationality, seed=seed, clock=lambda: 0.0
    )


def pairs(*items, kind=QuestionKind.COMPARISON):
    return questions_table([Question(kind, tuple(pair)) for pair in items])


def answers(who, questions):
    who.ask(questions)
    judged = who.collect()
    check_judgments(judged, questions)
    return judged


def outcomes_and_choices(rule, *items):
    return answers(labeler(rule), pairs(*items)).select("outcome", "comparison").rows()


def many(n, difference, *, kind=QuestionKind.COMPARISON):
    """Return a utility and `n` questions whose first item is worth `difference` more than the second."""
    steps = {f"{side}{i}": [difference if side == "first" else 0.0] for i in range(n) for side in ("first", "second")}
    return steps, questions_table([Question(kind, (f"first{i}", f"second{i}")) for i in range(n)])


def share_first(rule, difference, n=4_000):
    steps, questions = many(n, difference)
    return float((answers(labeler(rule, steps=steps), questions)["comparison"] == 0).mean())


# ---- worked by hand: one irrationality a test. Sums: a 3, b 2, c 2, d −9, e 3.


def test_without_irrationality_the_larger_sum_wins_and_equal_sums_draw():
    got = outcomes_and_choices(None, "ab", "ba", "bc", "da")
    assert got == [("answered", 0), ("answered", 1), ("tie", None), ("answered", 1)]


def test_always_mistaken_reverses_every_answer_and_no_draw():
    got = outcomes_and_choices(Irrationality(mistake=1), "ab", "ba", "bc")
    assert got == [("answered", 1), ("answered", 0), ("tie", None)]


def test_a_question_whose_best_item_is_poor_is_skipped():
    got = outcomes_and_choices(Irrationality(skip_below=2.5), "ab", "bc", "db")
    assert got == [("answered", 0), ("skipped", None), ("skipped", None)]


def test_a_small_difference_is_a_draw():
    got = outcomes_and_choices(Irrationality(equal_within=1), "ab", "ad", "be")
    assert got == [("tie", None), ("answered", 0), ("tie", None)]


def test_a_myopic_labeler_weighs_the_last_steps_most():
    # discount ½: a = 3·½ + 0 = 1.5, b = 0·½ + 2 = 2, c = 1·½ + 1 = 1.5, e = 2·½ + 1 = 2
    got = outcomes_and_choices(Irrationality(discount=0.5), "ab", "ac", "be", "bc")
    assert got == [("answered", 1), ("tie", None), ("tie", None), ("answered", 0)]


def test_skips_and_margins_go_by_the_plain_sum_of_a_myopic_labeler():
    # B-Pref algorithm 1: thresholds on Σ r, the preference alone on Σ γ^(H−t) r. a and e both sum to 3: a draw.
    rule = Irrationality(discount=0.5, equal_within=0.5, skip_below=2.5)
    assert outcomes_and_choices(rule, "ae", "ab", "bc") == [("tie", None), ("answered", 1), ("skipped", None)]


def test_a_stochastic_labeler_states_the_logistic_probability():
    # precision ln 3 on a difference of 1: 1 / (1 + e^(−ln 3)) = 3/4; a mistake states the complement
    rule, mistaken = Irrationality(precision=log(3)), Irrationality(precision=log(3), mistake=1)
    questions = pairs("ab", "ba", kind=QuestionKind.PROBABILITY)
    assert answers(labeler(rule), questions)["probability"].to_list() == pytest.approx([0.75, 0.25])
    assert answers(labeler(mistaken), questions)["probability"].to_list() == pytest.approx([0.25, 0.75])


def test_a_ranking_puts_the_largest_sum_first_and_equals_share_a_rank():
    asked = pairs("abd", "cdab", kind=QuestionKind.RANKING)
    assert answers(labeler(), asked)["ranking"].to_list() == [[0, 1, 2], [1, 3, 0, 1]]
    always_mistaken = answers(labeler(Irrationality(mistake=1)), asked)["ranking"].to_list()
    assert always_mistaken == [[2, 1, 0], [1, 0, 3, 1]]


def test_a_ranking_of_poor_items_is_skipped():
    asked = pairs("abd", "dcb", kind=QuestionKind.RANKING)
    judged = answers(labeler(Irrationality(skip_below=2.5)), asked)
    assert judged.select("outcome", "ranking").rows() == [("answered", [0, 1, 2]), ("skipped", None)]


def test_a_question_is_answered_once_and_handed_over_once():
    who = labeler()
    who.ask(pairs("ab", "ab"))
    who.ask(pairs("ab", "ad"))
    assert (who.collect().height, who.collect().height) == (2, 0)


# ---- recovers the truth


@pytest.mark.parametrize("mistake", [0.1, 0.5])
def test_mistakes_are_as_frequent_as_said(mistake):
    # 4,000 questions: standard error at most 0.008
    assert share_first(Irrationality(mistake=mistake), 1.0) == pytest.approx(1 - mistake, abs=0.03)


@pytest.mark.parametrize(("precision", "difference"), [(1.0, 1.0), (2.0, -0.5), (0.0, 7.0)])
def test_choices_are_logistic_in_the_difference(precision, difference):
    expected = 1 / (1 + np.exp(-precision * difference))
    assert share_first(Irrationality(precision=precision), difference) == pytest.approx(expected, abs=0.03)


def test_mistakes_and_chance_are_independent():
    # P(first) = p(1 − m) + (1 − p)m with p = 1/(1 + 1/e) = 0.7311 and m = 0.2: 0.6386
    assert share_first(Irrationality(precision=1.0, mistake=0.2), 1.0) == pytest.approx(0.6386, abs=0.03)


def test_first_ranks_follow_plackett_and_luce():
    # utilities ln 1, ln 2, ln 5 at precision 1: the first place goes to each in proportion 1 : 2 : 5
    steps = {f"{k}{i}": [log(w)] for i in range(4_000) for k, w in zip("xyz", (1, 2, 5), strict=True)}
    asked = questions_table([Question(QuestionKind.RANKING, (f"x{i}", f"y{i}", f"z{i}")) for i in range(4_000)])
    ranks = np.array(answers(labeler(Irrationality(precision=1.0), steps=steps), asked)["ranking"].to_list())
    assert (ranks == 0).mean(axis=0) == pytest.approx([1 / 8, 2 / 8, 5 / 8], abs=0.03)


def test_mistakes_in_rankings_do_not_favour_an_item():
    # Of equals, mistaken or not, every item comes first equally often.
    steps = {f"{k}{i}": [0.0] for i in range(4_000) for k in "xyz"}
    asked = questions_table([Question(QuestionKind.RANKING, (f"x{i}", f"y{i}", f"z{i}")) for i in range(4_000)])
    ranks = np.array(
        answers(labeler(Irrationality(precision=1.0, mistake=0.3), steps=steps), asked)["ranking"].to_list()
    )
    assert (ranks == 0).mean(axis=0) == pytest.approx([1 / 3] * 3, abs=0.03)


def test_either_side_is_shown_left_half_of_the_time():
    steps, questions = many(4_000, 1.0)
    assert answers(labeler(steps=steps), questions)["shown_left"].mean() == pytest.approx(0.5, abs=0.03)


# ---- invariants

RULES = st.builds(
    Irrationality,
    mistake=st.floats(0, 1),
    skip_below=st.just(-inf) | st.floats(-10, 10),
    equal_within=st.floats(0, 3),
    discount=st.floats(0.1, 1),
    precision=st.just(inf) | st.floats(0, 5),
)
ASKABLE = (QuestionKind.COMPARISON, QuestionKind.PROBABILITY, QuestionKind.RANKING)
CONTENT = ("outcome", "comparison", "ranking", "probability", "shown_left", "judgment_id")


@settings(max_examples=40)
@given(RULES, st.lists(st.integers(0, 29), max_size=4), st.integers(0, 2**70))
def test_answers_depend_neither_on_the_batch_nor_on_the_order(rule, cuts, seed):
    random = Random(seed)
    steps = {f"i{n}": [random.gauss(0, 1) for _ in range(7)] for n in range(8)}
    pairs_of = [tuple(random.sample(sorted(steps), 2)) for _ in range(30)]
    asked = [Question(random.choice(ASKABLE), pair, occasion=str(n)) for n, pair in enumerate(pairs_of)]
    together = answers(labeler(rule, steps=steps, seed=seed), questions_table(asked))
    random.shuffle(asked)
    apart, batches = labeler(rule, steps=steps, seed=seed), [0, *sorted(cuts), 30]
    for begin, end in pairwise(batches):
        apart.ask(questions_table(asked[begin:end]))
    columns = ["question_id", *CONTENT]
    assert together.select(columns).sort("question_id").equals(apart.collect().select(columns).sort("question_id"))


@settings(max_examples=20)
@given(RULES)
def test_every_answer_is_one_that_its_question_allows(rule):
    questions = pl.concat([pairs("ab", "bc", "cd", "ae", kind=kind) for kind in ASKABLE])
    assert answers(labeler(rule), questions).height == 12


def test_items_worth_exactly_alike_draw_wherever_they_stand_in_the_batch(rng):
    # A matrix product rounds the same row differently in different places; draws must not hang on that.
    steps = dict.fromkeys([f"i{n}" for n in range(67)], rng.normal(size=53).tolist())
    asked = pairs(*[(f"i{n}", f"i{n + 1}") for n in range(66)])
    for rule in (Irrationality(), Irrationality(discount=0.9)):
        assert set(answers(labeler(rule, steps=steps), asked)["outcome"]) == {"tie"}


def test_another_seed_makes_other_mistakes():
    steps, questions = many(64, 1.0)
    rule = Irrationality(mistake=0.5)
    first, second = (answers(labeler(rule, steps=steps, seed=s), questions)["comparison"].to_list() for s in (1, 2))
    assert first != second


@pytest.mark.parametrize("kind", ASKABLE)
@pytest.mark.parametrize("rule", [Irrationality(), Irrationality(0.2, 2.5, 0.5, 0.9, 1.0)], ids=["rational", "not"])
def test_it_keeps_the_contract_of_a_labeler(kind, rule):
    check_labeler(lambda: labeler(rule), pairs("ab", "ac", "ed", "be", kind=kind))


def test_a_question_that_could_not_be_answered_may_be_asked_again():
    steps = {**STEPS, "f": [nan, 0.0]}
    who = labeler(steps=steps)
    with pytest.raises(NotFinite):
        who.ask(pl.concat([pairs("ab"), pairs("af", kind=QuestionKind.PROBABILITY)]))
    assert who.collect().height == 0
    steps["f"] = [0.0, 0.0]
    assert answers(who, pairs("ab", "af")).height == 2


# ---- refuses


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("mistake", -0.1),
        ("mistake", 1.1),
        ("mistake", nan),
        ("equal_within", -1),
        ("discount", 0),
        ("discount", 1.5),
        ("precision", -1),
        ("precision", nan),
        ("skip_below", nan),
    ],
)
def test_an_irrationality_outside_its_range_is_refused(setting, value):
    with pytest.raises(BadValue, match=f"Irrationality.{setting}: got {value}, expected"):
        Irrationality(**{setting: value})


def test_a_question_about_one_item_is_refused():
    with pytest.raises(BadQuestion, match=r"a question of kind probability about 1 item\(s\), expected a comparison"):
        labeler().ask(questions_table([Question(QuestionKind.PROBABILITY, ("a",))]))
    with pytest.raises(BadQuestion, match="a question of kind text"):
        labeler().ask(questions_table([Question(QuestionKind.TEXT, ("a",))]))


def test_utility_that_is_not_finite_names_the_item():
    with pytest.raises(NotFinite, match="utility of item f: got NaN or infinity"):
        labeler(steps={**STEPS, "f": [nan, 0.0]}).ask(pairs("af"))


def test_utility_of_another_shape_is_refused():
    flat = SimulatedLabeler(lambda ids: np.zeros(len(ids)))
    with pytest.raises(BadValue, match=r"utility: got shape \(2,\), expected \(2, steps\)"):
        flat.ask(pairs("ab"))
