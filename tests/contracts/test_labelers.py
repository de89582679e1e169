"""Every labeler of tacit keeps the contract."""

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest

import tacit
from tacit.judging import (
    Irrationality,
    Labeler,
    Question,
    QuestionKind,
    SimulatedLabeler,
    check_labeler,
    questions_table,
)


def simulated():
    return SimulatedLabeler(
        lambda ids: np.array([[len(i), -len(i) / 2] for i in ids]),
        irrationality=Irrationality(mistake=0.2, equal_within=0.1, discount=0.9, precision=1.0),
        clock=lambda: 0.0,
    )


PAIRS = [("a", "bb"), ("bb", "ccc"), ("ccc", "dd"), ("a", "dd")]
MAKERS = {"SimulatedLabeler": (simulated, [QuestionKind.COMPARISON, QuestionKind.RANKING, QuestionKind.PROBABILITY])}
"""Class → a function that makes one, and the kinds of question that it answers."""


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, (_, kinds) in MAKERS.items() for kind in kinds])
def test_a_labeler_keeps_the_contract(name, kind):
    check_labeler(MAKERS[name][0], questions_table([Question(kind, pair) for pair in PAIRS]))


def test_no_labeler_is_left_out():
    found = set()
    for module in pkgutil.walk_packages(tacit.__path__, "tacit."):
        for name, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            methods = all(callable(getattr(kind, method, None)) for method in ("ask", "collect"))
            if methods and kind is not Labeler and kind.__module__.startswith("tacit."):
                found.add(name)
    assert found == set(MAKERS)
