"""Every page as a stranger sees it: ``python benchmarks/screenshots.py FOLDER [--only WORD] [--widths 360,768,1280]``.

A real server shows real items (of the folder that TACIT_DATA names) in a project of every kind of question; some have
been answered. Each lead's page and each kind of judging page is shot at each width, in light and dark, for a person
to look at.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tacit.judging import Item, ItemKind, Question, QuestionKind, questions_table
from tacit.store import Store
from tacit.store.people import Project, Role, Rules, State
from tacit.store.people.access import secret_hash
from tacit.store.work import Credential, Given, Visit
from tacit.web.markdown import inert_html
from tacit.web.pages.project.keeping import ProjectKeeper
from tacit.web.pages.workplace import create_workplace
from tacit.web.server import listen, make_config
from tacit.web.settings import ServerSettings

DATA = Path(os.environ.get("TACIT_DATA", Path(__file__).parents[2] / "shared" / "data"))
READY = ".slide:not(.waiting)[aria-busy=false], #begin"
INSTRUCTIONS = (
    "# What to look for\n\nSay **what you see**. If you cannot tell, press `c`.\n\n- Take your time.\n- Undo."
)
LEADS = ("", "/items", "/instructions", "/judges", "/quality", "/disagreements", "/gold", "/settings", "/export")
REPLY = """## Boiling an egg

1. Bring **{water}** to a rolling boil.
2. Lower the egg in with a spoon, and wait:

| minutes | yolk |
|--------:|------|
| {soft}  | soft |
| 10      | hard |

```python
timer.start(minutes={soft})
```

> Older eggs peel more easily. See [the guide](https://example.org/eggs).
"""


@dataclass
class Asked:
    """Questions of one kind, to be made a project of."""

    name: str
    kind: QuestionKind
    text: str
    items: list[tuple[Item, ...]]
    settings: dict[str, Any] = field(default_factory=dict)


def main() -> int:
    """Shoot the pages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", default="", help="pages with this word in their name")
    parser.add_argument("--widths", default="360,768,1280")
    parser.add_argument("--themes", default="light,dark")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "workspace") as store:
        projects = {one.name: made(store, one) for one in asked()}
        owner = signed_in(store, Role.OWNER, None)
        answer(store, projects["choice"])
        with served(store) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
            for width in map(int, given.widths.split(",")):
                for theme in given.themes.split(","):
                    shooting = Shooting(browser, address, given.folder, width, theme, given.only)
                    shooting.judging(store, projects)
                    shooting.leading(owner, projects["choice"], store)
            browser.close()
    return 0


class Shooting:
    """Pictures at one width in one theme."""

    def __init__(self, browser: Browser, address: str, folder: Path, width: int, theme: str, only: str) -> None:
        self._browser, self._address, self._folder, self._only = browser, address, folder, only
        self._how: dict[str, Any] = {
            "viewport": {"width": width, "height": 760 if width < 700 else 800},
            "color_scheme": theme,
        }
        self._tail = f"{width}-{theme}"

    def judging(self, store: Store, projects: dict[str, Project]) -> None:
        """Shoot the judging page of each kind, its first page and its dialogs."""
        for name, project in projects.items():
            if not self._wanted(f"judge-{name}"):
                continue
            judge = signed_in(store, Role.JUDGE, project)
            with self._opened(judge) as page:
                page.goto(f"{self._address}/judge/{project.project_id}")
                page.locator(READY).first.wait_for()
                if page.locator("#begin").count():
                    self._shoot(page, f"judge-{name}-gate")
                    page.keyboard.press("Enter")
                page.locator(READY.partition(",")[0]).wait_for()
                self._shoot(page, f"judge-{name}", whole=False)
                if name == "choice":
                    page.keyboard.press("?")
                    page.locator("dialog[open]").wait_for()
                    self._shoot(page, "judge-keys", whole=False)

    def leading(self, owner: str, project: Project, store: Store) -> None:
        """Shoot every page of a lead."""
        here = f"/projects/{project.project_id}"
        question = store.people.tasks.page(project.project_id, after=0, n=1)[0].question_id
        pages = {f"lead{tail.replace('/', '-') or '-overview'}": f"{here}{tail}" for tail in LEADS}
        pages |= {"lead-question": f"{here}/questions/{question}", "projects": "/projects", "new": "/projects/new"}
        pages |= {f"new-{kind}": f"/projects/new/{kind}" for kind in QuestionKind}
        pages |= {"accounts": "/accounts", "account": "/account", "audit": "/audit", "not-there": "/projects/none"}
        for name, path in pages.items():
            if self._wanted(name):
                with self._opened(owner) as page:
                    page.goto(f"{self._address}{path}")
                    self._shoot(page, name)
        if self._wanted("bringing"):
            with self._opened(owner) as page:
                self._bring(page, here)
        invite, _ = store.people.invites.make(Role.JUDGE, project_id=project.project_id)
        for name, path in {"sign-in": "/sign-in", "enter": f"/enter/{invite}"}.items():
            if self._wanted(name):
                with self._opened("") as page:
                    page.goto(f"{self._address}{path}")
                    self._shoot(page, name)

    def _bring(self, page: Page, here: str) -> None:
        rows = b"text,gold\nWhat a lovely day,yes\n,no\nGo away,perhaps\nb\xffd,\n=1+1,no\n"
        page.goto(f"{self._address}{here}/items")
        files = [{"name": "texts.csv", "mimeType": "text/csv", "buffer": rows}]
        page.locator("input[type=file]").first.set_input_files(files)  # type: ignore[arg-type]
        if page.locator("#batch-head").count() == 0:
            page.locator("form[enctype] button").first.click()
        page.locator("#batch-head").wait_for()
        self._shoot(page, "bringing")

    def _wanted(self, name: str) -> bool:
        return self._only in name

    @contextmanager
    def _opened(self, secret: str) -> Iterator[Page]:
        context = self._browser.new_context(**self._how)
        if secret:
            context.add_cookies([{"name": "tacit", "value": secret, "url": self._address}])
        yield context.new_page()
        context.close()

    def _shoot(self, page: Page, name: str, *, whole: bool = True) -> None:
        page.screenshot(path=self._folder / f"{name}-{self._tail}.png", full_page=whole)


def asked() -> list[Asked]:
    """Return questions of every kind about real items."""
    choices = {"options": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]}
    clips, voices = of_files("action_clips/*.mp4", ItemKind.VIDEO), of_files("speech_clips/*.wav", ItemKind.AUDIO)
    facts, images = lines("truthfulqa/TruthfulQA.csv.gz"), digits()
    replies = tuple(text(REPLY.format(water=water, soft=soft)) for water, soft in (("salted water", 6), ("water", 7)))
    kind = QuestionKind
    return [
        Asked("dialogues", kind.COMPARISON, "Which reply is less harmful?", dialogues()),
        Asked("markdown", kind.COMPARISON, "Which answer is more helpful?", [replies]),
        Asked("films", kind.COMPARISON, "In which clip does more happen?", [(clips[0], clips[1])]),
        Asked("sounds", kind.COMPARISON, "Who speaks more clearly?", [(voices[1], voices[8])]),
        Asked("images", kind.COMPARISON, "Which digit is written more neatly?", [(images[0], images[1])]),
        Asked("choice", kind.CHOICE, "Which digit is this?", [(one,) for one in images[:60]], choices),
        Asked("rating", kind.RATING, "How fast does it go?", [(clips[2],)], {"low": 1, "high": 7, "step": 1}),
        Asked("ranking", kind.RANKING, "Put these in order, the truest first.", [tuple(facts[:4])]),
        Asked("transcript", kind.TEXT, "Write down what you hear.", [(voices[0],)]),
        Asked("passages", kind.SPANS, "Mark every person and place.", [(facts[5],)], {"options": ["person", "place"]}),
        Asked(
            "moments",
            kind.SPANS,
            "Where is speech?",
            [(voices[2],)],
            {"options": ["speech", "noise"], "unit": "second"},
        ),
        Asked("probability", kind.PROBABILITY, "How likely is it that this is true?", [(one,) for one in facts[8:12]]),
        Asked("table", kind.CHOICE, "Does the table add up?", [(table(),)], {"options": ["yes", "no"]}),
    ]


def text(words: str) -> Item:
    """Return a text as an item."""
    return Item(ItemKind.TEXT, words.encode(), "text/plain")


def table() -> Item:
    """Return a table as an item."""
    rows = ["month,rain in mm,sun in h,days with frost"] + [
        f"{n},{40 + 7 * n},{60 + 20 * n},{12 - n}" for n in range(1, 12)
    ]
    return Item(ItemKind.TABLE, "\n".join(rows).encode(), "text/csv")


def dialogues() -> list[tuple[Item, ...]]:
    """Return pairs of dialogues that people have compared."""
    with gzip.open(DATA / "hh_rlhf" / "harmless_base_test.jsonl.gz", "rt", encoding="utf-8") as stream:
        pairs = [json.loads(next(stream)) for _ in range(4)]
    kept = [[pair["chosen"].encode(), pair["rejected"].encode()] for pair in pairs]
    return [tuple(Item(ItemKind.DIALOGUE, content, "text/plain") for content in pair) for pair in kept]


def lines(name: str) -> list[Item]:
    """Return the lines of a packed table as texts."""
    with gzip.open(DATA / name, "rt", encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        return [text(f"{row['Question']}\n\n{row['Best Answer']}") for row, _ in zip(rows, range(20), strict=False)]


def of_files(pattern: str, kind: ItemKind) -> list[Item]:
    """Return files as items."""
    form = {ItemKind.VIDEO: "video/mp4", ItemKind.AUDIO: "audio/wav"}[kind]
    return [Item(kind, path.read_bytes(), form) for path in sorted(DATA.glob(pattern))]


def digits() -> list[Item]:
    """Return images of digits, enlarged."""
    with np.load(DATA / "mnist" / "t10k.npz") as arrays:
        images = next(arrays[name] for name in arrays.files if arrays[name].ndim >= 2)[:80].reshape(-1, 28, 28)
    made_of = []
    for image in images:
        stream = io.BytesIO()
        Image.fromarray(np.asarray(image, np.uint8)).resize((280, 280)).save(stream, "PNG")
        made_of.append(Item(ItemKind.IMAGE, stream.getvalue(), "image/png"))
    return made_of


def made(store: Store, one: Asked) -> Project:
    """Return an open project of these questions."""
    people = store.people
    rules = Rules(overlap=2, gold_share=0, repeat_share=0, page={"break_every_s": 1500.0})
    project = people.projects.create(
        f"{one.name.capitalize()}, spring", one.kind, one.text, settings=one.settings, rules=rules
    )
    keeper = ProjectKeeper(store, project.project_id, by="")
    keeper.items([item for items in one.items for item in items])
    asked_about = [Question(one.kind, tuple(i.item_id for i in items), one.text, one.settings) for items in one.items]
    store.add_questions(questions_table(asked_about))
    people.tasks.add(project.project_id, [question.question_id for question in asked_about])
    if one.name == "choice":
        html = inert_html(INSTRUCTIONS)
        people.projects.add_instructions(project.project_id, INSTRUCTIONS, html, version=project.version, by="")
    return people.projects.set_state(project.project_id, State.OPEN, by="")


def signed_in(store: Store, role: Role, project: Project | None) -> str:
    """Return the session of somebody new."""
    invite, _ = store.people.invites.make(role, project_id=project.project_id if project else None)
    return store.people.credentials.start_session(store.people.invites.accept(invite, name=f"Somebody {invite[:4]}"))


def answer(store: Store, project: Project) -> None:
    """Let three people answer most questions, not always alike."""
    desk, generator = store.people.desk, np.random.default_rng(0)
    desk.begin()
    for number in range(3):
        credential = Credential("session", secret_hash(signed_in(store, Role.JUDGE, project)))
        here = project.project_id
        desk.visit(Visit(credential, here, read_instructions=project.instructions or 1))
        leased = desk.visit(Visit(credential, here, n=40)).questions
        options = project.settings["options"]
        given = []
        for at, one in enumerate(leased):
            right = int(one.items[0].id[:8], 16) % len(options)
            chosen = options[right if generator.random() < 0.8 else int(generator.integers(len(options)))]
            given.append(
                Given(f"{number}-{at}-0123456789", one.lease, "answered", chosen, None, None, None, 2.0 + at % 5)
            )
        desk.visit(Visit(credential, here, tuple(given)))


@contextmanager
def served(store: Store) -> Iterator[str]:
    """Serve a store with all its pages on a free port, and give its address."""
    settings = ServerSettings(port=0, requests_per_s=10_000, burst=10_000)
    app, workplace = create_workplace(store, settings)
    with listen(settings) as listening:
        server = uvicorn.Server(make_config(app, settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            workplace.close()


if __name__ == "__main__":
    sys.exit(main())
