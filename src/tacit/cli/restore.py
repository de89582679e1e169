"""``tacit restore FROM TO``: make a project from a backup."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from tacit.cli.terminal import ProgressBar
from tacit.store import restore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("source", metavar="FROM", type=Path, help="the folder of the backup; it is left as it is")
    parser.add_argument("to", metavar="TO", type=Path, help="a new folder for the project")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Check the backup and copy it.

    Raises:
        InputError: no backup, a damaged one, a folder that is there already, or no room.
    """
    with ProgressBar("restore", total=1.0) as bar:
        count = restore(arguments.source, arguments.to, bar.update)
    return {"backup": str(arguments.source), "project": str(arguments.to), **asdict(count)}


def show(result: dict[str, object]) -> str:
    """Return what was restored, in a sentence."""
    return f"{result['project']} holds {result['judgments']:,} judgments and {result['media_files']:,} media files."
