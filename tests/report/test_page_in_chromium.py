"""The page in a real browser, opened from disk: what it loads, how its clips play, how it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tacit.report import write_report
from tacit.store.run_folder import RunFolder

pytestmark = pytest.mark.browser

WIDTHS_PX = (360, 768, 1280)
PAPER = {"light": "rgb(253, 252, 249)", "dark": "rgb(20, 23, 27)"}
IN_STEP_S = 0.060
TIMES = "figure => [...figure.querySelectorAll('video')].map(video => video.currentTime)"
FIRST_PAIR = ".pair:has(video)"
VIDEOS = "[...pair.querySelectorAll('video')]"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, build_run: Callable[..., RunFolder]) -> RunFolder:
    """Return a whole run with its page and three of its questions, so that a browser opens it quickly."""
    run = build_run(tmp_path_factory.mktemp("runs") / "shown", n_labels=20, n_rendered=3)
    write_report(run)
    return run


class Opened:
    """A page with everything it asked for and complained about."""

    def __init__(self, browser: Browser, path: Path, **settings: object) -> None:
        context = browser.new_context(viewport=settings.pop("viewport", {"width": 1280, "height": 900}), **settings)
        context.set_default_timeout(60_000)
        self.page: Page = context.new_page()
        self.requested: list[str] = []
        self.complaints: list[str] = []
        context.on("request", lambda request: self.requested.append(request.url))
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri())


Open = Callable[..., Opened]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Open]:
    opened = []

    def open_one(run: RunFolder, **settings: object) -> Opened:
        opened.append(Opened(chromium, run.report_path, **settings))
        return opened[-1]

    yield open_one
    for one in opened:
        one.page.context.close()


def play_first_pair(page: Page) -> None:
    page.locator(FIRST_PAIR).first.scroll_into_view_if_needed()
    page.wait_for_function(
        "selector => [...document.querySelector(selector).querySelectorAll('video')].every(v => v.currentTime > 0.1)",
        arg=FIRST_PAIR,
    )


def frames(page: Page, n: int) -> None:
    """Let the page draw `n` pictures: what it would do by itself has begun by then."""
    drawn = "n => new Promise(done => { const on = () => n-- ? requestAnimationFrame(on) : done(); on(); })"
    page.evaluate(drawn, n)


def test_the_page_opens_from_disk_alone_and_without_complaint(shown: RunFolder, open_page: Open) -> None:
    opened = open_page(shown)
    play_first_pair(opened.page)
    assert opened.requested[0] == shown.report_path.as_uri()
    assert {url.partition(":")[0] for url in opened.requested} <= {"file", "data", "blob"}
    assert [url for url in opened.requested[1:] if url.startswith("file:")] == []
    assert opened.complaints == []


def test_the_policy_of_the_page_forbids_loading_and_foreign_scripts(shown: RunFolder, open_page: Open) -> None:
    opened = open_page(shown)
    opened.page.evaluate(
        """() => {
            document.body.append(Object.assign(new Image(), {src: "http://evil.invalid/pixel.png"}));
            document.body.append(Object.assign(document.createElement("script"), {textContent: "window.ran = true"}));
        }"""
    )
    refused: list[str] = []
    while len(refused) < 2:
        refused = [said for said in opened.complaints if "Content Security Policy" in said]
        if len(refused) < 2:
            opened.page.wait_for_event("console")
    frames(opened.page, 5)
    assert opened.page.evaluate("window.ran") is None
    assert len([said for said in opened.complaints if "Content Security Policy" in said]) == 2


def test_both_clips_of_a_pair_advance_together(shown: RunFolder, open_page: Open) -> None:
    page = open_page(shown).page
    play_first_pair(page)
    # The clips last 1.2 s. A busy machine starts one of them late now and then, and it catches up a moment later: so
    # the median of the last half second, not the worst moment, and not the moment when this test looks first.
    in_step = """([selector, in_step_s]) => {
        const [left, right] = [...document.querySelector(selector).querySelectorAll("video")];
        const seen = (window.seen ??= {apart: [], before: 0, far: false, round: false});
        seen.apart = [...seen.apart, Math.abs(left.currentTime - right.currentTime)].slice(-30);
        seen.far ||= left.currentTime > 0.8;
        seen.round ||= seen.far && left.currentTime < seen.before;
        seen.before = left.currentTime;
        return seen.round && seen.apart.length === 30 && seen.apart.toSorted((a, b) => a - b)[15] < in_step_s;
    }"""
    page.wait_for_function(in_step, arg=[FIRST_PAIR, IN_STEP_S])


def test_a_clip_that_is_knocked_out_of_step_comes_back(shown: RunFolder, open_page: Open) -> None:
    page = open_page(shown, viewport={"width": 1280, "height": 500}).page
    page.evaluate("document.querySelector('.pair.large').scrollIntoView()")
    page.wait_for_function("() => document.querySelector('.pair.large video').currentTime > 0.1")
    page.evaluate(
        """() => {
            const [first, final] = document.querySelectorAll(".pair.large video");
            final.currentTime = 0.3;
            first.currentTime = 0.45;
        }"""
    )
    apart = "([first, final]) => Math.abs(first.currentTime - final.currentTime)"
    clips = "[...document.querySelectorAll('.pair.large video')]"
    page.wait_for_function(f"() => ({apart})({clips}) < {IN_STEP_S}", timeout=60_000)


def test_the_shorter_clip_waits_and_both_begin_again_together(shown: RunFolder, open_page: Open) -> None:
    page = open_page(shown).page
    page.evaluate("document.querySelector('.pair.large').scrollIntoView()")  # 2 s and 3 s long
    ended = "([first, final]) => first.ended && !final.ended && final.currentTime > 2.2"
    page.wait_for_function(f"() => ({ended})([...document.querySelectorAll('.pair.large video')])", timeout=60_000)
    again = "([first, final]) => first.currentTime > 0.1 && first.currentTime < 1 && final.currentTime < 1"
    page.wait_for_function(f"() => ({again})([...document.querySelectorAll('.pair.large video')])", timeout=60_000)


def test_one_button_pauses_a_pair_and_scrubbing_moves_both(shown: RunFolder, open_page: Open) -> None:
    page = open_page(shown).page
    play_first_pair(page)
    pair = page.locator(FIRST_PAIR).first
    pair.get_by_role("button", name="Pause question 1").click()
    resting = f"pair => {VIDEOS}.every(video => video.paused && !video.seeking)"
    page.wait_for_function(resting, arg=pair.element_handle())
    rested = pair.evaluate(TIMES)
    frames(page, 10)
    assert pair.evaluate(TIMES) == rested
    pair.get_by_role("slider").fill("500")
    page.wait_for_function(  # half of 1.2 s
        f"pair => {VIDEOS}.every(video => Math.abs(video.currentTime - 0.6) < 0.01)", arg=pair.element_handle()
    )
    expect(pair.get_by_role("slider")).to_have_attribute("aria-valuetext", "0.6 of 1.2 seconds")


def test_the_keyboard_plays_and_pauses(shown: RunFolder, open_page: Open) -> None:
    page = open_page(shown).page
    play_first_pair(page)
    button = page.locator(FIRST_PAIR).first.get_by_role("button")
    button.focus()
    page.keyboard.press("Space")
    expect(button).to_have_attribute("aria-label", "Play question 1")
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-label", "Pause question 1")


def test_a_reader_who_wants_no_motion_gets_none_until_asking(shown: RunFolder, open_page: Open) -> None:
    page = open_page(shown, reduced_motion="reduce").page
    pair = page.locator(FIRST_PAIR).first
    pair.scroll_into_view_if_needed()
    page.wait_for_function(f"pair => {VIDEOS}.every(video => video.readyState >= 3)", arg=pair.element_handle())
    frames(page, 20)
    assert pair.evaluate(TIMES) == [0, 0]
    pair.get_by_role("button", name="Play question 1").click()
    play_first_pair(page)


def test_one_button_rests_all_clips(shown: RunFolder, open_page: Open) -> None:
    page = open_page(shown).page
    play_first_pair(page)
    page.get_by_role("button", name="Pause all clips").click()
    page.get_by_role("button", name="Play all clips").wait_for()
    page.wait_for_function("() => [...document.querySelectorAll('video')].every(video => video.paused)")


def test_many_clips_are_loaded_when_near_and_let_go_when_far(
    make_run: Callable[..., RunFolder], open_page: Open
) -> None:
    run = make_run(n_labels=15, n_rendered=15)
    write_report(run, n_questions=None)
    opened = open_page(run, viewport={"width": 360, "height": 700})
    late = opened.page.locator(".pair:has(video[data-src])").last
    loaded = "pair => [...pair.querySelectorAll('video')].every(video => Boolean(video.src))"
    assert not late.evaluate(loaded)
    late.scroll_into_view_if_needed()
    opened.page.wait_for_function(
        "() => [...[...document.querySelectorAll('.pair:has(video[data-src])')].at(-1).querySelectorAll('video')]"
        ".every(video => video.currentTime > 0.1)"
    )
    opened.page.evaluate("scrollTo(0, 0)")
    opened.page.wait_for_function(f"pair => !({loaded})(pair)", arg=late.element_handle())
    assert opened.complaints == []


def test_nothing_sticks_out_at_any_width_in_either_theme(shown: RunFolder, open_page: Open) -> None:
    page = open_page(shown).page
    page.evaluate("document.querySelectorAll('details').forEach(details => (details.open = true))")
    for width_px, (theme, paper) in product(WIDTHS_PX, PAPER.items()):
        page.set_viewport_size({"width": width_px, "height": 800})
        page.emulate_media(color_scheme=theme)
        page.wait_for_function("width_px => innerWidth === width_px", arg=width_px)
        expect(page.locator("body")).to_have_css("background-color", paper)
        assert page.evaluate("document.documentElement.scrollWidth") <= width_px
        label = page.evaluate("getComputedStyle(document.querySelector('.chart text')).fontSize")
        drawn = page.evaluate("document.querySelector('.chart').getBoundingClientRect().width / 340")
        assert float(label.removesuffix("px")) * drawn > 9  # the letters of a chart stay legible on a phone


def test_hostile_words_run_nothing(
    make_run: Callable[..., RunFolder], edit_record: Callable[..., None], open_page: Open
) -> None:
    hostile = "</style></script><img src=x onerror='window.ran=1'><svg onload='window.ran=1'>"
    run = make_run(text=hostile, labelers=(hostile, hostile + "2"))
    edit_record(run, producer=hostile, warnings=[hostile], settings={hostile: hostile})
    write_report(run)
    opened = open_page(run, viewport={"width": 360, "height": 800})
    assert opened.page.evaluate("window.ran") is None
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert opened.complaints == []
