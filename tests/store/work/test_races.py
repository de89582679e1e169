"""Never more valid answers than the overlap, whoever races whom, and counters that always agree with the records."""

import threading
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tacit.errors import NotAllowed, UnknownName
from tacit.store import Store
from tacit.store.people import Rules
from tacit.store.sql.people_schema import assignment, task
from tacit.store.work import Given, Visit, answering, leasing


def check_the_books(office, project):
    """Hold every counter against the records that it counts."""
    now = office.people.projects.get(project.project_id)
    with office.people.access.reading() as connection:
        of_task = select(
            task.c.sequence,
            task.c.overlap,
            task.c.n_valid,
            task.c.free,
            select(func.count()).where(assignment.c.task == task.c.sequence, assignment.c.holds).where(
                assignment.c.state == "answered").scalar_subquery().label("answered"),
            select(func.count()).where(assignment.c.task == task.c.sequence, assignment.c.holds).where(
                assignment.c.state == "out").scalar_subquery().label("out"),
        ).where(task.c.purpose == "ordinary")  # fmt: skip
        tasks = connection.execute(of_task).all()
        answered = select(assignment.c.counted, func.count()).where(assignment.c.state == "answered")
        counted = dict(connection.execute(answered.group_by(assignment.c.counted)).all())
        judges = select(assignment.c.task, assignment.c.account).where(assignment.c.counted == "valid").where(
            assignment.c.state == "answered")  # fmt: skip
        valid = connection.execute(judges).all()
        shown = connection.execute(select(assignment.c.shown)).scalars().all()
    assert set(shown) <= {"[0,1]", "[1,0]"}
    for one in tasks:
        assert one.n_valid == one.answered <= one.overlap
        assert one.free == one.overlap - one.n_valid - one.out >= 0
    assert len(set(valid)) == len(valid)  # nobody counts twice on one question
    assert now.n_valid == counted.get("valid", 0) == sum(one.n_valid for one in tasks)
    assert now.n_surplus == counted.get("surplus", 0)
    assert now.n_check == counted.get("check", 0)
    assert now.n_done == sum(one.n_valid == one.overlap for one in tasks)
    members = office.people.members.all(project.project_id)
    assert sum(one.counts["n_valid"] for one in members) == now.n_valid
    assert sum(one.counts["n_check"] for one in members) == now.n_check


def test_sixty_four_racing_judges_never_give_a_fourth_valid_answer(tmp_path, open_office):
    """40 questions × 3 places = 120 valid answers, from 64 threads that all want the same ones."""
    with Store.open(tmp_path / "race") as store:
        office = open_office(store)
        project = office.project(40, overlap=3)
        judges = [office.judge(project) for _ in range(64)]
        keys, start = count(), threading.Barrier(64)

        def work(who):
            start.wait()
            leased = office.ask(who, 2)
            for _ in range(8):
                answers = tuple(Given(f"r{next(keys)}", one.lease, "answered", "left") for one in leased)
                leased = office.desk.visit(Visit(who, project.project_id, answers, n=2)).questions
            answers = tuple(Given(f"r{next(keys)}", one.lease, "answered", "left") for one in leased)
            office.desk.visit(Visit(who, project.project_id, answers))  # whoever was quick leaves none unanswered

        threads = [threading.Thread(target=work, args=(who,)) for who in judges]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check_the_books(office, project)
        assert office.counts(project)["n_valid"] == 120
        assert all(one.n_valid == 3 for one in office.task(project).values())


@pytest.mark.parametrize("kind", ["folder", "postgres"])
def test_two_servers_of_one_project_hand_out_no_place_twice(tmp_path, request, open_office, kind):
    """Two stores, as two processes have them, each with half of the judges: 15 questions × 2 places."""
    place = tmp_path / "shared" if kind == "folder" else request.getfixturevalue("postgres_url")
    with Store.open(place) as first, Store.open(place) as second:
        office, other = open_office(first), open_office(second)
        project = office.project(15, overlap=2)
        judges = [office.judge(project) for _ in range(12)]
        keys, start = count(), threading.Barrier(12)

        def work(number, who):
            desk = (office if number % 2 else other).desk
            start.wait()
            leased = desk.visit(Visit(who, project.project_id, n=1)).questions
            for _ in range(15):
                answers = tuple(Given(f"s{next(keys)}", one.lease, "answered", "left") for one in leased)
                leased = desk.visit(Visit(who, project.project_id, answers, n=1)).questions
            answers = tuple(Given(f"s{next(keys)}", one.lease, "answered", "left") for one in leased)
            desk.visit(Visit(who, project.project_id, answers))

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(judges)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check_the_books(office, project)
        assert office.counts(project)["n_valid"] == 30


WHAT = ["ask", "ask", "ask", "answer", "answer", "answer", "skip", "wait", "undo", "release", "again", "overlap"]
STEPS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 5)), min_size=30, max_size=60)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, overlap=st.integers(1, 3), window=st.sampled_from([-1, 16]))
def test_whatever_judges_do_in_whatever_order_the_books_agree(open_office, steps, overlap, window):
    """With a small window, judges are often past what was read for all, and are looked after one by one."""
    with Store.in_memory() as store, pytest.MonkeyPatch.context() as patched:
        patched.setattr(leasing, "WINDOW", window)
        office = open_office(store)
        project = office.project(4, overlap=overlap, lease_s=60, repeat_share=0.2, gold_share=0.1)
        office.people.tasks.add(project.project_id, office.questions(2), purpose="gold", expected=[0, 1])
        judges = [office.judge(project) for _ in range(3)]
        held = {who: [] for who in judges}
        given_answers = {who: [] for who in judges}
        for what, number in steps:
            who = judges[number % 3]
            match what:
                case "ask":
                    held[who] += office.ask(who, 1 + number // 3)
                case "answer" | "skip" if held[who]:
                    leased = held[who].pop(number % len(held[who]))
                    reply = office.give(who, leased, "left" if what == "answer" else "skipped")
                    given_answers[who] += [(one, leased) for one in reply.accepted]
                case "wait":
                    office.now += 45
                case "undo" if given_answers[who]:
                    accepted, _ = given_answers[who].pop()
                    try:
                        _, leased = office.desk.undo(who, key=accepted.key, judgment_id=accepted.judgment_id)
                        held[who].append(leased)
                    except NotAllowed:
                        pass
                case "release" if held[who]:
                    try:
                        office.desk.release(who, [held[who].pop().lease])
                    except UnknownName as error:
                        raise AssertionError("a lease of one's own") from error
                case "again" if given_answers[who]:
                    accepted, leased = given_answers[who][-1]
                    twice = office.give(who, leased, key=accepted.key).accepted
                    assert twice == [accepted]
                case "overlap" if number == 0:
                    now = office.people.projects.get(project.project_id)
                    more = {**now.rules.__dict__, "overlap": now.rules.overlap + 1}
                    office.people.projects.change(project.project_id, version=now.version, by="", rules=Rules(**more))
            check_the_books(office, project)


def test_a_visit_that_brings_a_fault_of_ours_to_light_keeps_nobody_else_from_being_served(quick_office, monkeypatch):
    office = quick_office
    project = office.project(20)
    judges = [office.judge(project) for _ in range(6)]
    held = {who: office.ask(who)[0] for who in judges}
    honest = answering.stored_answer

    def faulty(kind, how, order, value):
        if value == "right":
            raise ZeroDivisionError
        return honest(kind, how, order, value)

    monkeypatch.setattr(answering, "stored_answer", faulty)
    done, arrived = threading.Event(), []

    def deliver(pairs):
        arrived.extend(pairs)
        if len(arrived) == len(judges):
            done.set()

    with office.people.access._writer._lock:  # so that all wait, and are served together
        office.desk._scheduled = True
    for who in judges:
        side = "right" if who is judges[2] else "left"
        given_answer = Given(f"f{judges.index(who)}", held[who].lease, "answered", side)
        office.desk.submit(Visit(who, answers=(given_answer,)), who, deliver)
    office.desk._schedule()
    assert done.wait(60)
    results = dict(arrived)
    assert isinstance(results.pop(judges[2]), ZeroDivisionError)
    assert all(reply.accepted[0].counted == "valid" for reply in results.values())
    assert office.counts(project)["n_valid"] == 5
