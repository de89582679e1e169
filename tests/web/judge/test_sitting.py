"""A sitting from the first page to the last: instructions, practice, undo, no network, reloads, breaks, keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tacit.judging import Item, ItemKind, Media, Question, QuestionKind, in_force, questions_table
from tacit.store import Store
from tacit.store.people import Project, Role, Rules, State

pytestmark = pytest.mark.browser

Sit = Callable[..., Any]
ROOT = Path(__file__).parents[3]
PLAIN = {"gold_share": 0, "repeat_share": 0, "exploration_share": 0}
WIDTHS_PX = (360, 768, 1280)
PAPER = {"light": "rgb(253, 252, 249)", "dark": "rgb(20, 23, 27)"}


def outcomes(store: Store) -> list[tuple[str, int | None]]:
    return in_force(store.judgments()).select("outcome", "comparison").rows()


def pairs(store: Store, seeds: Any, n: int = 6, **rules: Any) -> Project:
    project: Project = seeds.project(store, QuestionKind.COMPARISON, n, rules=Rules(**{**PLAIN, **rules}))
    return project


def shown_in(page: Page) -> str:
    return page.locator(".slide:not(.waiting) .items").inner_text()


def go_offline(sitting: Any) -> None:
    sitting.context.set_offline(True)
    # What a worker has opened may slip through the browser being offline.
    sitting.context.route("**/api/**", lambda route: route.abort())


def go_online(sitting: Any) -> None:
    sitting.context.unroute("**/api/**")
    sitting.context.set_offline(False)


def test_instructions_come_first_and_enter_goes_on(workspace: Store, sit: Sit, seeds: Any) -> None:
    project = pairs(workspace, seeds)
    told = "<p>Choose the <b>kinder</b> one.</p>"
    project = workspace.people.projects.add_instructions(
        project.project_id, "kinder", told, version=project.version, by=""
    )
    sitting = sit(project, has_read=False)
    page = sitting.open()
    page.get_by_text("Before you begin").wait_for()
    assert page.locator(".rich b").inner_text() == "kinder"
    assert page.locator(".slide").count() == 0
    sitting.press("Enter")
    sitting.question()
    sitting.press("ArrowLeft")
    sitting.all_sent()
    assert workspace.n_judgments() == 1
    page.reload()
    sitting.question()  # what has been read once is not shown again
    sitting.press("i")
    page.get_by_role("dialog", name="Instructions").get_by_text("kinder").wait_for()
    sitting.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    sitting.press("ArrowLeft")
    sitting.all_sent()
    assert workspace.n_judgments() == 2


def test_practice_says_what_was_right_before_the_work_begins(workspace: Store, sit: Sit, seeds: Any) -> None:
    project = pairs(workspace, seeds, training_pass=1.0)
    training = seeds.questions(workspace, QuestionKind.COMPARISON, 2, text="Practice: which?", start=100)
    workspace.people.tasks.add(
        project.project_id, training, purpose="training", expected=[{"outcome": "tie"}, {"outcome": "tie"}]
    )
    sitting = sit(project)
    page = sitting.open()
    sitting.question()
    told, progress = page.get_by_role("dialog"), page.locator("#progress")

    def read(words: str) -> None:
        told.get_by_text(words).wait_for()
        sitting.press("Enter")
        told.wait_for(state="hidden")

    expect(progress).to_contain_text("Practice")
    sitting.press("ArrowDown")
    read("Right.")
    sitting.question()
    sitting.press("ArrowLeft")
    told.get_by_text("equally good").wait_for()
    read("Not quite.")
    for _ in range(2):  # the second attempt, all right
        sitting.question()
        expect(progress).to_contain_text("Practice")
        sitting.press("ArrowDown")
        read("Right.")
    expect(progress).not_to_contain_text("Practice")
    sitting.question()


def test_the_next_question_is_drawn_already_and_waits_for_no_network(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds))
    page = sitting.open()
    sitting.question()
    page.locator(".slide.waiting[aria-busy=false]").wait_for(state="attached")
    held: list[Route] = []
    holding = True

    def hold(route: Route) -> None:
        if holding:
            held.append(route)  # the server is asked and does not answer
        else:
            route.continue_()

    sitting.context.route("**/api/**", hold)
    before = shown_in(page)
    sitting.press("ArrowLeft")
    page.wait_for_function("() => performance.getEntriesByName('tacit-key-to-paint').length === 1")
    assert shown_in(page) != before
    sitting.to_send(1)
    sitting.until(lambda: [one for one in held if one.request.url.endswith("/api/answers")])
    assert workspace.n_judgments() == 0
    holding = False
    for route in held:
        route.continue_()
    sitting.all_sent()
    assert workspace.n_judgments() == 1


def test_the_last_ten_are_undone_one_by_one(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds, 13))
    page = sitting.open()
    shown = []
    for _ in range(12):
        sitting.question()
        shown.append(shown_in(page))
        sitting.press("ArrowLeft")
    sitting.question()
    sitting.all_sent()
    for back in range(1, 11):
        sitting.press("u")
        page.wait_for_function(
            "text => document.querySelector('.slide:not(.waiting) .items')?.innerText === text", arg=shown[-back]
        )
    sitting.press("u")
    page.locator("#said").get_by_text("nothing to undo").wait_for(state="attached")
    sitting.question()
    undone = [outcome for outcome, _ in outcomes(workspace)].count("skipped")
    assert undone == 10
    assert workspace.n_judgments() == 22  # twelve answers, ten taken back: the log only grows
    sitting.press("ArrowDown")
    sitting.all_sent()
    assert [outcome for outcome, _ in outcomes(workspace)].count("tie") == 1


def test_an_answer_that_has_not_left_is_undone_without_the_server(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds))
    page = sitting.open()
    sitting.question()
    before = shown_in(page)
    sitting.context.set_offline(True)
    sitting.press("ArrowLeft")
    page.locator("#trouble").get_by_text("No connection").wait_for()
    sitting.press("u")
    page.locator("#said").get_by_text("Undone").wait_for(state="attached")
    sitting.all_sent()
    sitting.question()
    assert shown_in(page) == before
    sitting.context.set_offline(False)
    sitting.press("ArrowDown")
    sitting.all_sent()
    assert [outcome for outcome, _ in outcomes(workspace)] == ["tie"]
    assert workspace.n_judgments() == 1


def test_work_goes_on_without_a_network_and_is_sent_once_it_is_back(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds, 12))
    page = sitting.open()
    sitting.question()
    sitting.press("?")
    page.get_by_label("Hold 50 questions ahead").check()
    sitting.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    page.locator("#said").get_by_text("questions are held").wait_for(state="attached")
    go_offline(sitting)
    for _ in range(8):
        sitting.question()
        sitting.press("ArrowRight")
    sitting.to_send(8)
    assert workspace.n_judgments() == 0
    go_online(sitting)
    sitting.all_sent()
    assert workspace.n_judgments() == 8
    assert workspace.judgments().get_column("question_id").n_unique() == 8
    page.locator("#trouble").wait_for(state="hidden")


def test_the_page_opens_again_without_a_network_when_it_was_told_to(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds, 12))
    page = sitting.open()
    sitting.question()
    sitting.press("?")
    page.get_by_label("Hold 50 questions ahead").check()
    page.locator("#said").get_by_text("questions are held").wait_for(state="attached")
    sitting.press("Escape")
    go_offline(sitting)
    page.reload()
    for _ in range(2):
        sitting.question()
        sitting.press("ArrowLeft")
    sitting.to_send(2)
    page.reload()
    sitting.to_send(2)
    sitting.question()
    assert workspace.n_judgments() == 0
    go_online(sitting)
    sitting.all_sent()
    assert workspace.n_judgments() == 2


def test_a_reload_loses_no_answer_and_none_is_given_twice(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds))
    page = sitting.open()
    page.route("**/api/answers", lambda route: route.abort())
    answered = []
    for _ in range(3):
        sitting.question()
        answered.append(shown_in(page))
        sitting.press("ArrowLeft")
    page.locator("#trouble").get_by_text("No connection").wait_for()
    sitting.to_send(3)
    page.reload()
    sitting.to_send(3)
    sitting.question()
    assert shown_in(page) not in answered
    page.unroute("**/api/answers")
    sitting.all_sent()
    assert workspace.n_judgments() == 3
    project_id = workspace.people.projects.all()[0].project_id
    assert workspace.people.projects.get(project_id).n_valid == 3


def test_an_answer_whose_receipt_was_lost_is_kept_once(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds))
    page = sitting.open()
    lost = []

    def lose_receipt(route: Route) -> None:
        if not lost:
            lost.append(route.fetch().status)  # the server has it; the browser never hears
            route.abort()
        else:
            route.continue_()

    page.route("**/api/answers", lose_receipt)
    sitting.question()
    sitting.press("ArrowLeft")
    sitting.all_sent()
    assert lost == [200]
    assert workspace.n_judgments() == 1


def test_who_is_signed_out_meanwhile_loses_nothing(workspace: Store, sit: Sit, seeds: Any) -> None:
    project = pairs(workspace, seeds)
    sitting = sit(project)
    page = sitting.open()
    sitting.question()
    (cookie,) = [one for one in sitting.context.cookies() if one["name"] == "tacit"]
    sitting.context.clear_cookies()
    sitting.press("ArrowLeft")
    page.locator("#trouble").get_by_text("signed out").wait_for()
    sitting.to_send(1)
    sitting.context.add_cookies([cookie])
    sitting.all_sent()
    assert workspace.n_judgments() == 1


def test_a_paused_project_says_so_and_goes_on_by_itself(workspace: Store, sit: Sit, seeds: Any) -> None:
    project = pairs(workspace, seeds)
    workspace.people.projects.set_state(project.project_id, State.PAUSED, by="")
    sitting = sit(project)
    page = sitting.open()
    page.get_by_text("This project rests.").wait_for()
    workspace.people.projects.set_state(project.project_id, State.OPEN, by="")
    sitting.question()


def test_a_judge_waits_where_there_is_more_to_come(workspace: Store, sit: Sit, seeds: Any) -> None:
    project = pairs(workspace, seeds, 1, more_to_come=True)
    sitting = sit(project)
    page = sitting.open()
    sitting.question()
    sitting.press("ArrowLeft")
    page.get_by_text("Nothing to judge at the moment.").wait_for()
    workspace.people.tasks.add(project.project_id, seeds.questions(workspace, QuestionKind.COMPARISON, 1, start=50))
    assert "text number 5" in sitting.question()


def film_pairs(store: Store, contents: Sequence[bytes], media_type: str = "video/mp4") -> Project:
    items = [Item(ItemKind.VIDEO, content, media_type) for content in contents]
    store.add_items(items)
    for item in items:
        store.add_rendition(item.item_id, Media(item.content, media_type))
    asked = [
        Question(QuestionKind.COMPARISON, (items[i].item_id, items[i + 1].item_id), "Which?")
        for i in range(0, len(items), 2)
    ]
    store.add_questions(questions_table(asked))
    projects = store.people.projects
    project = projects.create("films", QuestionKind.COMPARISON, "Which?", rules=Rules(**PLAIN))
    priority = [float(n) for n in range(len(asked), 0, -1)]
    store.people.tasks.add(project.project_id, [q.question_id for q in asked], priority=priority)
    return projects.set_state(project.project_id, State.OPEN, by="")


def test_what_cannot_be_shown_is_never_judged_by_itself(workspace: Store, sit: Sit, make_film: Any) -> None:
    sitting = sit(film_pairs(workspace, [b"no film", make_film(1.0), make_film(1.2), make_film(1.4)]))
    page = sitting.open()
    page.get_by_text("This cannot be shown").wait_for()
    sitting.press("ArrowLeft", "ArrowDown", "c")
    expect(page.locator("#said")).to_contain_text("cannot be judged")
    assert workspace.n_judgments() == 0
    page.get_by_role("alert").get_by_role("button", name="Could not be shown").click()
    sitting.question()
    sitting.all_sent()
    assert outcomes(workspace) == [("not_shown", None)]


def test_films_of_a_pair_run_in_step_and_keys_hold_slow_and_move_them(
    workspace: Store, sit: Sit, make_film: Any
) -> None:
    sitting = sit(film_pairs(workspace, [make_film(2.0), make_film(1.5)]))
    page = sitting.open()
    sitting.question()
    films = "[...document.querySelectorAll('.slide:not(.waiting) video')]"
    page.wait_for_function(
        f"() => {films}.every((film) => film.currentTime > 0.3)"
        f" && Math.abs({films}[0].currentTime - {films}[1].currentTime) < 0.15"
    )
    page.wait_for_function(f"() => {films}.some((film) => film.currentTime > 1.4)")
    page.wait_for_function(f"() => {films}.every((film) => film.currentTime < 0.4)")  # round again
    sitting.press("Space")
    page.wait_for_function(f"() => {films}.every((film) => film.paused)")
    stood = page.evaluate(f"() => {films}.map((film) => film.currentTime)")
    sitting.press(".", ".", ".")
    page.wait_for_function(f"before => {films}[0].currentTime > before + 0.08", arg=stood[0])
    sitting.press("-")
    expect(page.locator(".speed").first).to_have_text("0.75×")
    sitting.press("l")
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "false")
    assert workspace.n_judgments() == 0


def test_who_wants_no_motion_gets_none_until_asking(workspace: Store, sit: Sit, make_film: Any) -> None:
    sitting = sit(film_pairs(workspace, [make_film(1.0), make_film(1.1)]), reduced_motion="reduce")
    page = sitting.open()
    sitting.question()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.slide:not(.waiting) video')].every((film) => film.readyState >= 3)"
    )
    sitting.frames(20)
    times = "() => [...document.querySelectorAll('.slide:not(.waiting) video')].map((film) => film.currentTime)"
    assert page.evaluate(times) == [0, 0]
    sitting.press("Space")
    page.wait_for_function(f"() => ({times})().every((time) => time > 0)")


def test_a_sound_is_heard_one_at_a_time_and_spans_of_time_are_marked(
    workspace: Store, sit: Sit, make_sound: Any
) -> None:
    item = Item(ItemKind.AUDIO, make_sound(3.0), "audio/wav")
    workspace.add_items([item])
    settings = {"options": ["speech", "noise"], "unit": "second"}
    asked = Question(QuestionKind.SPANS, (item.item_id,), "Where?", settings)
    workspace.add_questions(questions_table([asked]))
    projects = workspace.people.projects
    project = projects.create("sounds", QuestionKind.SPANS, "Where?", settings=settings, rules=Rules(**PLAIN))
    workspace.people.tasks.add(project.project_id, [asked.question_id])
    sitting = sit(projects.set_state(project.project_id, State.OPEN, by=""))
    sitting.open()
    sitting.question()
    # ten steps of 0.1 s to 1 s, a span from there to 2 s, named; then one that is removed
    sitting.press("Shift+ArrowRight", "[", "Shift+ArrowRight", "]", "1")
    sitting.press("[", "ArrowRight", "2", "x", "Enter")
    sitting.all_done()
    ((span, *more),) = in_force(workspace.judgments()).get_column("spans").to_list()
    assert not [one for one in more if one["label"] == "noise"] or span["label"] == "speech"
    assert (span["start"], span["end"], span["label"]) == (
        pytest.approx(1.0, abs=0.02),
        pytest.approx(2.0, abs=0.02),
        "speech",
    )


def test_leases_are_renewed_for_as_long_as_the_page_is_open(
    workspace: Store, sit: Sit, seeds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = pairs(workspace, seeds, 2, lease_s=60)
    sitting = sit(project)
    page, clock_s, ahead_s = sitting.page, workspace.people.access.now, 0
    page.clock.install()
    monkeypatch.setattr(workspace.people.access, "now", lambda: clock_s() + ahead_s)
    sitting.open()
    sitting.question()
    for _ in range(2):  # twice 40 s pass, for the page as for the server: more than the question was handed out for
        with page.expect_response("**/api/leases/renew") as renewed:
            ahead_s += 40
            page.clock.fast_forward(40_000)
        assert renewed.value.status == 200
    sitting.press("ArrowLeft")
    sitting.all_sent()
    assert workspace.people.projects.get(project.project_id).n_valid == 1


def test_a_ranking_is_dragged_into_place(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(seeds.project(workspace, QuestionKind.RANKING, 1, rules=Rules(**PLAIN)))
    page = sitting.open()
    sitting.question()
    rows = page.locator(".slide:not(.waiting) .ranking li")
    before = [row.locator(".text").inner_text() for row in rows.all()]
    last, top = rows.nth(2).locator(".grip").bounding_box(), rows.nth(0).bounding_box()
    assert last is not None
    assert top is not None
    page.mouse.move(last["x"] + 5, last["y"] + 5)
    page.mouse.down()
    page.mouse.move(last["x"] + 5, top["y"] + 60, steps=4)
    page.mouse.move(last["x"] + 5, top["y"] + 2, steps=4)
    page.mouse.up()
    expect(rows.locator(".text")).to_have_text([before[2], before[0], before[1]])
    page.get_by_role("button", name="Done").click()
    sitting.all_sent()
    (ranking,) = workspace.judgments().get_column("ranking").to_list()
    assert sorted(ranking) == [0, 1, 2]


def test_sensitive_items_are_blurred_until_the_judge_says_so(workspace: Store, sit: Sit, seeds: Any) -> None:
    project = pairs(workspace, seeds, 2, page={"blur": True})
    sitting = sit(project)
    page = sitting.open()
    sitting.question()
    sitting.press("ArrowLeft")
    expect(page.locator("#said")).to_contain_text("Show it first")
    assert workspace.n_judgments() == 0
    sitting.press("b", "ArrowLeft")
    sitting.all_sent()
    assert workspace.n_judgments() == 1


def test_a_break_is_offered_after_a_while_and_the_keys_rest_meanwhile(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds, 3, page={"break_every_s": 50}))
    sitting.page.clock.install()
    page = sitting.open()
    sitting.question()
    page.clock.run_for(50_000)
    offered = page.get_by_role("dialog", name="Time for a break?")
    offered.wait_for()
    sitting.press("ArrowLeft")
    assert workspace.n_judgments() == 0
    sitting.press("Enter")
    offered.wait_for(state="hidden")
    sitting.press("ArrowLeft")
    sitting.all_sent()
    assert workspace.n_judgments() == 1
    expect(page.locator("#timer")).to_have_text(re.compile(r"^\d:\d\d$"))


def test_how_sure_a_judge_is_is_asked_where_the_project_says_so(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds, 5, page={"credence": True}))
    page = sitting.open()
    asked = page.get_by_role("dialog", name="How sure are you?")
    sitting.question()
    sitting.press("ArrowLeft")
    asked.wait_for()
    sitting.press("ArrowLeft", "Escape")  # a slip: nothing is recorded, and the question is still there
    asked.wait_for(state="hidden")
    assert workspace.n_judgments() == 0
    sitting.press("ArrowRight")
    asked.wait_for()
    sitting.press("4")
    asked.wait_for(state="hidden")
    sitting.question()
    sitting.press("ArrowDown")  # a tie says all by itself
    sitting.question()
    sitting.press("ArrowLeft")
    asked.get_by_role("button", name="A guess").click()
    sitting.all_sent()
    kept = workspace.judgments().select("outcome", "credence").rows()
    assert kept == [("answered", 0.95), ("tie", None), ("answered", 0.5)]
    assert sitting.complaints == []


def test_keys_are_changed_kept_and_a_clash_is_refused(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds, 4))
    page = sitting.open()
    sitting.question()
    sitting.press("?")
    change = page.get_by_role("button", name="Change the key of “The left one”")
    change.click()
    sitting.press("s")
    expect(page.locator("dialog .refused")).to_contain_text("already means “Skip”")
    change.click()
    sitting.press("f")
    sitting.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    sitting.press("f")
    sitting.all_sent()
    assert workspace.n_judgments() == 1
    page.reload()
    sitting.question()
    sitting.press("ArrowLeft")  # means nothing any more
    sitting.press("f")
    sitting.all_sent()
    assert workspace.n_judgments() == 2


def test_nothing_sticks_out_at_any_width_in_either_theme(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds))
    page = sitting.open()
    sitting.question()
    for width_px, (theme, paper) in product(WIDTHS_PX, PAPER.items()):
        page.set_viewport_size({"width": width_px, "height": 700})
        page.emulate_media(color_scheme=theme)
        page.wait_for_function("width_px => innerWidth === width_px", arg=width_px)
        expect(page.locator("body")).to_have_css("background-color", paper)
        assert page.evaluate("document.documentElement.scrollWidth") <= width_px
        for button in page.locator("main button:visible, footer button:visible").all():
            box = button.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width_px
            assert box["height"] >= 32


@pytest.mark.parametrize("kind", list(QuestionKind))
def test_a_screen_reader_and_a_keyboard_find_their_way(
    workspace: Store, sit: Sit, seeds: Any, axe: str, kind: QuestionKind
) -> None:
    sitting = sit(seeds.project(workspace, kind, 3, rules=Rules(**PLAIN)))
    page = sitting.open()
    sitting.question()
    page.evaluate(axe)
    for theme, opened in product(PAPER, ("the page", "the keys")):
        page.emulate_media(color_scheme=theme)
        if opened == "the keys":
            page.get_by_role("button", name="Keys and settings").click()
            page.get_by_role("dialog").wait_for()
        expect(page.locator("body")).to_have_css("background-color", PAPER[theme])
        found = page.evaluate("async () => (await axe.run()).violations")
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious] == [], (theme, opened)
        sitting.press("Escape")


def test_the_judge_hears_what_was_recorded_and_what_is_asked_next(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(pairs(workspace, seeds))
    page = sitting.open()
    sitting.question()
    page.wait_for_function("() => document.activeElement.tagName === 'H1'")
    sitting.press("ArrowLeft")
    expect(page.locator("#said")).to_have_text("Recorded: the left one.")
    page.wait_for_function("() => document.activeElement.closest('.slide')?.matches(':not(.waiting)')")


def test_hostile_words_run_nothing(workspace: Store, sit: Sit) -> None:
    hostile = "<img src=x onerror='window.ran=1'><script>window.ran=1</script>{{7*7}}"
    items = [Item(ItemKind.TEXT, (hostile + str(i)).encode(), "text/plain") for i in range(2)]
    workspace.add_items(items)
    asked = Question(QuestionKind.COMPARISON, (items[0].item_id, items[1].item_id), hostile)
    workspace.add_questions(questions_table([asked]))
    projects = workspace.people.projects
    project = projects.create(hostile, QuestionKind.COMPARISON, hostile, rules=Rules(**PLAIN))
    workspace.people.tasks.add(project.project_id, [asked.question_id])
    sitting = sit(projects.set_state(project.project_id, State.OPEN, by=""))
    page = sitting.open()
    sitting.question()
    assert page.locator("h1").inner_text() == hostile
    assert page.locator("header .project").inner_text() == hostile
    assert page.evaluate("window.ran") is None
    assert sitting.complaints == []


def test_the_page_is_light(workspace: Store, sit: Sit, seeds: Any) -> None:
    sitting = sit(seeds.project(workspace, QuestionKind.RANKING, 3, rules=Rules(**PLAIN)))
    loaded: list[Any] = []

    def note(response: Any) -> None:
        loaded.append(response)

    sitting.page.on("response", note)
    sitting.open()
    sitting.question()
    sitting.page.wait_for_load_state("networkidle")
    own = [response for response in loaded if re.search(r"/static/.*\.(js|css)$", response.url)]
    weights = {response.url: len(response.body()) for response in own}
    assert len(weights) > 10
    assert sum(weights.values()) < 100_000, weights


def test_a_lead_may_try_a_project_out(workspace: Store, sit: Sit, seeds: Any, chromium: Any, server: str) -> None:
    project = pairs(workspace, seeds)
    lead = seeds.person(workspace, Role.LEAD)
    context = chromium.new_context()
    context.add_cookies([{"name": "tacit", "value": lead.secret, "url": server}])
    page = context.new_page()
    page.goto(f"{server}/judge/{project.project_id}")
    page.locator(".slide:not(.waiting)").wait_for(timeout=60_000)
    context.close()


def test_a_sound_is_drawn_from_the_outline_made_when_it_was_brought(
    workspace: Store, sit: Sit, make_sound: Any
) -> None:
    item = Item(ItemKind.AUDIO, make_sound(1.0), "audio/wav")
    workspace.add_items([item])
    # silence, then one loud stretch at the end: nothing of the tone itself
    workspace.people.previews.keep(
        item.item_id, {"peaks": Media(b"\0\0" * 9 + b"\x81\x7f", "application/octet-stream")}
    )
    asked = Question(QuestionKind.TEXT, (item.item_id,), "What is said?")
    workspace.add_questions(questions_table([asked]))
    projects = workspace.people.projects
    project = projects.create("sounds", QuestionKind.TEXT, "What is said?", rules=Rules(**PLAIN))
    workspace.people.tasks.add(project.project_id, [asked.question_id])
    sitting = sit(projects.set_state(project.project_id, State.OPEN, by=""))
    sitting.page.add_init_script("window.OfflineAudioContext = class { constructor() { window.decoded = 1; } };")
    page = sitting.open()
    sitting.question()
    ink = """canvas => {
      const { width, height } = canvas, pen = canvas.getContext('2d');
      const whole = pen.getImageData(0, 0, width, height).data;
      const seen = x => (_, y) => whole[4 * (y * width + x) + 3] > 0;
      const at = x => Array.from({ length: height }, (_, y) => y).filter(seen(x)).length;
      return [at(10) / height, at(Math.floor(0.93 * width)) / height];
    }"""
    quiet, loud = page.locator(".waveform canvas").evaluate(ink)
    assert quiet < 0.05
    assert loud > 0.95
    assert page.evaluate("window.decoded") is None
    assert sitting.complaints == []
