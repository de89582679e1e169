"""The lead's pages in a real browser: a newcomer's whole path, how the pages look and read, hostile words in them."""

from __future__ import annotations

import csv
import io
import re
from itertools import product
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tacit.judging import Outcome, Question, QuestionKind, questions_table
from tacit.store.people import Role, Rules, State
from tacit.store.work import Given, Visit
from tacit.web.bringing.items import dialogue_item, text_item
from tacit.web.pages.markup import safe_html

pytestmark = pytest.mark.browser

WIDTHS_PX = (360, 800, 1280)
PAPER = {"light": "rgb(253, 252, 249)", "dark": "rgb(20, 23, 27)"}
TAILS = ("", "/items", "/instructions", "/judges", "/quality", "/disagreements", "/gold", "/settings", "/export")
QUESTION = "aria-busy=false"
HOSTILE = (
    "<script>window.ran=1</script>",
    '"\'><img src=x onerror="window.ran=1">',
    "</textarea></title></style><svg onload='window.ran=1'>",
    "javascript:window.ran=1",
    "{{ 7*7 }}{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "[a](javascript:window.ran=1) ![b](http://evil.invalid/c.png) <a href='javascript:window.ran=1'>d</a>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "\u202eright to left",
)


class Opened:
    """A browser's window with everything that its pages asked for and complained about."""

    def __init__(self, browser, address, secret="", **settings):
        settings.setdefault("viewport", {"width": 1280, "height": 900})
        self.context = browser.new_context(**settings)
        self.context.set_default_timeout(60_000)
        self.address = address
        if secret:
            self.context.add_cookies([{"name": "tacit", "value": secret, "url": address}])
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.context.on("request", self._asked)

    def _asked(self, request):
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def goto(self, path):
        return self.page.goto(self.address + path)


@pytest.fixture
def window(chromium, pages):
    opened = []

    def open_one(person=None, **settings):
        opened.append(Opened(chromium, pages, person.secret if person else "", **settings))
        return opened[-1]

    yield open_one
    for one in opened:
        one.context.close()


@pytest.fixture
def answered(workspace, seeds):
    """A project that two judges have answered, not always alike, with an owner to look at it."""
    rules = Rules(overlap=2, gold_share=0, repeat_share=0, gate=False)
    project = seeds.project(workspace, QuestionKind.CHOICE, n=12, rules=rules)
    people = workspace.people
    for number in range(2):
        judge = seeds.person(workspace, project=project)
        given, n = (), 0
        while True:
            leased = people.desk.visit(Visit(judge.credential, project.project_id, given, n=5)).questions
            if not leased:
                break
            answers = ["cat" if (n + i) % (2 + number) else "dog" for i in range(len(leased))]
            given = tuple(
                Given(f"{number}-{n + i}-0123456789", one.lease, "answered", answer, duration_s=1.5)
                for i, (one, answer) in enumerate(zip(leased, answers, strict=True))
            )
            n += len(leased)
    people.projects.add_instructions(project.project_id, "# Cats", "<h1>Cats</h1>", version=2, by="")
    return people.projects.get(project.project_id), seeds.person(workspace, Role.OWNER, name="Ada")


def test_a_newcomer_gets_from_an_empty_folder_to_an_exported_file(workspace, window, pages, tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(4):
        Image.new("RGB", (64, 48), (60 * number, 90, 120)).save(pictures / f"{number}.png")
    (pictures / "notes.html").write_text("<script>alert(1)</script>")

    lead = window()
    page = lead.page
    lead.goto(f"/enter/{workspace.people.invites.first_owner()}")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("A password").fill("a long enough password")
    page.get_by_role("button", name="Make the account").click()
    page.get_by_role("link", name="Make the first project").click()
    page.get_by_role("link", name="Compare two").click()
    page.get_by_label("Name of the project").fill("Calm pictures")
    page.get_by_label("The question, as judges read it").fill("Which is calmer?")
    page.locator("#preview .asked", has_text="Which is calmer?").wait_for()  # drawn anew while one writes
    page.get_by_role("button", name="Make the project").click()
    page.locator("[data-folder]").set_input_files(pictures)
    page.wait_for_url("**/batch/*")
    page.get_by_role("button", name="Keep the 4 good rows").click()
    page.get_by_role("link", name="Next: write instructions").click()
    page.get_by_role("button", name="Save as version 1").click()
    page.get_by_role("navigation", name="Project").get_by_role("link", name="Judges").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link", exact=True).input_value()
    page.get_by_role("button", name="Open to judges").click()

    judge = window()
    judge.page.goto(link)
    judge.page.get_by_label("Your name").fill("Bo")
    judge.page.get_by_role("button", name="Begin").click()
    judge.page.wait_for_url("**/judge/*")
    judge.page.get_by_role("button", name=re.compile("read", re.IGNORECASE)).click()
    for _ in range(3):
        judge.page.locator(f".slide:not(.waiting)[{QUESTION}]").wait_for()
        judge.page.keyboard.press("ArrowLeft")
    judge.page.locator("#outbox").wait_for(state="hidden")

    page.get_by_role("navigation", name="Project").get_by_role("link", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert len(rows) == 3
    assert {row["outcome"] for row in rows} == {"answered"}
    assert all(row["comparison"] == row["shown_left"] for row in rows)
    assert lead.complaints == []
    assert lead.elsewhere == judge.elsewhere == []


def test_files_are_brought_without_script_too(workspace, seeds, window, tmp_path):
    project = seeds.project(workspace, QuestionKind.CHOICE, n=1)
    (tmp_path / "texts.csv").write_text("text\none more\n")
    opened = window(seeds.person(workspace, Role.OWNER), java_script_enabled=False)
    opened.goto(f"/projects/{project.project_id}/items")
    opened.page.get_by_label("Files to bring").set_input_files(tmp_path / "texts.csv")
    opened.page.get_by_role("button", name="Look at them").click()
    opened.page.get_by_role("button", name="Keep it").click()
    opened.page.get_by_text("1 questions have been put").wait_for()


def test_files_that_are_dropped_are_looked_at_and_what_was_sent_is_shown(workspace, seeds, window):
    project = seeds.project(workspace, QuestionKind.CHOICE, n=1)
    opened = window(seeds.person(workspace, Role.OWNER))
    opened.goto(f"/projects/{project.project_id}/items")
    opened.page.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["text\\none\\ntwo\\n"], "t.csv"));
            document.querySelector("[data-drop]").dispatchEvent(
                new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true})
            );
        }"""
    )
    opened.page.wait_for_url("**/batch/*")
    opened.page.get_by_role("button", name="Keep all 2").wait_for()


def test_nothing_sticks_out_and_axe_finds_nothing_serious(workspace, window, answered, axe):
    project, owner = answered
    opened = window(owner)
    page = opened.page
    workspace.people.invites.make(Role.JUDGE, project_id=project.project_id)
    question = workspace.people.tasks.page(project.project_id)[0].question_id
    paths = [f"/projects/{project.project_id}{tail}" for tail in (*TAILS, f"/questions/{question}")]
    paths += ["/projects", "/projects/new", "/projects/new/spans", "/projects/new/rating", "/accounts"]
    paths += [f"/accounts/{owner.account_id}", "/account", "/audit", "/nowhere"]
    found = []
    for path in paths:
        assert opened.goto(path).status in (200, 404), path
        page.evaluate("document.querySelectorAll('details').forEach(details => (details.open = true))")
        for width_px, (theme, paper) in product(WIDTHS_PX, PAPER.items()):
            page.set_viewport_size({"width": width_px, "height": 800})
            page.emulate_media(color_scheme=theme)
            page.wait_for_function("width_px => innerWidth === width_px", arg=width_px)
            expect(page.locator("body")).to_have_css("background-color", paper)
            assert page.evaluate("document.documentElement.scrollWidth") <= width_px, (path, width_px)
            if (width_px, theme) in ((360, "light"), (1280, "dark")):
                page.evaluate(axe)
                said = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
                found += [
                    (path, width_px, theme, one["id"], one["nodes"][0]["html"][:200])
                    for one in said["violations"]
                    if one["impact"] in ("serious", "critical")
                ]
    assert found == []
    assert [said for said in opened.complaints if "404" not in said] == []


def test_the_switch_overrules_the_system_and_is_remembered(window, answered):
    _, owner = answered
    opened = window(owner, color_scheme="dark")
    page = opened.page
    opened.goto("/projects")
    body = page.locator("body")
    expect(body).to_have_css("background-color", PAPER["dark"])
    page.get_by_role("button", name="Theme:").click()
    expect(body).to_have_css("background-color", PAPER["light"])
    page.reload()
    expect(body).to_have_css("background-color", PAPER["light"])


def test_answers_appear_on_a_page_that_stays_open(workspace, seeds, window):
    rules = Rules(overlap=2, gold_share=0, repeat_share=0, gate=False)
    project = seeds.project(workspace, QuestionKind.CHOICE, n=4, rules=rules)
    opened = window(seeds.person(workspace, Role.OWNER))
    opened.page.clock.install()
    opened.goto(f"/projects/{project.project_id}")
    answers = opened.page.locator("dl.facts div", has_text="Valid answers").locator("dd")
    expect(answers).to_have_text(re.compile("^0"))
    judge = seeds.person(workspace, project=project)
    lease = workspace.people.desk.visit(Visit(judge.credential, project.project_id, n=1)).questions[0].lease
    given = Given("key-0123456789abcdef", lease, "answered", "cat")
    workspace.people.desk.visit(Visit(judge.credential, project.project_id, (given,)))
    opened.page.clock.run_for(6000)
    opened.page.locator("dl.facts dd", has_text=re.compile("^1")).first.wait_for()


def test_hostile_words_in_every_field_run_nothing_on_any_page(workspace, seeds, window, pages):
    project, owner = _hostile(workspace, seeds)
    opened = window(owner)
    question = workspace.people.tasks.page(project.project_id)[0].question_id
    paths = [f"/projects/{project.project_id}{tail}" for tail in (*TAILS, f"/questions/{question}")]
    paths += [
        "/projects",
        "/accounts",
        f"/accounts/{owner.account_id}",
        "/account",
        "/audit",
        f"/judge/{project.project_id}",
    ]
    paths += [
        "/sign-in?next=" + HOSTILE[1],
        "/projects?done=" + HOSTILE[0],
        "/projects/new/" + HOSTILE[1],
        "/enter/" + HOSTILE[0],
    ]
    paths += [f"/projects/preview/choice?text={HOSTILE[0]}&options={HOSTILE[2]}"]
    for path in paths:
        assert opened.goto(path).status < 500, path
        assert opened.page.evaluate("window.ran") is None, path
        assert (
            opened.page.evaluate("[...document.querySelectorAll('script:not([src]), [onerror], [onload]')].length") == 0
        )
        opened.page.set_viewport_size({"width": 360, "height": 800})
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360, path
    assert [said for said in opened.complaints if "Content Security Policy" in said] == []
    assert opened.elsewhere == []


def _hostile(workspace, seeds):
    """Put hostile words wherever words can be put."""
    people, words = workspace.people, "\n\n".join(HOSTILE)
    owner = seeds.person(workspace, Role.OWNER, name=HOSTILE[2][:100])
    settings = {"options": [HOSTILE[0], HOSTILE[2]]}
    rules = Rules(overlap=2, gold_share=0, repeat_share=0, gate=False, strata={HOSTILE[0]: 5})
    project = people.projects.create(HOSTILE[2], QuestionKind.CHOICE, words, settings=settings, rules=rules)
    items = [text_item(words), dialogue_item([{"role": HOSTILE[0], "text": HOSTILE[1]}])]
    workspace.add_items(items)
    asked = questions_table([Question(project.kind, (item.item_id,), words, settings) for item in items])
    workspace.add_questions(asked)
    people.tasks.add(project.project_id, asked["question_id"], strata=[HOSTILE[0], HOSTILE[1]])
    project = people.projects.set_state(project.project_id, State.OPEN, by=owner.account_id)
    for number, option in enumerate(settings["options"]):
        judge = seeds.person(workspace, name=HOSTILE[number], project=project)
        lease = people.desk.visit(Visit(judge.credential, project.project_id, n=1)).questions[0].lease
        given = Given(f"key-{number}-0123456789abcdef", lease, "answered", option)
        people.desk.visit(Visit(judge.credential, project.project_id, (given,)))
    people.projects.add_instructions(project.project_id, words, safe_html(words), version=2, by=owner.account_id)
    question = asked["question_id"][0]
    actor = people.credentials.of_session(owner.secret)
    people.adjudication.decide(
        project.project_id, question, Outcome.ANSWERED, HOSTILE[0], reason=words, version=1, actor=actor
    )
    return people.projects.get(project.project_id), owner


def test_instructions_cannot_load_or_run_anything():
    made = safe_html("\n\n".join(HOSTILE))
    assert not re.search(r"<(script|img|svg|iframe|style|form|input)", made)
    assert not re.search(r"<[^>]*(javascript:|onerror|onload)", made)
