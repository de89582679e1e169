"""The application with its pages, and what works beside them: batches on their way, quality that is kept up to date."""

from __future__ import annotations

import tempfile
from pathlib import Path

from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from tacit.errors import InputError, NotSignedIn
from tacit.store import Store
from tacit.web.app import create_app
from tacit.web.bringing.jobs import Jobs
from tacit.web.bringing.limits import BringingLimits
from tacit.web.pages.drawing import draw_error
from tacit.web.pages.entering import to_sign_in
from tacit.web.pages.routes import page_routes
from tacit.web.quality import LiveQuality
from tacit.web.settings import ServerSettings


class Workplace:
    """What works beside the pages of one server.

    Args:
        store: the open store. limits: what one batch of items may hold.
    """

    def __init__(self, store: Store, limits: BringingLimits) -> None:
        self._spool = tempfile.TemporaryDirectory(prefix="tacit-bringing-")
        self.limits = limits
        self.jobs = Jobs(Path(self._spool.name))
        self.quality = LiveQuality(store)

    def close(self) -> None:
        """Finish what is being kept, stop the rest, and remove all files on their way."""
        self.jobs.close()
        self.quality.close()
        self._spool.cleanup()


def create_workplace(
    store: Store,
    settings: ServerSettings | None = None,
    *,
    limits: BringingLimits | None = None,
    hasher: PasswordHasher | None = None,
) -> tuple[Starlette, Workplace]:
    """Return the whole application with all its pages, and what is to be closed with it.

    Args:
        store: what is served. settings: of the server. limits: what one batch of items may hold.
        hasher: how passwords are hashed.
    """
    settings = settings or ServerSettings()
    workplace = Workplace(store, limits or BringingLimits(batch_bytes=settings.upload_bytes))
    app = create_app(store, settings, pages=page_routes(), render_error=_error_page, hasher=hasher)
    app.state.workplace = workplace
    return app, workplace


def _error_page(request: Request, error: InputError, status: int) -> Response:
    return to_sign_in(request) if isinstance(error, NotSignedIn) else draw_error(request, error, status)
