import io
import os
import pty
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.cli.terminal import ProgressBar, table


def lines_of(total, steps, **settings):
    stream, clock = io.StringIO(), iter(range(1_000))
    with ProgressBar("learning", total=total, stream=stream, clock=lambda: float(next(clock))) as bar:
        for done in steps:
            bar.update(done, **settings)
    return stream.getvalue().splitlines()


def test_off_a_terminal_a_line_is_written_each_tenth_of_the_way():
    lines = lines_of(200, range(1, 201), note="labels")
    assert len(lines) == 10
    assert lines[0] == "learning:  10%, 1 s, labels"
    assert lines[-1] == "learning: 100%, 10 s, labels"


def test_a_jump_over_several_tenths_is_one_line():
    assert lines_of(10, [7, 8]) == ["learning:  70%, 1 s", "learning:  80%, 2 s"]


def test_nothing_to_do_is_all_done():
    assert lines_of(0, [0]) == ["learning: 100%, 1 s"]


@given(st.lists(st.integers(0, 97), max_size=60))
def test_there_are_never_more_than_ten_lines(steps):
    assert len(lines_of(97, sorted(steps))) <= 10


def test_on_a_terminal_there_is_a_bar():
    master, slave = pty.openpty()
    program = (
        "from tacit.cli.terminal import ProgressBar\n"
        "with ProgressBar('learning', total=4) as bar:\n"
        "    for done in range(5): bar.update(done, note=f'labels {done}')\n"
    )
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-c", program], stderr=slave, stdout=subprocess.PIPE, env=environment, check=True
    )
    os.close(slave)
    shown = os.read(master, 65_536).decode()
    os.close(master)
    assert done.stdout == b""
    assert "━" in shown
    assert "100%" in shown
    assert "labels 4" in shown


def test_numbers_stand_right_and_words_left():
    rows = [("true return", "498.2", "[495, 500]"), ("random", "22.5", "[21, 24]")]
    assert table(rows, header=("what", "mean", "interval")).splitlines() == [
        "what          mean  interval",
        "───────────  ─────  ──────────",
        "true return  498.2  [495, 500]",
        "random        22.5  [21, 24]",
    ]


def test_a_table_without_header_or_rows():
    assert table([("a", 1), ("bb", -22)]) == "a     1\nbb  -22"
    assert table([]) == ""
    assert table([], header=("a", "b")) == "a  b\n─  ─"


def test_rows_of_different_lengths_are_a_bug_that_shows():
    with pytest.raises(ValueError, match="zip"):
        table([("a", 1), ("b",)])
