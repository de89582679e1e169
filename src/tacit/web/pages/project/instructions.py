"""The instructions of a project: written in Markdown, shown as judges will see them, every version kept."""

from __future__ import annotations

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tacit.errors import BadValue, Conflict, InputError
from tacit.store.people import Instructions, Project
from tacit.web.pages.context import apart, form_of, people_of, project_of
from tacit.web.pages.drawing import draw, see
from tacit.web.pages.markup import LONGEST_CHARACTERS, safe_html

START = """# What this is about

Say in a sentence or two what the items are, and what the answers are for.

# How to answer

- Say what makes one answer right, with an example.
- Say what to do when in doubt: *can't tell* is an answer too.
"""


async def show_instructions(request: Request) -> Response:
    """GET /projects/ID/instructions."""
    _, project = await project_of(request, "project.change")
    versions = await apart(people_of(request).projects.instructions, project.project_id)
    wanted = request.query_params.get("version", "")
    chosen = next((one for one in versions if str(one.version) == wanted), versions[0] if versions else None)
    text = chosen.text if chosen else START
    return _page(request, project, versions, text=text, shown=chosen.html if chosen else "")


async def save_instructions(request: Request) -> Response:
    """POST /projects/ID/instructions."""
    actor, project = await project_of(request, "project.change")
    form = await form_of(request)
    text = form.get("text", "").strip()
    projects = people_of(request).projects
    versions = await apart(projects.instructions, project.project_id)
    if form.get("only") == "preview":
        return _page(request, project, versions, text=text, shown=safe_html(text[:LONGEST_CHARACTERS]), new=True)
    try:
        if not text or len(text) > LONGEST_CHARACTERS or "\0" in text:
            raise BadValue("instructions", got=f"{len(text)} characters", expected=f"1 to {LONGEST_CHARACTERS:,}")
        version = int(form.get("version", "0")) if form.get("version", "0").isdigit() else 0
        html = safe_html(text)
        await apart(projects.add_instructions, project.project_id, text, html, version=version, by=actor.account_id)
    except Conflict:
        return _page(request, project, versions, text=text, shown=safe_html(text), new=True, status=409)
    except InputError as error:
        return _page(request, project, versions, text=text, shown="", fault=str(error), status=400)
    return see(request.url.path, "instructions")


def _page(
    request: Request,
    project: Project,
    versions: list[Instructions],
    *,
    text: str,
    shown: str,
    new: bool = False,
    fault: str = "",
    status: int = 200,
) -> Response:
    return draw(
        request,
        "instructions.html.j2",
        status=status,
        project=project,
        versions=versions,
        newest=versions[0] if versions else None,
        text=text,
        shown=Markup(shown),  # noqa: S704 (made safe by `safe_html`, when it was saved or just now)
        shown_is_new=new,
        conflict=status == 409,
        fault=fault,
    )
