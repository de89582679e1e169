"""What a visit costs in SQLite: as much in a large project as in a small one, and for a judge of long standing."""

from contextlib import contextmanager
from itertools import count

import pytest
from sqlalchemy import text

STEPS = 20  # of SQLite's machine, between two looks at it


@contextmanager
def steps_of(office):
    """Count, in units of `STEPS`, what SQLite's machine does in the transactions that write."""
    seen, looked = [], count()

    def look():
        next(looked)
        return 0

    def watch(connection):
        connection.connection.driver_connection.set_progress_handler(look, STEPS)

    office.people.access.write(watch)
    start = next(looked)
    yield seen
    office.people.access.write(
        lambda connection: connection.connection.driver_connection.set_progress_handler(None, STEPS)
    )
    seen.append(next(looked) - start)


def made_again(office, *, backwards):
    """Make all indexes again, in one order or the other: SQLite prefers one or another by the order of their making."""

    def make(connection):
        chosen = text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")
        found = list(connection.execute(chosen))
        for name, made in sorted(found, reverse=backwards):
            connection.exec_driver_sql(f"DROP INDEX {name}")
            connection.exec_driver_sql(made)

    office.people.access.write(make)


def visits(office, who, n=5):
    """Count what visits cost."""
    (held,) = office.ask(who, again=True)
    (held,) = office.give(who, held, n=1).questions  # whatever is looked up once has been looked up
    with steps_of(office) as seen:
        for _ in range(n):
            (held,) = office.give(who, held, n=1).questions
    return seen[0]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_visit_costs_no_more_in_a_large_project(quick_office, backwards):
    office = quick_office
    small, large = office.project(100), office.project(2_000)
    made_again(office, backwards=backwards)
    few, many = (visits(office, office.judge(project)) for project in (small, large))
    assert few > 0
    assert many < 1.5 * few


@pytest.mark.parametrize("backwards", [False, True])
def test_a_visit_costs_no_more_for_who_has_answered_much(quick_office, backwards):
    office = quick_office
    project = office.project(1_000)
    new, old = office.judge(project), office.judge(project)
    for _ in range(10):
        for held in office.ask(old, 50):
            office.give(old, held)
    made_again(office, backwards=backwards)
    of_new, of_old = visits(office, new), visits(office, old)
    assert of_new > 0
    assert of_old < 1.5 * of_new
