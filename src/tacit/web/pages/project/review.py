"""Where judges disagree, one question with all its answers, and a reviewer's decision beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tacit.errors import Conflict, InputError
from tacit.judging import Outcome, QuestionKind
from tacit.store.people import Actor, Project, Role
from tacit.store.work.records import AskedQuestion
from tacit.store.work.values import stored_answer
from tacit.web.bringing.expected import parse_expected
from tacit.web.pages.context import apart, form_of, people_of, project_of
from tacit.web.pages.drawing import draw, see
from tacit.web.pages.kinds import KINDS
from tacit.web.pages.project.quality import quality_of
from tacit.web.pages.showing import answer_words, choices_of, in_a_row, page_items

LABELS = {
    QuestionKind.RANKING: ("The ranks", "A rank for each item in the order above, 0 the best, such as [0, 2, 1]"),
    QuestionKind.TEXT: ("The text", ""),
    QuestionKind.SPANS: ("The passages", 'As JSON: [{"start": 0, "end": 4, "label": "name"}]'),
    QuestionKind.RATING: ("The rating", ""),
    QuestionKind.PROBABILITY: ("The probability, from 0 to 1", ""),
}


async def show_disagreements(request: Request) -> Response:
    """GET /projects/ID/disagreements."""
    _, project = await project_of(request, "judgments.read")
    shown = await quality_of(request, project)
    records = people_of(request).records
    disputed = shown.quality.disputed[:100]
    ids = await apart(records.question_ids, [one.question for one in disputed])
    items = await apart(records.items_of, list(ids.values()))
    adjudicated = await apart(records.adjudicated, list(ids.values()))
    rows = [
        {
            "question_id": ids[one.question],
            **in_a_row(items[ids[one.question]]),
            "answers": ", ".join(f"{value} ({n})" for value, n in one.answers[:6]),
            "share": one.share,
            "adjudicated": ids[one.question] in adjudicated,
        }
        for one in disputed
    ]
    why_not = "Judges have not disagreed about anything yet." if shown.quality.n_units else shown.why_not
    all_shown = len(disputed) == len(shown.quality.disputed)
    return draw(request, "disagreements.html.j2", project=project, rows=rows, why_not=why_not, all_shown=all_shown)


async def show_question(request: Request) -> Response:
    """GET /projects/ID/questions/QUESTION."""
    actor, project = await project_of(request, "judgments.read")
    return await _page(request, actor, project, {"answer": "", "reason": ""})


async def adjudicate(request: Request) -> Response:
    """POST /projects/ID/questions/QUESTION: a reviewer's own judgment; nothing else is changed."""
    actor, project = await project_of(request, "judgments.adjudicate")
    question_id = request.path_params["question_id"]
    form = {"answer": "", "reason": "", **await form_of(request)}
    people = people_of(request)
    asked = await apart(people.records.question, project.project_id, question_id)
    version = int(form.get("version", "0")) if form.get("version", "0").isdigit() else 0
    outcome, answer = Outcome.ANSWERED, None
    try:
        outcome, answer = parse_expected(form["answer"], project.kind, asked.settings, where="answer")
        _refuse_misfit(asked, outcome, answer)
        await apart(
            people.adjudication.decide,
            project.project_id,
            question_id,
            outcome,
            answer,
            reason=form["reason"],
            version=version,
            actor=actor,
        )
    except Conflict:
        mine = answer_words(project.kind, outcome, answer)
        return await _page(request, actor, project, form, mine=mine, status=409)
    except InputError as error:
        return await _page(request, actor, project, form, fault=str(error), status=400)
    return see(request.url.path, "adjudicated")


async def _page(
    request: Request,
    actor: Actor,
    project: Project,
    form: Mapping[str, str],
    *,
    mine: str = "",
    fault: str = "",
    status: int = 200,
) -> Response:
    records = people_of(request).records
    question_id = request.path_params["question_id"]
    asked = await apart(records.question, project.project_id, question_id)
    given = await apart(records.answers_to, project.project_id, question_id)
    reviews = await apart(records.adjudications, question_id)
    reasons = {entry.detail["judgment"]: str(entry.detail["reason"]) for entry in reviews}
    answers = [
        {
            "who": (one.name or one.labeler_id) if actor.has(Role.LEAD) else one.labeler_id,
            "role": one.role if one.judgment_id in reasons else "",
            "said": answer_words(asked.kind, one.outcome, one.answer),
            "at_s": one.answered_at_s,
            "duration_s": one.duration_s,
            "credence": one.credence,
            "instructions": one.instructions,
            "replaced": one.taken_back,
            "reason": reasons.get(one.judgment_id, ""),
            "in_force": one.judgment_id == asked.task.adjudication,
        }
        for one in given
    ]
    label, hint = LABELS.get(QuestionKind(asked.kind), ("The answer", ""))
    return draw(
        request,
        "question.html.j2",
        status=status,
        project=project,
        card=KINDS[project.kind],
        task=asked.task,
        question={"question_id": question_id, "text": asked.text, "kind": asked.kind},
        items=page_items(asked.items),
        answers=answers,
        choices=choices_of(asked.kind, asked.settings),
        answer_label=label,
        answer_hint=hint,
        form=form,
        fault=fault,
        conflict=_conflict(answers, mine) if mine else None,
        can_adjudicate=actor.has(Role.REVIEWER),
    )


def _conflict(answers: list[dict[str, Any]], mine: str) -> dict[str, str]:
    theirs = next((one for one in answers if one["in_force"]), None)
    if theirs is None:
        return {"who": "Somebody", "theirs": "", "their_reason": "", "mine": mine}
    return {"who": theirs["who"], "theirs": theirs["said"], "their_reason": theirs["reason"], "mine": mine}


def _refuse_misfit(asked: AskedQuestion, outcome: Outcome, answer: Any) -> None:  # noqa: ANN401 (by kind)
    """Let the store's own check judge the answer in the order in which it is written: the question's own."""
    if outcome is Outcome.ANSWERED and asked.kind != QuestionKind.COMPARISON:
        stored_answer(asked.kind, asked.settings, range(len(asked.items)), answer)
