"""Running moments are those of everything seen, in whatever parts it came."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tacit_control.moments import RunningMoments

# worked by hand


def test_moments_of_two_parts_worked_by_hand():
    # of 1, 3 | 8: mean 4, variance ((1-4)² + (3-4)² + (8-4)²) / 3 = 26/3
    moments = RunningMoments.nothing_seen(1).including(np.array([[1.0], [3.0]])).including(np.array([[8.0]]))
    assert moments.mean.tolist() == [4.0]
    np.testing.assert_allclose(moments.variance, 26 / 3)
    assert moments.count == 3


def test_before_anything_is_seen_nothing_is_changed():
    moments = RunningMoments.nothing_seen(3)
    assert (moments.mean.tolist(), moments.sd.tolist()) == ([0.0] * 3, [1.0] * 3)
    assert moments.including(np.empty((0, 3))) is moments


def test_a_column_that_never_varies_has_a_small_spread_that_is_not_zero():
    moments = RunningMoments.nothing_seen(1).including(np.full((5, 1), 7.0))
    assert moments.sd.tolist() == [1e-4]


# invariant


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=st.floats(-1e3, 1e3)),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_parts_make_the_whole(rows, cuts):
    moments = RunningMoments.nothing_seen(2)
    for part in np.split(rows, sorted(min(cut, len(rows)) for cut in cuts)):
        moments = moments.including(part)
    np.testing.assert_allclose(moments.mean, rows.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(moments.variance, rows.var(axis=0), atol=1e-6)
    assert moments.count == len(rows)
