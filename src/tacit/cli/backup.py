"""``tacit backup PROJECT TO``: copy a project, while it is in use."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from tacit.cli.terminal import ProgressBar
from tacit.store import Store
from tacit.store.places import place_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "project", metavar="PROJECT", type=place_of, help="the folder of the project, or postgresql://USER@HOST/NAME"
    )
    parser.add_argument(
        "to", metavar="TO", type=place_of, help="a new folder for the copy, which is a project of its own"
    )


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Copy the project.

    Raises:
        InputError: no project, a damaged one, a folder that is there already, or no room.
    """
    with Store.open(arguments.project, create=False) as store, ProgressBar("backup", total=1.0) as bar:
        count = store.backup(arguments.to, bar.update)
    return {"project": str(arguments.project), "backup": str(arguments.to), **asdict(count)}


def show(result: dict[str, object]) -> str:
    """Return what was copied, in a sentence."""
    return (
        f"{result['backup']} holds {result['judgments']:,} judgments and {result['media_files']:,} media files "
        f"in {_megabytes(result['n_bytes'])}."
    )


def _megabytes(n_bytes: object) -> str:
    return f"{int(str(n_bytes)) / 1e6:.1f} MB"
