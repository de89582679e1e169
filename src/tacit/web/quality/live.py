"""Quality kept up to date while answers come in: what is new is read, and the whole computed again beside the pages.

A page never waits for it: it shows what was computed last, and asks for it anew.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import polars as pl

from tacit.judging import QuestionKind
from tacit.store import Store
from tacit.store.work.records import ANSWERS
from tacit.web.quality.computing import Quality, compute

LOG = logging.getLogger(__name__)
REST = 5.0
"""Between two computations rest at least this many times as long as the last one took."""


@dataclass
class _Kept:
    """What is kept of one project."""

    answers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ANSWERS))
    quality: Quality | None = None
    computed_at_s: float = 0.0
    took_s: float = 0.0
    fault: str = ""
    work: Future[None] | None = None


class LiveQuality:
    """The quality of all projects of a store.

    Args:
        store: the open store.
        wall: seconds since 1970-01-01 UTC.
    """

    def __init__(self, store: Store, wall: Callable[[], float] = time.time) -> None:
        self._store, self._wall = store, wall
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tacit-quality")

    def get(self, project_id: str, kind: QuestionKind, *, wait_s: float) -> tuple[Quality | None, float]:
        """Return what was computed last, and when; begin to compute it anew if it is time.

        Args:
            project_id: the project. kind: of its questions.
            wait_s: how long to wait for a computation that is under way.

        Returns:
            The quality, None if it has never been computed; and seconds since 1970-01-01 UTC.
        """
        with self._lock:
            kept = self._kept.setdefault(project_id, _Kept())
            resting = self._wall() < kept.computed_at_s + min(REST * kept.took_s, 600.0)
            if kept.work is None or (kept.work.done() and not resting):
                kept.work = self._worker.submit(self._compute, project_id, kind, kept)
            work = kept.work
        with suppress(TimeoutError):  # then the page shows what was computed before
            work.result(timeout=wait_s)
        return kept.quality, kept.computed_at_s

    def close(self) -> None:
        """Stop computing."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def fault(self, project_id: str) -> str:
        """Return why the last computation failed, in a sentence; empty if it did not."""
        kept = self._kept.get(project_id)
        return kept.fault if kept else ""

    def _compute(self, project_id: str, kind: QuestionKind, kept: _Kept) -> None:
        """Compute; what goes wrong is told on the page, which shows all else, and in the server's log."""
        began_s = time.perf_counter()
        try:
            self._read_and_compute(project_id, kind, kept)
            kept.fault = ""
        except Exception as error:
            kept.fault = f"It could not be computed: {error or type(error).__name__}."
            LOG.exception("quality of project %s", project_id)
        kept.computed_at_s, kept.took_s = self._wall(), time.perf_counter() - began_s

    def _read_and_compute(self, project_id: str, kind: QuestionKind, kept: _Kept) -> None:
        last = int(kept.answers["sequence"][-1]) if kept.answers.height else 0
        new = self._store.people.records.answers(project_id, after=last)
        if new.height:
            kept.answers = pl.concat([kept.answers, new])
        if new.height or kept.quality is None:
            kept.quality = compute(kept.answers, kind)
