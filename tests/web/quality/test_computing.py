"""The quality of a project's answers: worked by hand, found again from a simulation, unchanged by order."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from tacit.judging import QuestionKind
from tacit.store.work.records import ANSWERS
from tacit.web.quality.coding import coded, in_force_answers
from tacit.web.quality.computing import compute, same_as_others


def answers(rows, kind="choice", **columns):
    """Return answers as a project's records give them: (question, judge, value) each."""
    table = {name: [None] * len(rows) for name in ANSWERS}
    table["sequence"] = list(range(1, len(rows) + 1))
    table["judgment_id"] = [f"j{n}" for n in range(len(rows))]
    table["question"] = [row[0] for row in rows]
    table["labeler"] = [ord(row[1][0]) for row in rows]
    table["labeler_id"] = [row[1] for row in rows]
    table["outcome"] = ["tie" if row[2] == "tie" else "answered" for row in rows]
    table[kind] = [None if row[2] == "tie" else row[2] for row in rows]
    table["answered_at_s"] = [1000.0 + n for n in range(len(rows))]
    table["purpose"] = ["ordinary"] * len(rows)
    if kind == "comparison":
        table["item_ids"] = [json.dumps([f"{row[0]} a", f"{row[0]} b"]) for row in rows]
    return pl.DataFrame(table | columns, schema=ANSWERS)


def test_each_judge_is_held_against_the_others_without_their_own_answer():
    rows = [(1, "a", "x"), (1, "b", "x"), (1, "c", "y"), (2, "a", "x"), (2, "b", "y"), (3, "a", "x")]
    got = same_as_others(coded(answers(rows), QuestionKind.CHOICE))
    # 1: a and b are each held against {x, y}, a shared lead: ½; c against {x, x}: 0. 2: against another: 0. 3: alone
    np.testing.assert_array_equal(got, [0.5, 0.5, 0.0, 0.0, 0.0, np.nan])


def test_agreement_of_two_judges_by_hand():
    rows = [
        (q, who, value)
        for q, pair in enumerate(["xx", "yy", "xx", "xy"])
        for who, value in zip("ab", pair, strict=True)
    ]
    quality = compute(answers(rows), QuestionKind.CHOICE)
    found = {one.name: one.estimate for one in quality.agreement}
    # 4 questions, 8 values, 5 x and 3 y: D_o = 2/8, D_e = 2·5·3 / (8·7) = 30/56, alpha = 1 − (1/4)·(56/30) = 8/15
    assert found["Krippendorff's alpha"].mean == pytest.approx(8 / 15)
    assert found["Same answer"].mean == pytest.approx(3 / 4)
    # kappa: expected 1 − (5/8)² − (3/8)² = 15/32, 1 − (1/4)·(32/15) = 7/15
    assert found["Fleiss' kappa"].mean == pytest.approx(7 / 15)
    assert [(one.first, one.second, one.estimate.mean) for one in quality.pairs] == [("a", "b", 0.75)]
    assert [(one.question, one.share, dict(one.answers)) for one in quality.disputed] == [(3, 0.0, {"x": 1, "y": 1})]


def test_a_draw_is_an_answer_and_a_skip_is_none():
    rows = [(1, "a", 0), (1, "b", "tie"), (2, "a", 1), (2, "b", 1)]
    table = answers(rows, "comparison")
    skipped = table.head(1).with_columns(
        sequence=9, judgment_id=pl.lit("s"), outcome=pl.lit("skipped"), comparison=None
    )
    quality = compute(pl.concat([table, skipped.select(table.columns).cast(ANSWERS)]), QuestionKind.COMPARISON)
    assert quality.outcomes == {"answered": 3, "tie": 1, "skipped": 1}
    assert quality.agreement[1].estimate.mean == pytest.approx(0.5)
    assert dict(quality.disputed[0].answers) == {"the first": 1, "a draw": 1}


def test_rankings_agree_pair_by_pair():
    rows = [(1, "a", json.dumps([0, 1, 2])), (1, "b", json.dumps([0, 2, 1])), (2, "a", "[1, 0]"), (2, "b", "[1, 0]")]
    quality = compute(answers(rows, "ranking"), QuestionKind.RANKING)
    # question 1 has three pairs, of which (1,2) and (1,3) agree and (2,3) does not; question 2 has one, which agrees
    assert quality.agreement[1].estimate.mean == pytest.approx(3 / 4)
    assert quality.n_units == 4


def test_numbers_agree_where_they_are_near():
    rows = [(1, "a", 1.0), (1, "b", 1.5), (2, "a", 10.0), (2, "b", 4.0), (3, "a", 0.0), (3, "b", 0.0)]
    quality = compute(answers(rows, "rating"), QuestionKind.RATING)
    assert [one.name for one in quality.agreement] == ["Krippendorff's alpha"]
    # a tenth of the range from 0 to 10 is 1: questions 1 and 3 agree
    assert quality.pairs[0].estimate.mean == pytest.approx(2 / 3)
    assert [one.question for one in quality.disputed] == [2, 1]


def test_an_answer_that_was_followed_counts_no_more():
    rows = [(1, "a", "x"), (1, "a", "y")]
    table = answers(rows, follows=[None, "j0"])
    assert in_force_answers(table)["judgment_id"].to_list() == ["j1"]
    assert compute(table, QuestionKind.CHOICE).n_answers == 1


def test_checks_and_adjudications_are_no_part_of_agreement():
    rows = [(1, "a", "x"), (1, "b", "x"), (2, "a", "x"), (2, "b", "y"), (3, "a", "x"), (3, "b", "y")]
    table = answers(rows, purpose=["ordinary"] * 4 + ["gold", "gold"])
    decided = table.head(1).with_columns(
        judgment_id=pl.lit("adjudication-1"), purpose=None, choice=pl.lit("z"), labeler=99
    )
    quality = compute(pl.concat([table, decided.select(table.columns).cast(ANSWERS)]), QuestionKind.CHOICE)
    assert quality.n_units == 2


def test_a_judge_who_answers_at_random_stands_out_and_so_does_a_drift():
    rng = np.random.default_rng(4)
    rows = []
    for question in range(600):
        truth = int(rng.integers(2))
        for who in "abcd":
            noise = 0.5 if who == "d" else 0.05 if question < 300 else 0.45
            rows.append((question, who, str(truth ^ int(rng.random() < noise))))
    quality = compute(answers(rows), QuestionKind.CHOICE)
    assert quality.with_others["d"].high < quality.with_others["a"].low
    assert "less with each other now" in quality.drift
    assert len(quality.parts) == 6


def test_the_order_of_answers_changes_nothing_but_the_parts():
    rng = np.random.default_rng(1)
    rows = [(q, who, str(rng.integers(3))) for q in range(40) for who in "abc"]
    table = answers(rows)
    mixed = table.sample(fraction=1, shuffle=True, seed=2).with_columns(sequence=table["sequence"])
    first, second = compute(table, QuestionKind.CHOICE), compute(mixed, QuestionKind.CHOICE)
    assert [one.estimate.mean for one in first.agreement] == pytest.approx(
        [one.estimate.mean for one in second.agreement]
    )
    assert {w: e.mean for w, e in first.with_others.items()} == pytest.approx(
        {w: e.mean for w, e in second.with_others.items()}
    )


@pytest.mark.parametrize("kind", list(QuestionKind))
def test_no_answers_and_a_single_one_are_no_fault(kind):
    value = {"comparison": 0, "rating": 2.0, "probability": 0.5, "ranking": "[0, 1]", "spans": "[]"}.get(kind, "x")
    assert compute(answers([]), kind).n_answers == 0
    quality = compute(answers([(1, "a", value)], str(kind)), kind)
    assert (quality.n_answers, quality.agreement, quality.disputed) == (1, (), ())


def test_reliability_of_choices_finds_who_answers_at_random():
    rng = np.random.default_rng(3)
    noise = {"a": 0.05, "b": 0.1, "c": 0.15, "d": 0.5}
    truths = rng.integers(2, size=300)
    rows = [(q, who, str(truth ^ int(rng.random() < p))) for q, truth in enumerate(truths) for who, p in noise.items()]
    found = compute(answers(rows), QuestionKind.CHOICE).reliability
    assert found["d"].high < 0.65 < found["c"].low
    assert all(found[who].low <= 1 - noise[who] + 0.03 for who in "abc")


def test_reliability_of_comparisons_finds_who_answers_the_wrong_way_round():
    rng = np.random.default_rng(5)
    score = rng.normal(size=30) * 3
    rows, pairs = [], []
    for question in range(200):
        first, second = (int(i) for i in rng.choice(30, 2, replace=False))
        for who in "abc":
            better = int(rng.random() > 1 / (1 + np.exp(score[second] - score[first])))
            rows.append((question, who, 1 - better if who == "c" else better))
            pairs.append(json.dumps([f"item {first}", f"item {second}"]))
    found = compute(answers(rows, "comparison", item_ids=pairs), QuestionKind.COMPARISON).reliability
    assert found["c"].high < 0.5 < min(found["a"].low, found["b"].low)
