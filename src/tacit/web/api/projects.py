"""What programs of leads call: projects, items, exports and live quality as JSON."""

from __future__ import annotations

import tempfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from tacit.errors import BadValue, UnknownName
from tacit.judging import DATA_SHEETS, Item, ItemKind, Question, QuestionKind, questions_table
from tacit.store import Store
from tacit.store.people import Actor, Project, Role
from tacit.store.work.tasks import TaskBatch
from tacit.web.api.calling import Call, Handler, json_answer, json_body
from tacit.web.api.project_shapes import (
    AddedShown,
    ItemsSent,
    ItemsShown,
    ProjectsShown,
    ProjectStanding,
    QualityShown,
    QuestionSent,
    TaskShown,
    standing_of,
)
from tacit.web.api.wire import decode
from tacit.web.asking import actor_of
from tacit.web.authorize import authorize

MOST_SENT = 1_000
MOST_SHOWN = 1_000
LONGEST_ITEM = 200_000
QUALITY_WAIT_S = 10.0
MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "parquet": "application/octet-stream"}


def project_routes() -> list[BaseRoute]:
    """Return the routes."""
    one = "/api/projects/{project_id}"
    calls: tuple[tuple[str, str, Handler], ...] = (
        ("/api/projects", "GET", list_projects),
        (one, "GET", show_project),
        (f"{one}/items", "GET", list_items),
        (f"{one}/items", "POST", add_items),
        (f"{one}/export", "GET", export_judgments),
        (f"{one}/quality", "GET", show_quality),
    )
    return [Route(path, Call(handler), methods=[method], name=handler.__name__) for path, method, handler in calls]


async def list_projects(request: Request) -> Response:
    """List the projects that one may see."""
    actor = authorize(await actor_of(request), "project.read")
    every = await run_in_threadpool(_store(request).people.projects.all)
    seen = [one for one in every if actor.has(Role.LEAD) or one.sequence in actor.member_of]
    return json_answer(ProjectsShown([standing_of(one) for one in seen]))


async def show_project(request: Request) -> Response:
    """Show one project: its words, rules and counters."""
    _, project = await _project(request, "project.read")
    shown: ProjectStanding = standing_of(project)
    return json_answer(shown)


async def list_items(request: Request) -> Response:
    """List questions with how far each has come, in the order in which they were added."""
    _, project = await _project(request, "project.export")
    after, n = _number(request, "after", 0, 2**53), _number(request, "n", 100, MOST_SHOWN)
    store = _store(request)
    tasks = await run_in_threadpool(store.people.tasks.page, project.project_id, after=after, n=n)
    asked = await run_in_threadpool(store.questions, [one.question_id for one in tasks])
    rows = zip(tasks, asked["item_ids"].to_list(), asked["text"].to_list(), strict=True)
    shown = [
        TaskShown(
            question=one.question_id,
            items=items,
            text=text,
            purpose=one.purpose,
            priority=one.priority,
            stratum=one.stratum,
            overlap=one.overlap,
            n_valid=one.n_valid,
        )
        for one, items, text in rows
    ]
    return json_answer(ItemsShown(shown, tasks[-1].sequence if len(tasks) == n and n else None))


async def add_items(request: Request) -> Response:
    """Add text items and questions about them, all of them or none."""
    actor, project = await _project(request, "project.change")
    sent: ItemsSent = decode(await json_body(request), ItemsSent)
    if not 0 < len(sent.questions) <= MOST_SENT:
        raise BadValue("questions", got=f"{len(sent.questions)} of them", expected=f"1 to {MOST_SENT} in one request")
    added, ids = await run_in_threadpool(_add, _store(request), project, sent.questions, actor.account_id)
    return json_answer(AddedShown(added, ids))


async def export_judgments(request: Request) -> Response:
    """Export every judgment with its question, as JSON lines, CSV or Parquet."""
    _, project = await _project(request, "project.export")
    file_format = request.query_params.get("format", "jsonl")
    if file_format not in MEDIA_TYPES:
        raise UnknownName("format", file_format[:40], MEDIA_TYPES)
    path = await run_in_threadpool(_new_file, f".{file_format}")
    store = _store(request)
    await run_in_threadpool(store.export_judgments, path, file_format, project_id=project.project_id)
    removal = BackgroundTask(path.unlink, missing_ok=True)
    name = f"{project.project_id}.{file_format}"
    return FileResponse(path, media_type=MEDIA_TYPES[file_format], filename=name, background=removal)


async def show_quality(request: Request) -> Response:
    """Show how good the answers are so far: agreement, each judge, drift, disputed questions."""
    _, project = await _project(request, "judgments.read")
    workplace = getattr(request.app.state, "workplace", None)
    if workplace is None:
        raise UnknownName("quality", project.project_id, (), do="This server does not measure it")
    live = workplace.quality
    found, at_s = await run_in_threadpool(
        live.get, project.project_id, QuestionKind(project.kind), wait_s=QUALITY_WAIT_S
    )
    return json_answer(QualityShown(found, at_s))


def _add(store: Store, project: Project, sent: list[QuestionSent], by: str) -> tuple[int, list[str]]:
    items = [[_text_item(text, row) for text in one.items] for row, one in enumerate(sent, start=1)]
    questions = []
    for row, (one, about) in enumerate(zip(sent, items, strict=True), start=1):
        low, high = DATA_SHEETS[QuestionKind(project.kind)].n_items
        if not low <= len(about) <= high:
            raise BadValue(f"question {row}", got=f"{len(about)} items", expected=f"{low} to {high}")
        words = project.text if one.text is None else one.text
        ids = tuple(item.item_id for item in about)
        questions.append(Question(QuestionKind(project.kind), ids, words, project.settings, one.occasion))
    store.add_items([item for about in items for item in about])
    table = questions_table(questions)
    store.add_questions(table)
    added = store.people.tasks.add_all(project.project_id, _batches(sent, questions), by=by)
    return added, table["question_id"].to_list()


def _batches(sent: list[QuestionSent], questions: list[Question]) -> list[TaskBatch]:
    """Return the questions by purpose, as the queue takes them."""
    batches = []
    for purpose in dict.fromkeys(one.purpose for one in sent):
        rows = [row for row, one in enumerate(sent) if one.purpose == purpose]
        batches.append(
            TaskBatch(
                [questions[row].question_id for row in rows],
                priority=[sent[row].priority for row in rows],
                purpose=purpose,
                expected=None if purpose == "ordinary" else [sent[row].expected for row in rows],
                strata=[sent[row].stratum for row in rows],
                sensitive=[sent[row].sensitive for row in rows],
            )
        )
    return batches


def _text_item(text: str, row: int) -> Item:
    if not text or len(text) > LONGEST_ITEM or "\0" in text:
        expected = f"1 to {LONGEST_ITEM} characters without NUL"
        raise BadValue(f"question {row}, item", got=f"{len(text)} characters", expected=expected)
    return Item(ItemKind.TEXT, text.encode(), "text/plain")


async def _project(request: Request, action: str) -> tuple[Actor, Project]:
    """Return who asks and the project; the role is looked at before the project is."""
    actor = authorize(await actor_of(request), action)
    project = await run_in_threadpool(_store(request).people.projects.get, request.path_params["project_id"])
    return authorize(actor, action, project), project


def _number(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 17 and int(text) <= most):
        raise BadValue(name, got=repr(text[:20]), expected=f"a whole number from 0 to {most}")
    return int(text)


def _new_file(suffix: str) -> Path:
    with tempfile.NamedTemporaryFile(prefix="tacit-export-", suffix=suffix, delete=False) as made:
        return Path(made.name)


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store
