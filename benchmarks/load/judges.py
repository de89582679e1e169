"""Simulated judges over HTTP: ``python benchmarks/load/judges.py ADDRESS SECRETS --connections 50 --seconds 20``.

Each request hands in one answer and takes the next question along, as the judging page does. Closed: every connection
sends its next request when it has the answer to the last, which finds what the server can bear. Open, with ``--rate``:
requests fall due by a Poisson process whether or not the server keeps up, each of one judge in turn, and the time of
each counts from when it was due, so that waiting in line is not left out.

Prints one JSON object. The client is plain sockets and fixed headers, so that most of the machine is the server's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Protocol
from urllib.parse import urlsplit

import numpy as np


class Connection(asyncio.Protocol):
    """One kept-open connection, one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._waiting: asyncio.Future[bytes] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to send."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand over a response once it is whole."""
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        at = lower.index(b"content-length:") + 15
        length = int(lower[at:].split(b"\r\n", 1)[0])
        if len(rest) >= length and self._waiting is not None:
            waiting, self._waiting, self._buffer = self._waiting, None, rest[length:]
            waiting.set_result(head[9:12] + rest[:length])

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionError("closed"))

    @property
    def closed(self) -> bool:
        """Whether the other side has gone."""
        return self.transport is None or self.transport.is_closing()

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        """Send a request and return what will hold status and body."""
        self._waiting = asyncio.get_running_loop().create_future()
        if self.transport is None or self.closed:
            self._waiting.set_exception(ConnectionError("closed"))
        else:
            self.transport.write(request)
        return self._waiting


class Judge:
    """One judge: a session, and the question in front of them."""

    def __init__(self, number: int, secret: str, host: str, run: str) -> None:
        self.number, self._run, self._n = number, run, 0
        self._head = (
            f"Host: {host}\r\nCookie: tacit={secret}\r\nSec-Fetch-Site: same-origin\r\nAccept: application/json\r\n"
        )
        self.lease: str | None = None
        self.acknowledged: list[str] = []

    def request(self, random: Random) -> bytes:
        """Return the bytes of the next request: an answer with the wish for one more, or that wish alone."""
        if self.lease is None:
            return f"GET /api/next?n=1 HTTP/1.1\r\n{self._head}\r\n".encode()
        self._n += 1
        side = "left" if random.random() < 0.5 else "right"
        key = f"{self._run}-{self.number}-{self._n}"
        body = (
            f'{{"answers":[{{"key":"{key}","lease":"{self.lease}","outcome":"answered","answer":"{side}",'
            f'"duration_s":1.2}}],"next":1}}'
        )
        return (
            f"POST /api/answers HTTP/1.1\r\n{self._head}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def hear(self, response: bytes) -> bool:
        """Take a response in, and return whether it brought what was wanted."""
        if response[:3] != b"200":
            return False
        reply = json.loads(response[3:])
        self.acknowledged += [one["judgment_id"] for one in reply.get("accepted", ())]
        went_well = not reply.get("refused")
        questions = reply["questions"]
        self.lease = questions[0]["lease"] if questions else None
        return went_well and bool(questions)


class Asks(Protocol):
    """What the loop needs of a judge, of whichever server."""

    lease: str | None

    def request(self, random: Random) -> bytes:
        """Return the bytes of the next request."""
        ...

    def hear(self, response: bytes) -> bool:
        """Take a response in, and return whether it brought what was wanted."""
        ...


async def connect(address: str) -> Connection:
    """Open a connection."""
    parts = urlsplit(address)
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, str(parts.hostname), int(parts.port or 80)
    )
    return connection


async def closed_loop(
    address: str, judges: Sequence[Asks], n_connections: int, seconds: float, random: Random, *, announce: bool
) -> dict[str, float]:
    """Let connections send as fast as they are answered."""
    took: list[float] = []
    n_answers = n_errors = 0
    share = [judges[i::n_connections] for i in range(n_connections)]
    end = time.perf_counter() + seconds

    async def work(mine: Sequence[Asks]) -> None:
        nonlocal n_answers, n_errors
        connection, at = await connect(address), 0
        while time.perf_counter() < end and not connection.closed:
            judge = mine[at % len(mine)]
            at += 1
            answering = judge.lease is not None
            began = time.perf_counter()
            try:
                response = await connection.ask(judge.request(random))
            except OSError:  # the server is gone
                n_errors += 1
                return
            took.append(time.perf_counter() - began)
            if judge.hear(response):
                n_answers += answering
                if announce and answering and n_answers == 1:
                    print("begun", flush=True)
            else:
                n_errors += 1

    began = time.perf_counter()
    await asyncio.gather(*(work(mine) for mine in share))
    spent = time.perf_counter() - began
    return {"answers_per_s": n_answers / spent, "errors": n_errors, **_summary(took), "seconds": spent}


async def open_loop(address: str, judges: list[Judge], rate: float, seconds: float, random: Random) -> dict[str, float]:
    """Send requests when they fall due, whatever the server does."""
    took: list[float] = []
    n_answers = n_errors = longest = 0
    idle = deque(judges)
    spare: list[Connection] = []
    busy: set[asyncio.Task[None]] = set()

    async def work(judge: Judge, due: float) -> None:
        nonlocal n_answers, n_errors
        while spare and spare[-1].closed:  # the server lets go of what has been idle for long, as of a browser's
            spare.pop()
        connection = spare.pop() if spare else await connect(address)
        answering = judge.lease is not None
        try:
            heard = judge.hear(await connection.ask(judge.request(random)))
            spare.append(connection)
        except OSError:
            heard = False
        took.append(time.perf_counter() - due)
        n_answers += answering and heard
        n_errors += not heard
        idle.append(judge)

    began = due = time.perf_counter()
    n_due = n_late = 0
    while due < began + seconds:
        due += random.expovariate(rate)
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        n_due += 1
        if not idle:  # every judge waits for an answer: the server has fallen that far behind
            n_late += 1
            continue
        task = asyncio.create_task(work(idle.popleft(), due))
        busy.add(task)
        task.add_done_callback(busy.discard)
        longest = max(longest, len(busy))
    backlog = len(busy)
    await asyncio.gather(*busy)
    spent = time.perf_counter() - began
    counts = {"offered_per_s": n_due / seconds, "answers_per_s": n_answers / spent, "errors": n_errors}
    return {
        **counts,
        "never_sent": n_late,
        "backlog": backlog,
        "most_at_once": longest,
        **_summary(took),
        "seconds": spent,
    }


def _summary(took: list[float]) -> dict[str, float]:
    ms = np.sort(np.array(took)) * 1e3
    return {
        "requests": len(ms),
        "p50_ms": float(np.quantile(ms, 0.5)),
        "p99_ms": float(np.quantile(ms, 0.99)),
        "p999_ms": float(np.quantile(ms, 0.999)),
        "max_ms": float(ms[-1]),
    }


def main() -> None:
    """Run the judges and print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("address")
    parser.add_argument("secrets", type=Path)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--acknowledged", type=Path, help="where to write the judgments that were acknowledged")
    arguments = parser.parse_args()
    host = urlsplit(arguments.address).netloc
    run = f"{arguments.seed}-{time.time_ns()}"
    secrets = json.loads(arguments.secrets.read_text())
    judges = [Judge(number, secret, host, run) for number, secret in enumerate(secrets)]
    random = Random(arguments.seed)  # noqa: S311  no secret hangs on it
    if arguments.rate is None:
        measured = asyncio.run(
            closed_loop(
                arguments.address,
                judges,
                arguments.connections,
                arguments.seconds,
                random,
                announce=arguments.acknowledged is not None,
            )
        )
    else:
        measured = asyncio.run(open_loop(arguments.address, judges, arguments.rate, arguments.seconds, random))
    if arguments.acknowledged is not None:
        kept = [judgment_id for judge in judges for judgment_id in judge.acknowledged]
        arguments.acknowledged.write_text(json.dumps(kept), encoding="utf-8")
    print(json.dumps({**measured, "client_cpu_s": time.process_time()}))


if __name__ == "__main__":
    main()
