from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tacit.judging import Item, ItemKind, Media, Question, QuestionKind, in_force, judgments_table, questions_table
from tacit.report.media import shown
from tacit.report.questions import Asked, asked_questions, evenly_spread
from tacit.report.wording import THIN
from tacit.store import Store

Ask = Callable[..., list[str]]


@pytest.fixture
def project() -> Iterator[Store]:
    with Store.in_memory() as store:
        yield store


def ask(project: Store, n: int, *, rendered: tuple[int, ...] = (), text: str = "Which is better?") -> list[str]:
    items = [Item(ItemKind.TEXT, f"words {i}".encode(), "text/plain") for i in range(2 * n)]
    project.add_items(items)
    questions = [
        Question(QuestionKind.COMPARISON, (items[2 * i].item_id, items[2 * i + 1].item_id), text=text) for i in range(n)
    ]
    project.add_questions(questions_table(questions))
    for row in rendered:
        for item in items[2 * row : 2 * row + 2]:
            project.add_rendition(item.item_id, Media(item.content, "text/plain"))
    return [question.question_id for question in questions]


def ask_about(project: Store, p_first: dict[str, float], **settings: Any) -> Asked:
    return asked_questions(project, in_force(project.judgments()), p_first, **settings)


def answer(project: Store, question_id: str, *answers: tuple[str, str, int | None], follows: str | None = None) -> None:
    columns = {
        "judgment_id": [f"{question_id[:6]} {who} {follows}" for who, _, _ in answers],
        "question_id": [question_id] * len(answers),
        "labeler_id": [who for who, _, _ in answers],
        "outcome": [outcome for _, outcome, _ in answers],
        "comparison": [preferred for _, _, preferred in answers],
        "follows": [follows] * len(answers),
    }
    project.add_judgments(judgments_table(columns))


def test_the_preferred_clip_is_marked_with_who_preferred_it(project: Store) -> None:
    (question,) = ask(project, 1, rendered=(0,))
    answer(project, question, ("anna", "answered", 1))
    (pair,) = ask_about(project, {question: 0.2}, n=12).pairs
    assert pair.marks == ("", "preferred")
    assert pair.answers == ("anna preferred the right clip",)
    assert pair.chances == (f"20{THIN}%", f"80{THIN}%")
    assert pair.agreement == "The reward model agrees"
    assert [clip.text for clip in pair.clips] == ["words 0", "words 1"]


def test_several_judges_are_counted_and_a_draw_counts_half_to_each(project: Store) -> None:
    (question,) = ask(project, 1, rendered=(0,))
    answer(
        project,
        question,
        ("anna", "answered", 0),
        ("ben", "answered", 1),
        ("cleo", "answered", 0),
        ("dan", "tie", None),
        ("eve", "skipped", None),
    )
    (pair,) = ask_about(project, {question: 0.2}, n=12).pairs
    assert pair.marks == ("preferred by 2.5 of 4", "")  # 1 + 1 + ½ of the four who said something
    assert pair.agreement == "The reward model disagrees"
    assert pair.answers[3:] == ("dan called it a tie", "eve skipped it")


def test_a_tie_marks_both_and_leaves_nothing_to_agree_with(project: Store) -> None:
    (question,) = ask(project, 1, rendered=(0,))
    answer(project, question, ("anna", "both_bad", None))
    (pair,) = ask_about(project, {question: 0.9}, n=12).pairs
    assert pair.marks == ("tie", "tie")
    assert pair.agreement == ""


def test_a_judgment_that_was_replaced_no_longer_counts(project: Store) -> None:
    (question,) = ask(project, 1, rendered=(0,))
    answer(project, question, ("anna", "answered", 0))
    answer(project, question, ("anna", "answered", 1), follows=f"{question[:6]} anna None")
    (pair,) = ask_about(project, {}, n=12).pairs
    assert pair.answers == ("anna preferred the right clip",)
    assert pair.chances == ("", "")


def test_a_question_nobody_answered_is_not_marked(project: Store) -> None:
    ask(project, 1, rendered=(0,))
    (pair,) = ask_about(project, {}, n=12).pairs
    assert (pair.marks, pair.answers) == (("", ""), ())


def test_only_rendered_questions_are_shown_and_the_others_counted(project: Store) -> None:
    ask(project, 9, rendered=(1, 4, 7))
    asked = ask_about(project, {}, n=12)
    assert [pair.number for pair in asked.pairs] == [2, 5, 8]
    assert (asked.n_comparisons, asked.n_rendered) == (9, 3)


def test_those_shown_are_spread_evenly_over_the_run(project: Store) -> None:
    ask(project, 9, rendered=tuple(range(9)))
    assert [pair.number for pair in ask_about(project, {}, n=3).pairs] == [1, 5, 9]
    assert len(ask_about(project, {}, n=None).pairs) == 9
    assert ask_about(project, {}, n=0).pairs == ()


def test_what_is_missing_is_rendered_and_kept(project: Store) -> None:
    ask(project, 9, rendered=(4,))
    drawn: list[str] = []

    def render(item: Item) -> Media:
        drawn.append(item.item_id)
        return Media(b"drawn " + item.content, "text/plain")

    asked = ask_about(project, {}, n=3, render=render)
    assert [pair.number for pair in asked.pairs] == [1, 5, 9]
    assert asked.pairs[0].clips[0].text == "drawn words 0"
    assert asked.pairs[1].clips[0].text == "words 8"
    assert len(drawn) == 4
    assert len(ask_about(project, {}, n=None, render=render).pairs) == 9
    assert len(drawn) == len(set(drawn)) == 16


def test_questions_of_other_kinds_are_counted(project: Store) -> None:
    ask(project, 1, rendered=(0,))
    item = Item(ItemKind.TEXT, b"words 0", "text/plain")
    project.add_questions(questions_table([Question(QuestionKind.TEXT, (item.item_id,))]))
    assert ask_about(project, {}, n=12).n_other == 1


@pytest.mark.parametrize(("rows", "n", "chosen"), [([], 3, []), ([5], 3, [5]), ([1, 2, 3], 2, [1, 3]), ([1, 2], 0, [])])
def test_spreading_keeps_first_and_last(rows: list[int], n: int, chosen: list[int]) -> None:
    assert evenly_spread(rows, n) == chosen


def test_media_that_could_hold_a_script_are_not_shown() -> None:
    for media_type in ("text/html", "image/svg+xml", "application/javascript", 'video/mp4" onerror="alert(1)'):
        assert shown(Media(b"<script>alert(1)</script>", media_type)).kind == "other"
    assert shown(Media(b"\xff\xfe", "text/plain; charset=utf-8")).text == "��"
    assert shown(Media(b"abc", "Video/MP4")).source == "data:video/mp4;base64,YWJj"
