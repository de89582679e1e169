"""Who works in a project: links that let them in, completion codes, the time that is paid."""

from __future__ import annotations

import csv
import io

from starlette.requests import Request
from starlette.responses import Response

from tacit.errors import InputError, UnknownName
from tacit.store.people import Invite, Project, Role
from tacit.web.pages.context import apart, form_of, people_of, project_of
from tacit.web.pages.drawing import draw, see
from tacit.web.pages.project.projects import whole

DAY_S = 86400.0


async def show_judges(request: Request) -> Response:
    """GET /projects/ID/judges."""
    _, project = await project_of(request, "members.change")
    return await _page(request, project)


async def invite_judges(request: Request) -> Response:
    """POST /projects/ID/judges: make a link, which is shown once."""
    actor, project = await project_of(request, "invite.judge")
    form = await form_of(request)
    try:
        uses = whole(form.get("uses", ""), "people")
        lifetime_s = DAY_S * whole(form.get("days", ""), "days")
        secret, invite = await apart(
            people_of(request).invites.make,
            Role.JUDGE,
            project_id=project.project_id,
            by=actor.account_id,
            uses=uses,
            lifetime_s=lifetime_s,
        )
    except InputError as error:
        return await _page(request, project, fault=str(error), status=400)
    return await _page(request, project, link=entrance(request, secret), about=_about(invite))


async def revoke_invite(request: Request) -> Response:
    """POST /projects/ID/judges/revoke."""
    actor, project = await project_of(request, "invite.judge")
    form = await form_of(request)
    await apart(people_of(request).invites.revoke, form.get("invite", ""), by=actor.account_id)
    return see(f"/projects/{project.project_id}/judges", "revoked")


async def remove_judge(request: Request) -> Response:
    """POST /projects/ID/judges/remove."""
    actor, project = await project_of(request, "members.change")
    form = await form_of(request)
    members = people_of(request).members
    await apart(members.remove, project.project_id, form.get("account", ""), by=actor.account_id)
    return see(f"/projects/{project.project_id}/judges", "removed")


async def make_code(request: Request) -> Response:
    """POST /projects/ID/judges/code."""
    _, project = await project_of(request, "members.change")
    form = await form_of(request)
    await apart(people_of(request).members.completion_code, project.project_id, form.get("account", ""))
    return see(f"/projects/{project.project_id}/judges", "saved")


async def make_way_back(request: Request) -> Response:
    """POST /projects/ID/judges/return: make a link by which a judge who lost the session goes on, shown once."""
    actor, project = await project_of(request, "members.change")
    form = await form_of(request)
    people = people_of(request)
    whose = form.get("account", "")
    members = await apart(people.members.all, project.project_id)
    who = next((one for one in members if one.account_id == whose and not one.left_at_s), None)
    if who is None:
        raise UnknownName("judge", whose[:40], (), do="They may have been taken out of the project")
    try:
        secret = await apart(people.credentials.way_back, whose, by=actor.account_id)
    except InputError as error:
        return await _page(request, project, fault=str(error), status=400)
    about = f"{who.name or who.labeler_id} comes back by it, once and within two days, on any device."
    return await _page(request, project, link=entrance(request, secret, "return"), about=about)


async def paid_time(request: Request) -> Response:
    """GET /projects/ID/judges/paid.csv: pseudonyms, codes and seconds, without names."""
    _, project = await project_of(request, "project.export")
    members = await apart(people_of(request).members.all, project.project_id)
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["labeler_id", "completion_code", "n_answers", "paid_s"])
    for one in members:
        n_answers = one.counts["n_valid"] + one.counts["n_surplus"] + one.counts["n_check"]
        writer.writerow([one.labeler_id, one.completion_code or "", n_answers, f"{one.active_s:.1f}"])
    headers = {"Content-Disposition": 'attachment; filename="paid_time.csv"', "Cache-Control": "no-store"}
    return Response(written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def entrance(request: Request, secret: str, way: str = "enter") -> str:
    """Return the address by which an invite lets in, or a link back, as browsers reach the server."""
    scheme = "https" if request.app.state.settings.secure else "http"
    return f"{scheme}://{request.headers['host']}/{way}/{secret}"


async def _page(
    request: Request, project: Project, *, link: str = "", about: str = "", fault: str = "", status: int = 200
) -> Response:
    people = people_of(request)
    members = await apart(people.members.all, project.project_id)
    now = people.access.now()
    invites = [
        one
        for one in await apart(people.invites.all)
        if one.project_id == project.project_id and one.uses_left and not one.revoked_at_s and one.expires_at_s > now
    ]
    return draw(
        request,
        "judges.html.j2",
        status=status,
        project=project,
        members=members,
        invites=invites,
        link=link,
        link_about=about,
        fault=fault,
    )


def _about(invite: Invite) -> str:
    return f"It lets {invite.uses_left} {'person' if invite.uses_left == 1 else 'people'} in."
