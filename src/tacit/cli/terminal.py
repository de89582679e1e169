"""What a person sees while a command runs: a progress bar on a terminal, sparse lines elsewhere; and aligned tables."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PLAIN_LINES = 10
"""Off a terminal, this many lines are written, evenly over the work."""


class ProgressBar:
    """Progress of one piece of work, on standard error, as a context manager.

    Args:
        what: the work in a word or two.
        total: how much there is to do, in any unit.
        stream: where to write; standard error if absent.
        clock: seconds, for the time spent.

    Example:
        >>> with ProgressBar("learning", total=3) as bar:
        ...     for done in range(3):
        ...         bar.update(done + 1, note="labels 20 of 200")
    """

    def __init__(
        self,
        what: str,
        *,
        total: float,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what, self._total, self._clock = what, total, clock
        self._stream = stream or sys.stderr
        self._began_s = clock()
        self._lines = 0
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Show the bar, if the stream is a terminal."""
        if self._stream.isatty():
            self._bar, self._task = _rich_bar(self._what, self._total, self._stream)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: float, note: str = "") -> None:
        """Say that `done` of the total is done, with a few words on where things stand."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, note=note)
            return
        share = done / self._total if self._total > 0 else 1.0
        due = int(share * PLAIN_LINES + 1e-9)
        if due > self._lines:
            self._lines = due
            spent_s = self._clock() - self._began_s
            words = f"{self._what}: {share:4.0%}, {spent_s:.0f} s" + (f", {note}" if note else "")
            print(words, file=self._stream, flush=True)

    def say(self, words: str) -> None:
        """Write a line above the bar, or among the plain lines."""
        if self._bar is not None:
            self._bar.console.print(words, soft_wrap=True, highlight=False, markup=False)
        else:
            print(words, file=self._stream, flush=True)


def _rich_bar(what: str, total: float, stream: TextIO) -> tuple[Progress, TaskID]:
    from rich.console import Console  # noqa: PLC0415 (a quarter of the start-up time of a verb that shows no bar)
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    bar = Progress(*columns, console=Console(file=stream), refresh_per_second=4)
    return bar, bar.add_task(what, total=total, note="")


def table(rows: Sequence[Sequence[object]], *, header: Sequence[str] = ()) -> str:
    """Return rows as lines of aligned columns, two spaces apart.

    Args:
        rows: the cells, row by row; all rows equally long.
        header: names of the columns; a rule is drawn below them.

    Returns:
        The lines, joined. A column whose cells all begin like a number is aligned right, the others left.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    lines = [list(header), *cells] if header else cells
    columns = list(zip(*lines, strict=True))
    width = [max(map(len, column)) for column in columns]
    body = [column[1:] if header else column for column in columns]
    right = [all(_is_numeric(cell) for cell in column) for column in body]
    out = ["  ".join(_aligned(c, w, r) for c, w, r in zip(line, width, right, strict=True)).rstrip() for line in lines]
    if header:
        out.insert(1, "  ".join("─" * w for w in width))
    return "\n".join(out)


def _aligned(cell: str, width: int, right: bool) -> str:
    return cell.rjust(width) if right else cell.ljust(width)


def _is_numeric(cell: str) -> bool:
    return cell[:1].isdigit() or (cell[:1] in "-−+." and cell[1:2].isdigit()) or cell in ("", "-", "–")
