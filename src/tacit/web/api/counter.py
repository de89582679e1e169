"""From the event loop to the desk and back: many requests wait, one writer answers them together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tacit.store.work import Desk, Reply, Visit


class Counter:
    """Awaits the desk without a thread for each request.

    Args:
        desk: of the store.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._loop: asyncio.AbstractEventLoop | None = None

    async def visit(self, visit: Visit) -> Reply:
        """Serve one visit; when this returns it is on disk.

        Raises:
            InputError: it was turned away. CannotWrite: nothing of it was kept.
        """
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply] = self._loop.create_future()
        self._desk.submit(visit, future, self._deliver)
        return await future

    def _deliver(self, pairs: Sequence[tuple[Any, Reply | BaseException]]) -> None:
        """Wake all that waited for one transaction, with one call into the loop."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(_wake, pairs)


def _wake(pairs: Sequence[tuple[asyncio.Future[Reply], Reply | BaseException]]) -> None:
    for future, result in pairs:
        if future.done():  # the browser has gone away; what it sent is kept all the same
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
