"""People, programs and the log of what was changed: what concerns the whole workspace."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from tacit.errors import BadValue, InputError, NotAllowed
from tacit.store.people import SCOPES, Actor, Role
from tacit.web.pages.context import allowed, apart, form_of, people_of
from tacit.web.pages.drawing import draw, see
from tacit.web.pages.project.judges import entrance

SCOPE_WORDS = {"judge": "answer questions", "read": "read items, exports and quality", "write": "change projects"}
ENTRIES_PER_PAGE = 100


async def show_accounts(request: Request) -> Response:
    """GET /accounts."""
    actor = await allowed(request, "accounts.read")
    return await _accounts(request, actor)


async def invite_colleague(request: Request) -> Response:
    """POST /accounts/invite."""
    actor = await allowed(request, "invite.lead")
    form = await form_of(request)
    role = _role_below(actor, form.get("role", ""))
    secret, _ = await apart(people_of(request).invites.make, role, by=actor.account_id)
    head = f"Send this link to {'an' if role == Role.OWNER else 'a'} {role}"
    return await _accounts(request, actor, link=entrance(request, secret), head=head)


async def revoke_invite(request: Request) -> Response:
    """POST /accounts/invite/revoke."""
    actor = await allowed(request, "invite.lead")
    form = await form_of(request)
    await apart(people_of(request).invites.revoke, form.get("invite", ""), by=actor.account_id)
    return see("/accounts", "revoked")


async def make_token(request: Request) -> Response:
    """POST /accounts/token: for a program, made with it."""
    actor = await allowed(request, "tokens.change")
    form = await form_of(request)
    people = people_of(request)
    try:
        scopes = [scope for scope in SCOPES if f"scope_{scope}" in form]
        role = _role_below(actor, form.get("role", ""))
        name = form.get("name", "").strip()
        program = await apart(people.accounts.add_program, name, role, by=actor.account_id)
        secret, _ = await apart(people.credentials.make_token, program.account_id, scopes, by=actor.account_id)
    except InputError as error:
        return await _accounts(request, actor, fault=str(error), status=400)
    return await _accounts(request, actor, link=secret, head=f"The token of {name}")


async def revoke_token(request: Request) -> Response:
    """POST /accounts/token/revoke."""
    actor = await allowed(request, "tokens.change")
    form = await form_of(request)
    await apart(people_of(request).credentials.revoke_token, form.get("token", ""), by=actor.account_id)
    return see("/accounts", "revoked")


async def show_account(request: Request) -> Response:
    """GET /accounts/ACCOUNT."""
    actor = await allowed(request, "accounts.read")
    return await _account(request, actor, request.path_params["account_id"])


async def change_role(request: Request) -> Response:
    """POST /accounts/ACCOUNT/role."""
    actor = await allowed(request, "accounts.change")
    account_id = request.path_params["account_id"]
    form = await form_of(request)
    version = int(form.get("version", "0")) if form.get("version", "0").isdigit() else 0
    try:
        role = _role_below(actor, form.get("role", ""))
        await apart(people_of(request).accounts.set_role, account_id, role, version=version, by=actor.account_id)
    except InputError as error:
        status = 409 if "version" in str(error.got) else 400
        return await _account(request, actor, account_id, fault=str(error), status=status)
    return see(f"/accounts/{account_id}", "saved")


async def change_access(request: Request) -> Response:
    """POST /accounts/ACCOUNT/disable or …/enable."""
    actor = await allowed(request, "accounts.change")
    account_id = request.path_params["account_id"]
    accounts = people_of(request).accounts
    act = accounts.disable if request.url.path.endswith("/disable") else accounts.enable
    try:
        await apart(act, account_id, by=actor.account_id)
    except BadValue as error:
        return await _account(request, actor, account_id, fault=str(error), status=400)
    return see(f"/accounts/{account_id}", "saved")


async def forget_account(request: Request) -> Response:
    """POST /accounts/ACCOUNT/forget: who it is goes, what was answered stays."""
    actor = await allowed(request, "accounts.change")
    account_id = request.path_params["account_id"]
    form = await form_of(request)
    accounts = people_of(request).accounts
    account = await apart(accounts.get, account_id)
    try:
        if form.get("confirm", "") != account.name:
            raise BadValue(
                "confirmation", got=repr(form.get("confirm", "")), expected="the name, as it is written above"
            )
        await apart(accounts.forget, account_id, by=actor.account_id)
    except BadValue as error:
        return await _account(request, actor, account_id, fault=str(error), status=400)
    return see(f"/accounts/{account_id}", "forgotten")


async def show_audit(request: Request) -> Response:
    """GET /audit."""
    await allowed(request, "audit.read")
    people = people_of(request)
    before = request.query_params.get("before", "")
    number = int(before) if before.isdigit() and len(before) < 18 else None
    entries = await apart(people.audit.entries, before=number, n=ENTRIES_PER_PAGE)
    checked = request.query_params.get("check") == "1"
    broken = await apart(people.audit.first_broken) if checked else None
    names = {one.account_id: one.name or "forgotten" for one in await apart(people.accounts.all)}
    names |= {one.project_id: one.name for one in await apart(people.projects.all)}
    older = entries[-1].sequence if len(entries) == ENTRIES_PER_PAGE and entries[-1].sequence > 1 else 0
    return draw(request, "audit.html.j2", entries=entries, names=names, older=older, broken=broken, checked=checked)


def _role_below(actor: Actor, name: str) -> Role:
    """Return the role of this name, which nobody may give who does not have it."""
    if name not in set(Role):
        raise BadValue("role", got=repr(name), expected=", ".join(Role))
    role = Role(name)
    if not actor.has(role):
        raise NotAllowed("this role", got=f"the role {actor.role}", expected=f"{role} or above")
    return role


async def _accounts(
    request: Request, actor: Actor, *, link: str = "", head: str = "", fault: str = "", status: int = 200
) -> Response:
    people = people_of(request)
    now = people.access.now()
    accounts = await apart(people.accounts.all)
    invites = [
        one
        for one in await apart(people.invites.all)
        if one.uses_left and not one.revoked_at_s and one.expires_at_s > now
    ]
    owner = actor.has(Role.OWNER)
    tokens = [one for one in await apart(people.credentials.tokens) if not one.revoked_at_s] if owner else []
    return draw(
        request,
        "accounts.html.j2",
        status=status,
        accounts=accounts,
        invites=invites,
        tokens=tokens,
        names={one.account_id: one.name or "forgotten" for one in accounts},
        roles=[role for role in (Role.REVIEWER, Role.LEAD, Role.OWNER) if actor.has(role)],
        token_roles=[role for role in Role if actor.has(role)],
        scopes=list(SCOPE_WORDS.items()),
        manages=owner,
        link=link,
        link_head=head,
        fault=fault,
    )


async def _account(request: Request, actor: Actor, account_id: str, *, fault: str = "", status: int = 200) -> Response:
    account = await apart(people_of(request).accounts.get, account_id)
    return draw(
        request,
        "account.html.j2",
        status=status,
        account=account,
        own=account_id == actor.account_id,
        manages=actor.has(Role.OWNER),
        roles=list(Role),
        fault=fault,
    )
