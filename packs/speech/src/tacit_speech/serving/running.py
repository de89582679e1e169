"""Running the server: one process, one command."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from tacit.errors import BadValue

MESSAGE_BYTES = 2**20
"""Largest message of a stream: half a minute at 16 kHz."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: an address of this machine.
        port: 0 for any that is free.

    Raises:
        BadValue: the port is taken, or the address is not this machine's.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except (OSError, OverflowError) as error:
        listening.close()
        do = "Name another, such as --port 8101"
        where = f"--host {host} --port {port}"
        raise BadValue(where, got=str(error), expected="an address and a port that are free", do=do) from None
    return listening


def run(app: ASGIApp, listening: socket.socket, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until the process is told to stop; batches that have begun are finished first.

    Args:
        app: what answers.
        listening: from `listen`.
        ready: called when requests are answered.
    """
    config = uvicorn.Config(
        app,
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )
    _Server(config, ready).run(sockets=[listening])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
