"""The path of a lead through the pages, without script: from an empty folder to an exported file."""

from __future__ import annotations

import csv
import io
import re
import time

import pytest

from tacit.store import Store
from tacit.store.people import Role


@pytest.fixture(params=["folder", "postgres"])
def workspace(request, tmp_path):
    """An empty workspace, in a folder or in a database."""
    place = tmp_path / "workspace" if request.param == "folder" else request.getfixturevalue("postgres_url")
    with Store.open(place) as store:
        yield store


def link_in(page: str) -> str:
    return re.search(r'value="(http://[^"]+/enter/[^"]+)"', page)[1]


def test_from_an_empty_folder_to_an_exported_file(workspace, visit):
    owner = visit()
    first = f"/enter/{workspace.people.invites.first_owner()}"
    assert "Make the first account" in owner.get(first).text
    entered = owner.post(first, data={"name": "Ada", "password": "a long enough password"}, follow_redirects=True)
    assert "Make the first project" in entered.text

    assert "Compare two" in owner.get("/projects/new").text
    form = {"name": "Kind or not", "text": "Is it kind?", "options": "yes\nno", "overlap": "2"}
    made = owner.post("/projects/new/choice", data=form)
    items = made.headers["location"].partition("?")[0]
    project = items.removesuffix("/items")
    assert "The project is made." in owner.get(made.headers["location"]).text

    table = b"text,gold\nthank you,yes\ngo away,\nplease,\n"
    looked = owner.post(items, files={"files": ("t.csv", table, "text/csv")}, follow_redirects=True)
    assert "Good rows" in looked.text
    assert "1 of them gold" in looked.text
    kept = owner.post(re.search(r'action="([^"]+/keep)"', looked.text)[1], follow_redirects=True)
    assert "3 questions have been put into the project" in kept.text

    written = owner.post(f"{project}/instructions", data={"version": "1", "text": "# Be kind"}, follow_redirects=True)
    assert "<h1>Be kind</h1>" in written.text

    invited = owner.post(f"{project}/judges", data={"uses": "2", "days": "7"}).text
    opened = owner.post(f"{project}/state", data={"state": "open", "version": "3"}, follow_redirects=True)
    assert "judges are handed its questions" in opened.text
    project_id = project.rpartition("/")[2]
    for name, answers in (("Bo", ["yes", "no"]), ("Cy", ["yes", "yes"])):
        judge = visit()
        path = link_in(invited).partition("/enter/")[2]
        assert "You have been invited to “Kind or not” as a judge." in judge.get(f"/enter/{path}").text
        came = judge.post(f"/enter/{path}", data={"name": name})
        assert came.headers["location"] == f"/judge/{project_id}"
        judge.post("/api/instructions", json={"project": project_id, "version": 1})
        given = judge.get("/api/next", params={"project": project_id, "n": 5}).json()["questions"]
        by_text = {one["items"][0]["text"]: one["lease"] for one in given}
        batch = [
            {
                "key": f"{name}-{n}-0123456789",
                "lease": by_text[text],
                "outcome": "answered",
                "answer": answer,
                "duration_s": 2.5,
            }
            for n, (text, answer) in enumerate(zip(("go away", "please"), answers, strict=True))
        ]
        assert judge.post("/api/answers", json={"answers": batch}).json()["refused"] == []

    until_s = time.monotonic() + 120
    while "Krippendorff" not in owner.get(project).text:  # computed beside the pages, which do not wait for it
        assert time.monotonic() < until_s
    exported = owner.get(f"{project}/export/file", params={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(exported.text)))
    assert sorted((row["choice"], row["kind"]) for row in rows) == [("no", "choice")] + [("yes", "choice")] * 3
    assert "Bo" not in exported.text
    assert 'filename="Kind_or_not.csv"' in exported.headers["content-disposition"]
    question = next(row["question_id"] for row in rows if row["choice"] == "no")
    form = {"version": "1", "answer": "no", "reason": "It sends somebody away."}
    assert owner.post(f"{project}/questions/{question}", data=form).status_code == 303
    labels = list(csv.DictReader(io.StringIO(owner.get(f"{project}/export/labels.csv").text)))
    assert sorted((row["answers"], row["adjudicated"]) for row in labels) == [("no: 1; yes: 1", "no"), ("yes: 2", "")]


def test_every_page_of_a_project_is_there(workspace, seeds, visit):
    owner = seeds.person(workspace, Role.OWNER)
    project = seeds.project(workspace)
    client = visit(owner)
    for tail in (
        "",
        "/items",
        "/instructions",
        "/judges",
        "/quality",
        "/disagreements",
        "/gold",
        "/settings",
        "/export",
    ):
        answer = client.get(f"/projects/{project.project_id}{tail}")
        assert answer.status_code == 200, tail
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path in (
        "/projects",
        "/projects/new",
        "/accounts",
        f"/accounts/{owner.account_id}",
        "/account",
        "/audit?check=1",
    ):
        assert client.get(path).status_code == 200, path
    for kind in ("choice", "comparison", "ranking", "rating", "text", "spans", "probability"):
        assert client.get(f"/projects/new/{kind}").status_code == 200
        assert client.get(f"/projects/preview/{kind}?text=Which").status_code == 200


def test_a_judge_who_lost_the_session_comes_back_by_a_link_and_is_the_same_judge(workspace, seeds, visit):
    project = seeds.project(workspace)
    lead, judge = visit(seeds.person(workspace, Role.LEAD)), seeds.person(workspace, name="Bo", project=project)
    page = f"/projects/{project.project_id}/judges"
    assert 'Link back<span class="hidden"> for Bo' in lead.get(page).text
    made = lead.post(f"{page}/return", data={"account": judge.account_id}).text
    assert "Bo comes back by it, once and within two days" in made
    path = re.search(r'value="http://[^"]+(/return/[^"]+)"', made)[1]
    elsewhere = visit()
    assert elsewhere.get("/").headers["location"] == "/sign-in"
    for _ in range(2):  # looking at it, as previews do, uses nothing up
        assert "Welcome back" in elsewhere.get(path).text
    assert elsewhere.post(path).headers["location"] == "/"
    assert elsewhere.get("/").headers["location"] == f"/judge/{project.project_id}"
    told = elsewhere.get("/api/next", params={"project": project.project_id, "n": 1})
    assert told.json()["questions"]
    assert [one.account_id for one in workspace.people.members.all(project.project_id)] == [judge.account_id]
    assert visit().post(path).status_code == 404  # it has been used
    assert "account.way_back" in [entry.action for entry in workspace.people.audit.entries(n=10)]


def test_nobody_but_a_judge_of_the_project_gets_a_link_back(workspace, seeds, visit):
    project, other = seeds.project(workspace), seeds.project(workspace)
    owner, stranger = seeds.person(workspace, Role.OWNER), seeds.person(workspace, project=other)
    reviewer = seeds.person(workspace, Role.REVIEWER, project=project)
    lead = visit(seeds.person(workspace, Role.LEAD))
    for whose, status in ((owner, 404), (stranger, 404), (reviewer, 400)):
        made = lead.post(f"/projects/{project.project_id}/judges/return", data={"account": whose.account_id})
        assert made.status_code == status
        assert "/return/" not in made.text.replace("/judges/return", "")
