import numpy as np
import pytest

from tacit.crowd.choices.contract import check_aggregator
from tacit.crowd.choices.fit import ChoiceFit
from tacit.crowd.choices.methods import METHODS, Majority
from tacit.errors import CheckFailed


@pytest.mark.parametrize("method", METHODS)
def test_every_method_satisfies_the_contract(method):
    check_aggregator(METHODS[method])


class FirstClassWins(Majority):
    """A majority that breaks ties by the order of the classes, as many do."""

    def fit(self, choices, **settings):
        fit = super().fit(choices, **settings)
        fit.__dict__["label"] = fit.posterior.argmax(axis=1)
        return fit


class Forgetful(Majority):
    def fit(self, choices, *, known=None, **settings):
        return super().fit(choices, **settings)


class Unsure(Majority):
    def fit(self, choices, **settings):
        fit = super().fit(choices, **settings)
        return ChoiceFit(**{**vars(fit), "posterior": fit.posterior * 2})


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (FirstClassWins, "ties_go_to_no_class_by_its_order"),
        (Forgetful, "known_labels_stay"),
        (Unsure, "posteriors_are_probabilities"),
    ],
)
def test_a_fault_is_found(make, complaint):
    with pytest.raises(CheckFailed, match=complaint):
        check_aggregator(make)
    if make is Forgetful:
        check_aggregator(make, expected_failures={complaint: "it knows no better"})


def test_an_excuse_that_is_not_needed_or_not_known_is_a_fault():
    with pytest.raises(CheckFailed, match="passed, though"):
        check_aggregator(Majority, expected_failures={"known_labels_stay": "none"})
    with pytest.raises(CheckFailed, match="the checks are"):
        check_aggregator(Majority, expected_failures={"no_such_check": "none"})


def test_a_fault_of_the_program_is_told_with_the_rest():
    class Broken(Majority):
        def fit(self, choices, **settings):
            return np.zeros(3)[5]

    with pytest.raises(CheckFailed, match="IndexError"):
        check_aggregator(Broken)
