"""What a page's handler is given: the store, who asks, the project of the address, the form that was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from starlette.requests import Request

from tacit.store import Store
from tacit.store.people import Actor, People, Project
from tacit.web.asking import actor_of
from tacit.web.authorize import authorize

Given = ParamSpec("Given")
Result = TypeVar("Result")


def store_of(request: Request) -> Store:
    """Return the open store that is served."""
    store: Store = request.app.state.store
    return store


def people_of(request: Request) -> People:
    """Return the people at work in the store."""
    return store_of(request).people


async def allowed(request: Request, action: str, project: Project | None = None) -> Actor:
    """Return who asks, who may do `action`.

    Raises:
        NotSignedIn, NotAllowed, UnknownName: as `tacit.web.authorize.authorize`.
    """
    return authorize(await actor_of(request), action, project)


async def apart(work: Callable[Given, Result], *arguments: Given.args, **options: Given.kwargs) -> Result:
    """Do `work` in a thread, so that others are answered meanwhile."""
    return await asyncio.to_thread(work, *arguments, **options)


async def project_of(request: Request, action: str) -> tuple[Actor, Project]:
    """Return who asks, and the project in the address, in which they may do `action`.

    Raises:
        NotSignedIn, NotAllowed: as `tacit.web.authorize.authorize`.
        UnknownName: no such project, or one in which a reviewer does not work.
    """
    await allowed(request, action)  # before anything is looked up, so that nobody learns what there is
    project = await apart(people_of(request).projects.get, request.path_params["project_id"])
    return await allowed(request, action, project), project


async def form_of(request: Request) -> Mapping[str, str]:
    """Return the fields of a form of texts, the last where a name repeats."""
    form = await request.form(max_files=0, max_fields=1000, max_part_size=1_000_000)
    return {name: value.replace("\r\n", "\n") for name, value in form.items() if isinstance(value, str)}
