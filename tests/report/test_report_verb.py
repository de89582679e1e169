from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tacit.catalogue import find_producer
from tacit.cli.main import main
from tacit.judging import Question, QuestionKind, questions_table
from tacit.store import Store
from tacit.store.run_folder import RunFolder

MakeRun = Callable[..., RunFolder]


def test_the_verb_writes_the_page_and_says_where(make_run: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run()
    assert main(["report", str(run.path)]) == 0
    assert capsys.readouterr().out.strip() == str(run.report_path)
    assert run.report_path.exists()


def test_the_verb_prints_json(make_run: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run()
    assert main(["report", str(run.path), "--questions", "2", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"run": str(run.path), "report": str(run.report_path), "bytes": run.report_path.stat().st_size}


def test_all_questions_need_no_pack_when_all_have_been_drawn(make_run: MakeRun) -> None:
    run = make_run(n_labels=3, n_rendered=3)
    assert main(["report", str(run.path), "--questions", "all"]) == 0
    assert run.report_path.read_text(encoding="utf-8").count("<video") == 8


def test_clips_that_are_missing_are_drawn_by_the_runs_producer(recorded: RunFolder) -> None:
    candidates = find_producer("CartPole-v1")[1]("CartPole-v1", {}, seed=0).produce(2, seed=0)
    items = [candidates.item(0), candidates.item(1)]
    question = Question(QuestionKind.COMPARISON, (items[0].item_id, items[1].item_id), text="Which is better?")
    with Store.open(recorded.project_path) as project:
        project.add_items(items)
        project.add_questions(questions_table([question]))
    assert main(["report", str(recorded.path)]) == 0
    assert "<video" not in recorded.report_path.read_text(encoding="utf-8")
    assert main(["report", str(recorded.path), "--questions", "all"]) == 0
    assert recorded.report_path.read_text(encoding="utf-8").count("<video") == 2


def test_what_no_pack_can_draw_is_one_message(
    make_run: MakeRun, edit_record: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(n_labels=2, n_rendered=0)
    edit_record(run, producer="NoSuchWorld-v0")
    assert main(["report", str(run.path), "--questions", "all"]) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith("tacit report: ")
    assert "NoSuchWorld-v0" in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize("given", ["some", "-1", "1.5", ""])
def test_a_wrong_number_of_questions_is_refused(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    run = make_run(n_labels=2, n_rendered=0)
    assert main(["report", str(run.path), f"--questions={given}"]) == 2
    assert "expected a whole number, 0 or more, or 'all'" in capsys.readouterr().err


def test_a_folder_that_is_no_run_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    complaint = capsys.readouterr().err
    assert "got a folder without run.json, expected the folder of a run" in complaint
    assert complaint.count("\n") == 1
