"""One test for each class of attack that labelling servers have fallen to."""

import re
import sqlite3
import time
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from starlette.routing import Route

import tacit.web
from tacit.errors import BadValue, NotSignedIn
from tacit.judging import Item, ItemKind
from tacit.store.people import Role
from tacit.web.guard.allowance import Allowance
from tacit.web.media import SHOWN
from tacit.web.passwords import Passwords
from tacit.web.refusing import TooMany
from tacit.web.settings import ServerSettings

JSON = {"Content-Type": "application/json"}


def post(client, path, body=b'{"answers":[]}', **headers):
    return client.post(path, content=body, headers={**JSON, **headers})


# ---- requests that another site makes a browser send


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"},
])  # fmt: skip
def test_a_request_that_another_site_made_is_refused(town, headers):
    with town.client("judge") as client:
        assert post(client, "/api/answers", **headers).status_code == 403
        assert post(client, "/api/answers").status_code == 200


def test_a_browser_that_says_no_site_is_held_to_its_origin(town):
    cookie = town.people["judge"]
    with httpx.Client(base_url=town.address, headers=cookie, trust_env=False, timeout=120) as client:
        assert post(client, "/api/answers").status_code == 403
        assert post(client, "/api/answers", Origin="https://evil.example").status_code == 403
        assert post(client, "/api/answers", Origin="null").status_code == 403
        assert post(client, "/api/answers", Origin=town.address).status_code == 200


def test_a_browser_is_not_signed_in_by_another_site(town, seeds):
    seeds.person(town.store, Role.LEAD, name="Attacker")
    form = {"name": "Attacker", "password": "a long enough password"}
    with town.client() as client:
        foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        assert client.post("/sign-in", data=form, headers=foreign).status_code == 403
        assert "tacit" not in client.cookies


def test_a_token_beside_a_cookie_does_not_excuse_where_a_request_comes_from(town):
    both = {**town.people["judge"], "Authorization": "Bearer none"}
    with httpx.Client(base_url=town.address, headers=both, trust_env=False, timeout=120) as client:
        assert post(client, "/api/answers", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
def test_json_in_the_clothes_of_a_form_is_refused(town, content_type):
    with town.client("judge") as client:
        assert post(client, "/api/answers", **{"Content-Type": content_type}).status_code == 400


def test_nothing_is_changed_by_a_get(town):
    """No path takes GET beside a change: what changes is asked by POST alone."""
    changing = {route.path for route in town.app.routes if isinstance(route, Route) and "POST" in route.methods}
    before = len(town.store.people.audit.entries(n=10_000))
    with town.client("owner") as client:
        for path in changing:
            address = re.sub(r"\{(?!project_id)[^}]*\}", "x-none", path).replace("{project_id}", town.here.project_id)
            if path != "/enter/{secret}":
                client.get(address)
    assert len(town.store.people.audit.entries(n=10_000)) == before


# ---- what is not one's own


def test_nobody_takes_back_or_answers_for_another(town, seeds):
    mine, theirs = (seeds.person(town.store, Role.JUDGE, project=town.here) for _ in range(2))
    for name, person in (("mine", mine), ("theirs", theirs)):
        town.people[name] = {"Cookie": f"tacit={person.secret}"}
    with town.client("mine") as me, town.client("theirs") as other:
        leased = me.get("/api/next", params={"project": town.here.project_id}).json()["questions"][0]
        answer = {"key": "k", "lease": leased["lease"], "outcome": "answered", "answer": "left"}
        stolen = other.post("/api/answers", json={"answers": [answer], "project": town.here.project_id}).json()
        assert stolen["accepted"] == []
        assert stolen["refused"][0]["error"]["where"] == "lease"
        (kept,) = me.post("/api/answers", json={"answers": [answer]}).json()["accepted"]
        undo = {"key": "u", "judgment_id": kept["judgment_id"]}
        assert other.post("/api/undo", json=undo).status_code == 404
        assert other.post("/api/leases/release", json={"leases": [leased["lease"]]}).status_code == 404
        assert me.post("/api/undo", json=undo).status_code == 200


def test_a_judge_is_never_shown_what_others_answered_nor_what_is_expected(town):
    with town.client("judge") as client:
        told = client.get("/api/next", params={"project": town.here.project_id, "n": 3}).json()
    questions = told["questions"]
    assert {key for one in questions for key in one} == {
        "lease", "question", "items", "shown_left", "expires_at_s", "sensitive",
    }  # fmt: skip
    assert {key for one in questions for key in one["question"]} == {"id", "kind", "text", "settings"}


# ---- paths, types, ranges


OUTSIDE = """
/media/../../etc/passwd /media/..%2f..%2fetc%2fpasswd /static/../app.py /static/..%2fapp.py /static/%2e%2e/app.py
/static//etc/passwd /static/judge/..%5capp.py
"""


@pytest.mark.parametrize("path", [*OUTSIDE.split(), "/media/" + "A" * 64, "/media/" + "0" * 64])
def test_no_path_leads_to_a_file_that_is_not_meant(town, path):
    with town.client("owner") as client:
        assert client.get(path).status_code == 404


def media(town, content, media_type, kind=ItemKind.IMAGE):
    item = Item(kind, content, media_type)
    town.store.add_items([item])
    return f"/media/{item.item_id}"


@pytest.mark.parametrize(
    "media_type", ["image/svg+xml", "text/html", "application/xhtml+xml", "text/xml", "x/y\r\nA: b"]
)
def test_what_could_act_is_only_ever_a_download(town, media_type):
    path = media(town, f"<svg onload=alert(1)> {media_type}".encode(), media_type)
    with town.client("judge") as client:
        given = client.get(path)
    assert given.headers["content-type"] == "application/octet-stream"
    assert given.headers["content-disposition"] == "attachment"
    assert given.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in given.headers["content-security-policy"]
    assert "a" not in given.headers


RANGES = {
    "0-3": (206, b"0123"),
    "{last4}-": (206, b"6789"),
    "-4": (206, b"6789"),
    "0-99999999": (206, None),
    "{n}-": (416, b""),
    "5-2": (416, b""),
    "-0": (416, b""),
    "0-0,2-2": (200, None),
    "0-1," * 5000: (200, None),
    "-": (200, None),
    "99999999999999999999-": (200, None),
}


@pytest.mark.parametrize("asked", RANGES, ids=lambda asked: asked[:12])
@pytest.mark.parametrize("n_tens", [10, 10_000])
def test_one_range_at_a_time_and_many_cost_no_more_than_none(town, asked, n_tens):
    """Once in the database, once in a file: 100 bytes and 100,000."""
    content = b"0123456789" * n_tens
    path = media(town, content, "audio/wav", ItemKind.AUDIO)
    status, got = RANGES[asked]
    with town.client("judge") as client:
        part = asked.format(n=len(content), last4=len(content) - 4)
        began = time.process_time()  # the server is a thread of this process
        given = client.get(path, headers={"Range": f"bytes={part}"})
    assert given.status_code == status
    assert given.content == (content if got is None else got)
    assert time.process_time() - began < 5


def test_only_pictures_sound_and_film_are_shown_in_place():
    assert SHOWN.match("image/png")
    assert not SHOWN.match("image/svg+xml")
    assert not SHOWN.match("text/html")
    assert not SHOWN.match("audio/wav\r\nX: y")


# ---- what a page may do


def test_every_answer_forbids_scripts_of_others_and_being_framed(town):
    with town.client("owner") as client:
        for path, method in town.routes():
            if method == "GET" and "{" not in path:
                headers = client.get(path).headers
                policy = headers["content-security-policy"]
                assert "unsafe-inline" not in policy, path
                assert "unsafe-eval" not in policy, path
                assert "default-src 'none'" in policy, path
                assert headers["x-frame-options"] == "DENY", path
                assert headers["x-content-type-options"] == "nosniff", path


ALL_DAY = (("POST", "/api/answers"), ("GET", "/api/next"))


@pytest.mark.parametrize(("method", "path"), ALL_DAY)
def test_what_judges_call_all_day_goes_past_the_router_and_past_no_check(town, method, path):
    """Each refusal, and the headers of every answer, as at a call that the router finds."""
    body = {"content": b'{"answers":[]}', "headers": JSON} if method == "POST" else {}
    large = {"content": b"[" * (ServerSettings().body_bytes + 1), "headers": JSON}

    def headers_of(client, **what):
        return {k: v for k, v in client.request(method, path, **what).headers.items() if k in safe}

    with town.client("judge") as client:
        safe = dict(client.get("/api/nowhere").headers)
        del safe["content-type"], safe["content-length"], safe["date"]
        assert "content-security-policy" in safe
        assert headers_of(client, **body) == safe
        assert client.request(method, path, **large).status_code == 413
        assert headers_of(client, **large) == safe
        assert client.request("PUT", path).status_code == 405
    for refused, status in ((town.client(), 401), (town.client("judge", Host="evil.example"), 400)):
        with refused as client:
            assert client.request(method, path, **body).status_code == status
            assert headers_of(client, **body) == safe
    with town.client("judge", **{"Sec-Fetch-Site": "cross-site"}) as client:
        assert client.request(method, path, **body).status_code == (403 if method == "POST" else 200)


def test_no_page_holds_a_script_or_a_style_of_its_own(town):
    with town.client("owner") as client:
        for path, method in town.routes():
            if method == "GET" and path.count("{") <= 1 and "{secret}" not in path:
                page = client.get(path.replace("{project_id}", town.here.project_id)).text
                assert not re.search(
                    r"<script(?![^>]*\bsrc=)|<style|\son\w+\s*=\s*[\"']|javascript:|\sstyle\s*=", page
                ), path


# ---- names and hosts


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "[::1].evil"])
def test_a_name_that_is_not_the_servers_own_is_refused(town, host):
    with town.client("judge", Host=host) as client:
        assert client.get("/api/next").status_code == 400


def test_a_server_on_loopback_answers_to_every_name_of_loopback(town):
    for host in ("localhost:1", "127.0.0.1", "[::1]:8000"):
        with town.client("judge", Host=host) as client:
            assert client.get("/api/next").status_code == 200


# ---- too much, too often


def test_a_body_that_is_too_large_is_refused_whatever_it_says_of_itself(town):
    most = ServerSettings().body_bytes
    with town.client("judge") as client:
        assert post(client, "/api/answers", b"[" * (most + 1)).status_code == 413
        in_pieces = client.post(
            "/api/answers", content=(b"[" * 100_000 for _ in range(most // 100_000 + 2)), headers=JSON
        )
        assert in_pieces.status_code == 413


BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"[" * 100_000,
    b"\xff\xfe",
    '{"answers": []}'.encode("utf-16"),
    b'{"answers": 1}',
    b'{"answers": [NaN]}',
    b'{"answers": [{"key": "a"}]}',
    b'{"answers": [], "next": 1e9}',
    b'{"answers": [], "next": -1}',
    b'{"answers": [], "more": 1}',
    b'{"answers": [' + b",".join([b'{"key":"k","lease":"l","outcome":"tie"}'] * 101) + b"]}",
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:24]))
def test_a_body_that_is_not_what_it_should_be_is_refused_in_words(town, body):
    with town.client("judge") as client:
        refused = post(client, "/api/answers", body)
    assert refused.status_code == 400
    assert set(refused.json()["error"]) == {"where", "got", "expected", "do"}


def test_who_asks_too_often_waits(workspace, seeds, serving):
    project = seeds.project(workspace)
    person, other = (seeds.person(workspace, project=project) for _ in range(2))
    with serving(workspace, requests_per_s=0.001, burst=3) as address:
        shown = {"Cookie": f"tacit={person.secret}"}
        with httpx.Client(base_url=address, headers=shown, trust_env=False, timeout=120) as client:
            statuses = [client.get("/api/next").status_code for _ in range(5)]
            assert statuses == [200, 200, 200, 429, 429]
            assert int(client.get("/api/next").headers["retry-after"]) > 1
            client.headers["Cookie"] = f"tacit={other.secret}"
            assert client.get("/api/next").status_code == 200


def test_secrets_are_guessed_only_so_often_and_who_is_known_is_served_all_the_same(workspace, seeds, serving):
    project = seeds.project(workspace)
    person = seeds.person(workspace, project=project)
    with (
        serving(workspace, tries_per_minute=1) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=120) as client,
    ):
        known = {"Cookie": f"tacit={person.secret}"}
        assert client.get("/api/next", headers=known).status_code == 200
        statuses = [client.get("/api/next", headers={"Cookie": f"tacit=guess{n}"}).status_code for n in range(7)]
        assert statuses == [401, 401, 401, 401, 401, 429, 429]  # five wrong ones a minute
        assert client.get("/api/next", headers=known).status_code == 200


def test_passwords_are_tried_only_so_often(workspace, seeds):
    seeds.person(workspace, Role.LEAD, name="Ann")
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(workspace, tries_per_minute=3, hasher=quick)
    for n in range(3):
        with pytest.raises(NotSignedIn):
            passwords.check("Ann", "wrong", address=f"address {n}")
    with pytest.raises(TooMany):  # the name is guarded, though each try came from elsewhere
        passwords.check("Ann", "wrong", address="yet another")
    for n in range(3):
        with pytest.raises(NotSignedIn):
            passwords.check(f"name {n}", "wrong", address="one address")
    with pytest.raises(TooMany):
        passwords.check("name 4", "wrong", address="one address")


def test_an_allowance_fills_again_and_forgets_nobody_early():
    now = [0.0]
    allowance = Allowance(per_s=1.0, burst=2.0, clock=lambda: now[0])
    assert [allowance.take("a") for _ in range(3)] == [0, 0, 1]
    now[0] = 1.0
    assert [allowance.take("a") for _ in range(2)] == [0, 1]
    assert allowance.wait_s("b") == 0
    assert allowance.take("b") == 0
    assert allowance.wait_s("a") == 1


# ---- secrets and defaults


def test_no_secret_is_kept_as_it_is(town, seeds):
    person = seeds.person(town.store, Role.OWNER)
    secret, _ = town.store.people.credentials.make_token(person.account_id, ["judge"])
    invite, _ = town.store.people.invites.make(Role.JUDGE)
    with sqlite3.connect(town.store._database.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = b"".join(path.read_bytes() for path in town.store._database.path.parent.glob("tacit.sqlite*"))
    for kept in (person.secret, secret, invite, "a long enough password"):
        assert kept.encode() not in content


def test_there_is_no_account_before_the_first_invite_and_no_way_in_without_one(workspace):
    assert workspace.people.accounts.all() == []
    first, second = workspace.people.invites.first_owner(), workspace.people.invites.first_owner()
    assert workspace.people.invites.find(first) is None  # a newer link voids the older
    workspace.people.invites.accept(second, name="Ann", password_hash="x")  # noqa: S106
    assert workspace.people.invites.find(second) is None  # and each works once


@pytest.mark.parametrize(("settings", "has_owner", "missing"), [
    ({}, False, "an owner"), ({}, True, "one of them"), ({"behind_proxy": True}, True, "at least one"),
    ({"behind_proxy": True, "names": frozenset({"label.example.org"})}, False, "an owner"),
])  # fmt: skip
def test_a_server_is_not_opened_to_others_before_it_is_safe(settings, has_owner, missing):
    with pytest.raises(BadValue, match=missing):
        ServerSettings(host="0.0.0.0", **settings).check(has_owner=has_owner)  # noqa: S104
    ServerSettings().check(has_owner=False)


def test_by_tls_the_cookie_belongs_to_this_host_alone():
    assert ServerSettings(behind_proxy=True).cookie == "__Host-tacit"
    assert ServerSettings(certificate="c.pem").cookie == "__Host-tacit"
    assert ServerSettings().cookie == "tacit"


def test_signing_in_gives_a_cookie_that_scripts_cannot_read_and_signing_out_ends_it(town, seeds):
    seeds.person(town.store, Role.LEAD, name="Bea")
    form = {"name": "Bea", "password": "a long enough password"}
    with town.client() as client:
        cookie = client.post("/sign-in", data=form).headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert client.get("/projects").status_code == 200
        secret = client.cookies["tacit"]
        client.post("/sign-out")
        assert town.store.people.credentials.of_session(secret) is None


def test_the_log_of_changes_shows_where_it_was_changed(town):
    audit, writing = town.store.people.audit, town.store._database.writing
    assert audit.first_broken() is None
    entry = audit.entries(n=3)[1]
    forge = "UPDATE audit SET actor = ? WHERE sequence = ?"
    with pytest.raises(Exception, match="only added"), writing() as connection:
        connection.exec_driver_sql(forge, ("x", entry.sequence))
    with writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_refuses_update")
        connection.exec_driver_sql(forge, ("x", entry.sequence))
    assert audit.first_broken() == entry.sequence
    with writing() as connection:
        connection.exec_driver_sql(forge, (entry.actor, entry.sequence))
    assert audit.first_broken() is None


def test_a_name_is_forgotten_and_what_was_judged_stays(town, seeds):
    person = seeds.person(town.store, Role.JUDGE, name="Forget Me", project=town.here)
    pseudonym = town.store.people.accounts.get(person.account_id).labeler_id
    assert "Forget" not in pseudonym
    forgotten = town.store.people.accounts.forget(person.account_id, by="")
    assert forgotten.name is None
    assert forgotten.labeler_id == pseudonym
    assert town.store.people.credentials.of_session(person.secret) is None


def test_the_servers_code_fetches_no_address_that_a_user_names():
    """No client of HTTP is imported anywhere in the server: nothing there could be sent to an address inside."""
    banned = re.compile(
        r"^\s*(?:from|import)\s+(httpx|requests|urllib\.request|urllib3|aiohttp|http\.client|ftplib)\b", re.M
    )
    for path in Path(tacit.web.__file__).parent.rglob("*.py"):
        assert not banned.search(path.read_text()), path
