"""What the pages refuse, and how they say so."""

from __future__ import annotations

import http.client
import re
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tacit.judging import QuestionKind
from tacit.store.people import Role, Rules
from tacit.store.work import Given, Visit
from tacit.web.pages.routes import PAGES

OPEN_TO_ALL = {
    "/judge/{project_id}/code",
    "/",
    "/sign-in",
    "/sign-out",
    "/enter/{secret}",
    "/return/{secret}",
    "/account",
    "/account/password",
}


def filled(path: str, project_id: str) -> str:
    filler = {"project_id": project_id, "kind": "choice", "token": "t", "question_id": "q", "account_id": "a-1"}
    return re.sub(r"\{(\w+)\}", lambda found: filler.get(found[1], "x"), path)


def test_nobody_and_judges_see_no_page_of_a_lead(workspace, seeds, visit):
    project = seeds.project(workspace)
    nobody, judge = visit(), visit(seeds.person(workspace, Role.JUDGE, project=project))
    for method, path, _ in PAGES:
        if path in OPEN_TO_ALL:
            continue
        address = filled(path, project.project_id)
        away = nobody.request(method, address)
        assert (away.status_code, away.headers["location"].partition("?")[0]) == (303, "/sign-in"), path
        assert judge.request(method, address).status_code == 403, (method, path)


def test_a_reviewer_sees_and_decides_in_their_own_project_alone(workspace, seeds, visit):
    own, other = seeds.project(workspace), seeds.project(workspace, n=3)
    reviewer = visit(seeds.person(workspace, Role.REVIEWER, project=own))
    assert reviewer.get(f"/projects/{own.project_id}").status_code == 200
    assert reviewer.get(f"/projects/{own.project_id}/disagreements").status_code == 200
    assert reviewer.get(f"/projects/{other.project_id}").status_code == 404
    assert reviewer.get(f"/projects/{own.project_id}/settings").status_code == 403
    assert other.name not in reviewer.get("/projects").text


def test_a_form_from_another_site_is_refused(workspace, seeds, visit):
    project = seeds.project(workspace)
    client = visit(seeds.person(workspace, Role.OWNER))
    client.headers["Sec-Fetch-Site"] = "cross-site"
    answer = client.post(f"/projects/{project.project_id}/state", data={"state": "closed"})
    assert answer.status_code == 403
    assert workspace.people.projects.get(project.project_id).state == "open"


def test_a_wrong_password_is_not_told_from_an_unknown_name(workspace, seeds, visit):
    seeds.person(workspace, Role.OWNER, name="Ada")
    client = visit()
    wrong = client.post("/sign-in", data={"name": "Ada", "password": "not it, not it"})
    unknown = client.post("/sign-in", data={"name": "Zoe", "password": "not it, not it"})
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text.replace("Ada", "") == unknown.text.replace("Zoe", "")


@pytest.mark.parametrize("onward", ["//evil.invalid", "https://evil.invalid", "/\\evil.invalid", "javascript:alert(1)"])
def test_after_sign_in_nothing_leads_elsewhere(workspace, seeds, visit, onward):
    seeds.person(workspace, Role.OWNER, name="Ada")
    form = {"name": "Ada", "password": "a long enough password", "next": onward}
    assert visit().post("/sign-in", data=form).headers["location"] == "/"


def test_an_invite_that_is_used_up_is_one_sentence(workspace, visit):
    secret = workspace.people.invites.first_owner()
    client = visit()
    client.post(f"/enter/{secret}", data={"name": "Ada", "password": "a long enough password"})
    again = visit().get(f"/enter/{secret}")
    assert again.status_code == 404
    assert "Ask for another" in again.text


@pytest.mark.parametrize(
    ("kind", "form", "said"),
    [
        ("choice", {"options": "only one"}, "at least 2 different names"),
        ("choice", {"options": "yes\nyes"}, "at least 2 different names"),
        ("rating", {"low": "5", "high": "1", "step": ""}, "low &lt; high"),
        ("rating", {"low": "a", "high": "1", "step": ""}, "a number"),
        ("comparison", {"name": " "}, "1 to 200 characters"),
        ("comparison", {"overlap": "0"}, "from 1 to 1000"),
        ("comparison", {"overlap": "many"}, "a whole number"),
    ],
)
def test_a_project_that_cannot_be_is_explained_and_the_form_kept(workspace, seeds, visit, kind, form, said):
    client = visit(seeds.person(workspace, Role.OWNER))
    sent = {"name": "P", "text": "Which one do you mean?", "overlap": "1", **form}
    answer = client.post(f"/projects/new/{kind}", data=sent)
    assert answer.status_code == 400
    assert said in answer.text
    assert "Which one do you mean?" in answer.text
    assert workspace.people.projects.all() == []


def test_an_unknown_kind_suggests_the_nearest(workspace, seeds, visit):
    answer = visit(seeds.person(workspace, Role.OWNER)).get("/projects/new/choise")
    assert answer.status_code == 404
    assert "choise" in answer.text


def test_settings_saved_by_two_people_at_once_show_both_versions(workspace, seeds, visit):
    project = seeds.project(workspace)
    client = visit(seeds.person(workspace, Role.OWNER))
    path = f"/projects/{project.project_id}/settings"
    fields = dict(re.findall(r'name="(\w+)" (?:type="\w+" )?value="([^"]*)"', client.get(path).text))
    changed = client.post(path, data={**fields, "text": "Theirs?", "gate": "1"})
    assert changed.status_code == 303
    conflict = client.post(path, data={**fields, "text": "Mine?", "gate": "1"})
    assert conflict.status_code == 409
    assert "Theirs?" in conflict.text
    assert "Mine?" in conflict.text
    assert workspace.people.projects.get(project.project_id).text == "Theirs?"


def test_instructions_saved_by_two_people_at_once_lose_nothing(workspace, seeds, visit):
    project = seeds.project(workspace)
    client = visit(seeds.person(workspace, Role.OWNER))
    path = f"/projects/{project.project_id}/instructions"
    version = str(project.version)
    assert client.post(path, data={"version": version, "text": "Theirs"}).status_code == 303
    conflict = client.post(path, data={"version": version, "text": "Mine"})
    assert conflict.status_code == 409
    assert re.search(r"<pre[^>]*>Theirs</pre>", conflict.text)
    assert "Mine</textarea>" in conflict.text


def test_two_reviewers_at_once_see_both_answers_and_nothing_of_the_judges_changes(workspace, seeds, visit):
    project = seeds.project(workspace, n=1, rules=Rules(gold_share=0, repeat_share=0, gate=False))
    judge = seeds.person(workspace, project=project)
    desk = workspace.people.desk
    lease = desk.visit(Visit(judge.credential, project.project_id, n=1)).questions[0].lease
    desk.visit(Visit(judge.credential, project.project_id, (Given("key-0123456789abcdef", lease, "answered", "left"),)))
    before = workspace.judgments()
    first, second = (visit(seeds.person(workspace, Role.REVIEWER, name=n, project=project)) for n in ("Ada", "Bo"))
    question = workspace.people.tasks.page(project.project_id)[0].question_id
    path = f"/projects/{project.project_id}/questions/{question}"
    assert 'name="version" value="1"' in first.get(path).text
    form = {"version": "1", "answer": "first", "reason": "It is calmer."}
    assert first.post(path, data=form).status_code == 303
    conflict = second.post(path, data={**form, "answer": "tie", "reason": "Neither is."})
    assert conflict.status_code == 409
    assert "It is calmer." in conflict.text
    assert "as good as each other" in conflict.text
    assert "Neither is." in conflict.text
    assert second.post(path, data={**form, "version": "2", "answer": "tie"}).status_code == 303
    after = workspace.judgments()
    assert after.head(before.height).equals(before)
    assert after.height == before.height + 2
    assert after.get_column("follows").null_count() == after.height  # nobody replaces another's judgment


def test_a_decision_without_a_reason_or_an_answer_is_refused(workspace, seeds, visit):
    project = seeds.project(workspace, QuestionKind.CHOICE, n=1)
    client = visit(seeds.person(workspace, Role.OWNER))
    path = f"/projects/{project.project_id}/questions/{workspace.people.tasks.page(project.project_id)[0].question_id}"
    for form in ({"answer": "cat", "reason": " "}, {"answer": "cta", "reason": "why"}, {"reason": "why"}):
        assert client.post(path, data={"version": "1", **form}).status_code == 400
    assert workspace.n_judgments() == 0


def test_the_last_owner_stays(workspace, seeds, visit):
    owner = seeds.person(workspace, Role.OWNER, name="Ada")
    client = visit(owner)
    path = f"/accounts/{owner.account_id}"
    assert client.post(f"{path}/role", data={"role": "judge", "version": "1"}).status_code == 400
    assert client.post(f"{path}/disable").status_code == 400
    assert client.post(f"{path}/forget", data={"confirm": "Ada"}).status_code == 400
    assert client.get("/projects").status_code == 200


def test_a_person_is_forgotten_and_their_judgments_stay(workspace, seeds, visit):
    project = seeds.project(workspace, n=1, rules=Rules(gold_share=0, repeat_share=0, gate=False))
    judge = seeds.person(workspace, project=project, name="Zed Zebra")
    lease = workspace.people.desk.visit(Visit(judge.credential, project.project_id, n=1)).questions[0].lease
    given = Given("key-0123456789abcdef", lease, "answered", "left")
    workspace.people.desk.visit(Visit(judge.credential, project.project_id, (given,)))
    before = workspace.judgments()
    client = visit(seeds.person(workspace, Role.OWNER))
    path = f"/accounts/{judge.account_id}/forget"
    assert client.post(path, data={"confirm": "someone else"}).status_code == 400
    assert client.post(path, data={"confirm": "Zed Zebra"}).status_code == 303
    assert workspace.judgments().equals(before)
    for page in ("/accounts", "/audit", f"/projects/{project.project_id}/judges"):
        assert "Zed Zebra" not in client.get(page).text
    assert visit(judge).get("/account").status_code == 303


def test_what_is_too_much_or_no_file_at_all_is_refused_and_nothing_kept(workspace, seeds, serving_pages, visit):
    project = seeds.project(workspace, QuestionKind.CHOICE, n=1)
    client = visit(seeds.person(workspace, Role.OWNER))
    path = f"/projects/{project.project_id}/items"
    assert client.post(path, data={"files": "no file"}).status_code == 400
    assert client.post(path, files={"files": ("", b"")}).status_code == 400
    broken = client.post(path, content=b"--x\r\nnonsense", headers={"content-type": "multipart/form-data; boundary=x"})
    assert broken.status_code == 400
    address = urlsplit(str(client.base_url))
    with closing(http.client.HTTPConnection(address.hostname, address.port)) as raw:
        raw.putrequest("POST", path)
        raw.putheader("Content-Length", str(5 * 2**30))
        raw.endheaders()
        assert raw.getresponse().status == 413  # without a byte of it having been sent
    assert client.get(path + "/batch/nonsense").status_code == 404
    assert workspace.people.projects.get(project.project_id).n_tasks == 1


def test_faults_are_listed_and_the_good_rows_kept_only_when_the_lead_says_so(workspace, seeds, visit):
    project = seeds.project(workspace, QuestionKind.CHOICE, n=1)
    client = visit(seeds.person(workspace, Role.OWNER))
    table = b"text,gold\nfine,\nb\xffd,\nodd,maybe\n"
    path = f"/projects/{project.project_id}/items"
    shown = client.post(path, files={"files": ("t.csv", table)}, follow_redirects=True)
    assert "Keep the 1 good row" in shown.text
    assert "bytes that are not UTF-8" in shown.text
    assert "expected" not in shown.text or "cat, dog" in shown.text
    listed = client.get(re.search(r'href="([^"]+faults.csv)"', shown.text)[1])
    assert len(listed.text.splitlines()) == 3
    assert workspace.people.projects.get(project.project_id).n_tasks == 1
    dropped = client.post(re.search(r'action="([^"]+/drop)"', shown.text)[1], follow_redirects=True)
    assert "Nothing of it was kept" in dropped.text
    assert workspace.people.projects.get(project.project_id).n_tasks == 1


def test_a_completion_code_is_for_who_has_finished_and_stays_the_same(workspace, seeds, visit):
    project = seeds.project(workspace, n=1, rules=Rules(gold_share=0, repeat_share=0, gate=False))
    judge, stranger = seeds.person(workspace, project=project), seeds.person(workspace)
    client, path = visit(judge), f"/judge/{project.project_id}/code"
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 409
    assert visit(stranger).post(path).status_code == 404
    lease = workspace.people.desk.visit(Visit(judge.credential, project.project_id, n=1, again=True)).questions[0].lease
    given = Given("key-0123456789abcdef", lease, "answered", "left")
    workspace.people.desk.visit(Visit(judge.credential, project.project_id, (given,)))
    codes = {re.search(r'id="code">(\w+)<', client.post(path).text)[1] for _ in range(2)}
    paid = visit(seeds.person(workspace, Role.LEAD)).get(f"/projects/{project.project_id}/judges/paid.csv").text
    assert len(codes) == 1
    assert codes.pop() in paid
