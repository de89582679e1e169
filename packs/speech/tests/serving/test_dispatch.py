"""Requests are answered in batches, and none waits for a batch to fill."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tacit.errors import BadValue
from tacit_speech.serving.dispatch import BatchDispatcher, Overloaded

PATIENCE_S = 60.0


def run(story):
    """Run a story in an event loop of a thread of its own: the tests' main thread may hold the loop of a browser."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(asyncio.wait_for(story(), PATIENCE_S))).result()


class Gate:
    """Doubles numbers, once it is let; keeps the batches that it was given."""

    def __init__(self, *, is_open=False):
        self.batches, self._open = [], threading.Event()
        self.begun = threading.Semaphore(0)
        if is_open:
            self.open()

    def open(self):
        self._open.set()

    def __call__(self, numbers):
        self.batches.append(list(numbers))
        self.begun.release()
        assert self._open.wait(PATIENCE_S)
        return [ValueError(f"{n} is odd") if n % 2 else 2 * n for n in numbers]

    async def has_begun(self):
        await asyncio.get_running_loop().run_in_executor(None, self.begun.acquire)


def test_a_request_to_an_idle_server_is_answered_alone():
    gate = Gate(is_open=True)

    async def story():
        async with BatchDispatcher(gate) as dispatcher:
            return [await dispatcher.submit(2), await dispatcher.submit(4)]

    assert run(story) == [4, 8]
    assert gate.batches == [[2], [4]]


def test_what_comes_in_during_a_batch_is_the_next_one_up_to_the_most():
    gate = Gate()

    async def story():
        async with BatchDispatcher(gate, most_in_batch=3) as dispatcher:
            first = asyncio.create_task(dispatcher.submit(0))
            await gate.has_begun()
            others = [asyncio.create_task(dispatcher.submit(2 * n)) for n in range(1, 5)]
            await asyncio.sleep(0)
            gate.open()
            answers = [await first, *[await other for other in others]]
            return answers, dispatcher.load()

    answers, load = run(story)
    assert answers == [0, 4, 8, 12, 16]
    assert gate.batches == [[0], [2, 4, 6], [8]]
    assert load.n == 5
    assert load.mean_batch == pytest.approx(5 / 3)
    assert load.p98_s >= load.median_s > 0


def test_a_fault_reaches_the_one_who_asked_and_nobody_else():
    async def story():
        gate = Gate()
        async with BatchDispatcher(gate) as dispatcher:
            first = asyncio.create_task(dispatcher.submit(0))
            await gate.has_begun()
            both = [asyncio.create_task(dispatcher.submit(n)) for n in (2, 3)]
            await asyncio.sleep(0)
            gate.open()
            await first
            return await asyncio.gather(*both, return_exceptions=True)

    answer, fault = run(story)
    assert answer == 4
    assert str(fault) == "3 is odd"


def test_a_batch_that_fails_as_a_whole_does_not_stop_the_next():
    calls = []

    def answer(numbers):
        calls.append(numbers)
        if len(calls) == 1:
            raise RuntimeError("out of memory")
        return list(numbers)

    async def story():
        async with BatchDispatcher(answer) as dispatcher:
            with pytest.raises(RuntimeError, match="out of memory"):
                await dispatcher.submit(1)
            return await dispatcher.submit(2)

    assert run(story) == 2


def test_those_beyond_the_most_that_wait_are_refused():
    gate = Gate()

    async def story():
        async with BatchDispatcher(gate, most_waiting=2) as dispatcher:
            tasks = [asyncio.create_task(dispatcher.submit(0))]
            await gate.has_begun()
            tasks += [asyncio.create_task(dispatcher.submit(n)) for n in (2, 4)]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded, match="at most 2 waiting"):
                await dispatcher.submit(6)
            gate.open()
            return [await task for task in tasks]

    assert run(story) == [0, 4, 8]


def test_who_goes_away_is_not_answered():
    gate = Gate()

    async def story():
        async with BatchDispatcher(gate) as dispatcher:
            first = asyncio.create_task(dispatcher.submit(0))
            await gate.has_begun()
            gone, stays = (asyncio.create_task(dispatcher.submit(n)) for n in (2, 4))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            gate.open()
            return await first, await stays

    assert run(story) == (0, 8)
    assert gate.batches == [[0], [4]]


def test_a_stopping_server_finishes_its_batch_and_refuses_the_rest():
    gate = Gate()

    async def story():
        dispatcher = BatchDispatcher(gate, most_in_batch=1)
        await dispatcher.__aenter__()
        running = asyncio.create_task(dispatcher.submit(2))
        await gate.has_begun()
        waiting = asyncio.create_task(dispatcher.submit(4))
        await asyncio.sleep(0)
        stopping = asyncio.create_task(dispatcher.__aexit__(None, None, None))
        await asyncio.sleep(0)
        gate.open()
        await stopping
        return await asyncio.gather(running, waiting, return_exceptions=True)

    answer, refused = run(story)
    assert answer == 4
    assert isinstance(refused, Overloaded)


def test_a_batch_of_none_is_refused():
    with pytest.raises(BadValue, match="most_in_batch"):
        BatchDispatcher(lambda requests: requests, most_in_batch=0)
