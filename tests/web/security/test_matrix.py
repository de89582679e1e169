"""Role × route × owner, made from the router: who is let in where, and that no route was forgotten."""

import re

import pytest

from tacit.store.people import Role

PUBLIC, ANYBODY = "public", "signed in"
MEMBER_OR_LEAD, REVIEWER, LEAD, OWNER = "member", "reviewer", "lead", "owner"
PROJECT = "/projects/{project_id}"
LEAST: dict[str, str] = {
    "/": PUBLIC,
    "/sign-in": PUBLIC,
    "/sign-out": PUBLIC,
    "/enter/{secret}": PUBLIC,
    "/return/{secret}": PUBLIC,
    "/account": ANYBODY,
    "/account/password": ANYBODY,
    "/media/{media_id}": ANYBODY,
    "/markdown/{item_id}": ANYBODY,
    "/preview/{item_id}/{purpose}": ANYBODY,
    "/judge/{project_id}": MEMBER_OR_LEAD,
    "/judge/{project_id}/code": MEMBER_OR_LEAD,
    "/api/next": MEMBER_OR_LEAD,
    "/api/answers": MEMBER_OR_LEAD,
    "/api/undo": ANYBODY,
    "/api/leases/renew": ANYBODY,
    "/api/leases/release": ANYBODY,
    "/api/instructions": MEMBER_OR_LEAD,
    "/api/projects": REVIEWER,
    "/api/projects/{project_id}": REVIEWER,
    "/api/projects/{project_id}/items": LEAD,
    "/api/projects/{project_id}/export": LEAD,
    "/api/projects/{project_id}/quality": REVIEWER,
    "/projects": REVIEWER,
    "/projects/new": LEAD,
    PROJECT: REVIEWER,
    f"{PROJECT}/quality": REVIEWER,
    f"{PROJECT}/disagreements": REVIEWER,
    f"{PROJECT}/questions/{{question_id}}": REVIEWER,
    "/accounts": LEAD,
    "/audit": OWNER,
}
"""Path → the least that is needed. What stands under one of `UNDER` needs not be named by itself."""

UNDER = (("/projects/new/", LEAD), ("/projects/preview/", LEAD), (f"{PROJECT}/", LEAD), ("/accounts/", OWNER))
JSON: dict[str, object] = {
    "/api/answers": {"answers": []},
    "/api/undo": {"key": "k", "judgment_id": "none"},
    "/api/leases/renew": {"leases": []},
    "/api/leases/release": {"leases": []},
    "/api/instructions": {"version": 0},
    "/api/projects/{project_id}/items": {"questions": []},
}
RANK = {PUBLIC: -1, ANYBODY: 0, MEMBER_OR_LEAD: 0, REVIEWER: 1, LEAD: 2, OWNER: 3}
EVERYBODY = ("nobody", "judge", "judge of another", "reviewer", "reviewer of another", "lead", "owner")


def least(path, method):
    if path == "/accounts/{account_id}" and method == "GET":
        return LEAD
    if path in LEAST:
        return LEAST[path]
    return next((need for start, need in UNDER if path.startswith(start)), None)


def may(who, path, method):
    """Return whether the table lets somebody in."""
    need = least(path, method)
    if need == PUBLIC:
        return True
    if who == "nobody":
        return False
    rank = Role(who.partition(" ")[0]).rank
    in_project = "{project_id}" in path or path in JSON or path == "/api/next"
    outside = who.endswith("of another") and in_project and need in (MEMBER_OR_LEAD, REVIEWER)
    return rank >= RANK[need] and not outside


def ask(town, client, path, method):
    address = re.sub(r"\{(?!project_id)[^}]*\}", "x-none", path).replace("{project_id}", town.here.project_id)
    if path.startswith("/projects/new/") or path.startswith("/projects/preview/"):
        address = address.replace("x-none", "choice")
    if path == "/api/next":
        address += f"?project={town.here.project_id}&n=0"
    if method == "POST" and path in JSON:
        body = dict(JSON[path])
        if path in ("/api/answers", "/api/instructions"):
            body["project"] = town.here.project_id
        return client.post(address, json=body)
    return client.request(method, address, headers={"Accept": "text/html"})


def refused(response, path):
    to_sign_in = response.status_code == 303 and response.headers["location"].startswith("/sign-in")
    hidden = response.status_code == 404 and "{project_id}" in path
    hidden = hidden or (response.status_code == 404 and path in ("/api/next", "/api/answers", "/api/instructions"))
    return response.status_code in (401, 403) or to_sign_in or hidden


def test_every_route_of_the_router_is_in_the_table(town):
    assert [path for path, method in town.routes() if least(path, method) is None] == []
    assert set(LEAST) <= {path for path, _ in town.routes()}


@pytest.mark.parametrize("who", EVERYBODY)
def test_each_is_let_in_where_the_table_says_and_nowhere_else(town, who):
    wrong = []
    with town.client(who) as client:
        for path, method in town.routes():
            if path in ("/sign-out", "/", "/sign-in", "/enter/{secret}", "/return/{secret}"):
                continue
            response = ask(town, client, path, method)
            assert response.status_code < 500, (path, method, response.text)
            if path == "/account/password" and who != "nobody":
                continue  # refuses a wrong old password, as it should
            allowed = may(who, path, method)
            unknown = allowed and response.status_code == 404 and who in ("reviewer", "lead", "owner")
            if refused(response, path) == allowed and not unknown:  # what they may see is not there
                wrong.append((method, path, response.status_code))
    assert wrong == []


def test_a_token_does_what_it_is_for_and_no_more(town):
    """Scope × role: a token to judge judges, one to read reads, and none does what only a person may."""
    for who in town.people:
        role, _, scope = who.partition("'s token to ")
        if not scope:
            continue
        with town.client(who) as client:
            reads = ask(town, client, "/api/projects/{project_id}", "GET").status_code
            assert (reads == 200) == (scope in ("read", "write") and role != "judge"), who
            judges = ask(town, client, "/api/next", "GET").status_code
            assert (judges == 200) == (scope == "judge"), who
            adds = ask(town, client, "/api/projects/{project_id}/items", "POST").status_code
            assert (adds == 400) == (scope == "write" and role in ("lead", "owner")), who  # 400: no questions in it
            for path in ("/accounts/{account_id}/role", "/accounts/token", "/accounts/invite"):
                assert refused(ask(town, client, path, "POST"), path), (who, path)


def test_a_demotion_bites_at_the_next_request(town, seeds):
    person = seeds.person(town.store, Role.LEAD)
    town.people["demoted"] = {"Cookie": f"tacit={person.secret}"}
    accounts = town.store.people.accounts
    with town.client("demoted") as client:
        assert ask(town, client, "/projects/{project_id}", "GET").status_code == 200
        accounts.set_role(person.account_id, Role.JUDGE, version=accounts.get(person.account_id).version, by="")
        assert refused(ask(town, client, "/projects/{project_id}", "GET"), "")
        accounts.disable(person.account_id, by="")
        assert ask(town, client, "/api/next", "GET").status_code == 401
    del town.people["demoted"]
