"""Templates: everything that is put into a page is escaped, always."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse


@cache
def environment() -> Environment:
    """Return where templates are found."""
    loader = PackageLoader("tacit.web", "templates")
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)


def render(template: str, *, status: int = 200, **context: object) -> HTMLResponse:
    """Return a page."""
    return HTMLResponse(environment().get_template(template).render(context), status_code=status)
