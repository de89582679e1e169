import numpy as np
import pytest

from tacit.errors import BadValue, UnknownName
from tacit.measure.agreement import Ratings, agreement_of_items, cohen_kappa, fleiss_kappa, scott_pi

# Fleiss 1971, table 1: thirty patients, six psychiatrists each, five diagnoses. A row holds how many gave each.
DIAGNOSES = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""


@pytest.fixture
def diagnoses():
    counts = np.array([[int(digit) for digit in row] for row in DIAGNOSES.split()])
    return Ratings.from_matrix([np.repeat(np.arange(5.0), row) for row in counts])


# ---- worked by hand


def test_cohen_by_hand():
    # Agree on 3 of 4: D_o = ¼. First says yes ½, second ¼: chance agreement ½·¼ + ½·¾ = ½. kappa = 1 − ¼/½.
    assert cohen_kappa(["y", "y", "n", "n"], ["y", "n", "n", "n"]).mean == pytest.approx(0.5)


def test_scott_by_hand():
    # The same labels; together yes 3/8, no 5/8: chance disagreement 2·15/64 = 15/32. pi = 1 − (1/4)/(15/32) = 7/15.
    assert scott_pi(["y", "y", "n", "n"], ["y", "n", "n", "n"]).mean == pytest.approx(7 / 15)


def test_weights_by_hand():
    # (1,1), (1,3), (2,2), (3,3). Linear: D_o = 2/4. Margins (½,¼,¼) and (¼,¼,½): expected |i − j| =
    # ½(¼·1 + ½·2) + ¼(¼·1 + ½·1) + ¼(¼·2 + ¼·1) = 0.625 + 0.1875 + 0.1875 = 1. kappa = ½.
    # Quadratic: D_o = 4/4; expected ½(¼·1 + ½·4) + ¼(¼ + ½) + ¼(¼·4 + ¼) = 1.125 + 0.1875 + 0.3125 = 1.625.
    first, second = [1, 1, 2, 3], [1, 3, 2, 3]
    assert cohen_kappa(first, second, weights="linear").mean == pytest.approx(0.5)
    assert cohen_kappa(first, second, weights="quadratic").mean == pytest.approx(1 - 1 / 1.625)


def test_full_agreement_has_an_interval_too():
    estimate = cohen_kappa([0, 1] * 10, [0, 1] * 10)
    assert estimate.mean == estimate.high == 1
    assert 0.5 < estimate.low < 1


# ---- published


def test_the_diagnoses_of_fleiss(diagnoses):
    # Fleiss 1971: mean agreement .556, kappa .430
    assert agreement_of_items(diagnoses)[0].mean() == pytest.approx(0.5556, abs=5e-5)
    assert fleiss_kappa(diagnoses).mean == pytest.approx(0.430, abs=5e-4)


def test_an_interval_agrees_with_the_jackknife(diagnoses):
    matrix = diagnoses.matrix()
    without = [np.log(1 - fleiss_kappa(Ratings.from_matrix(np.delete(matrix, i, 0))).mean) for i in range(30)]
    error = np.sqrt(29 / 30 * np.sum((np.array(without) - np.mean(without)) ** 2))
    estimate = fleiss_kappa(diagnoses)
    half = (np.log(1 - estimate.low) - np.log(1 - estimate.high)) / 2
    assert half == pytest.approx(2.045 * error, rel=0.02)  # t(0.975, 29 degrees) = 2.045


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_the_interval_of_cohen_agrees_with_the_jackknife(rng, weights):
    first = rng.integers(0, 4, 150)
    second = np.clip(first + rng.integers(-1, 2, 150), 0, 3)
    without = [
        np.log(1 - cohen_kappa(np.delete(first, i), np.delete(second, i), weights=weights).mean) for i in range(150)
    ]
    error = np.sqrt(149 / 150 * np.sum((np.array(without) - np.mean(without)) ** 2))
    estimate = cohen_kappa(first, second, weights=weights)
    half = (np.log(1 - estimate.low) - np.log(1 - estimate.high)) / 2
    assert half == pytest.approx(1.976 * error, rel=0.03)  # t(0.975, 149 degrees) = 1.976


# ---- invariants


def test_items_may_have_different_numbers_of_labels(diagnoses):
    matrix = diagnoses.matrix()
    matrix[0, 2:] = np.nan
    matrix[1, 1:] = np.nan  # one label: takes no part
    rest = np.delete(matrix, 1, 0)
    assert fleiss_kappa(Ratings.from_matrix(matrix)).mean == pytest.approx(fleiss_kappa(Ratings.from_matrix(rest)).mean)


def test_the_two_labelers_may_change_places(rng):
    first, second = rng.integers(0, 3, 40), rng.integers(0, 3, 40)
    assert cohen_kappa(first, second).as_dict() == pytest.approx(cohen_kappa(second, first).as_dict())


# ---- refuses


def test_what_cannot_be_measured_is_said():
    with pytest.raises(BadValue, match="one class alone"):
        cohen_kappa([1, 1], [1, 1])
    with pytest.raises(BadValue, match="2 and 3 labels"):
        scott_pi([1, 2], [1, 2, 3])
    with pytest.raises(UnknownName, match="quadratic"):
        cohen_kappa([1, 2], [1, 2], weights="quadratc")


def test_one_item_alone_has_no_fleiss_kappa():
    with pytest.raises(BadValue, match="Fleiss' kappa: got one item with two labels or more"):
        fleiss_kappa(Ratings.from_matrix(np.array([[0.0, 1.0, 0.0]])))
