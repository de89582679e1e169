"""``tacit restore FROM TO``: make a project from a backup."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from tacit.cli.terminal import ProgressBar
from tacit.store import restore
from tacit.store.places import place_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("source", metavar="FROM", type=place_of, help="the folder of the backup; it is left as it is")
    parser.add_argument(
        "to", metavar="TO", type=place_of, help="a new folder for the project, or the URL of an empty database"
    )


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
