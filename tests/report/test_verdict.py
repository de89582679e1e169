from __future__ import annotations

from collections.abc import Callable

import pytest

from tacit.report.record import RunRecord, read_record
from tacit.report.verdict import readings, verdict
from tacit.report.wording import SPACE, THIN
from tacit.store.run_folder import RunFolder

ReadWith = Callable[..., RunRecord]


@pytest.fixture
def read_with(recorded: RunFolder, edit_record: Callable[..., None]) -> ReadWith:
    def read(results: dict[str, object] | None = None, **fields: object) -> RunRecord:
        edit_record(recorded, results=results or {}, **fields)
        return read_record(recorded)

    return read


def test_the_verdict_sets_the_policy_beside_its_controls(read_with: ReadWith) -> None:
    assert verdict(read_with()) == (
        f"Taught by 200 comparisons alone, the policy reaches a true return of 498 [495,{SPACE}500]; "
        "the same optimiser on the true reward 500; a random policy 22; a coin-flipping judge 9.4."
    )


def test_controls_that_were_not_run_are_not_mentioned(read_with: ReadWith) -> None:
    said = verdict(read_with({"baseline_true_reward": None, "coin_flip": None}))
    assert said.endswith(f"a true return of 498 [495,{SPACE}500]; a random policy 22.")


def test_without_a_true_return_the_judge_who_taught_it_is_the_witness(read_with: ReadWith) -> None:
    record = read_with({"true_return": None, "labels": 1})
    assert verdict(record) == (
        f"Taught by 1 comparison alone, the final policy is preferred to the first in 97{THIN}% [91,{SPACE}100] of "
        f"comparisons, and the reward model agrees with 88{THIN}% [82,{SPACE}93] of held-out judgments."
    )
    assert readings(record) == [
        "No true return is known for this run, so success is judged by the same judge who taught it."
    ]


def test_a_policy_no_better_than_random_is_said_to_be_so(read_with: ReadWith) -> None:
    low = {"mean": 24.0, "low": 21.0, "high": 27.0, "episodes": 100}
    assert any("cannot be told from a random policy" in said for said in readings(read_with({"true_return": low})))


def test_a_coin_that_teaches_as_well_takes_the_credit_away(read_with: ReadWith) -> None:
    high = {"mean": 496.0, "low": 490.0, "high": 500.0, "episodes": 100}
    said = readings(read_with({"coin_flip": high}))
    assert any("cannot be told from a policy taught by a coin-flipping judge" in sentence for sentence in said)
    assert not any("it is the judgments that taught it" in sentence for sentence in said)


def test_falling_short_of_the_baseline_is_said(read_with: ReadWith) -> None:
    middling = {"mean": 300.0, "low": 280.0, "high": 320.0, "episodes": 100}
    assert any("falls short of the same optimiser" in said for said in readings(read_with({"true_return": middling})))


def test_a_run_that_is_not_finished_says_so_first(read_with: ReadWith) -> None:
    assert readings(read_with(status="running"))[0].startswith("This run has not finished")


def test_a_run_that_measured_nothing_claims_nothing(read_with: ReadWith) -> None:
    nothing = {"true_return": None, "win_rate": None, "heldout_agreement": None}
    assert "measured nothing" in verdict(read_with(nothing))
    assert "still learning" in verdict(read_with(nothing, status="running"))
