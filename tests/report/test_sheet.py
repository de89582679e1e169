import numpy as np
import pytest

from tacit.errors import CannotWrite
from tacit.measure import Estimate
from tacit.report.sheet import Grid, Line, Part, Sheet, write_sheet


def test_an_interval_is_drawn_on_the_scale_of_its_line():
    strip = Line("x", Estimate(0.5, 0.25, 0.75, 9), low=0.0, high=1.0).strip
    assert (strip.low, strip.width, strip.dot) == (25, 50, 50)


def test_what_has_no_interval_or_no_scale_is_not_drawn():
    assert Line("x", Estimate(0.5, -np.inf, np.inf, 1)).strip is None
    assert Line("x", Estimate(0.5, 0.4, 0.6, 1), low=0.0, high=0.0).strip is None


def test_a_page_holds_what_it_was_given_and_escapes_it(tmp_path):
    part = Part("Numbers", ["A sentence."], [Line("skill", Estimate(0.9, 0.8, 0.95, 1_234), share=True)], [])
    table = Part("Table", grids=[Grid("pairs", ["who", "κ"], [["<b>Ann</b>", "0.5"]])])
    sheet = Sheet("Audit", "labels.csv", "All is well.", parts=[part, table], warnings=["One labeler only."])
    text = write_sheet(tmp_path / "page.html", sheet).read_text()
    for expected in ("All is well.", "90.0 %", "1,234", "&lt;b&gt;Ann", "One labeler only.", "default-src 'none'"):
        assert expected in text
    assert "<script" not in text


def test_the_heading_above_the_intervals_says_their_level(tmp_path):
    def heading(*levels):
        lines = [Line("x", Estimate(0.5, 0.4, 0.6, 9, level)) for level in levels]
        text = write_sheet(tmp_path / "page.html", Sheet("a", "b", "c", parts=[Part("d", lines=lines)])).read_text()
        return text.partition('class="interval">')[2].partition("<")[0]

    assert heading(0.95, 0.95) == "95 % interval"
    assert heading(0.9) == "90 % interval"
    assert heading(0.995) == "99.5 % interval"
    assert heading(0.9, 0.95) == "interval"


def test_a_place_that_is_no_folder_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite):
        write_sheet(tmp_path / "file" / "page.html", Sheet("a", "b", "c"))
