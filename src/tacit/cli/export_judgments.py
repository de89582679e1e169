"""``tacit export PROJECT FILE``: write a project's judgments to a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from tacit.cli.terminal import ProgressBar
from tacit.store import Store
from tacit.store.exchange.reading import FileFormat
from tacit.store.places import place_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "project", metavar="PROJECT", type=place_of, help="the folder of the project, or postgresql://USER@HOST/NAME"
    )
    parser.add_argument("file_path", metavar="FILE", type=Path, help="what to write: .jsonl, .csv or .parquet")
    parser.add_argument("--format", choices=[str(f) for f in FileFormat], help="the format, if the name does not say")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Write every judgment beside its question, in order of arrival.

    Raises:
        InputError: no project, a damaged one, an unknown format, or no room.
    """
    with Store.open(arguments.project, create=False) as store, ProgressBar("export", total=1.0) as bar:
        rows = store.export_judgments(arguments.file_path, arguments.format, bar.update)
    n_bytes = arguments.file_path.stat().st_size
    return {"project": str(arguments.project), "file": str(arguments.file_path), "rows": rows, "n_bytes": n_bytes}


def show(result: dict[str, object]) -> str:
    """Return what was written, in a sentence."""
    return f"{result['file']} holds {result['rows']:,} judgments."
