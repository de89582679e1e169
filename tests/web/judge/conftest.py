"""A real Chromium, and the modules of the judging page in it."""

from __future__ import annotations

import mimetypes
import time
import wave
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

import tacit.web
from tacit.store import Store
from tacit.store.people import Project
from tacit.store.work import Visit

STATIC = Path(tacit.web.__file__).parent / "static"
PATIENCE_S = 60.0
"""How long anything is waited for: a machine that does much else at once is slow, and not wrong."""


@pytest.fixture(scope="module")
def modules(chromium: Browser) -> Iterator[Page]:
    """Return an empty page that can import the page's modules, with no server behind it."""

    def serve(route: Route) -> None:
        path = STATIC / route.request.url.partition("/static/")[2]
        if path.is_file():
            kind = mimetypes.guess_type(path.name)[0] or "text/plain"
            route.fulfill(body=path.read_bytes(), content_type=kind)
        else:
            route.fulfill(body="<!doctype html><title>modules</title>", content_type="text/html")

    context = chromium.new_context()
    context.route("**/*", serve)
    page = context.new_page()
    page.goto("http://judge.test/")
    yield page
    context.close()


class Sitting:
    """The judging page of a project, opened by somebody, with whatever it complained about."""

    def __init__(self, browser: Browser, address: str, project: Project, secret: str, **settings: object) -> None:
        settings.setdefault("viewport", {"width": 1000, "height": 720})
        self.context = browser.new_context(**settings)  # type: ignore[arg-type]
        self.context.set_default_timeout(1000 * PATIENCE_S)
        self.context.add_cookies([{"name": "tacit", "value": secret, "url": address}])
        self.address, self.url = address, f"{address}/judge/{project.project_id}"
        self.complaints: list[str] = []
        self.page = self.context.new_page()
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self) -> Page:
        self.page.goto(self.url)
        return self.page

    def question(self) -> str:
        """Wait for a question whose items have been loaded, and return the words of its first item."""
        ready = self.page.locator(".slide:not(.waiting)[aria-busy=false]")
        ready.wait_for()
        return ready.locator(".item").first.inner_text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def to_send(self, n: int) -> None:
        """Wait until the browser has stored `n` answers that have not been sent."""
        expect(self.page.locator("#outbox")).to_have_text(f"{n} to send")

    def all_sent(self) -> None:
        """Wait until nothing waits to be sent."""
        self.page.locator("#outbox").wait_for(state="hidden")

    def all_done(self) -> None:
        """Wait until there is nothing left to judge, and nothing waits to be sent."""
        self.page.get_by_text("All done").wait_for()
        self.all_sent()

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds outside the page, while the page goes on."""
        end_s = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end_s, "waited for in vain"
            self.page.wait_for_timeout(10)

    def frames(self, n: int) -> None:
        """Let the page draw `n` pictures: what it would do by itself has begun by then."""
        drawn = "n => new Promise(done => { const on = () => n-- ? requestAnimationFrame(on) : done(); on(); })"
        self.page.evaluate(drawn, n)


@pytest.fixture
def sit(chromium: Browser, workspace: Store, server: str, seeds: Any) -> Iterator[Callable[..., Sitting]]:
    """Return what opens the judging page of a project for a new judge, who has read the instructions."""
    opened: list[Sitting] = []

    def open_one(project: Project, **settings: object) -> Sitting:
        judge = seeds.person(workspace, project=project)
        if project.instructions and settings.pop("has_read", True):
            visit = Visit(judge.credential, project.project_id, read_instructions=project.instructions)
            workspace.people.desk.visit(visit)
        opened.append(Sitting(chromium, server, project, judge.secret, **settings))
        return opened[-1]

    yield open_one
    for sitting in opened:
        sitting.context.close()


@pytest.fixture(scope="session")
def make_film() -> Callable[[float], bytes]:
    """Return what makes a film of so many seconds: a square that crosses the picture."""
    av = pytest.importorskip("av")

    def make(length_s: float, rate_hz: int = 20) -> bytes:
        film = BytesIO()
        with av.open(film, "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=rate_hz)
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
            for at in range(round(length_s * rate_hz)):
                picture = np.full((64, 96, 3), 230, np.uint8)
                picture[24:40, at % 80 : at % 80 + 16] = (20, 90, 160)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
        return film.getvalue()

    return make


@pytest.fixture(scope="session")
def make_sound() -> Callable[[float], bytes]:
    """Return what makes a tone of so many seconds."""

    def make(length_s: float, rate_hz: int = 8000) -> bytes:
        file = BytesIO()
        with wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(rate_hz)
            at_s = np.arange(int(length_s * rate_hz)) / rate_hz
            sound.writeframes((9000 * np.sin(2 * np.pi * 330 * at_s)).astype("<i2").tobytes())
        return file.getvalue()

    return make
