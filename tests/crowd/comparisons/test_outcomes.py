import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.crowd.comparisons.outcomes import TieModel, bradley_terry, davidson, probabilities, rao_kupper

WINS = np.array([[3.0], [1.0], [2.0]])
ETA = st.floats(-8, 8)


@given(ETA, st.floats(-3, 3))
def test_davidsons_derivatives_are_those_of_its_value(eta, tie):
    check(lambda e, t: davidson(np.array([e]), t, WINS), eta, tie)


@given(ETA, st.floats(0.2, 3))
def test_rao_and_kuppers_derivatives_are_those_of_its_value(eta, tie):
    check(lambda e, t: rao_kupper(np.array([e]), t, WINS), eta, tie)


@given(ETA)
def test_bradley_and_terrys_derivatives_are_those_of_its_value(eta):
    h = 1e-4
    there, here, back = (bradley_terry(np.array([eta + d]), WINS) for d in (h, 0, -h))
    assert here.by_eta[0] == pytest.approx((there.value - back.value) / (2 * h), abs=1e-6)
    assert here.eta_eta[0] == pytest.approx(-(there.by_eta[0] - back.by_eta[0]) / (2 * h), abs=1e-6)


def check(model, eta, tie):
    h = 1e-4
    here = model(eta, tie)
    more, less = model(eta + h, tie), model(eta - h, tie)
    up, down = model(eta, tie + h), model(eta, tie - h)
    assert here.by_eta[0] == pytest.approx((more.value - less.value) / (2 * h), abs=1e-5)
    assert here.by_tie[0] == pytest.approx((up.value - down.value) / (2 * h), abs=1e-5)
    assert here.eta_eta[0] == pytest.approx(-(more.by_eta[0] - less.by_eta[0]) / (2 * h), abs=1e-5)
    assert here.eta_tie[0] == pytest.approx(-(more.by_tie[0] - less.by_tie[0]) / (2 * h), abs=1e-5)
    assert here.tie_tie[0] == pytest.approx(-(up.by_tie[0] - down.by_tie[0]) / (2 * h), abs=1e-4)


@given(ETA, st.floats(0.01, 3), st.sampled_from([TieModel.DAVIDSON, TieModel.RAO_KUPPER]))
def test_probabilities_add_up_and_turn_round_with_the_pair(eta, tie, model):
    p = probabilities(model, np.array([eta, -eta]), tie)
    assert p.sum(axis=0) == pytest.approx([1, 1])
    assert p[0, 0] == pytest.approx(p[1, 1])
    assert p[2, 0] == pytest.approx(p[2, 1])


def test_differences_beyond_all_bounds_stay_finite():
    eta = np.array([-2_000.0, 2_000.0])
    wins = np.ones((3, 2))
    for slopes in (bradley_terry(eta, wins), davidson(eta, 0.0, wins), rao_kupper(eta, 1.0, wins)):
        assert np.isfinite(slopes.value)
        assert np.isfinite(slopes.by_eta).all()
