"""How light and how quick is the judging page? ``python benchmarks/judging_page.py [--json]``.

A real Chromium on this machine judges text pairs and pairs of short films that a real server of this machine hands out.
Measured are the bytes of tacit's own scripts and styles that the page fetches, the time from opening the address to the
first question with its items loaded, and the time from a key to the next question on the screen, by the page's own
marks (`tacit-key-to-paint`): from the handler of the key to the first moment after the next frame was drawn.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import uvicorn
from playwright.sync_api import Browser, Response, sync_playwright

from tacit.judging import Item, ItemKind, Question, QuestionKind, questions_table
from tacit.store import Store
from tacit.store.people import Role, Rules, State
from tacit.web.app import create_app
from tacit.web.server import listen, make_config
from tacit.web.settings import ServerSettings

JUDGED = 60
READY = ".slide:not(.waiting)[aria-busy=false]"
NEXT_READY = (
    "() => document.querySelector('.slide.waiting[aria-busy=false]') || !document.querySelector('.slide.waiting')"
)


def main() -> int:
    """Measure both kinds of project and print a row for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name, items in (("two texts", texts()), ("two films of a second", films())):
            with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "project") as store:
                project_id, secret = prepared(store, items)
                with served(store) as address:
                    rows.append({"shown": name, **measured(browser, address, project_id, secret)})
        browser.close()
    print(json.dumps({"name": "judging_page", "rows": rows}) if given.json else "\n".join(map(str, rows)))
    return 0


def measured(browser: Browser, address: str, project_id: str, secret: str) -> dict[str, Any]:
    """Judge, and return the row."""
    context = browser.new_context(viewport={"width": 1000, "height": 720})
    context.add_cookies([{"name": "tacit", "value": secret, "url": address}])
    page = context.new_page()
    weights: dict[str, int] = {}

    def weigh(response: Response) -> None:
        if re.search(r"/static/.*\.(js|css)$", response.url):
            weights[response.url] = len(response.body())

    page.on("response", weigh)
    began_s = time.monotonic()
    page.goto(f"{address}/judge/{project_id}")
    page.locator(READY).wait_for()
    first_ms = 1000 * (time.monotonic() - began_s)
    for _ in range(JUDGED):
        page.wait_for_function(NEXT_READY)  # a person takes longer than the next films take to load
        page.keyboard.press("ArrowLeft")
        page.locator(READY).wait_for()
    marks = page.evaluate("() => performance.getEntriesByName('tacit-key-to-paint').map((entry) => entry.duration)")
    context.close()
    return {
        "own script and style kB": round(sum(weights.values()) / 1000, 1),
        "files": len(weights),
        "first question ms": round(first_ms),
        "key to paint ms, median": round(float(np.median(marks)), 1),
        "95 %": round(float(np.quantile(marks, 0.95)), 1),
        "worst": round(float(np.max(marks)), 1),
        "judgments": len(marks),
    }


def texts() -> list[Item]:
    """Return texts of some two hundred words."""
    words = [f"word{i % 97}" for i in range(200)]
    return [Item(ItemKind.TEXT, " ".join([*words, str(i)]).encode(), "text/plain") for i in range(JUDGED + 10)]


def films() -> list[Item]:
    """Return films of a second, 300 by 200 pixels, as clips of a learner are."""
    return [Item(ItemKind.VIDEO, _film(i), "video/mp4") for i in range(JUDGED + 10)]


def _film(number: int) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        with av.open(file.name, "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 300, 200, "yuv420p"
            for at in range(25):
                picture = np.full((200, 300, 3), 235, np.uint8)
                picture[80:120, (7 * at + 3 * number) % 260 :][:, :40] = (30, 100, 160)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
        return Path(file.name).read_bytes()


def prepared(store: Store, items: list[Item]) -> tuple[str, str]:
    """Return a project of neighbouring items to compare, and the session of a judge in it."""
    store.add_items(items)
    asked = [
        Question(QuestionKind.COMPARISON, (one.item_id, other.item_id), "Which is better?")
        for one, other in pairwise(items)
    ]
    store.add_questions(questions_table(asked))
    people = store.people
    project = people.projects.create("pairs", QuestionKind.COMPARISON, "Which is better?", rules=Rules(repeat_share=0))
    people.tasks.add(project.project_id, [question.question_id for question in asked])
    people.projects.set_state(project.project_id, State.OPEN, by="")
    invite, _ = people.invites.make(Role.JUDGE, project_id=project.project_id)
    account_id = people.invites.accept(invite, name="judge")
    return project.project_id, people.credentials.start_session(account_id)


@contextmanager
def served(store: Store) -> Iterator[str]:
    """Serve a store on a free port, and give its address."""
    settings = ServerSettings(port=0)
    with listen(settings) as listening:
        server = uvicorn.Server(make_config(create_app(store, settings), settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
