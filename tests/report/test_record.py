from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path

import pytest

from tacit.errors import BadFile
from tacit.measure.estimate import Estimate
from tacit.report.record import read_record
from tacit.report.summary import command, outcomes, record_groups, strip
from tacit.store.run_folder import RunFolder

EditRecord = Callable[..., None]


def test_what_was_not_measured_is_absent_and_not_zero(recorded: RunFolder) -> None:
    recorded.write_record({"producer": "X", "status": "running"})
    record = read_record(recorded)
    assert (record.true_return, record.labels, record.cpu_s) == (None, None, None)
    assert not record.finished


def test_an_interval_that_is_not_known_is_unbounded(recorded: RunFolder, edit_record: EditRecord) -> None:
    edit_record(recorded, results={"true_return": {"mean": 3.0, "low": None, "high": None, "episodes": 1}})
    assert read_record(recorded).true_return == Estimate(3.0, -inf, inf, 1)


def test_a_command_is_ready_for_a_shell(recorded: RunFolder, edit_record: EditRecord) -> None:
    edit_record(recorded, command=["tacit", "learn", "X", "--out", "my runs/a"])
    assert " ".join(command(read_record(recorded))) == "tacit learn X --out 'my runs/a'"


def test_nested_settings_are_listed_by_their_whole_name(recorded: RunFolder) -> None:
    groups = dict(record_groups(read_record(recorded)))
    assert ("reward.hidden", "[64, 64]") in groups["Settings"]


def test_outcomes_that_never_came_up_are_listed_as_zero() -> None:
    rows = {row.name: row.value for row in outcomes({"answered": 3, "tie": 1, "dreamt": 1})}
    assert rows == {
        "answered": "3",
        "tie": "1",
        "both bad": "0",
        "can’t tell": "0",
        "not shown": "0",
        "skipped": "0",
        "dreamt": "1",
    }


def test_an_estimate_is_drawn_where_it_lies() -> None:
    drawn = strip(Estimate(25.0, 10.0, 50.0, 9), 0.0, 100.0)
    assert (drawn.low, drawn.width, drawn.dot) == (10.0, 40.0, 25.0)
    unbounded = strip(Estimate(25.0, -inf, inf, 1), 0.0, 100.0)
    assert (unbounded.low, unbounded.width) == (0.0, 100.0)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"results": {"true_return": {"mean": "high"}}}, r"results, true_return, field 'mean': got 'high'"),
        ({"results": {"labels": -1}}, r"field 'labels': got -1.0, expected a whole number, 0 or more"),
        ({"results": {"labelers": ["anna"]}}, r"field 'labelers': got \['anna'\], expected an object"),
        ({"warnings": "none"}, r"field 'warnings': got 'none', expected a list"),
        ({"started_at_s": -1}, r"field 'started_at_s': got -1.0, expected seconds since 1970"),
        ({"producer": 3}, r"field 'producer': got 3, expected a text"),
    ],
)
def test_a_damaged_record_is_refused_by_field(
    recorded: RunFolder, edit_record: EditRecord, fields: dict, complaint: str
) -> None:
    edit_record(recorded, **fields)
    with pytest.raises(BadFile, match=complaint):
        read_record(recorded)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path, got in (
        (tmp_path, "a folder without run.json"),
        (tmp_path / "no", "no such"),
        (tmp_path / "file", "a f"),
    ):
        with pytest.raises(BadFile, match=f"got {got}.*expected the folder of a run. Give the folder that"):
            read_record(RunFolder(path))
