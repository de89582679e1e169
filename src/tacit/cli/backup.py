"""``tacit backup PROJECT TO``: copy a project, while it is in use."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from tacit.cli.terminal import ProgressBar
from tacit.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("project_path", metavar="PROJECT", type=Path, help="the folder of the project")
    parser.add_argument("to", metavar="TO", type=Path, help="a new folder for the copy, which is a project of its own")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Copy the project.

    Raises:
        InputError: no project, a damaged one, a folder that is there already, or no room.
    """
    with Store.open(arguments.project_path, create=False) as store, ProgressBar("backup", total=1.0) as bar:
        count = store.backup(arguments.to, bar.update)
    return {"project": str(arguments.project_path), "backup": str(arguments.to), **asdict(count)}


def show(result: dict[str, object]) -> str:
    """Return what was copied, in a sentence."""
    return (
        f"{result['backup']} holds {result['judgments']:,} judgments and {result['media_files']:,} media files "
        f"in {_megabytes(result['n_bytes'])}."
    )


def _megabytes(n_bytes: object) -> str:
    return f"{int(str(n_bytes)) / 1e6:.1f} MB"
