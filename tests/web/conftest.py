"""A workspace to serve, people in it, and a real server on a free loopback port."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher

from tacit.judging import DATA_SHEETS, Item, ItemKind, Question, QuestionKind, questions_table
from tacit.store import Store
from tacit.store.people import Project, Role, Rules, State
from tacit.store.work import Credential
from tacit.web.app import create_app
from tacit.web.server import listen, make_config
from tacit.web.settings import ServerSettings

ROOT = Path(__file__).parents[2]
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashing that costs nothing; how strong the real one is, is tested once."""

SETTINGS = {
    QuestionKind.CHOICE: {"options": ["cat", "dog"]},
    QuestionKind.RATING: {"low": 0, "high": 10, "step": 1},
    QuestionKind.SPANS: {"options": ["person", "place"], "unit": "character"},
}
PASSWORD = "a long enough password"  # noqa: S105


@dataclass(frozen=True)
class Person:
    """An account that is signed in."""

    account_id: str
    secret: str

    @property
    def credential(self) -> Credential:
        return Credential("session", hashlib.sha256(self.secret.encode()).hexdigest())

    @property
    def cookies(self) -> dict[str, str]:
        return {"tacit": self.secret}


class Seeds:
    """Fills a workspace."""

    @staticmethod
    def person(store: Store, role: Role = Role.JUDGE, *, name: str = "", project: Project | None = None) -> Person:
        """Let somebody in by an invite; leads and owners have the password `PASSWORD`."""
        people = store.people
        name = name or f"{role} {len(people.accounts.all())}"
        secret, _ = people.invites.make(role, project_id=project.project_id if project else None)
        hashed = QUICK.hash(PASSWORD)
        account_id = people.invites.accept(secret, name=name, password_hash=hashed)
        return Person(account_id, people.credentials.start_session(account_id))

    @staticmethod
    def questions(store: Store, kind: QuestionKind, n: int, *, text: str = "Which?", start: int = 0) -> Sequence[str]:
        """Keep `n` questions about text items, and return their ids."""
        width = max(DATA_SHEETS[kind].n_items[0], 3 if kind is QuestionKind.RANKING else 1)
        items = [Item(ItemKind.TEXT, f"text number {start + i}".encode(), "text/plain") for i in range(n + width)]
        store.add_items(items)
        asked = [
            Question(kind, tuple(item.item_id for item in items[i : i + width]), text, SETTINGS.get(kind, {}))
            for i in range(n)
        ]
        store.add_questions(questions_table(asked))
        return [question.question_id for question in asked]

    @classmethod
    def project(
        cls,
        store: Store,
        kind: QuestionKind = QuestionKind.COMPARISON,
        n: int = 10,
        *,
        name: str = "",
        rules: Rules | None = None,
        state: State = State.OPEN,
    ) -> Project:
        """Make a project of `n` questions that is open; without checks, unless the rules say so."""
        people = store.people
        plain = Rules(gold_share=0, repeat_share=0)
        name = name or f"{kind} {len(people.projects.all())}"
        made = people.projects.create(name, kind, "Which?", settings=SETTINGS.get(kind, {}), rules=rules or plain)
        people.tasks.add(made.project_id, cls.questions(store, kind, n))
        return people.projects.set_state(made.project_id, state, by="")


@pytest.fixture(scope="session")
def seeds() -> type[Seeds]:
    return Seeds


@pytest.fixture
def place(request, tmp_path):
    """Where the workspace is: what a test's parameter or else the variable TACIT_TEST_DATABASE names, or a folder."""
    kind = getattr(request, "param", os.environ.get("TACIT_TEST_DATABASE", "folder"))
    return request.getfixturevalue("postgres_url") if kind == "postgres" else tmp_path / "workspace"


@pytest.fixture
def workspace(place):
    """An empty workspace."""
    with Store.open(place) as store:
        yield store


@contextmanager
def running_app(app, settings: ServerSettings):
    """Serve an application on a free loopback port, and give its address."""
    with listen(settings) as listening:
        server = uvicorn.Server(make_config(app, settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.005)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def running(store: Store, **settings):
    """Serve a store on a free loopback port, and give its address."""
    chosen = ServerSettings(port=0, requests_per_s=10_000, burst=10_000, tries_per_minute=10_000)
    chosen = ServerSettings(**{**chosen.__dict__, **settings})
    with running_app(create_app(store, chosen, hasher=QUICK), chosen) as address:
        yield address


@pytest.fixture(scope="session")
def serving_app():
    """Return what serves an application: ``with serving_app(app, settings) as address``."""
    return running_app


@pytest.fixture(scope="session")
def serving():
    """Return what serves a store: ``with serving(store) as address``."""
    return running


@pytest.fixture
def server(workspace):
    """The address of a server of `workspace`."""
    with running(workspace) as address:
        yield address


@pytest.fixture
def browser_of(server):
    """Return what gives a client that behaves as a browser does: a person's cookie, and where requests come from."""
    opened = []

    def open_one(person: Person | None = None, **headers: str) -> httpx.Client:
        cookies = person.cookies if person else {}
        client = httpx.Client(
            base_url=server,
            cookies=cookies,
            headers={"Sec-Fetch-Site": "same-origin", **headers},
            trust_env=False,
            timeout=120,
        )
        opened.append(client)
        return client

    yield open_one
    for client in opened:
        client.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the script that looks for what would stop somebody who cannot see, or cannot use a mouse."""
    path = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        pytest.skip("no axe-core: `make setup` installs it where npm is")
    return path.read_text(encoding="utf-8")
