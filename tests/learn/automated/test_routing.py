import numpy as np
import pytest

from tacit.errors import BadValue
from tacit.learn.automated import People, route_items

PEOPLE = People("people", np.array([0.9, 0.6]), 1.0)
EXPERTS = People("experts", np.array([0.97, 0.96]), 5.0)

# ---- worked by hand


def test_experts_are_asked_where_expertise_matters():
    # Surely class 0: people are right with 0.9, three of them with 0.972: 3 labels at 1. An expert costs 5.
    # Surely class 1: people are right with 0.6 and would take 67 labels; one expert, right with 0.96, costs 5.
    route = route_items(np.array([[1.0, 0.0], [0.0, 1.0]]), [PEOPLE, EXPERTS], wanted=0.95)
    assert route.group.tolist() == [0, 1]
    assert route.labels.tolist() == [3, 1]
    assert route.cost.tolist() == [3, 5]
    assert route.reached.all()


def test_in_doubt_both_skills_count():
    # Half and half: people are right with 0.75, which takes nine labels (0.951); an expert costs 5
    assert route_items(np.array([[0.5, 0.5]]), [PEOPLE], wanted=0.95).labels.tolist() == [9]
    assert route_items(np.array([[0.5, 0.5]]), [PEOPLE, EXPERTS], wanted=0.95).group.tolist() == [1]


def test_where_nobody_is_good_enough_the_best_is_asked_once():
    guess = People("people", np.array([0.5, 0.5]), 1.0)
    poor = People("experts", np.array([0.51, 0.51]), 5.0)
    route = route_items(np.array([[0.5, 0.5]]), [guess, poor])
    assert (route.group.tolist(), route.labels.tolist(), route.reached.tolist()) == ([1], [1], [False])


# ---- refuses


def test_people_who_do_not_fit_are_said():
    p = np.array([[0.5, 0.5]])
    with pytest.raises(BadValue, match="nobody to ask"):
        route_items(p, [])
    with pytest.raises(BadValue, match="price of free"):
        route_items(p, [People("free", np.array([0.9, 0.9]), 0.0)])
    with pytest.raises(BadValue, match="3 classes"):
        route_items(p, [People("others", np.array([0.9, 0.9, 0.9]), 1.0)])
