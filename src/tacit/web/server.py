"""Running the application: one process, one command."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from tacit.errors import BadValue
from tacit.web.settings import ServerSettings

BACKLOG = 2048


def listen(settings: ServerSettings) -> socket.socket:
    """Return a socket that listens where the settings say.

    Raises:
        BadValue: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host.strip("[]"), settings.port))
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        where = f"--host {settings.host} --port {settings.port}"
        do = "Name another, such as --port 8001"
        raise BadValue(where, got=str(error), expected="an address and a port that are free", do=do) from None
    return listening


def run(
    app: ASGIApp, settings: ServerSettings, listening: socket.socket, ready: Callable[[], None] | None = None
) -> None:
    """Serve until the process is told to stop; requests that have begun are finished first.

    Args:
        app: what answers.
        settings: of the server.
        listening: from `listen`.
        ready: called when requests are answered.
    """
    # What was loaded to start lives as long as the process: collecting it again and again would only make judges wait.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    _Server(make_config(app, settings), ready).run(sockets=[listening])


def make_config(app: ASGIApp, settings: ServerSettings) -> uvicorn.Config:
    """Return how uvicorn runs the application."""
    return uvicorn.Config(
        app,
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # the application reads what one declared proxy says, and from nobody else
        ws="none",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.private_key,
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._ready is not None:
            self._ready()
