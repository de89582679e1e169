import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from tacit.crowd.audit import benjamini_hochberg, holm
from tacit.errors import BadValue

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)

# ---- worked by hand


def test_holm_by_hand():
    # 0.01·3 = 0.03; 0.03·2 = 0.06; 0.04·1 = 0.04, raised to 0.06
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_benjamini_hochberg_by_hand():
    # 0.01·3/1 = 0.03; 0.03·3/2 = 0.045, lowered to 0.04; 0.04·3/3 = 0.04
    assert benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])


# ---- published


@given(p_values)
def test_benjamini_hochberg_is_that_of_scipy(p):
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p, method="bh"))


# ---- recovers the truth


def test_holm_seldom_finds_anything_where_there_is_nothing():
    rng = np.random.default_rng(0)
    assert sum(holm(rng.random(50)).min() < 0.05 for _ in range(400)) <= 32  # 20 expected, standard deviation 4.4


# ---- invariants


@given(p_values)
def test_adjusted_values_keep_their_order_and_are_no_smaller(p):
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert (adjusted >= np.array(p) - 1e-12).all()
        assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= -1e-12).all()
    assert (benjamini_hochberg(p) <= holm(p) + 1e-12).all()


def test_what_is_no_p_value_is_refused():
    with pytest.raises(BadValue, match="from 0 to 1"):
        holm([0.5, 1.5])
