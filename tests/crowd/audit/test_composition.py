import numpy as np
import pytest

from tacit.crowd.audit import compare_composition
from tacit.errors import BadValue

EVEN = {"lighter": 0.5, "darker": 0.5}

# ---- published


@pytest.mark.parametrize(("n", "lighter", "published"), [(500, 398, 0.796), (2_194, 1_891, 0.862)])
def test_two_face_sets_of_which_most_are_lighter(n, lighter, published):
    # Buolamwini and Gebru 2018: 79.6 % of IJB-A's 500 subjects and 86.2 % of Adience's 2,194 are lighter-skinned
    found = compare_composition(["lighter"] * lighter + ["darker"] * (n - lighter), EVEN)
    row = next(row for row in found.groups if row.group == "lighter")
    assert row.share.mean == pytest.approx(published, abs=5e-4)
    assert row.share.low > 0.75
    assert row.p_value < 1e-30
    assert found.p_value < 1e-30


# ---- worked by hand


def test_the_standardised_difference_by_hand():
    # shares 0.8 and 0.5: 0.3 / √((0.16 + 0.25)/2) = 0.3 / 0.452769 = 0.662589; over-represented 1.6 times
    found = compare_composition(["lighter"] * 8 + ["darker"] * 2, EVEN)
    row = next(row for row in found.groups if row.group == "lighter")
    assert row.standardised_difference == pytest.approx(0.662589, abs=1e-6)
    assert row.times_over == pytest.approx(1.6)
    # exact binomial, two-sided: 2·(1 + 10 + 45)/1024 = 0.109375; Holm over two groups doubles it
    assert row.p_value == pytest.approx(0.21875)


def test_a_group_that_is_missing_altogether_counts():
    row = compare_composition(["a"] * 30, {"a": 0.9, "b": 0.1}).groups
    assert {one.group: one.n for one in row} == {"a": 30, "b": 0}


def test_unknown_groups_are_left_out_and_counted():
    found = compare_composition(["lighter", None, "darker", None], {"lighter": 50, "darker": 50})
    assert (found.n, found.left_out) == (2, 2)


# ---- recovers the truth


def test_a_fair_sample_is_seldom_called_unfair():
    rng = np.random.default_rng(1)
    population = {"a": 0.6, "b": 0.3, "c": 0.1}
    called = 0
    for _ in range(300):
        found = compare_composition(rng.choice(list(population), 200, p=list(population.values())).tolist(), population)
        called += min(row.p_value for row in found.groups) < 0.05
    assert called <= 26  # 15 expected at most, standard deviation 3.8


# ---- refuses


def test_a_population_that_does_not_fit_is_said():
    with pytest.raises(BadValue, match=r"add up to 1\.2"):
        compare_composition(["a"], {"a": 0.7, "b": 0.5})
    with pytest.raises(BadValue, match="'c'"):
        compare_composition(["a", "c"], {"a": 0.5, "b": 0.5})
    with pytest.raises(BadValue, match="no group known"):
        compare_composition([None], {"a": 1.0})
