"""A real Chromium, and the modules of the judging page in it."""

from __future__ import annotations

import mimetypes
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

import tacit.web

STATIC = Path(tacit.web.__file__).parent / "static"
OFFLINE = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        message = "no Chromium: install Debian's packages chromium and fonts-dejavu-core to test the page in a browser"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", *OFFLINE])
        yield launched
        launched.close()


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
