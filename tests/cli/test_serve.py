"""``tacit serve``: what the command line refuses, tokens for programs, the description of the API."""

import json

import pytest

from tacit.cli.main import main
from tacit.store import Store
from tacit.store.people import Role


@pytest.mark.parametrize(("words", "said"), [
    (["one", "two"], "expected one folder or one database"),
    (["token", "absent", "--name", "x"], "got no such folder"),
    (["--port", "99999"], "expected an address and a port that are free"),
    (["--host", "0.0.0.0"], "expected an owner"),  # noqa: S104
    (["--host", "0.0.0.0", "--name", "label.example.org", "--behind-proxy"], "expected an owner"),  # noqa: S104
    (["token", ".", "--role", "jugde"], "Did you mean 'judge'?"),
    (["--prot", "1"], "Did you mean '--port'?"),
])  # fmt: skip
def test_a_wrong_call_is_one_message(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["serve", *words]) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_a_token_is_printed_once_and_lets_a_program_judge(tmp_path, capsys):
    with Store.open(tmp_path / "p") as store:
        project = store.people.projects.create("p", "comparison", "Which?")
    assert main(["serve", "token", str(tmp_path / "p"), "--role", "judge", "--name", "bot", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["scopes"] == ["judge"]
    assert made["projects"] == [project.project_id]
    with Store.open(tmp_path / "p") as store:
        actor = store.people.credentials.of_token(made["token"])
        assert (actor.role, actor.name, actor.member_of) == (Role.JUDGE, "bot", {project.sequence})
        assert made["token"] not in str(store.people.credentials.tokens())
    assert main(["serve", "token", str(tmp_path / "p"), "--role", "lead", "--name", "bot"]) == 2
    assert "expected a free name" in capsys.readouterr().err


def test_the_description_of_the_api_is_json(capsys):
    assert main(["serve", "openapi"]) == 0
    assert json.loads(capsys.readouterr().out)["openapi"].startswith("3.1")
