"""Pages written from templates: words for numbers and times, figures as SVG, and how an error is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tacit.errors import InputError, UnknownName
from tacit.measure import Estimate
from tacit.store.people import Actor, Role

TEMPLATES = Path(__file__).parent.parent / "templates"
DONE = {
    "saved": "Saved.",
    "created": "The project is made.",
    "instructions": "The instructions are saved. Judges are shown the new version before they go on.",
    "opened": "The project is open: judges are handed its questions.",
    "paused": "The project is paused: no questions are handed out.",
    "closed": "The project is closed.",
    "removed": "Removed. What was answered stays.",
    "dropped": "Nothing of it was kept.",
    "revoked": "Called back: it no longer works.",
    "forgotten": "The name, the password and all access are gone. The judgments stay, under the pseudonym.",
    "adjudicated": "Your answer is kept beside the others, which stay as they are.",
    "password": "The password is changed.",
    "gold": "The gold answers are saved.",
}
"""What is said after something has been done, by the word in the address: never text from the address itself."""


@dataclass(frozen=True)
class Strip:
    """An interval drawn on a line: positions from 0 to 100.

    Args:
        low: left end. high: right end. dot: the estimate. mark: a position to compare with, None for none.
        words: the same in words, for those who cannot see it.
    """

    low: float
    high: float
    dot: float
    mark: float | None
    words: str


def strip(estimate: Estimate, *, low: float = 0.0, high: float = 1.0, mark: float | None = None) -> Strip:
    """Return an interval as it is drawn on an axis from `low` to `high`; what lies outside is cut off."""

    def place(value: float) -> float:
        return round(100 * min(1.0, max(0.0, (value - low) / (high - low))), 2) if isfinite(value) else 0.0

    ends = place(estimate.low), place(estimate.high) if isfinite(estimate.high) else 100.0
    at = None if mark is None else place(mark)
    return Strip(ends[0], ends[1], place(estimate.mean), at, interval(estimate))


def interval(estimate: Estimate) -> str:
    """Return an estimate in words.

    >>> interval(Estimate(0.5, 0.25, 0.75, 12, 0.95, "by hand"))
    '0.50 [0.25, 0.75]'
    """
    return f"{estimate.mean:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def moment(at_s: float | None) -> str:
    """Return a time in UTC, to the minute.

    >>> moment(0)
    '1970-01-01 00:00'
    """
    return "" if at_s is None else datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M")


def lasting(seconds: float | None) -> str:
    """Return a length of time in words.

    >>> lasting(2.34), lasting(75), lasting(3720)
    ('2.3 s', '1 min 15 s', '1 h 2 min')
    """
    if seconds is None or not isfinite(seconds):
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min" + (f" {rest} s" if rest else "")
    return f"{minutes // 60:,} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def percent(share: float | None) -> str:
    """Return a share in per cent.

    >>> percent(0.125), percent(None)
    ('12.5 %', '–')
    """
    return "–" if share is None else f"{100 * share:.1f}".removesuffix(".0") + " %"


@cache
def environment() -> Environment:
    """Return the templates, which escape everything that they are given."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"moment": moment, "lasting": lasting, "percent": percent, "interval": interval}
    made.filters["count"] = lambda n: f"{n:,}"
    return made


def draw(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 (a template's own names)
    """Return a page.

    Args:
        request: who asks and for what; the frame of the page shows it.
        template: its file, within ``templates/lead``.
        status: of the answer.
        context: what the template speaks of.
    """
    actor: Actor | None = getattr(request.state, "actor", None)
    frame = {
        "path": request.url.path,
        "actor": actor,
        "may": lambda role: actor is not None and actor.has(Role(role)),
        "done": DONE.get(request.query_params.get("done", ""), ""),
    }
    written = environment().get_template(f"lead/{template}").render(**frame, **context)
    return HTMLResponse(written, status_code=status, headers={"Cache-Control": "no-store"})


def see(path: str, done: str = "") -> Response:
    """Send the browser on to another page after something has been done."""
    return RedirectResponse(f"{path}?done={done}" if done else path, status_code=303)


def draw_error(request: Request, error: Exception, status: int) -> Response:
    """Return the page that tells an error in plain words."""
    told: Mapping[str, str] = {"got": str(error), "expected": "", "do": ""}
    if isinstance(error, InputError):
        told = {"got": f"{error.where}: {error.got}", "expected": error.expected, "do": error.do}
        if isinstance(error, UnknownName) and status == 404:
            told = {"got": f"There is no {error.what} {error.name!r} here.", "expected": "", "do": error.do}
    return draw(request, "error.html.j2", status=status, told=told, code=status)
