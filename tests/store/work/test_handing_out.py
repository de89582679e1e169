"""Who gets which question: overlap, leases, priority, checks in between, quotas."""

from collections import Counter
from hashlib import sha256

import pytest
from sqlalchemy import select

from tacit.errors import NotAllowed, NotSignedIn, UnknownName
from tacit.store.people import Rules, State
from tacit.store.sql.people_schema import assignment
from tacit.store.work import Credential, Given, Visit


def test_a_question_goes_to_as_many_judges_as_the_overlap_says_and_to_none_twice(office):
    """Two questions, overlap 2, three judges: 2 × 2 = 4 places, so that 4 of 6 wishes are met."""
    project = office.project(2, overlap=2)
    judges = [office.judge(project) for _ in range(3)]
    had = {who: [one.question.id for one in office.ask(who, 2)] for who in judges}
    assert sorted(map(len, had.values())) == [0, 2, 2]
    assert max(Counter(q for ids in had.values() for q in ids).values()) == 2
    assert all(len(set(ids)) == len(ids) for ids in had.values())


def test_a_lease_that_runs_out_frees_its_place_and_a_late_answer_is_surplus(office):
    project = office.project(1, lease_s=60)
    slow, quick = office.judge(project), office.judge(project)
    (late,) = office.ask(slow)
    assert office.ask(quick) == []
    office.now += 61
    (taken,) = office.ask(quick)
    assert taken.question.id == late.question.id
    assert office.give(slow, late).accepted[0].counted == "surplus"
    assert office.give(quick, taken).accepted[0].counted == "valid"
    assert office.counts(project) == {"n_done": 1, "n_valid": 1, "n_surplus": 1, "n_check": 0}
    assert office.store.n_judgments() == 2  # what was late is kept all the same


def test_each_answer_renews_what_the_judge_holds(office):
    project = office.project(3, lease_s=60)
    who, other = office.judge(project), office.judge(project)
    first, second = office.ask(who, 2)
    office.now += 40
    office.give(who, first)
    office.now += 40  # 80 s after handing out, 40 s after the renewal
    assert {one.question.id for one in office.ask(other, 3)}.isdisjoint({second.question.id})
    assert office.give(who, second).accepted[0].counted == "valid"


def test_renewing_and_giving_back(office):
    project = office.project(2, lease_s=60)
    who, other = office.judge(project), office.judge(project)
    kept, given_back = office.ask(who, 2)
    assert office.desk.renew(who, [kept.lease]) == {kept.lease: office.now + 60}
    assert office.desk.release(who, [given_back.lease]) == [given_back.lease]
    assert [one.question.id for one in office.ask(other, 2)] == [given_back.question.id]
    with pytest.raises(UnknownName):
        office.desk.release(other, [kept.lease])


def test_what_is_held_already_comes_first_when_a_page_is_loaded_again(office):
    project = office.project(4)
    who = office.judge(project)
    first = office.ask(who, 2)
    again = office.ask(who, 3, again=True)
    assert [one.lease for one in again[:2]] == [one.lease for one in first]
    assert len(again) == 3


def test_nobody_holds_more_than_fifty(office):
    project = office.project(70)
    who = office.judge(project)
    assert len(office.ask(who, 50)) == 50
    assert office.ask(who, 50) == []


def test_urgent_questions_come_first_even_for_those_who_have_gone_past(office):
    project = office.project(6)
    who = office.judge(project)
    office.give(who, office.ask(who)[0])
    urgent = office.questions(2)
    office.people.tasks.add(project.project_id, urgent, priority=[1.0, 2.0])
    assert [one.question.id for one in office.ask(who, 2)] == [urgent[1], urgent[0]]
    late = next(q for q, one in office.task(project).items() if one.free and one.priority == 0)
    office.people.tasks.prioritise(project.project_id, {late: 5.0})
    assert office.ask(who)[0].question.id == late


def test_a_share_is_drawn_whatever_its_priority_and_this_is_recorded(quick_office):
    office = quick_office
    project = office.project(1, exploration_share=0.5)
    office.people.tasks.add(project.project_id, office.questions(200), priority=[float(i) for i in range(200)])
    who = office.judge(project)
    places = []
    for _ in range(60):
        (leased,) = office.ask(who)
        places.append(leased.question.id)
        office.give(who, leased)
    tasks = office.task(project)
    top = {q for q, one in tasks.items() if one.priority >= 200 - 60}
    # Half of 60 from the top, half from all 201: of those about 60/201 are of the top too. 30 + 9 = 39, σ about 4.
    assert 25 <= sum(q in top for q in places) <= 53
    explored = office.people.access.rows(_explored())
    assert 18 <= len(explored) <= 42


def test_sides_are_drawn_and_recorded(quick_office):
    office = quick_office
    project = office.project(100)
    who = office.judge(project)
    for _ in range(100):
        (leased,) = office.ask(who)
        office.give(who, leased, "left")
    kept = office.store.judgments()
    assert kept["shown_left"].to_list() == kept["comparison"].to_list()  # always left
    assert 30 <= kept["shown_left"].sum() <= 70  # binomial(100, ½): σ = 5


def test_checks_are_mixed_in_at_their_share_hold_no_place_and_look_like_any_other(quick_office):
    office = quick_office
    project = office.project(300, gold_share=0.1, repeat_share=0.1)
    office.people.tasks.add(project.project_id, office.questions(60), purpose="gold", expected=[0] * 60)
    who = office.judge(project)
    shapes = set()
    for _ in range(200):
        (leased,) = office.ask(who)
        shapes.add((leased.question.kind, leased.question.text, len(leased.items), len(leased.lease)))
        office.give(who, leased)
    (member,) = office.people.members.all(project.project_id)
    assert member.counts["n_gold"] + member.counts["n_repeat"] == member.counts["n_check"]
    assert 8 <= member.counts["n_gold"] <= 34  # binomial(200, 0.1): mean 20, σ = 4.2
    assert 5 <= member.counts["n_repeat"] <= 34
    assert 0 < member.counts["n_gold_right"] < member.counts["n_gold"]  # always left, and sides are drawn
    assert len(shapes) == 1
    held = office.counts(project)
    assert held["n_valid"] + held["n_check"] == 200
    assert all(one.n_valid == 0 for one in office.task(project).values() if one.purpose == "gold")


def test_a_repeat_is_another_asking_of_the_same_items(quick_office):
    office = quick_office
    project = office.project(100, repeat_share=0.4)
    who = office.judge(project)
    for _ in range(60):
        office.give(who, office.ask(who)[0])
    judged = office.store.questions(office.store.judgments()["question_id"])
    repeated = judged.filter(judged["occasion"] == "repeat")
    assert repeated.height > 5
    assert judged["question_id"].n_unique() == 60  # a repeat has an id of its own, and no question is repeated twice
    first = judged.filter(judged["occasion"] == "")
    assert set(map(tuple, repeated["item_ids"].to_list())) <= set(map(tuple, first["item_ids"].to_list()))


def test_a_quota_ends_a_judges_work(office):
    project = office.project(5, quota=2)
    who = office.judge(project)
    for leased in office.ask(who, 5):
        reply = office.give(who, leased, n=1)
    assert reply.state == "done"
    assert office.counts(project)["n_valid"] == 2


def test_a_stratum_that_has_enough_is_asked_no_more(office):
    project = office.project(1, strata={"north": 2})
    north = office.questions(5)
    office.people.tasks.add(project.project_id, north, strata=["north"] * 5)
    who = office.judge(project)
    asked = []
    while leased := office.ask(who):
        asked.append(leased[0].question.id)
        office.give(who, leased[0])
    assert sum(one in north for one in asked) == 2
    assert len(asked) == 3


def test_a_stratum_opens_again_when_its_quota_is_raised_and_closes_when_it_is_lowered(office):
    project = office.project(1, overlap=2, strata={"north": 1})
    north = office.questions(4)
    office.people.tasks.add(project.project_id, north, strata=["north"] * 4)
    who, other = office.judge(project), office.judge(project)

    def judge_all():
        return [leased.question.id for one in (who, other, who, other) for leased in answered(one)]

    def answered(one):
        while leased := office.ask(one):
            office.give(one, leased[0])
            yield leased[0]

    def set_quota(**strata):
        now = office.people.projects.get(project.project_id)
        rules = Rules(**{**now.rules.__dict__, "strata": strata})
        office.people.projects.change(project.project_id, version=now.version, by="", rules=rules)
        check = {one.question_id: (one.n_valid, one.free) for one in office.people.tasks.page(project.project_id)}
        return [check[question] for question in north]

    judge_all()
    first = office.people.projects.get(project.project_id).n_valid
    # the first judge answers all; the second finishes one of the north, which fills the quota, and all else is closed
    assert (judge_all(), first) == ([], 2 + 4 + 1)
    assert sorted(set_quota(north=3)) == [(1, 1), (1, 1), (1, 1), (2, 0)]
    assert len(judge_all()) == 2
    assert sorted(set_quota(north=2)) == [(1, 0), (2, 0), (2, 0), (2, 0)]
    assert judge_all() == []
    assert sorted(set_quota()) == [(1, 1), (2, 0), (2, 0), (2, 0)]
    assert len(judge_all()) == 1


def test_a_skip_takes_no_place_and_the_skipper_is_not_asked_again(office):
    project = office.project(1)
    who, other = office.judge(project), office.judge(project)
    assert office.give(who, office.ask(who)[0], "skipped").accepted[0].counted == "surplus"
    assert office.ask(who) == []
    assert office.give(other, office.ask(other)[0]).accepted[0].counted == "valid"


def test_a_paused_project_hands_nothing_out_and_takes_what_was_out(office):
    project = office.project(3)
    who = office.judge(project)
    (leased,) = office.ask(who)
    office.people.projects.set_state(project.project_id, State.PAUSED, by="")
    assert office.desk.visit(Visit(who, project.project_id, n=1, again=True)).state == "paused"
    assert office.give(who, leased).accepted[0].counted == "valid"


def test_who_is_taken_out_of_a_project_gets_nothing_more_and_loses_nothing(office):
    project = office.project(3)
    who = office.judge(project)
    first, second = office.ask(who, 2)
    (member,) = office.people.members.all(project.project_id)
    office.people.members.remove(project.project_id, member.account_id, by="")
    reply = office.give(who, first, n=1)
    assert (reply.accepted[0].counted, reply.questions, reply.state) == ("valid", [], "done")
    given = Given("named", second.lease, "tie")
    named = office.desk.visit(Visit(who, project.project_id, (given,), n=1))
    assert (named.accepted[0].counted, named.questions) == ("valid", [])
    with pytest.raises(NotAllowed, match="work no more"):
        office.desk.undo(who, key="u", judgment_id=reply.accepted[0].judgment_id)


def test_the_gate_stands_before_the_work_and_again_before_new_instructions(office):
    project = office.project(3, gate=True)
    who = office.judge(project)
    for version in (1, 2):
        now = office.people.projects.get(project.project_id)
        office.people.projects.add_instructions(project.project_id, "Look.", "<p>Look.", version=now.version, by="")
        assert office.desk.visit(Visit(who, project.project_id, n=1)).state == "gate"
        read = office.desk.visit(Visit(who, project.project_id, n=1, read_instructions=version))
        assert (read.state, len(read.questions)) == ("work", 1)


@pytest.mark.parametrize(("answers", "states"), [
    (["right", "right"], ["training", "work"]),
    (["wrong", "right", "right", "right"], ["training", "training", "training", "work"]),
    (["wrong", "wrong", "wrong", "wrong"], ["training", "training", "training", "refused"]),
])  # fmt: skip
def test_training_is_passed_or_failed_after_its_attempts(office, answers, states):
    project = office.project(3, training_pass=1.0, training_attempts=2)
    office.people.tasks.add(project.project_id, office.questions(2), purpose="training", expected=[0, 0])
    who = office.judge(project)
    (leased,) = office.ask(who)
    for answer, state in zip(answers, states, strict=True):
        first_is_left = leased.shown_left == 0
        side = "left" if first_is_left == (answer == "right") else "right"
        reply = office.give(who, leased, side, n=1)
        told = reply.accepted[0].feedback
        assert told == {"right": answer == "right", "expected": "left" if first_is_left else "right"}
        assert reply.state == state
        leased = reply.questions[0] if reply.questions else None
    assert office.counts(project)["n_valid"] == 0


def test_people_who_may_not_are_turned_away(office):
    project = office.project(1)
    who = office.judge(project)
    elsewhere = office.project(1)
    with pytest.raises(UnknownName):
        office.ask(who, project=elsewhere)
    with pytest.raises(NotSignedIn):
        office.ask(Credential("session", "0" * 64))
    (leased,) = office.ask(who)
    other = office.judge(project)
    assert isinstance(office.give(other, leased).refused[0].error, UnknownName)
    account = office.people.members.all(project.project_id)[0].account_id
    reading = office.people.credentials.make_token(account, ["read"])[0]
    with pytest.raises(NotAllowed):
        office.ask(Credential("token", _hash(reading)))
    office.people.accounts.disable(account, by="")
    with pytest.raises(NotSignedIn):
        office.give(who, leased)


def _hash(secret):
    return sha256(secret.encode()).hexdigest()


def _explored():
    return select(assignment.c.lease_id).where(assignment.c.explored)
