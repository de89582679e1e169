"""The whole application, everybody that there is, and a client for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from argon2 import PasswordHasher
from starlette.routing import Mount, Route

from tacit.store import Store
from tacit.store.people import SCOPES, Project, Role
from tacit.web.pages.workplace import create_workplace
from tacit.web.settings import ServerSettings

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Town:
    """A served workspace.

    Args:
        app: the application. address: of its server. store: what it serves.
        here: a project with members. elsewhere: another.
        people: who → what they show; `None` for nobody.
    """

    app: object
    address: str
    store: Store
    here: Project
    elsewhere: Project
    people: dict[str, dict[str, str] | None]

    def client(self, who: str | None = None, **headers: str) -> httpx.Client:
        """Return a client that behaves as somebody's browser or program does."""
        shown = self.people[who] if who else None
        given = {"Sec-Fetch-Site": "same-origin", **(shown or {}), **headers}
        return httpx.Client(base_url=self.address, headers=given, trust_env=False, timeout=120)

    def routes(self) -> Iterator[tuple[str, str]]:
        """Give path and method of every route that the router holds, but for the server's own files."""
        for route in self.app.routes:
            if isinstance(route, Route):
                yield from ((route.path, method) for method in sorted(route.methods - {"HEAD"}))
            else:
                assert isinstance(route, Mount)
                assert route.path == "/static"


@pytest.fixture(scope="module")
def town(tmp_path_factory, seeds, serving_app):
    with Store.open(tmp_path_factory.mktemp("town") / "workspace") as store:
        here, elsewhere = seeds.project(store, n=6), seeds.project(store, n=6)

        def session(role, project=None):
            return {"Cookie": f"tacit={seeds.person(store, role, project=project).secret}"}

        people = {
            "nobody": None,
            "judge": session(Role.JUDGE, here),
            "judge of another": session(Role.JUDGE, elsewhere),
            "reviewer": session(Role.REVIEWER, here),
            "reviewer of another": session(Role.REVIEWER, elsewhere),
            "lead": session(Role.LEAD),
            "owner": session(Role.OWNER),
        }
        for role in Role:
            program = store.people.accounts.add_program(f"program {role}", role)
            store.people.members.add(here.project_id, program.account_id, by="")
            for scope in SCOPES:
                secret, _ = store.people.credentials.make_token(program.account_id, [scope])
                people[f"{role}'s token to {scope}"] = {"Authorization": f"Bearer {secret}"}
        settings = ServerSettings(port=0, requests_per_s=1e6, burst=1e6, tries_per_minute=1e6)
        app, workplace = create_workplace(store, settings, hasher=QUICK)
        with serving_app(app, settings) as address:
            yield Town(app, address, store, here, elsewhere, people)
        workplace.close()
