"""Files of real projects, brought as they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tacit.judging import ItemKind, QuestionKind
from tacit.web.bringing.rows import Plan

DATA = Path(os.environ.get("TACIT_DATA", Path(__file__).parents[4] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"no folder of real data at {DATA}")


def test_pairs_of_dialogues_are_brought_as_they_were_published(make_batch, kept):
    name = "harmless_base_test.jsonl.gz"
    plan = Plan(QuestionKind.COMPARISON, "Which answer is less harmful?")
    batch = make_batch({name: (DATA / "hh_rlhf" / name).read_bytes()})
    report = batch.check(plan)
    assert (report.n_rows, report.n_questions, report.n_faults) == (2312, 2312, 0)
    batch.keep(plan, kept)
    assert {item.kind for item in kept.kept.values()} == {ItemKind.DIALOGUE}


def test_recordings_are_decoded_and_a_table_beside_them_names_them(make_batch, kept):
    names = [f"{digit}_george_0.wav" for digit in range(5)]
    table = "audio,gold\n" + "".join(f"{name},{name[0]}\n" for name in names)
    files = {name: (DATA / "fsdd" / name).read_bytes() for name in names} | {"t.csv": table.encode()}
    plan = Plan(QuestionKind.TEXT, "Which digit?")
    batch = make_batch(files)
    report = batch.check(plan)
    assert (report.n_rows, report.n_expected, report.n_faults) == (5, 5, 0)
    batch.keep(plan, kept)
    assert {item.media_type for item in kept.kept.values()} == {"audio/wav"}


def test_clips_are_taken_and_the_one_that_browsers_do_not_play_is_told(make_batch):
    clips = {
        path.name: path.read_bytes() for path in (DATA / "action_clips").iterdir() if path.suffix in (".mp4", ".avi")
    }
    report = make_batch(clips).check(Plan(QuestionKind.RATING, "How fast?", {"low": 1, "high": 5}))
    assert (report.n_rows, report.n_faults) == (len(clips), 0)
    assert report.n_converted == sum(name.endswith(".avi") for name in clips)
