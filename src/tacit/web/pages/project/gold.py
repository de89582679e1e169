"""Questions with a known answer: which there are, how they were answered, and making more of them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tacit.errors import InputError
from tacit.store.people import Project
from tacit.web.bringing.expected import parse_expected
from tacit.web.pages.context import apart, form_of, people_of, project_of
from tacit.web.pages.drawing import draw, see
from tacit.web.pages.project.keeping import written_expected
from tacit.web.pages.showing import choices_of, expected_words, in_a_row

MOST_SHOWN = 200
N_CANDIDATES = 20
FIELD = "gold-"
PURPOSES = ("gold", "training", "attention")


async def show_gold(request: Request) -> Response:
    """GET /projects/ID/gold."""
    _, project = await project_of(request, "project.change")
    return await _page(request, project)


async def make_gold(request: Request) -> Response:
    """POST /projects/ID/gold: questions that nobody has been asked become checks."""
    actor, project = await project_of(request, "project.change")
    form = await form_of(request)
    purpose = form.get("purpose", "gold")
    try:
        answers = {
            name.removeprefix(FIELD): written_expected(
                *parse_expected(value, project.kind, project.settings, where=f"question {name[5:15]}")
            )
            for name, value in form.items()
            if name.startswith(FIELD) and value.strip()
        }
        checks = purpose if purpose in PURPOSES else "gold"
        tasks = people_of(request).tasks
        await apart(tasks.make_checks, project.project_id, answers, purpose=checks, by=actor.account_id)
    except InputError as error:
        return await _page(request, project, fault=str(error), status=400)
    return see(request.url.path, "gold")


async def _page(request: Request, project: Project, *, fault: str = "", status: int = 200) -> Response:
    people = people_of(request)
    checks = []
    for purpose in PURPOSES:
        checks += await apart(people.tasks.page, project.project_id, purpose=purpose, n=MOST_SHOWN)
    candidates = await apart(people.tasks.untouched, project.project_id, n=N_CANDIDATES)
    items = await apart(people.records.items_of, [one.question_id for one in (*checks, *candidates)])
    results = await apart(people.records.checks_answered, project.project_id)
    rows: list[dict[str, Any]] = []
    for one in checks:
        right, n = results.get(one.question_id, (0, 0))
        words = expected_words(project.kind, one.expected)
        row = {"question_id": one.question_id, **in_a_row(items[one.question_id]), "purpose": one.purpose}
        rows.append({**row, "expected": words, "right": f"{right} of {n}" if n else "–"})
    return draw(
        request,
        "gold.html.j2",
        status=status,
        project=project,
        rows=rows,
        candidates=[{"question_id": one.question_id, **in_a_row(items[one.question_id])} for one in candidates],
        choices=choices_of(project.kind, project.settings),
        fault=fault,
    )
