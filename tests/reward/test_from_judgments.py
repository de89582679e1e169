import numpy as np
import pytest

from tacit.errors import BadJudgment, NotFinite
from tacit.judging import Question, QuestionKind, judgments_table, questions_table
from tacit.reward import comparisons_from_judgments

ITEMS = ("a", "b", "c")
FEATURES = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
PAIR = Question(QuestionKind.COMPARISON, ("a", "b"))
REVERSED = Question(QuestionKind.COMPARISON, ("c", "a"))
STATED = Question(QuestionKind.PROBABILITY, ("a", "c"))
RANKED = Question(QuestionKind.RANKING, ("a", "b", "c"))
RATED = Question(QuestionKind.RATING, ("a",), settings={"low": 0, "high": 1})
ALONE = Question(QuestionKind.PROBABILITY, ("a",))
QUESTIONS = questions_table([PAIR, REVERSED, STATED, RANKED, RATED, ALONE])


def judged(*rows, features=FEATURES, item_ids=ITEMS):
    """Rows of question, outcome, answers."""
    columns = {name: [] for name in ("judgment_id", "question_id", "labeler_id", "outcome", "follows")}
    columns |= {name: [] for name in ("comparison", "probability", "ranking", "rating")}
    for i, (question, outcome, answer) in enumerate(rows):
        row = {"judgment_id": str(i), "question_id": question.question_id, "labeler_id": "ann", "outcome": outcome}
        for name, values in columns.items():
            values.append((row | answer).get(name))
    return comparisons_from_judgments(judgments_table(columns), QUESTIONS, features, item_ids=item_ids)


# Worked by hand


def test_each_outcome_counts_as_the_rules_say():
    made = judged(
        (PAIR, "answered", {"comparison": 0}),
        (PAIR, "answered", {"comparison": 1, "labeler_id": "bob"}),
        (REVERSED, "tie", {}),
        (REVERSED, "both_bad", {"labeler_id": "bob"}),
        (PAIR, "cant_tell", {}),
        (PAIR, "not_shown", {}),
        (PAIR, "skipped", {"labeler_id": "cid"}),
        (PAIR, "skipped", {}),
    )
    assert made.first.tolist() == [0, 0, 2, 2]
    assert made.second.tolist() == [1, 1, 0, 0]
    assert made.target.tolist() == [1, 0, 0.5, 0.5]
    assert made.weight.tolist() == [1, 1, 1, 1]
    assert made.both_bad.tolist() == [False, False, False, True]
    assert (made.rater.tolist(), made.raters) == ([0, 1, 0, 1], ("ann", "bob"))
    assert dict(made.left_out) == {"cant_tell": 1, "not_shown": 1, "skipped": 2}


def test_a_stated_probability_is_a_soft_target():
    assert judged((STATED, "answered", {"probability": 0.8})).target.tolist() == pytest.approx([0.8])


def test_a_ranking_is_every_pair_it_implies_and_weighs_as_much_as_its_independent_comparisons():
    # b is best, a and c draw: a < b, a = c, b > c; three pairs of 2/3 make 3 − 1 comparisons.
    made = judged((RANKED, "answered", {"ranking": [1, 0, 1]}), (PAIR, "answered", {"comparison": 0}))
    assert list(zip(made.first.tolist(), made.second.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2), (0, 1)]
    assert made.target.tolist() == [0, 0.5, 1, 1]
    assert made.weight.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 1])


def test_a_draw_among_three_is_a_draw_of_every_pair():
    assert judged((RANKED, "tie", {})).target.tolist() == [0.5, 0.5, 0.5]


def test_only_the_judgment_in_force_counts():
    made = judged(
        (PAIR, "answered", {"comparison": 0}),
        (PAIR, "skipped", {}),
        (PAIR, "answered", {"comparison": 1, "follows": "0"}),
        (PAIR, "tie", {"follows": "1"}),
    )
    assert made.target.tolist() == [0, 0.5]
    assert made.left_out == ()


def test_questions_that_compare_nothing_are_counted():
    made = judged((RATED, "answered", {"rating": 0.5}), (ALONE, "answered", {"probability": 0.5}))
    assert len(made) == 0
    assert made.left_out == (("other_kind", 2),)


# Invariant


def test_the_order_of_judgments_and_of_items_does_not_matter():
    rows = [(PAIR, "answered", {"comparison": 0}), (RANKED, "answered", {"ranking": [2, 1, 0]}), (STATED, "tie", {})]
    one = judged(*rows)
    other = judged(*rows[::-1], features=FEATURES[::-1], item_ids=ITEMS[::-1])

    def named(made):
        names = np.array(made.item_ids)
        return sorted(zip(names[made.first], names[made.second], made.target, made.weight, strict=True))

    assert named(one) == named(other)


# Refuses bad input


def test_items_without_features_and_unknown_questions_are_named():
    with pytest.raises(BadJudgment, match="got item 'c' without features, expected features of every item"):
        judged((STATED, "tie", {}), features=FEATURES[:2], item_ids=ITEMS[:2])
    unknown = Question(QuestionKind.COMPARISON, ("x", "y"))
    with pytest.raises(BadJudgment, match=f"question '{unknown.question_id}'"):
        judged((unknown, "tie", {}))


def test_features_that_are_not_finite_name_the_item():
    broken = FEATURES.copy()
    broken[1, 0, 1] = np.inf
    with pytest.raises(NotFinite, match="features of item 'b', step 0, feature 1: got inf"):
        judged((PAIR, "tie", {}), features=broken)
