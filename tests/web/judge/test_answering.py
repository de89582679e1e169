"""Every kind of question is answered by keyboard alone, and what was pressed is what is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tacit.judging import Item, ItemKind, Question, QuestionKind, in_force, questions_table
from tacit.store import Store
from tacit.store.people import Project, Rules, State

pytestmark = pytest.mark.browser

Sit = Callable[..., Any]
PLAIN = Rules(gold_share=0, repeat_share=0, exploration_share=0)


def make_project(
    store: Store, kind: QuestionKind, texts: list[list[str]], *, settings: dict[str, Any] | None = None, **rules: Any
) -> Project:
    """Return an open project of one question about each list of texts."""
    asked = []
    for group in texts:
        items = [Item(ItemKind.TEXT, text.encode(), "text/plain") for text in group]
        store.add_items(items)
        asked.append(Question(kind, tuple(item.item_id for item in items), "What do you say?", settings or {}))
    store.add_questions(questions_table(asked))
    projects = store.people.projects
    chosen = Rules(**{**PLAIN.__dict__, **rules})
    project = projects.create(str(kind), kind, "What do you say?", settings=settings, rules=chosen)
    count = range(len(asked), 0, -1)  # the first is the most urgent, so that they come in order
    store.people.tasks.add(project.project_id, [q.question_id for q in asked], priority=[float(n) for n in count])
    return projects.set_state(project.project_id, State.OPEN, by="")


def rows(store: Store, *columns: str) -> list[Any]:
    """Return these columns of the judgments in force, in the order of arrival."""
    kept = in_force(store.judgments()).select(columns)
    return kept.to_series().to_list() if len(columns) == 1 else kept.rows()


@pytest.mark.parametrize(
    ("key", "outcome"),
    [("ArrowDown", "tie"), ("ArrowUp", "both_bad"), ("c", "cant_tell"), ("n", "not_shown"), ("s", "skipped")],
)
def test_one_key_is_one_judgment(workspace: Store, sit: Sit, key: str, outcome: str) -> None:
    sitting = sit(make_project(workspace, QuestionKind.COMPARISON, [["one", "two"], ["three", "four"]]))
    sitting.open()
    sitting.question()
    sitting.press(key)
    sitting.all_sent()
    assert rows(workspace, "outcome", "comparison") == [(outcome, None)]
    expect(sitting.page.locator(".slide:not(.waiting)")).to_contain_text("three")
    assert sitting.complaints == []


def test_the_left_one_is_the_one_that_was_shown_left(workspace: Store, sit: Sit) -> None:
    texts = [[f"a{i}", f"b{i}"] for i in range(6)]
    sitting = sit(make_project(workspace, QuestionKind.COMPARISON, texts))
    sitting.open()
    for i in range(6):
        left = sitting.question()
        sitting.press("ArrowLeft" if f"a{i}" in left else "ArrowRight")
    sitting.all_done()
    assert rows(workspace, "comparison") == [0] * 6  # whichever side it stood on, the first item was chosen
    assert set(rows(workspace, "shown_left")) <= {0, 1}
    times = workspace.judgments().get_column("duration_s")
    assert times.min() > 0


def test_a_choice_is_a_digit(workspace: Store, sit: Sit) -> None:
    options = {"options": ["cat", "dog", "owl"]}
    sitting = sit(make_project(workspace, QuestionKind.CHOICE, [["meow"], ["hoo"]], settings=options))
    sitting.open()
    sitting.question()
    sitting.press("1")
    sitting.question()
    sitting.press("9", "3")  # nine is nothing here
    sitting.all_done()
    assert rows(workspace, "choice") == ["cat", "owl"]


def test_a_choice_is_made_with_arrows_too(workspace: Store, sit: Sit) -> None:
    options = {"options": [f"class {i}" for i in range(12)]}
    sitting = sit(make_project(workspace, QuestionKind.CHOICE, [["x"]], settings=options))
    sitting.open()
    sitting.question()
    sitting.press(*["ArrowDown"] * 12, "Enter")
    sitting.all_done()
    assert rows(workspace, "choice") == ["class 11"]


def test_a_rating_is_a_digit_or_arrows_and_enter(workspace: Store, sit: Sit) -> None:
    scale = {"low": 1, "high": 5, "step": 1}
    sitting = sit(make_project(workspace, QuestionKind.RATING, [["fair"], ["good"]], settings=scale))
    sitting.open()
    sitting.question()
    sitting.press("4")
    sitting.question()
    sitting.press("ArrowRight", "ArrowRight", "Enter")  # from the middle, 3, one up
    sitting.all_done()
    assert rows(workspace, "rating") == [4.0, 4.0]


def test_a_long_scale_takes_typed_numbers_and_arrows(workspace: Store, sit: Sit) -> None:
    scale = {"low": 0, "high": 100, "step": 5}
    sitting = sit(make_project(workspace, QuestionKind.RATING, [["loud"], ["soft"]], settings=scale))
    sitting.open()
    sitting.question()
    sitting.press("Enter")  # nothing has been chosen: nothing is recorded
    sitting.press("4", "5", "ArrowRight", "Enter")
    sitting.question()
    sitting.press("2", "Enter")  # 2 is no step of 5: the nearest is 0
    sitting.all_done()
    assert rows(workspace, "rating") == [50.0, 0.0]


def test_a_ranking_is_made_with_arrows_digits_and_ties(workspace: Store, sit: Sit) -> None:
    texts = [["alpha", "beta", "gamma"], ["one", "two", "three"]]
    sitting = sit(make_project(workspace, QuestionKind.RANKING, texts))
    sitting.open()
    for group in texts:
        sitting.question()
        shown = [row.strip() for row in sitting.page.locator(".slide:not(.waiting) .ranking .text").all_inner_texts()]
        # bring the group's last text to the top, wherever it is shown, and call the next one as good
        sitting.press(*["ArrowDown"] * shown.index(group[2]), "1", "ArrowDown", "=", "Enter")
        sitting.all_sent()
    for ranking in rows(workspace, "ranking"):
        assert ranking[2] == 0  # in the question's own order: the last is best
        assert sorted(ranking) == [0, 0, 2]  # another is as good, and two are better than the third


def test_text_is_written_and_handed_in_with_enter(workspace: Store, sit: Sit) -> None:
    sitting = sit(make_project(workspace, QuestionKind.TEXT, [["first"], ["second"]]))
    page = sitting.open()
    sitting.question()
    page.keyboard.type("s is no skip, 1 no digit")
    sitting.press("Shift+Enter")
    page.keyboard.type("and ? no help")
    sitting.press("Enter")
    sitting.question()
    sitting.press("Enter")  # the empty text is an answer
    sitting.all_done()
    assert rows(workspace, "text") == ["s is no skip, 1 no digit\nand ? no help", ""]


def test_spans_are_words_chosen_with_arrows_and_named_with_digits(workspace: Store, sit: Sit) -> None:
    labels = {"options": ["person", "place"], "unit": "character"}
    sitting = sit(make_project(workspace, QuestionKind.SPANS, [["👍 Ada Lovelace lived in London."]], settings=labels))
    sitting.open()
    sitting.question()
    # 👍 is the first word; Ada begins at character 2, Lovelace ends at 14; London is 24 to 30
    sitting.press("ArrowRight", "Shift+ArrowRight", "1")
    sitting.press("ArrowRight", "ArrowRight", "ArrowRight", "2")
    sitting.press("ArrowRight", "2", "Delete", "Enter")  # the full stop, named and removed again
    sitting.all_done()
    assert rows(workspace, "spans") == [
        [{"start": 2.0, "end": 14.0, "label": "person"}, {"start": 24.0, "end": 30.0, "label": "place"}]
    ]


def test_spans_are_made_with_the_mouse(workspace: Store, sit: Sit) -> None:
    labels = {"options": ["number"], "unit": "character"}
    sitting = sit(make_project(workspace, QuestionKind.SPANS, [["twenty of them"]], settings=labels))
    page = sitting.open()
    sitting.question()
    page.locator(".marking").get_by_text("twenty").dblclick()
    page.get_by_role("button", name="Remove number").wait_for()
    page.get_by_role("button", name="Done").click()
    sitting.all_done()
    ((span,),) = rows(workspace, "spans")
    assert (span["start"], span["end"], span["label"]) in ((0.0, 6.0, "number"), (0.0, 7.0, "number"))


def test_a_probability_is_typed_or_moved_and_handed_in(workspace: Store, sit: Sit) -> None:
    sitting = sit(make_project(workspace, QuestionKind.PROBABILITY, [["rain"], ["snow"], ["hail"]]))
    sitting.open()
    sitting.question()
    sitting.press("7", "3", "Enter")
    sitting.question()
    sitting.press("ArrowLeft", "PageDown", "Enter")  # 50 − 1 − 10
    sitting.question()
    sitting.press("Enter", "0", "Enter")  # the first says nothing yet
    sitting.all_done()
    assert rows(workspace, "probability") == [0.73, 0.39, 0.0]


def test_a_key_that_is_held_down_judges_once(workspace: Store, sit: Sit) -> None:
    sitting = sit(make_project(workspace, QuestionKind.COMPARISON, [[f"a{i}", f"b{i}"] for i in range(5)]))
    page = sitting.open()
    sitting.question()
    for _ in range(4):
        page.keyboard.down("ArrowLeft")  # without a key up in between, these repeat
    page.keyboard.up("ArrowLeft")
    sitting.all_sent()
    assert workspace.n_judgments() == 1


def test_only_the_outcomes_that_the_lead_wants_are_offered(workspace: Store, sit: Sit) -> None:
    page_rules = {"outcomes": ["answered", "skipped"]}
    project = make_project(workspace, QuestionKind.COMPARISON, [["a", "b"], ["c", "d"]], page=page_rules)
    sitting = sit(project)
    page = sitting.open()
    sitting.question()
    names = [button.inner_text() for button in page.locator("main button, footer button").all()]
    assert not any("Equally" in name or "bad" in name or "tell" in name for name in names)
    sitting.press("ArrowDown", "c")
    sitting.press("ArrowLeft")
    sitting.all_sent()
    assert rows(workspace, "outcome") == ["answered"]


def test_a_finger_is_enough(workspace: Store, sit: Sit) -> None:
    project = make_project(workspace, QuestionKind.COMPARISON, [["a", "b"], ["c", "d"]])
    sitting = sit(project, viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    page = sitting.open()
    sitting.question()
    page.get_by_role("button", name="Equally good").tap()  # what a finger does becomes a click a moment later
    sitting.until(lambda: workspace.n_judgments() == 1)
    sitting.question()
    page.get_by_role("button", name="Skip").tap()
    sitting.until(lambda: workspace.n_judgments() == 2)
    assert rows(workspace, "outcome") == ["tie", "skipped"]
