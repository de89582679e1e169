"""The desk where judges hand in answers and get questions: visits that come together share one transaction.

A visit is answered when its transaction is on disk. While the disk is waited for, more visits gather, and go together
next: with fifty judges a flush is paid once for fifty answers, and each statement too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from random import Random
from threading import Lock
from typing import Any

from sqlalchemy import Connection

from tacit.errors import InputError, TacitError, UnknownName
from tacit.store.people.access import Access
from tacit.store.people.actor import Actor
from tacit.store.work.admission import actors_of, judging
from tacit.store.work.leases import leases_named, release, renew, shorten_leases_from_the_future
from tacit.store.work.leasing import Leasing
from tacit.store.work.ledger import Ledger
from tacit.store.work.serving import Result, serve
from tacit.store.work.showing import Showing
from tacit.store.work.undo import take_back
from tacit.store.work.visit import Credential, Leased, Reply, Visit

MOST_VISITS = 256  # in one transaction

Deliver = Callable[[Sequence[tuple[Any, Result | BaseException]]], None]


class Desk:
    """Serves judges.

    Args:
        access: the open database.
        seed: of sides, orders and checks; None for draws that nobody can tell beforehand.
    """

    def __init__(self, access: Access, seed: int | None = None) -> None:
        self._access, self._random, self._showing = access, Random(seed), Showing(access.folder)  # noqa: S311  draws
        self._waiting: deque[tuple[Visit, Any, Deliver]] = deque()
        self._lock = Lock()
        self._scheduled = False

    def visit(self, visit: Visit) -> Reply:
        """Serve one visit, and return when it is on disk.

        Raises:
            InputError: it was turned away. CannotWrite: nothing of it was kept.
        """
        future: Future[Reply] = Future()
        self.submit(visit, future, _resolve)
        return future.result()

    def submit(self, visit: Visit, ticket: object, deliver: Deliver) -> None:
        """Have a visit served, and return at once.

        Args:
            visit: what is wanted.
            ticket: handed to `deliver` beside the result.
            deliver: called in the writer's thread with the (ticket, reply or error) of visits served together.

        Raises:
            StoreError: the store has been closed.
        """
        with self._lock:
            self._waiting.append((visit, ticket, deliver))
            if self._scheduled:
                return
            self._scheduled = True
        self._schedule()

    def serve_now(self, connection: Connection, visits: Sequence[Visit]) -> list[Result]:
        """Serve visits in the transaction of `connection`; they are on disk when that is."""
        return serve(connection, self._access.now(), visits, self._showing, self._random)

    def undo(self, credential: Credential, *, key: str, judgment_id: str) -> tuple[str, Leased]:
        """Take back one of the last answers; see `tacit.store.work.undo.take_back`."""

        def undo(connection: Connection) -> tuple[str, Leased]:
            ledger, actor = self._admitted(connection, credential)
            leasing = Leasing(ledger, self._showing, self._random)
            return take_back(ledger, actor, leasing, self._showing, key=key, judgment_id=judgment_id)

        return self._access.write(undo)

    def renew(self, credential: Credential, lease_ids: Sequence[str]) -> dict[str, float]:
        """Keep questions that are out for longer, and return lease → when each ends now, but for those that are over.

        Raises:
            NotSignedIn, NotAllowed: nobody who judges.
        """

        def keep(connection: Connection) -> dict[str, float]:
            ledger, mine = self._out(connection, credential, lease_ids)
            renew(ledger, mine)
            ledger.flush()
            return {lease["lease_id"]: lease["expires_at_s"] for lease in mine}

        return self._access.write(keep)

    def release(self, credential: Credential, lease_ids: Sequence[str]) -> list[str]:
        """Give questions back unanswered, and return the leases that were out.

        Raises:
            NotSignedIn, NotAllowed: nobody who judges.
        """

        def give_back(connection: Connection) -> list[str]:
            ledger, mine = self._out(connection, credential, lease_ids)
            release(ledger, mine)
            ledger.flush()
            return [lease["lease_id"] for lease in mine]

        return self._access.write(give_back)

    def begin(self) -> None:
        """Look after leases that an earlier process left: call once when serving begins."""
        now = self._access.now()
        self._access.write(lambda connection: shorten_leases_from_the_future(connection, now))

    def _schedule(self, alone: tuple[Visit, Any, Deliver] | None = None) -> None:
        """Have the visits that wait served together, or one by itself."""
        batch: list[tuple[Visit, Any, Deliver]] = [] if alone is None else [alone]

        def job(connection: Connection) -> list[Result]:
            if not batch:  # else the transaction failed, and this is the second try
                self._gather(batch)
            return self.serve_now(connection, [visit for visit, _, _ in batch])

        def told(done: Future[list[Result]]) -> None:
            error = done.exception()
            if error and not batch:  # the transaction could not even begin
                self._gather(batch)
            if error and not isinstance(error, TacitError) and len(batch) > 1:
                for (
                    one
                ) in batch:  # a fault of ours that one visit brought out must not keep the others from being served
                    self._schedule(one)
                return
            results: Sequence[Result | BaseException] = [error] * len(batch) if error else done.result()
            for deliver in {id(one): one for _, _, one in batch}.values():
                pairs = zip(batch, results, strict=True)
                deliver([(ticket, result) for (_, ticket, own), result in pairs if own is deliver])

        self._access.submit(job).add_done_callback(told)

    def _gather(self, batch: list[tuple[Visit, Any, Deliver]]) -> None:
        with self._lock:
            while self._waiting and len(batch) < MOST_VISITS:
                batch.append(self._waiting.popleft())
            more = self._scheduled = bool(self._waiting)
        if more:
            self._schedule()

    def _admitted(self, connection: Connection, credential: Credential) -> tuple[Ledger, Actor]:
        now = self._access.now()
        return Ledger(connection, now), judging(actors_of(connection, now, [credential]).get(credential))

    def _out(
        self, connection: Connection, credential: Credential, lease_ids: Sequence[str]
    ) -> tuple[Ledger, list[dict[str, Any]]]:
        ledger, actor = self._admitted(connection, credential)
        found = leases_named(connection, lease_ids)
        for lease_id in lease_ids:
            if lease_id not in found or found[lease_id]["account"] != actor.sequence:
                raise UnknownName("lease", lease_id[:40], (), do="It may have been given to another judge")
        mine = [one for one in found.values() if one["state"] == "out" and one["expires_at_s"] >= ledger.now]
        ledger.load_projects([lease["project"] for lease in mine])
        return ledger, mine


def _resolve(pairs: Sequence[tuple[Any, Result | BaseException]]) -> None:
    for future, result in pairs:
        if isinstance(result, InputError | BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
