"""A whole server with its pages, and people signed in to it."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher

from tacit.store import Store
from tacit.web.pages.workplace import create_workplace
from tacit.web.server import listen, make_config
from tacit.web.settings import ServerSettings

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@contextmanager
def running_pages(store: Store, **settings):
    """Serve a store with all pages on a free loopback port, and give its address."""
    chosen = ServerSettings(port=0, requests_per_s=10_000, burst=10_000, tries_per_minute=10_000, **settings)
    app, workplace = create_workplace(store, chosen, hasher=QUICK)
    with listen(chosen) as listening:
        server = uvicorn.Server(make_config(app, chosen))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.005)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            workplace.close()


@pytest.fixture(scope="session")
def serving_pages():
    """Return what serves a store with all pages: ``with serving_pages(store) as address``."""
    return running_pages


@pytest.fixture
def pages(workspace):
    """The address of a server of `workspace` with all pages."""
    with running_pages(workspace) as address:
        yield address


@pytest.fixture
def visit(pages):
    """Return what gives a client that behaves as a browser does, signed in as somebody or as nobody."""
    opened = []

    def open_one(person=None) -> httpx.Client:
        client = httpx.Client(
            base_url=pages,
            cookies=person.cookies if person else {},
            headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
            trust_env=False,
            timeout=120,
        )
        opened.append(client)
        return client

    yield open_one
    for client in opened:
        client.close()
