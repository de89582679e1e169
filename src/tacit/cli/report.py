"""``tacit report RUN``: write the page of a run again, with more of its questions if asked."""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path

from tacit.catalogue import find_producer, name_in_pack
from tacit.errors import BadValue
from tacit.judging import Item, Media, Producer
from tacit.report import Render, write_report
from tacit.report.page import N_QUESTIONS
from tacit.store.run_folder import RunFolder

ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("run_path", metavar="RUN", type=Path, help="the folder of a run, as given to learn --out")
    parser.add_argument(
        "--questions",
        metavar="N",
        help=f"how many questions to show with their clips, or 'all'; clips that are missing are drawn by the run's "
        f"producer (default: {N_QUESTIONS} of those drawn already)",
    )


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Write the page.

    Raises:
        InputError: no run in the folder, a damaged file, a wrong number of questions, or no pack that can draw.
    """
    folder = RunFolder(arguments.run_path)
    if arguments.questions is None:
        page = write_report(folder)
    else:
        page = write_report(folder, n_questions=_n_questions(arguments.questions), render=_render_for(folder))
    return {"run": str(folder.path), "report": str(page), "bytes": page.stat().st_size}


def show(result: dict[str, object]) -> str:
    """Return where the page is."""
    return str(result["report"])


def _n_questions(given: str) -> int | None:
    if given == ALL:
        return None
    if not given.isdecimal():
        raise BadValue("--questions", got=repr(given), expected=f"a whole number, 0 or more, or {ALL!r}")
    return int(given)


def _render_for(folder: RunFolder) -> Render:
    """Return what draws the run's items; the pack is looked for when there is something to draw."""

    @cache
    def producer() -> Producer:
        name = str(folder.record().get("producer", ""))
        return find_producer(name)[1](name_in_pack(name), {}, seed=0)

    def render(item: Item) -> Media:
        return producer().render(item)

    return render
