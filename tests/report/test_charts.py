from __future__ import annotations

import re
import time
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from tacit.measure.estimate import Estimate
from tacit.report.charts import Level, curve, reliability_diagram, scatter
from tacit.report.diagnosis import reliability
from tacit.report.inline_svg import PAGE_COLOUR, house_style

STEPS = [4096.0 * i for i in range(11)]
VALUES = [22.0, 25, 40, 90, 200, 340, 450, 480, 495, 499, 500]


def draw_all() -> list[str]:
    rng = np.random.default_rng(0)
    checked = reliability(rng.random(180), rng.integers(0, 2, 180).astype(float))
    assert checked is not None
    levels = [Level("the optimiser", 500.0), Level("random", 22.0)]
    with house_style():
        return [
            curve(STEPS, VALUES, key="a", alt="a", levels=levels, final=Estimate(498, 495, 500, 100)),
            curve(STEPS, VALUES, key="b", alt="b"),
            curve(STEPS, VALUES, key="c", alt="c", low=True),
            curve(STEPS, VALUES, key="d", alt="d", low=True, bounds=(0, 600)),
            scatter(rng.normal(size=1000), rng.normal(size=1000), key="e", alt="e"),
            reliability_diagram(checked, key="f", alt="f"),
        ]


@pytest.fixture(scope="module")
def drawn() -> list[str]:
    return draw_all()


def test_charts_load_nothing_and_say_no_colour_of_their_own(drawn: list[str]) -> None:
    for svg in drawn:
        assert re.findall(r"""(?:href|src)\s*=\s*["'](?!#)""", svg) == []
        assert "<style" not in svg
        assert "<metadata" not in svg
        assert "font-family" not in svg
        assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) == set()
        assert any(colour in svg for colour in PAGE_COLOUR.values())


def test_no_two_elements_of_a_page_share_an_id(drawn: list[str]) -> None:
    ids = [found for svg in drawn for found in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))


def test_every_reference_within_a_chart_finds_its_element(drawn: list[str]) -> None:
    for svg in drawn:
        ids = set(re.findall(r'\bid="([^"]+)"', svg))
        assert set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg)) <= ids


def test_charts_are_well_formed_and_named(drawn: list[str]) -> None:
    for svg in drawn:
        root = ElementTree.fromstring(svg)  # noqa: S314 (our own)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        assert root.get("viewBox")
        assert root.get("width") is None


def test_the_same_numbers_give_the_same_bytes(drawn: list[str]) -> None:
    assert draw_all() == drawn


def test_what_a_chart_is_called_is_escaped() -> None:
    with house_style():
        svg = curve([0, 1], [0, 1], key="a", alt='"><script>alert(1)</script>')
    assert "<script" not in svg


def test_a_thousand_dots_are_thinned() -> None:
    rng = np.random.default_rng(0)
    with house_style():
        assert scatter(rng.normal(size=5000), rng.normal(size=5000), key="s", alt="s").count("<use") < 650


def test_one_point_is_a_curve_too() -> None:
    with house_style():
        assert "<svg" in curve([0.0], [3.0], key="a", alt="a")


def test_the_users_own_style_neither_shows_nor_is_changed(drawn: list[str]) -> None:
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "#ff0000"}):
        assert draw_all() == drawn
        assert mpl.rcParams["font.size"] == 30


def test_all_charts_together_cost_less_than_their_share(drawn: list[str]) -> None:
    def cost_s() -> float:
        began_s = time.process_time()
        draw_all()
        return time.process_time() - began_s

    assert any(cost_s() < 1.5 for _ in range(3))  # 0.5 s on a quiet core
