"""``tacit clicks``: the labeler on simulated recordings, its measure, and the page."""

import argparse
import shlex
from pathlib import Path
from typing import Any

from tacit.judging import questions_table
from tacit.report.sheet import write_sheet
from tacit.store import Store
from tacit_clicks.labeler import ClickCounter, question_about
from tacit_clicks.page import share_right, sheet
from tacit_clicks.simulator import simulated_clicks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("--n", type=int, default=50, help="recordings to simulate (default: %(default)s)")
    parser.add_argument("--noise", type=float, default=0.02, help="amplitude of their noise (default: %(default)s)")
    parser.add_argument("--report", metavar="HTML", type=Path, help="write a page to this file")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Ask the labeler through a store, as people would be asked, and measure what it answers."""
    items, counts = simulated_clicks(arguments.n, noise=arguments.noise)
    with Store.in_memory() as store:
        store.add_items(items)
        store.add_questions(questions := questions_table([question_about(item.item_id) for item in items]))
        labeler = ClickCounter(store.items)
        labeler.ask(questions)
        store.add_judgments(labeler.collect())
        right = share_right(store.judgments(), counts)
    if arguments.report:
        write_sheet(arguments.report, sheet(items, counts, right, shlex.join(arguments.command)))
    return {"right": right.as_dict(), "report": arguments.report}


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    right = result["right"]
    return f"right: {100 * right['mean']:.0f} % [{100 * right['low']:.0f}, {100 * right['high']:.0f}] of {right['n']}"
