import inspect
import re

import pytest

from tacit import errors
from tacit.errors import BadValue, InputError, MissingExtra, TacitError, UnknownName

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, TacitError)]


def test_a_message_says_where_what_and_what_to_do():
    error = BadValue("labels.csv line 17", got="'catt'", expected="one of cat, dog", do="Mend the line")
    assert str(error) == "labels.csv line 17: got 'catt', expected one of cat, dog. Mend the line."
    assert (error.where, error.got, error.do) == ("labels.csv line 17", "'catt'", "Mend the line")


def test_a_message_without_advice_ends_after_what_was_expected():
    assert str(InputError("--labels", got=0, expected="1 or more")) == "--labels: got 0, expected 1 or more."


def test_a_near_miss_is_suggested():
    error = UnknownName("environment", "CartPoll-v1", ["Acrobot-v1", "CartPole-v1"])
    assert str(error) == "environment: got 'CartPoll-v1', expected one of CartPole-v1. Did you mean 'CartPole-v1'?"


def test_a_name_far_from_all_lists_what_is_known():
    assert str(UnknownName("verb", "xyzzy", ["learn", "report"])) == (
        "verb: got 'xyzzy', expected one of learn, report."
    )


def test_advice_and_suggestion_stand_together():
    message = str(UnknownName("environment", "CartPoll", ["CartPole"], do="Install a pack"))
    assert message.endswith("Install a pack. Did you mean 'CartPole'?")


def test_nothing_known_is_said():
    assert "expected one of none" in str(UnknownName("pack", "x", []))


def test_a_missing_extra_names_the_line_that_installs_it():
    error = MissingExtra("Hopper-v5", package="mujoco", install="tacit-control[mujoco]")
    assert "Run: pip install 'tacit-control[mujoco]'" in str(error)
    assert error.package == "mujoco"


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = re.findall(r"^    ([│ ├└─]*)([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    parent_of, above = {}, {}
    for branch, name in drawn:
        depth = len(branch) // 4
        above[depth] = name
        parent_of[name] = above.get(depth - 1, "Exception")
    assert parent_of == {c.__name__: c.__bases__[0].__name__ for c in CLASSES}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_has_an_exit_code_and_a_docstring(kind):
    assert kind.exit_code in (1, 2, 130)
    assert kind.__doc__
