"""When labels are asked for: a quarter at first, then at a rate that falls as c/(T + c)."""

from math import log, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.errors import BadValue
from tacit.learn import Schedule

# worked by hand


def test_three_iterations_worked_by_hand():
    # Budget spent before each iteration: 0, 100, 200; c = 300. The integral of c/(T+c) from 0 to T is
    # c·ln(1 + T/c), so the later 75 labels are asked in proportion to ln(1 + 1/3) and ln(1 + 2/3):
    # cumulative shares are ¼, ¼ + ¾·0.28768/0.51083 = 0.67238, 1 → of 100 labels 25, 67, 100.
    assert log(1 + 1 / 3) / log(1 + 2 / 3) == pytest.approx(0.28768 / 0.51083, abs=1e-4)
    assert Schedule(labels=100, budget=300, iterations=3).labels_by_iteration().tolist() == [25, 42, 33]


def test_the_budget_is_spent_evenly():
    assert Schedule(labels=1, budget=100, iterations=3).budget_by_iteration().tolist() == [33, 34, 33]


def test_one_iteration_asks_and_spends_everything_at_once():
    schedule = Schedule(labels=7, budget=9, iterations=1)
    assert (schedule.labels_by_iteration().tolist(), schedule.budget_by_iteration().tolist()) == ([7], [9])


def test_all_labels_can_be_asked_about_the_untrained_policy():
    assert Schedule(labels=9, budget=90, iterations=3, untrained_share=1.0).labels_by_iteration().tolist() == [9, 0, 0]


# recovers truth


def test_the_rate_falls_as_c_over_t_plus_c():
    schedule = Schedule(labels=100_000, budget=1_000_000, iterations=100, half_budget=250_000)
    later = schedule.labels_by_iteration()[1:]
    middle = (np.arange(99) + 0.5) * 10_000  # of the budget between one asking and the next
    wanted = 250_000 / (middle + 250_000)
    np.testing.assert_allclose(later / later.sum(), wanted / wanted.sum(), rtol=0.01)


# invariant

SCHEDULES = st.builds(
    Schedule,
    labels=st.integers(1, 5_000),
    budget=st.integers(1, 2_000_000),
    iterations=st.integers(1, 300),
    untrained_share=st.floats(0.01, 1.0),
    half_budget=st.none() | st.floats(1e-3, 1e9),
)


@given(SCHEDULES)
def test_labels_and_budget_add_up_and_none_is_negative(schedule):
    labels, budget = schedule.labels_by_iteration(), schedule.budget_by_iteration()
    assert (len(labels), len(budget)) == (schedule.iterations, schedule.iterations)
    assert (labels.sum(), budget.sum()) == (schedule.labels, schedule.budget)
    assert labels.min() >= 0
    assert budget.min() >= 0


@given(SCHEDULES)
def test_the_first_iteration_asks_its_share_and_at_least_one(schedule):
    first = schedule.labels_by_iteration()[0]
    if schedule.iterations == 1:
        assert first == schedule.labels
    else:
        assert first == max(1, np.rint(schedule.untrained_share * schedule.labels))


# refuses


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("labels", 0),
        ("labels", -3),
        ("budget", 0),
        ("iterations", 0),
        ("untrained_share", 0.0),
        ("untrained_share", 1.1),
        ("untrained_share", nan),
        ("half_budget", 0.0),
        ("half_budget", nan),
        ("half_budget", float("inf")),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(BadValue, match=f"{name}: got {value}, expected"):
        Schedule(**{"labels": 10, "budget": 100, "iterations": 2, name: value})
