"""Answers that are taken back, and answers that are sent twice."""

import pytest

from tacit.errors import BadJudgment, Conflict, NotAllowed, UnknownName
from tacit.judging import in_force


def test_an_answer_taken_back_reopens_its_place_for_the_judge_and_then_for_others(office):
    project = office.project(1, lease_s=60)
    who, other = office.judge(project), office.judge(project)
    (leased,) = office.ask(who)
    judgment_id = office.give(who, leased).accepted[0].judgment_id
    _, again = office.desk.undo(who, key="u", judgment_id=judgment_id)
    assert (again.question, again.items) == (leased.question, leased.items)
    assert office.ask(other) == []  # the judge holds it again
    office.now += 61
    assert office.ask(other)[0].question.id == leased.question.id
    kept = office.store.judgments()
    assert kept["outcome"].to_list() == ["answered", "skipped"]
    assert kept["follows"].to_list() == [None, judgment_id]
    assert in_force(kept)["outcome"].to_list() == ["skipped"]


def test_what_is_answered_after_taking_back_is_what_holds(office):
    project = office.project(1)
    who = office.judge(project)
    (leased,) = office.ask(who)
    first = office.give(who, leased, "left").accepted[0]
    _, again = office.desk.undo(who, key="u", judgment_id=first.judgment_id)
    second = office.give(who, again, "tie").accepted[0]
    assert second.counted == "valid"
    assert in_force(office.store.judgments())["judgment_id"].to_list() == [second.judgment_id]
    assert office.counts(project) == {"n_done": 1, "n_valid": 1, "n_surplus": 0, "n_check": 0}


def test_taking_back_twice_under_one_key_is_once(office):
    project = office.project(1)
    who = office.judge(project)
    first = office.give(who, office.ask(who)[0]).accepted[0]
    once, twice = (office.desk.undo(who, key="u", judgment_id=first.judgment_id) for _ in range(2))
    assert once == twice
    assert office.store.n_judgments() == 2
    with pytest.raises(NotAllowed, match="taken back already"):
        office.desk.undo(who, key="another", judgment_id=first.judgment_id)


def test_only_ones_own_last_ten_answers_and_only_for_a_while(quick_office):
    office = quick_office
    project = office.project(12, undo_s=100)
    who, other = office.judge(project), office.judge(project)
    given = []
    for _ in range(11):
        given.append(office.give(who, office.ask(who)[0]).accepted[0].judgment_id)
        office.now += 1
    with pytest.raises(NotAllowed, match="older answer"):
        office.desk.undo(who, key="a", judgment_id=given[0])
    with pytest.raises(UnknownName):
        office.desk.undo(other, key="b", judgment_id=given[-1])
    office.desk.undo(who, key="c", judgment_id=given[1])
    office.now += 200
    with pytest.raises(NotAllowed, match="seconds"):
        office.desk.undo(who, key="d", judgment_id=given[-1])


def test_a_check_that_is_taken_back_is_counted_no_more(quick_office):
    office = quick_office
    project = office.project(30, gold_share=0.5)
    office.people.tasks.add(project.project_id, office.questions(20), purpose="gold", expected=[0] * 20)
    who = office.judge(project)
    while office.counts(project)["n_check"] == 0:
        last = office.give(who, office.ask(who)[0]).accepted[0]
    office.desk.undo(who, key="u", judgment_id=last.judgment_id)
    (member,) = office.people.members.all(project.project_id)
    assert [member.counts[name] for name in ("n_check", "n_gold", "n_gold_right")] == [0, 0, 0]


def test_the_same_answer_sent_again_is_the_same_answer(office):
    project = office.project(2)
    who = office.judge(project)
    first, second = office.ask(who, 2)
    once, twice = (office.give(who, first, key="k").accepted for _ in range(2))
    assert once == twice
    assert office.give(who, second, key="k").accepted == once  # the key names the answer, whatever else is sent
    assert isinstance(office.give(who, first, key="other").refused[0].error, Conflict)
    assert office.store.n_judgments() == 1


@pytest.mark.parametrize("answer", ["both", "LEFT", "skip"])
def test_an_answer_that_the_question_does_not_allow_changes_nothing(quick_office, answer):
    office = quick_office
    project = office.project(1)
    who = office.judge(project)
    (leased,) = office.ask(who)
    (refused,) = office.give(who, leased, answer).refused
    assert isinstance(refused.error, BadJudgment)
    assert office.store.n_judgments() == 0
    assert office.give(who, leased).accepted[0].counted == "valid"
