"""Every command of docs/serve.md, run as it is written in a folder where a project has been judged."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tacit.judging import QuestionKind
from tacit.store import Store
from tacit.store.people import Rules
from tacit.store.work import Given, Visit

PAGE = Path(__file__).parents[3] / "docs" / "serve.md"
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
TACIT = [sys.executable, "-c", "import sys; from tacit.cli.main import main; sys.exit(main())"]


@pytest.fixture(scope="module")
def judged(tmp_path_factory, seeds):
    """A folder with the workspace `judging`, in which two judges have answered."""
    folder = tmp_path_factory.mktemp("docs")
    with Store.open(folder / "judging") as store:
        rules = Rules(overlap=2, gold_share=0, repeat_share=0, gate=False)
        project = seeds.project(store, QuestionKind.CHOICE, n=4, rules=rules)
        for number in range(2):
            judge = seeds.person(store, project=project)
            leased = store.people.desk.visit(Visit(judge.credential, project.project_id, n=4)).questions
            answers = ["cat", "dog", "cat", "dog" if number else "cat"]
            given = tuple(
                Given(f"{number}-{one.lease}"[:60], one.lease, "answered", answer)
                for one, answer in zip(sorted(leased, key=lambda o: o.question.id), answers, strict=True)
            )
            store.people.desk.visit(Visit(judge.credential, project.project_id, given))
    return folder


def test_the_page_has_the_commands_that_a_lead_needs():
    assert {command.split()[1] for command in COMMANDS} >= {"serve", "export", "backup"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_does_what_it_says(judged, command):
    program, *words = shlex.split(command)
    assert program == "tacit"
    if words[0] == "serve" and words[1] != "token":
        serve_and_stop(judged, words)
        return
    done = subprocess.run([*TACIT, *words], cwd=judged, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, done.stderr)
    assert done.stdout.strip()
    if words[0] in ("export", "backup"):
        assert (judged / words[2]).exists()


def serve_and_stop(folder, words):
    """Serve on a free port, whatever the page says, read the start page, and stop as Ctrl-C does."""
    command = [*TACIT, *words, "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = re.search(r"http://\S+", server.stderr.readline())[0]
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"{address}/sign-in", timeout=120) as page:
                assert "Sign in" in page.read().decode()
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(timeout=120) == 0
