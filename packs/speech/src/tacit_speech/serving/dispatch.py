"""Batch Dispatch: requests are answered in batches, and a batch begins as soon as the one before it is done.

Nothing waits for a batch to become fuller. While the server is idle a request is answered alone at once; under load
those that came in during one batch are the next one, so that batches grow with the load by themselves.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from tacit.errors import BadValue, InputError

Request = TypeVar("Request")
Answer = TypeVar("Answer")

MOST_IN_BATCH = 10
MOST_WAITING = 200
REMEMBERED = 10_000


class Overloaded(InputError):
    """More wait than are let in: the caller should come again later."""


@dataclass(frozen=True)
class Load:
    """How the last requests fared.

    Args:
        n: how many requests.
        median_s: latency that half of them did not exceed, from submission to answer. p98_s: that 98 in 100 did not.
        mean_batch: requests a batch, on average over batches.
        waiting: how many wait now.
    """

    n: int
    median_s: float
    p98_s: float
    mean_batch: float
    waiting: int


class BatchDispatcher(Generic[Request, Answer]):
    """Answers requests in eager batches, in one thread of its own, as an asynchronous context manager.

    Args:
        answer: requests → as many answers, in their order; an answer may be an exception, which its own submitter gets.
        most_in_batch: the largest batch.
        most_waiting: requests beyond this many are refused.

    Raises:
        BadValue: a number below 1.

    Source: Amodei et al. 2016, section 7 (Batch Dispatch), arXiv:1512.02595.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Request]], Sequence[Answer | Exception]],
        *,
        most_in_batch: int = MOST_IN_BATCH,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        for name, value in (("most_in_batch", most_in_batch), ("most_waiting", most_waiting)):
            if value < 1:
                raise BadValue(f"BatchDispatcher, {name}", got=value, expected="1 or more")
        self._answer, self._most_in_batch, self._most_waiting = answer, most_in_batch, most_waiting
        self._waiting: deque[tuple[Request, asyncio.Future[Answer], float]] = deque()
        self._arrived = asyncio.Event()
        self._latencies: deque[float] = deque(maxlen=REMEMBERED)
        self._batches: deque[int] = deque(maxlen=REMEMBERED)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="batch")
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> BatchDispatcher[Request, Answer]:
        """Begin to answer."""
        self._task = asyncio.create_task(self._dispatch())
        return self

    async def __aexit__(self, *stopped_by: object) -> None:
        """Finish the batch that runs, and refuse those that wait."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown()
        while self._waiting:
            refused = self._waiting.popleft()[1]
            if not refused.done():
                refused.set_exception(self._overloaded("a server that is stopping"))

    async def submit(self, request: Request) -> Answer:
        """Return the answer to a request, in the next batch that has room.

        Raises:
            Overloaded: too many wait already, or the server is stopping.
        """
        if len(self._waiting) >= self._most_waiting:
            raise self._overloaded(f"{len(self._waiting)} requests that wait already")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future, time.monotonic()))
        self._arrived.set()
        return await future

    def load(self) -> Load:
        """Return how the last requests fared; latencies are 0 before the first."""
        latencies = np.array(self._latencies) if self._latencies else np.zeros(1)
        batches = np.array(self._batches) if self._batches else np.zeros(1)
        median, late = np.quantile(latencies, [0.5, 0.98]).tolist()
        return Load(len(self._latencies), median, late, float(batches.mean()), len(self._waiting))

    async def _dispatch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most_in_batch))]
            if not self._waiting:
                self._arrived.clear()
            batch = [one for one in batch if not one[1].done()]  # whoever has gone away needs no answer
            if not batch:
                continue
            running = loop.run_in_executor(self._thread, self._answered, [request for request, _, _ in batch])
            try:
                answers = await asyncio.shield(running)
            except asyncio.CancelledError:
                self._hand_out(batch, await running)
                raise
            self._hand_out(batch, answers)

    def _answered(self, requests: Sequence[Request]) -> Sequence[Answer | Exception]:
        try:
            return self._answer(requests)
        except Exception as error:  # noqa: BLE001 (each of those who asked is told, and the next batch goes on)
            return [error] * len(requests)

    def _hand_out(
        self, batch: Sequence[tuple[Request, asyncio.Future[Answer], float]], answers: Sequence[Answer | Exception]
    ) -> None:
        now = time.monotonic()
        self._batches.append(len(batch))
        for (_, future, since), answer in zip(batch, answers, strict=True):
            self._latencies.append(now - since)
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _overloaded(self, got: str) -> Overloaded:
        return Overloaded("recogniser", got=got, expected=f"at most {self._most_waiting} waiting", do="Ask again later")
