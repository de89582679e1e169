"""Markdown on the judging page: laid out and compared, as it is written at a key, and never more than words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tacit.judging import Item, ItemKind, Question, QuestionKind, questions_table
from tacit.store import Store
from tacit.store.people import Project, Rules, State

pytestmark = pytest.mark.browser
Sit = Callable[..., Any]
FIRST = "# Cats\n\n- they **purr**\n- they [sleep](https://example.org/sleep)\n\n```\nmeow()\n```"
SECOND = "# Cats\n\n- they **bark**\n- they [sleep](https://example.org/sleep)\n\n```\nmeow()\n```"
HOSTILE = (
    "**b** <img src=x onerror='window.ran=1'><script>window.ran=1</script>\n\n[x](javascript:window.ran=1) "
    "![i](/media/none) <iframe src=/></iframe> {{7*7}}"
)
LAID_OUT = ".slide:not(.waiting) .meant"


def asked(store: Store, items: list[Item], kind: QuestionKind = QuestionKind.COMPARISON, **settings: Any) -> Project:
    store.add_items(items)
    question = Question(kind, tuple(item.item_id for item in items), "Which is better?", settings)
    store.add_questions(questions_table([question]))
    rules = Rules(gold_share=0, repeat_share=0)
    project = store.people.projects.create("replies", kind, "Which is better?", settings=settings, rules=rules)
    store.people.tasks.add(project.project_id, [question.question_id])
    return store.people.projects.set_state(project.project_id, State.OPEN, by="")


def text(words: str) -> Item:
    return Item(ItemKind.TEXT, words.encode(), "text/plain")


def test_replies_are_laid_out_their_differences_marked_and_a_key_shows_the_source(workspace: Store, sit: Sit) -> None:
    sitting = sit(asked(workspace, [text(FIRST), text(SECOND)]))
    page = sitting.open()
    sitting.question()
    shown = page.locator(LAID_OUT)
    expect(shown).to_have_count(2)
    expect(shown.first.locator("h1, li, strong, pre code")).to_have_count(5)
    expect(shown.locator("mark")).to_have_count(2)
    assert sorted(shown.locator("mark").all_inner_texts()) == ["bark", "purr"]
    assert "sleep (https://example.org/sleep)" in shown.first.inner_text()
    assert page.locator(".slide a, .slide img").count() == 0
    sitting.press("d")  # differences are not marked
    expect(shown.locator("mark")).to_have_count(0)
    sitting.press("d", "m")
    expect(shown).to_have_count(0)
    expect(page.get_by_role("button", name="As written", pressed=True)).to_be_visible()
    expect(page.locator(".slide:not(.waiting) .text").filter(has_text="they **purr**")).to_have_count(1)
    page.get_by_role("button", name="As written").click()
    expect(shown).to_have_count(2)
    assert sitting.complaints == []


def test_turns_of_a_dialogue_are_laid_out_and_what_they_share_steps_back(workspace: Store, sit: Sit) -> None:
    def said(reply: str) -> Item:
        turns = [{"role": "user", "text": "Tell me about cats"}, {"role": "assistant", "text": reply}]
        return Item(ItemKind.DIALOGUE, json.dumps(turns).encode(), "application/json")

    sitting = sit(asked(workspace, [said(FIRST), said(SECOND)]))
    page = sitting.open()
    sitting.question()
    dialogues = page.locator(".slide:not(.waiting) ol.dialogue")
    expect(dialogues.locator(".meant h1")).to_have_count(2)
    expect(dialogues.first.locator(".turn.shared")).to_have_count(1)
    assert sorted(dialogues.locator("mark").all_inner_texts()) == ["bark", "purr"]


def test_plain_words_stay_as_they_are_and_ask_the_server_for_nothing(workspace: Store, sit: Sit) -> None:
    sitting = sit(asked(workspace, [text("2 * 3 * 4 is a_b_c\nnew line"), text("no marks here")]))
    asked_for: list[str] = []
    sitting.page.on("request", lambda request: asked_for.append(request.url))
    page = sitting.open()
    sitting.question()
    expect(page.locator(".slide:not(.waiting) .text")).to_have_count(2)
    assert page.get_by_role("button", name="As written").count() == 0
    assert not [url for url in asked_for if "/markdown/" in url or "rendered.css" in url]


def test_spans_count_the_characters_of_the_source(workspace: Store, sit: Sit) -> None:
    project = asked(workspace, [text("**bold** word")], QuestionKind.SPANS, options=["person"], unit="character")
    sitting = sit(project)
    page = sitting.open()
    expect(page.locator(".slide:not(.waiting) .marking")).to_have_text("**bold** word")


def test_hostile_markdown_runs_nothing_and_fetches_nothing(workspace: Store, sit: Sit) -> None:
    sitting = sit(asked(workspace, [text(HOSTILE), text(HOSTILE + " and more")]))
    asked_for: list[str] = []
    sitting.page.on("request", lambda request: asked_for.append(request.url))
    page = sitting.open()
    sitting.question()
    expect(page.locator(LAID_OUT)).to_have_count(2)
    sitting.frames(3)
    assert page.evaluate("window.ran") is None
    assert page.locator(f"{LAID_OUT} :is(a, img, script, iframe, [onerror], [href], [src])").count() == 0
    assert not [url for url in asked_for if "/media/none" in url]
    assert sitting.complaints == []


def test_a_text_that_the_server_will_not_lay_out_is_shown_as_it_is_written(workspace: Store, sit: Sit) -> None:
    sitting = sit(asked(workspace, [text("> " * 60 + "deep"), text("**b**")]))
    page = sitting.open()
    sitting.question()
    expect(page.locator(".slide:not(.waiting) .text").filter(has_text="> > > >")).to_have_count(1)
    expect(page.get_by_text("The server could not lay this text out")).to_be_visible()


def test_a_text_too_long_to_come_with_its_question_is_fetched_and_shown(workspace: Store, sit: Sit) -> None:
    long = "word " * 20_000
    sitting = sit(asked(workspace, [text(long + "one"), text(long + "two")]))
    page = sitting.open()
    sitting.question()
    marked = page.locator(".slide:not(.waiting) mark")
    expect(marked).to_have_count(2)
    assert sorted(marked.all_inner_texts()) == ["one", "two"]
