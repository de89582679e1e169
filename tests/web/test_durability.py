"""What is acknowledged is kept: through kill -9 under load, a full disk, a database that has gone."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter

import pytest

from tacit.errors import CannotWrite, NotAStore
from tacit.store import Store
from tacit.store.people import Rules
from tacit.store.work import Visit

KILLS = int(os.environ.get("TACIT_KILLS", "3"))
"""How often the server is killed here; `benchmarks/serving.py` kills it a hundred times."""


def serve(place):
    """Start the server as a process of its own and return it with its address."""
    code = f"import sys; from tacit.cli.main import main; sys.exit(main({['serve', str(place), '--port', '0']!r}))"
    quiet = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, "text": True}
    process = subprocess.Popen([sys.executable, "-c", code], **quiet)
    line = process.stderr.readline()
    return process, line.rpartition(" is at ")[2].split()[0]


def call(address, person, path, body=None):
    headers = {"Cookie": f"tacit={person.secret}", "Sec-Fetch-Site": "same-origin"}
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(address + path, data, headers)  # noqa: S310  our own loopback
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
        return json.load(response)


def judge_until_killed(address, person, acknowledged, unsure):
    """Answer as fast as the server takes it; what was sent and not acknowledged is sent again after the restart."""
    try:
        for key, lease in unsure[person]:
            sent = {"answers": [{"key": key, "lease": lease, "outcome": "answered", "answer": "left"}]}
            for one in call(address, person, "/api/answers", sent)["accepted"]:
                acknowledged[one["judgment_id"]] = 1
        unsure[person] = []
        questions = call(address, person, "/api/next?n=2")["questions"]
        while questions:
            lease = questions[0]["lease"]
            key = f"key of {lease}"
            unsure[person] = [(key, lease)]
            sent = {"answers": [{"key": key, "lease": lease, "outcome": "answered", "answer": "left"}], "next": 1}
            reply = call(address, person, "/api/answers", sent)
            for one in reply["accepted"]:
                acknowledged[one["judgment_id"]] = 1
            unsure[person] = []
            questions = [*questions[1:], *reply["questions"]]
    except (OSError, http.client.HTTPException, json.JSONDecodeError):
        return  # killed, in the middle of an answer perhaps


@pytest.mark.parametrize("place", ["folder", "postgres"], indirect=True)
def test_a_server_killed_under_load_loses_nothing_it_acknowledged_and_doubles_nothing(workspace, seeds, place):
    project = seeds.project(workspace, n=3000)
    judges = [seeds.person(workspace, project=project) for _ in range(4)]
    workspace.close()
    acknowledged, unsure, chance = Counter(), {who: [] for who in judges}, random.Random(1)
    for _ in range(KILLS):
        process, address = serve(place)
        threads = [
            threading.Thread(target=judge_until_killed, args=(address, who, acknowledged, unsure)) for who in judges
        ]
        for thread in threads:
            thread.start()
        before, deadline = len(acknowledged), time.monotonic() + 120
        while len(acknowledged) < before + 2 and time.monotonic() < deadline:
            time.sleep(0.01)  # until there is load
        time.sleep(chance.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
        for thread in threads:
            thread.join()
    with Store.open(place, create=False) as store:
        kept = store.judgments()
        ids = kept["judgment_id"].to_list()
        assert len(acknowledged) > KILLS
        assert set(acknowledged) <= set(ids)
        assert len(set(ids)) == len(ids)
        assert kept.select("question_id", "labeler_id").is_duplicated().sum() == 0
        held = store.people.projects.get(project.project_id)
        assert held.n_valid == kept.height
        assert all(one.n_valid <= one.overlap for one in store.people.tasks.page(project.project_id, n=10_000))


FULL = CannotWrite("project", got="a full disk", expected="a disk with room to write", do="What was saved is intact")
GONE = NotAStore("project", got="a damaged database", expected="a whole one")


@pytest.mark.parametrize(("error", "status"), [(FULL, 503), (GONE, 503)])
def test_a_judge_is_told_when_nothing_can_be_kept_and_goes_on_when_it_can(
    workspace, seeds, browser_of, monkeypatch, error, status
):
    project = seeds.project(workspace)
    judge = browser_of(seeds.person(workspace, project=project))
    leased = judge.get("/api/next").json()["questions"][0]
    sent = {"answers": [{"key": "k", "lease": leased["lease"], "outcome": "answered", "answer": "left"}]}

    def fails(*_):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(workspace.people.access._writer, "_writing", fails)
        refused = judge.post("/api/answers", json=sent)
        assert refused.status_code == status
        assert refused.json()["error"]["got"] == error.got
        assert workspace.n_judgments() == 0
    assert judge.post("/api/answers", json=sent).json()["accepted"][0]["counted"] == "valid"
    assert workspace.n_judgments() == 1


@pytest.mark.parametrize("place", ["folder"], indirect=True)
def test_a_full_disk_is_said_and_what_was_acknowledged_stays(workspace, seeds, browser_of):
    """SQLite itself runs into the limit: the file may grow no more."""
    project = seeds.project(workspace, n=2000)
    judge = browser_of(seeds.person(workspace, project=project))
    questions = judge.get("/api/next?n=1").json()["questions"]
    access, n_acknowledged, refused = workspace.people.access, 0, None
    with access.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    access.write(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 8}"))
    long = "x" * 90
    for n in range(2000):
        sent = {"key": f"{n} {long}"[:100], "lease": questions[0]["lease"], "outcome": "answered", "answer": "left"}
        reply = judge.post("/api/answers", json={"answers": [sent], "next": 1})
        if reply.status_code != 200:
            refused = reply
            break
        n_acknowledged += len(reply.json()["accepted"])
        questions = reply.json()["questions"]
    assert refused is not None
    assert refused.status_code == 503
    assert refused.json()["error"] | {"where": ""} == {
        "where": "", "got": "a full disk", "expected": "a disk with room to write", "do": "What was saved is intact",
    }  # fmt: skip
    assert workspace.n_judgments() == n_acknowledged > 0
    access.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count=1073741823"))
    assert judge.post("/api/answers", json={"answers": [sent], "next": 1}).status_code == 200


def test_a_clock_that_is_set_back_ends_no_lease_early_and_keeps_none_for_long(workspace, seeds):
    """A lease of 60 s was handed out by a process whose clock stood a day ahead; after the restart it ends in 60 s."""
    project = seeds.project(workspace, n=1, rules=Rules(gold_share=0, repeat_share=0, lease_s=60))
    who, other = (seeds.person(workspace, project=project) for _ in range(2))
    people = workspace.people
    now = people.access.now()
    people.access.now = lambda: now + 86400
    people.desk.visit(Visit(who.credential, n=1))
    people.access.now = lambda: now
    people.desk.begin()
    assert people.desk.visit(Visit(other.credential, n=1)).questions == []
    people.access.now = lambda: now + 61
    assert len(people.desk.visit(Visit(other.credential, n=1)).questions) == 1


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_a_judge_is_told_when_the_database_is_gone_and_sends_the_same_again_when_it_is_back(
    workspace, seeds, browser_of, postgres_server
):
    project = seeds.project(workspace)
    judge = browser_of(seeds.person(workspace, project=project))
    leased = judge.get("/api/next").json()["questions"][0]
    sent = {"answers": [{"key": "k", "lease": leased["lease"], "outcome": "answered", "answer": "left"}]}
    postgres_server.stop(signal.SIGQUIT)
    try:
        for _ in range(2):
            refused = judge.post("/api/answers", json=sent)
            assert refused.status_code == 503
            assert refused.json()["error"]["do"]
        assert judge.get("/api/next").status_code == 503
    finally:
        postgres_server.start()
    kept = [judge.post("/api/answers", json=sent).json()["accepted"][0]["judgment_id"] for _ in range(2)]
    assert kept[0] == kept[1]
    assert workspace.judgments()["judgment_id"].to_list() == kept[:1]
