"""People teach: five answers over HTTP reach one refit, and a run that is killed goes on with the same judgments."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tacit.store import Store

LINK = re.compile(r"Judge at (http://127\.0\.0\.1:\d+)(/enter/\S+)")
CALL = "import sys; from tacit.cli.main import main; sys.exit(main())"
QUICK = ["--labels", "20", "--steps", "4000", "--iterations", "2", "--final-pairs", "0", "--episodes", "2"]
PATIENCE_S = 300.0


def free_port() -> int:
    """A port that stays free while nobody listens: none that the system gives to other tests' connections."""
    for port in range(20_000 + 10 * (os.getpid() % 1000), 30_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no free port")


@contextmanager
def learning(out: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Start a run that people judge; give the process, the server's address and the path of the invite."""
    command = [sys.executable, "-c", CALL, "learn", "CartPole-v1", "--judge", "people", "--out", str(out), "--json"]
    run = subprocess.Popen(
        [*command, "--open-at-most", "0", *QUICK, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert run.stderr is not None
        said = []
        for line in run.stderr:
            said.append(line)
            if found := LINK.search(line):
                yield run, found[1], found[2]
                return
        pytest.fail(f"no link was printed: {''.join(said)}")
    finally:
        run.kill()
        run.communicate()


class Judge:
    """A person with a browser, as far as the server can tell."""

    def __init__(self, address: str, invite: str) -> None:
        self.client = httpx.Client(
            base_url=address,
            headers={"Sec-Fetch-Site": "same-origin"},
            trust_env=False,
            follow_redirects=True,
            timeout=120,
        )
        page = self.client.post(invite, data={"name": "Somebody"}, headers={"Origin": address})
        assert page.status_code == 200, page.text
        self.project = page.url.path.rpartition("/")[2]
        read = {"project": self.project, "version": 1}
        assert self.client.post("/api/instructions", json=read).status_code == 200

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def questions(self) -> list[dict[str, Any]]:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            told = self.client.get("/api/next", params={"project": self.project, "n": 1}).json()
            if told["questions"] or told["state"] == "done":
                return list(told["questions"])
            time.sleep(0.1)
        raise AssertionError("no question came")

    def judge(self, n: int) -> None:
        for _ in range(n):
            (leased,) = self.questions()
            assert all(item["media_type"] == "video/mp4" for item in leased["items"])
            film = self.client.get(leased["items"][0]["url"])
            assert film.status_code == 200
            assert film.content[4:8] == b"ftyp"
            answer = {"key": str(uuid.uuid4()), "lease": leased["lease"], "outcome": "answered", "answer": "left"}
            told = self.client.post("/api/answers", json={"answers": [answer]}).json()
            assert [one["counted"] for one in told["accepted"]] == ["valid"]


def progress(out: Path) -> list[dict[str, Any]]:
    path = out / "progress.jsonl"
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]  # one may be half written


def wait_for_rows(out: Path, n: int) -> list[dict[str, Any]]:
    until_s = time.monotonic() + PATIENCE_S
    while len(rows := progress(out)) < n and time.monotonic() < until_s:
        time.sleep(0.05)
    assert len(rows) >= n
    return rows


def test_answers_over_http_reach_a_refit_and_outlive_kill_9(tmp_path: Path) -> None:
    out = tmp_path / "run"
    began = learning(out, "--port", str(free_port()))
    with began as (run, address, invite), Judge(address, invite) as judge:
        with Store.open(out / "project") as store:
            judge.judge(1)
            first = store.questions().height  # what the first iteration asks
            assert progress(out) == []
            judge.judge(first - 1)
            (row, *_) = wait_for_rows(out, 1)
            assert row["labels"] == first >= 5
            assert row["training_loss"] is not None  # a reward was fitted to them, and the policy improved on it
            assert row["env_steps"] > 0
            judge.judge(1)  # one of the second iteration; then the power goes
            run.send_signal(signal.SIGKILL)
            run.wait()
            before = store.judgments()
            assert before.height == first + 1
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:  # the server notices that the run has gone, and ends by itself
            try:
                judge.client.get("/")
            except httpx.TransportError:
                break
            time.sleep(0.1)
        else:
            pytest.fail("the server outlives its run")
        with learning(out) as (again, address_again, _):
            assert address_again == address  # the page that the judge has open finds it again
            judge.judge(20 - first - 1)
            stdout, stderr = again.communicate(timeout=PATIENCE_S)
            assert again.returncode == 0, stderr
        result = json.loads(stdout)
        with Store.open(out / "project") as store:
            assert store.judgments()[: before.height].equals(before)
            assert store.n_judgments() == result["labels"] == 20
        assert [row["labels"] for row in progress(out)] == [first, 20]
        assert json.loads((out / "run.json").read_text())["judge"] == "people"
        assert (out / "report.html").exists()
