"""What was never judged is told apart from what was, by where it lies among the judged."""

import numpy as np
import pytest

from tacit.errors import BadValue, NotFinite
from tacit.measure.discrimination import area_under_roc
from tacit.reward.out_of_distribution import RelativelyFamiliar, fit_familiar

# worked by hand


def test_the_distance_is_in_standard_deviations_squared_a_feature():
    rows = np.array([[1.0, 2.0], [-1.0, -2.0], [1.0, -2.0], [-1.0, 2.0]])  # mean 0, variances 1 and 4, uncorrelated
    fit = fit_familiar(rows, shrinkage=0)
    np.testing.assert_allclose(fit.distance(np.array([[3.0, 0.0], [0.0, 4.0], [3.0, 4.0]])), [4.5, 2, 6.5])
    #  (3² / 1) / 2 = 4.5; (4² / 4) / 2 = 2; both 6.5


def test_full_shrinkage_is_the_plain_distance():
    rows = np.array([[1.0, 2.0], [-1.0, -2.0], [1.0, -2.0], [-1.0, 2.0]])  # trace 5, so 2.5 in every direction
    np.testing.assert_allclose(fit_familiar(rows, shrinkage=1).distance(np.array([[5.0, 0.0]])), [5], rtol=1e-6)
    #  5² / 2.5 / 2 features = 5


# published


def test_the_shrinkage_is_that_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.covariance")
    rng = np.random.default_rng(1)
    for n, width in ((20, 40), (200, 5), (30, 30)):
        rows = rng.normal(size=(n, width)) @ rng.normal(size=(width, width))
        covariance, shrinkage = sklearn.ledoit_wolf(rows)
        fit = fit_familiar(rows)
        assert fit.shrinkage == pytest.approx(shrinkage)
        np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-6, atol=1e-9)


# recovers planted truth


def planted(rng, n, width=64):
    """Familiar items vary along a few long axes; the odd ones are shifted along short ones, where nothing else is."""
    axes = np.linalg.qr(rng.normal(size=(width, width)))[0]
    lengths = np.geomspace(10, 0.5, width)
    shift = axes[:, -8:].sum(axis=1) * 3
    return [(rng.normal(size=(n, width)) * lengths) @ axes.T + move for move in (0.0, 0.0, shift)]


def test_a_planted_cluster_is_found_and_needs_the_covariance():
    rng = np.random.default_rng(3)
    known, more, odd = planted(rng, 300)
    truth = np.repeat([0, 1], 300)

    def area(fit):
        return area_under_roc(np.concatenate([fit.distance(more), fit.distance(odd)]), truth).mean

    shrunk, isotropic = area(fit_familiar(known)), area(fit_familiar(known, shrinkage=1.0))
    assert shrunk >= 0.9
    assert isotropic < shrunk - 0.2


def test_the_background_hides_no_oddity_in_one_direction():
    rng = np.random.default_rng(5)
    n, truth = 800, np.repeat([0, 1], 800)
    lengths = np.repeat([30.0, 1.0], [60, 4])  # all sorts of items vary along 60 axes, the familiar ones less or more
    stretch = np.exp(0.5 * rng.normal(size=(3 * n, 1)))  # some items are far out in all of them, which says nothing
    rows = rng.normal(size=(3 * n, 64)) * lengths * stretch
    known, more, odd = rows[:n], rows[n : 2 * n], rows[2 * n :]
    odd = odd + np.repeat([0.0, 6.0], [60, 4]) * stretch[2 * n :]  # odd in the four short ones alone
    background = np.concatenate([rows, rng.normal(size=(n, 64)) * np.repeat([30.0, 12.0], [60, 4])])
    familiar = fit_familiar(known, shrinkage=0)
    relative = RelativelyFamiliar(familiar, fit_familiar(background, shrinkage=0))
    areas = [
        area_under_roc(np.concatenate([f(more), f(odd)]), truth).mean for f in (relative.distance, familiar.distance)
    ]
    assert areas[0] >= 0.9
    assert areas[0] > areas[1] + 0.05


def test_few_familiar_items_lie_beyond():
    rng = np.random.default_rng(7)
    known, more, odd = planted(rng, 2000, width=8)
    fit = fit_familiar(known)
    assert 0.002 < fit.beyond(more, share=0.99).mean() < 0.03
    assert fit.beyond(odd + 50, share=0.99).all()


# invariant


def test_moving_and_scaling_everything_changes_no_distance_order():
    rng = np.random.default_rng(9)
    known, more, _ = planted(rng, 100, width=6)
    plain = fit_familiar(known).distance(more)
    np.testing.assert_allclose(fit_familiar(7 * known - 3).distance(7 * more - 3), plain, rtol=1e-6)


# refuses bad input


@pytest.mark.parametrize(
    ("rows", "what"), [(np.ones((1, 3)), "at least 2"), (np.ones((5, 3)), "all alike"), (np.ones(5), "(item, feature)")]
)
def test_nothing_to_fit_is_refused(rows, what):
    with pytest.raises(BadValue, match=what.replace("(", r"\(").replace(")", r"\)")):
        fit_familiar(rows)


def test_wrong_settings_and_widths_are_refused():
    rows = np.random.default_rng(0).normal(size=(9, 3))
    with pytest.raises(BadValue, match="shrinkage"):
        fit_familiar(rows, shrinkage=1.5)
    with pytest.raises(BadValue, match="as was fitted"):
        fit_familiar(rows).distance(np.zeros((2, 4)))
    rows[4, 1] = np.nan
    with pytest.raises(NotFinite, match="item number 4"):
        fit_familiar(rows)
