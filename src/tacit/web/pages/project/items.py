"""The items of a project: bringing them, looking at what was brought, the list of questions."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from tacit.errors import InputError, UnknownName
from tacit.judging import DATA_SHEETS
from tacit.store.people import Project
from tacit.web.bringing.batch import FAULTS_NAME, Batch
from tacit.web.bringing.files.receiving import receive_form
from tacit.web.bringing.jobs import Job, Jobs, Stage
from tacit.web.bringing.limits import TooMuch, size
from tacit.web.bringing.rows import Plan
from tacit.web.pages.context import apart, form_of, people_of, project_of, store_of
from tacit.web.pages.drawing import draw, see
from tacit.web.pages.project.keeping import ProjectKeeper
from tacit.web.pages.project.projects import whole
from tacit.web.pages.showing import in_a_row

ROWS_PER_PAGE = 50
WAIT_S = 1.5


def jobs_of(request: Request) -> Jobs:
    """Return the batches on their way in this server."""
    jobs: Jobs = request.app.state.workplace.jobs
    return jobs


async def show_items(request: Request) -> Response:
    """GET /projects/ID/items."""
    _, project = await project_of(request, "project.change")
    return await _page(request, project)


async def bring_items(request: Request) -> Response:
    """POST /projects/ID/items: files arrive, and are looked at."""
    actor, project = await project_of(request, "project.change")
    jobs = jobs_of(request)
    limits = request.app.state.workplace.limits
    token, folder = await apart(jobs.new_folder)
    try:
        content_type = request.headers.get("content-type", "")
        received = await receive_form(content_type, request.stream(), folder, limits)
        if not received.files:
            raise UnknownName("file", "", (), do="Choose at least one")
        plan = _plan(project, received.fields)
    except InputError as error:
        await apart(jobs.drop_folder, token)
        status = 413 if isinstance(error, TooMuch) else 400
        return await _page(request, project, fault=str(error), status=status)
    except BaseException:
        await apart(jobs.drop_folder, token)  # the browser has gone away
        raise
    batch = Batch(folder, received.files, limits)
    job = Job(token, project.project_id, actor.account_id, batch, plan)
    jobs.check(job)
    return await _wait(job)


async def show_batch(request: Request) -> Response:
    """GET /projects/ID/items/batch/TOKEN."""
    _, project = await project_of(request, "project.change")
    job = jobs_of(request).get(request.path_params["token"], project.project_id)
    columns, chosen = _columns(job)
    kept = job.keeper_count
    return draw(request, "bringing.html.j2", project=project, job=job, columns=columns, chosen=chosen, n_kept=kept)


async def choose_column(request: Request) -> Response:
    """POST /projects/ID/items/batch/TOKEN/column: look again, taking the item from another column."""
    _, project = await project_of(request, "project.change")
    job = jobs_of(request).get(request.path_params["token"], project.project_id)
    form = await form_of(request)
    if job.stage is Stage.CHECKED:
        job.plan = replace(job.plan, item_column=form.get("column", ""))
        jobs_of(request).check(job)
    return await _wait(job)


async def keep_batch(request: Request) -> Response:
    """POST /projects/ID/items/batch/TOKEN/keep."""
    actor, project = await project_of(request, "project.change")
    job = jobs_of(request).get(request.path_params["token"], project.project_id)
    keeper = ProjectKeeper(store_of(request), project.project_id, by=actor.account_id)

    def done() -> None:
        job.keeper_count, job.unshown = keeper.n_kept, keeper.unshown

    jobs_of(request).keep(job, keeper, done)
    return await _wait(job)


async def drop_batch(request: Request) -> Response:
    """POST /projects/ID/items/batch/TOKEN/drop."""
    _, project = await project_of(request, "project.change")
    job = jobs_of(request).get(request.path_params["token"], project.project_id)
    await apart(jobs_of(request).drop, job)
    return see(f"/projects/{project.project_id}/items", "dropped")


async def list_faults(request: Request) -> Response:
    """GET /projects/ID/items/batch/TOKEN/faults.csv."""
    _, project = await project_of(request, "project.change")
    job = jobs_of(request).get(request.path_params["token"], project.project_id)
    path = job.batch.folder / FAULTS_NAME
    if not path.exists():
        raise UnknownName("list of faults", job.token, (), do="It goes when the batch is kept or dropped")
    return FileResponse(path, media_type="text/csv; charset=utf-8", filename="faults.csv")


async def _wait(job: Job) -> Response:
    """Send the browser to the batch's page, once it is done or after a moment."""
    if job.work is not None:
        await asyncio.wait([asyncio.wrap_future(job.work)], timeout=WAIT_S)
    return see(f"/projects/{job.project_id}/items/batch/{job.token}")


def _columns(job: Job) -> tuple[list[str], str]:
    """Return the columns among which a lead may choose the item's, and which one it is now."""
    single = [table for table in job.report.tables if table.layout is None or not table.layout.whole_questions]
    columns = list(dict.fromkeys(column for table in single for column in table.columns))
    now = next((table.layout.items[0] for table in single if table.layout and table.layout.items), "")
    return (columns[:200], job.plan.item_column or now) if len(columns) > 1 else ([], now)


def _plan(project: Project, fields: dict[str, str]) -> Plan:
    return Plan(
        project.kind,
        project.text,
        project.settings,
        rounds=whole(fields.get("rounds", "2"), "others that each item meets"),
        ranked_together=whole(fields.get("ranked_together", "4"), "items ranked together"),
        seed=project.n_tasks,
    )


async def _page(request: Request, project: Project, *, fault: str = "", status: int = 200) -> Response:
    after = request.query_params.get("after", "0")
    first = int(after) if after.isdigit() and len(after) < 18 else 0
    tasks = await apart(people_of(request).tasks.page, project.project_id, after=first, n=ROWS_PER_PAGE + 1)
    shown = tasks[:ROWS_PER_PAGE]
    items = await apart(people_of(request).records.items_of, [one.question_id for one in shown])
    rows: list[dict[str, Any]] = [
        {
            "question_id": one.question_id,
            **in_a_row(items[one.question_id]),
            "purpose": one.purpose,
            "n_valid": one.n_valid,
            "overlap": one.overlap,
        }
        for one in shown
    ]
    return draw(
        request,
        "items.html.j2",
        status=status,
        project=project,
        rows=rows,
        first_page=first == 0,
        next_after=shown[-1].sequence if len(tasks) > ROWS_PER_PAGE else 0,
        pairs_needed=DATA_SHEETS[project.kind].n_items[0] > 1,
        limits=size(request.app.state.workplace.limits.batch_bytes),
        fault=fault,
    )
