"""The page of a measure: what was found in plain words, then tables and charts, in one file that loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from tacit.measure.estimate import Estimate
from tacit.report.recordings import Recording, script, script_hash
from tacit.report.summary import Strip
from tacit.report.wording import interval, mean, percent_interval
from tacit.store.run_folder import write_text

if TYPE_CHECKING:
    from tacit.report.figures import Figure

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Line:
    """A measured number with its interval, as a line of a table.

    Args:
        name: what was measured.
        estimate: the number.
        note: what it means, in a few words.
        share: whether it is written in per cent.
        low, high: ends of the scale that it is drawn on; not drawn if they are the same.
    """

    name: str
    estimate: Estimate
    note: str = ""
    share: bool = False
    low: float = 0.0
    high: float = 1.0

    @property
    def value(self) -> str:
        """The number as text."""
        return f"{100 * self.estimate.mean:.1f} %" if self.share else mean(self.estimate)

    @property
    def interval(self) -> str:
        """Its interval as text."""
        return percent_interval(self.estimate) if self.share else interval(self.estimate)

    @property
    def strip(self) -> Strip | None:
        """The same, drawn on its scale."""
        e, length = self.estimate, self.high - self.low
        if length <= 0 or not (isfinite(e.low) and isfinite(e.high)):
            return None
        ends = [min(100.0, max(0.0, 100 * (x - self.low) / length)) for x in (e.low, e.high, e.mean)]
        return Strip(ends[0], ends[1] - ends[0], ends[2])


@dataclass(frozen=True)
class Grid:
    """A table of text.

    Args:
        title: above it; may be empty.
        header: names of the columns.
        rows: the cells, row by row.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Part:
    """A part of the page.

    Args:
        title: its heading.
        paragraphs: sentences in plain words.
        lines: measured numbers. grids: tables. figures: charts. recordings: sounds with their words.
    """

    title: str
    paragraphs: Sequence[str] = ()
    lines: Sequence[Line] = ()
    grids: Sequence[Grid] = ()
    figures: Sequence[Figure] = ()
    recordings: Sequence[Recording] = ()

    @property
    def interval_heading(self) -> str:
        """What stands above the intervals of its lines: their level, if they share one."""
        levels = {line.estimate.level for line in self.lines}
        return f"{100 * levels.pop():g} % interval" if len(levels) == 1 else "interval"


@dataclass(frozen=True)
class Sheet:
    """What the page of a measure holds.

    Args:
        title: what was measured. of: of what, such as the name of a file.
        verdict: the finding in a sentence. reading: what follows from it.
        parts: the rest. warnings: what to keep in mind.
        command: the call that makes it again.
    """

    title: str
    of: str
    verdict: str
    reading: str = ""
    parts: Sequence[Part] = ()
    warnings: Sequence[str] = ()
    command: str = ""


def write_sheet(path: Path, sheet: Sheet) -> Path:
    """Write the page of a measure and return where it is.

    Args:
        path: the file to write, replaced if it exists.
        sheet: what it holds.

    Raises:
        CannotWrite: the disk is full or read-only, or the folder is missing.
    """
    style = Markup((HERE / "page.css").read_text(encoding="utf-8"))  # noqa: S704 (our own file)
    plays = any(part.recordings for part in sheet.parts)
    played = {"script": script() if plays else "", "script_hash": script_hash() if plays else ""}
    write_text(path, _template().render(style=style, sheet=sheet, **played))
    return path


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("sheet.html.j2")
