"""Projects: the list, a new one, its overview, whether it is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tacit.errors import BadValue, InputError
from tacit.store.people import Member, Project, Role, Rules, State
from tacit.web.pages.context import allowed, apart, form_of, people_of, project_of
from tacit.web.pages.drawing import draw, lasting, see
from tacit.web.pages.kinds import KINDS, card_of, default_form, preview, settings_of_form
from tacit.web.pages.project.quality import judge_rows, quality_of
from tacit.web.pages.project.settings import default_page_rules


@dataclass(frozen=True)
class Step:
    """One step of setting a project up.

    Args:
        name: what to do. href: where. about: how far it is. state: done, now or later.
    """

    name: str
    href: str
    about: str
    state: str


async def list_projects(request: Request) -> Response:
    """GET /projects."""
    actor = await allowed(request, "project.read")
    projects = await apart(people_of(request).projects.all)
    if not actor.has(Role.LEAD):
        projects = [one for one in projects if one.sequence in actor.member_of]
    return draw(request, "projects.html.j2", projects=projects, kinds=KINDS)


async def choose_kind(request: Request) -> Response:
    """GET /projects/new."""
    await allowed(request, "project.create")
    return draw(request, "kinds.html.j2", kinds=KINDS)


async def new_project(request: Request) -> Response:
    """GET /projects/new/KIND."""
    await allowed(request, "project.create")
    card = card_of(request.path_params["kind"])
    return _new(request, card.kind, {**default_form(card.kind), "overlap": "2"})


async def preview_new(request: Request) -> Response:
    """POST /projects/new/KIND/preview: the same form, with its preview, for browsers without script."""
    await allowed(request, "project.create")
    card = card_of(request.path_params["kind"])
    return _new(request, card.kind, await form_of(request))


async def make_project(request: Request) -> Response:
    """POST /projects/new/KIND."""
    actor = await allowed(request, "project.create")
    card = card_of(request.path_params["kind"])
    form = await form_of(request)
    try:
        settings = settings_of_form(card.kind, form)
        rules = Rules(overlap=whole(form.get("overlap", "1"), "judges for each question"), page=default_page_rules())
        project = await apart(
            people_of(request).projects.create,
            form.get("name", "").strip(),
            card.kind,
            form.get("text", "").strip(),
            settings=settings,
            rules=rules,
            by=actor.account_id,
        )
    except InputError as error:
        return _new(request, card.kind, form, fault=str(error), status=400)
    return see(f"/projects/{project.project_id}/items", "created")


async def show_preview(request: Request) -> Response:
    """GET /projects/preview/KIND: the preview alone, which the page's script puts in place of the old one."""
    await allowed(request, "project.create")
    card = card_of(request.path_params["kind"])
    shown = preview(card.kind, {**default_form(card.kind), **request.query_params})
    return draw(request, "preview.html.j2", shown=shown)


async def overview(request: Request) -> Response:
    """GET /projects/ID."""
    actor, project = await project_of(request, "project.read")
    members = await apart(people_of(request).members.all, project.project_id)
    quality = await quality_of(request, project)
    total = lasting(sum(member.active_s for member in members))
    return draw(
        request,
        "overview.html.j2",
        project=project,
        members=members,
        steps=_steps(project, members) if actor.has(Role.LEAD) else [],
        lasting_total=total,
        quality=quality,
        judges=judge_rows(members, quality),
    )


async def set_state(request: Request) -> Response:
    """POST /projects/ID/state."""
    actor, project = await project_of(request, "project.change")
    form = await form_of(request)
    state = State(form["state"]) if form.get("state") in set(State) else State.PAUSED
    await apart(people_of(request).projects.set_state, project.project_id, state, by=actor.account_id)
    done = {State.OPEN: "opened", State.CLOSED: "closed"}.get(state, "paused")
    return see(f"/projects/{project.project_id}", done)


def whole(text: str, where: str) -> int:
    """Return a whole number that was written in a form.

    Raises:
        BadValue: it is none.
    """
    try:
        return int(text.strip())
    except ValueError:
        raise BadValue(where, got=repr(text), expected="a whole number") from None


def _new(request: Request, kind: Any, form: Any, *, fault: str = "", status: int = 200) -> Response:  # noqa: ANN401
    card = card_of(kind)
    filled = {**dict.fromkeys(("name", "text", "options", "low", "high", "step", "unit"), ""), "overlap": "1", **form}
    shown = preview(card.kind, filled)
    return draw(request, "new_project.html.j2", status=status, card=card, form=filled, shown=shown, fault=fault)


def _steps(project: Project, members: list[Member]) -> list[Step]:
    """Return what is left to set up; nothing once judges are at work."""
    here = f"/projects/{project.project_id}"
    if project.state is not State.DRAFT and members and project.n_tasks:
        return []
    facts = [
        ("Bring items", "/items", f"{project.n_tasks:,} questions so far", project.n_tasks > 0),
        ("Write instructions", "/instructions", "what judges are told", project.instructions > 0),
        ("Invite judges", "/judges", f"{len(members)} so far", bool(members)),
        ("Open to judges", "", "with the button above", project.state is not State.DRAFT),
    ]
    first = next((n for n, fact in enumerate(facts) if not fact[3]), len(facts))
    return [
        Step(name, here + tail, about, "done" if done else "now" if n == first else "later")
        for n, (name, tail, about, done) in enumerate(facts)
    ]
