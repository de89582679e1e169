"""The four verbs of a project, as a user calls them."""

import json

import pytest

from tacit.cli.main import main
from tacit.store import Store


@pytest.fixture
def tacit(capsys, tmp_path, monkeypatch):
    """Run a verb in a folder of its own; return its exit code, what it printed, and its complaint."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.csv").write_text("item,labeler,label\nx,ann,cat\ny,ann,dog\n")

    def call(*words):
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_a_file_goes_in_and_out_and_a_project_is_copied_and_restored(tacit, tmp_path):
    code, out, _ = tacit("import", "project", "labels.csv")
    assert (code, out) == (0, "project: 2 judgments added; 2 questions and 2 items are new.\n")
    code, out, err = tacit("import", "project", "labels.csv", "--json")
    assert code == 0
    assert json.loads(out)["judgments_added"] == 0
    assert "import: 100%" in err
    assert tacit("export", "project", "out.parquet")[:2] == (0, "out.parquet holds 2 judgments.\n")
    assert tacit("backup", "project", "copy")[0] == 0
    code, out, _ = tacit("restore", "copy", "again", "--json")
    assert json.loads(out)["judgments"] == 2
    with Store.open(tmp_path / "project") as one, Store.open(tmp_path / "again", create=False) as other:
        assert one.judgments_hash() == other.judgments_hash()


def test_a_url_may_stand_where_a_project_is_named(tacit, make_postgres_url, tmp_path):
    project, again = make_postgres_url(), make_postgres_url()
    assert tacit("export", project, "out.csv")[0] == 2  # nothing there yet
    code, out, _ = tacit("import", project, "labels.csv", "--json")
    assert (code, json.loads(out)["judgments_added"]) == (0, 2)
    assert tacit("export", project, "out.csv")[:2] == (0, "out.csv holds 2 judgments.\n")
    assert tacit("backup", project, "copy")[0] == 0
    code, out, err = tacit("backup", "copy", project)
    assert (code, out) == (2, "")
    assert "holds something" in err.splitlines()[-1]
    assert tacit("restore", "copy", again)[0] == 0
    assert tacit("export", again, "again.csv")[0] == 0
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
    code, _, err = tacit("export", "mysql://here/tacit", "out.csv")
    assert (code, "expected one of postgresql" in err) == (2, True)


def test_options_and_headers_come_from_the_command_line(tacit, tmp_path):
    (tmp_path / "answers.txt").write_text("what,said\nx,cat\n")
    words = ["--format", "csv", "--map", "item=what", "--map", "label=said", "--options", "cat, dog", "--labeler", "me"]
    code, out, _ = tacit("import", "project", "answers.txt", *words, "--json")
    assert code == 0
    assert json.loads(out)["judgments_added"] == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("import", "project", "nothing.csv"), "no such file"),
        (("import", "project", "labels.xls"), "--format"),
        (("import", "project", "labels.csv", "--map", "item"), "OURS=THEIRS"),
        (("import", "labels.csv", "labels.csv"), "the folder of a project"),
        (("export", "nothing", "out.csv"), "no such folder"),
        (("backup", "nothing", "copy"), "no such folder"),
        (("restore", "nothing", "project"), "no such folder"),
        (("export", "nothing", "out.csv", "--format", "xls"), "expected one of jsonl, csv, parquet"),
    ],
)
def test_a_wrong_call_is_one_message_and_makes_nothing(tacit, tmp_path, words, complaint):
    code, out, err = tacit(*words)
    assert (code, out) == (2, "")
    assert complaint in err.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["labels.csv"]
