"""What goes wrong is one message and exit code 2, and nothing already saved is lost."""

import shutil
import sqlite3

import pytest

LEARN = ["learn", "CartPole-v1", "--judge", "simulated", "--labels", "20", "--steps", "4000", "--no-controls"]


def refused(said, *words):
    """Check that a call was refused in one message that holds `words`, with nothing on standard output."""
    assert (said.code, said.out) == (2, ""), said
    message = said.err.strip().splitlines()[-1]
    assert message.startswith("tacit ")
    assert "Traceback" not in said.err
    for word in words:
        assert word in message, said.err


@pytest.fixture
def project(finished, tmp_path):
    shutil.copytree(finished[0] / "project", tmp_path / "project")
    return tmp_path / "project"


def test_an_unknown_environment_suggests_the_nearest(tacit, tmp_path):
    said = tacit("learn", "CartPoll-v1", "--out", tmp_path / "run")
    refused(said, "got 'CartPoll-v1'", "Did you mean 'CartPole-v1'")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--labels", "0"),
        ("--labels", "-5"),
        ("--steps", "0"),
        ("--episodes", "-1"),
        ("--iterations", "0"),
        ("--seed", "-1"),
        ("--mistake", "1.5"),
        ("--discount", "0"),
        ("--horizon", "0"),
        ("--segment-steps", "-1"),
        ("--labels", "many"),
        ("--judge", "nobody"),
    ],
)
def test_a_number_or_name_out_of_range_is_refused_before_anything_is_made(tacit, tmp_path, option, value):
    said = tacit(*LEARN, "--out", tmp_path / "run", f"{option}={value}")
    refused(said, value)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_another_run_is_left_alone(tacit, finished, small, tmp_path):
    folder, _ = finished
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = [word if word != "0" else "1" for word in small]
    refused(tacit("learn", *other, "--out", folder), str(folder), "seed")
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_that_cannot_be_made_is_one_message(tacit, tmp_path):
    (tmp_path / "file").write_text("a file, not a folder")
    refused(tacit(*LEARN, "--out", tmp_path / "file" / "run"), str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "a file, not a folder"


def test_a_folder_without_a_run_has_no_page(tacit, tmp_path):
    refused(tacit("report", tmp_path), "without run.json")


def test_a_project_of_a_later_version_is_not_touched(tacit, project, tmp_path):
    with sqlite3.connect(project / "tacit.sqlite") as connection:
        connection.execute("pragma user_version = 9999")
    connection.close()
    before = (project / "tacit.sqlite").read_bytes()
    refused(tacit("export", project, tmp_path / "out.csv"), "newer")
    assert (project / "tacit.sqlite").read_bytes() == before


@pytest.mark.parametrize("damage", ["truncated", "foreign", "text"])
def test_a_file_that_is_no_project_is_one_message(tacit, project, tmp_path, damage):
    database = project / "tacit.sqlite"
    if damage == "truncated":
        database.write_bytes(database.read_bytes()[:5_000])
    elif damage == "text":
        database.write_text("not a database at all" * 100)
    else:
        database.unlink()
        with sqlite3.connect(database) as connection:
            connection.execute("create table other (x)")
        connection.close()
    refused(tacit("export", project, tmp_path / "out.csv"), str(project))


def test_judgments_about_unknown_items_are_refused_and_nothing_is_added(tacit, project, tmp_path):
    lines = tmp_path / "judgments.jsonl"
    assert tacit("export", project, lines).code == 0
    refused(tacit("import", tmp_path / "elsewhere", lines), "row 1", "an item of this project")
    tacit("export", tmp_path / "elsewhere", tmp_path / "after.csv")
    assert len((tmp_path / "after.csv").read_text().splitlines()) <= 1


def test_a_judgment_that_its_question_does_not_allow_is_refused_and_nothing_is_added(tacit, project, tmp_path):
    lines = tmp_path / "judgments.jsonl"
    n_judgments = tacit("export", project, lines, "--json").result["rows"]
    one = lines.read_text().splitlines()[0]
    lines.write_text(one.replace('"answered"', '"won"') + "\n")
    refused(tacit("import", project, lines), "judgments.jsonl")
    assert tacit("export", project, tmp_path / "after.csv", "--json").result["rows"] == n_judgments


def test_an_absent_file_or_project_is_one_message(tacit, project, tmp_path):
    refused(tacit("import", project, tmp_path / "absent.csv"), "absent.csv", "no such file")
    refused(tacit("export", tmp_path / "absent", tmp_path / "out.csv"), "absent")
    refused(tacit("backup", tmp_path / "absent", tmp_path / "copy"), "absent")
    refused(tacit("restore", tmp_path / "absent", tmp_path / "copy"), "absent")


def test_a_folder_is_not_overwritten_by_a_backup_or_a_restore(tacit, project, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("mine")
    refused(tacit("backup", project, tmp_path / "taken"), "taken")
    refused(tacit("restore", project, tmp_path / "taken"), "taken")
    assert (tmp_path / "taken" / "file").read_text() == "mine"
