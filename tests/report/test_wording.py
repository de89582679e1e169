from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.measure.estimate import Estimate
from tacit.report import wording
from tacit.report.wording import SPACE, THIN


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(497.8, 495.1, 500.0, 100), "498 [495, 500]"),  # half the width is 2.45: no decimal
        (Estimate(9.4, 9.2, 9.6, 100), "9.4 [9.2, 9.6]"),  # 0.2: one decimal
        (Estimate(0.8983, 0.8702, 0.9206, 240), "0.90 [0.87, 0.92]"),  # 0.025: two
        (Estimate(-1234.5, -1300.0, -1170.0, 10), "−1,234 [−1,300, −1,170]"),
        (Estimate(500.0, 500.0, 500.0, 100), "500 [500, 500]"),
        (Estimate(498.0, -inf, inf, 1), "498"),  # one value has no interval
    ],
)
def test_a_number_has_as_many_digits_as_its_interval_supports(estimate: Estimate, words: str) -> None:
    assert wording.mean_and_interval(estimate).replace(SPACE, " ") == words


def test_only_a_true_zero_or_one_reads_as_none_or_all() -> None:
    assert wording.percent(1.0) == f"100{THIN}%"
    assert wording.percent(0.999) == f">{THIN}99{THIN}%"
    assert wording.percent(0.001) == f"<{THIN}1{THIN}%"
    assert wording.percent(0.0) == f"0{THIN}%"


def test_the_interval_of_a_share_is_rounded_outwards() -> None:
    assert wording.percent_and_interval(Estimate(0.883, 0.824, 0.926, 180)) == f"88{THIN}% [82,{SPACE}93]"


@pytest.mark.parametrize(
    ("seconds", "words"), [(3.25, "3.2 s"), (27.4, "27 s"), (150, "2.5 min"), (1800, "30 min"), (9000, "2.5 h")]
)
def test_a_time_is_told_in_the_unit_a_reader_would_choose(seconds: float, words: str) -> None:
    assert wording.duration(seconds).replace(THIN, " ") == words


def test_no_zero_is_negative() -> None:
    assert wording.number(-0.2) == "0"


def test_one_is_singular() -> None:
    assert [wording.counted(n, "label") for n in (0, 1, 1200)] == ["0 labels", "1 label", "1,200 labels"]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_share_lies_within_the_interval_shown_beside_it(a: float, b: float, c: float) -> None:
    low, mean, high = sorted((a, b, c))
    ends = wording.percent_interval(Estimate(mean, low, high, 10)).strip("[]").split(f",{SPACE}")
    assert int(ends[0]) <= round(100 * mean) <= int(ends[1])
