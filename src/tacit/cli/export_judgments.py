"""``tacit export PROJECT FILE``: write a project's judgments to a file."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from tacit.cli.import_judgments import left_out
from tacit.cli.terminal import ProgressBar
from tacit.store import Store
from tacit.store.exchange.formats.known import NAMES
from tacit.store.places import place_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "project", metavar="PROJECT", type=place_of, help="the folder of the project, or postgresql://USER@HOST/NAME"
    )
    parser.add_argument("file_path", metavar="FILE", type=Path, help="what to write: .jsonl, .json, .csv or .parquet")
    parser.add_argument("--format", choices=NAMES, help="ours, if the name does not say it, or that of another tool")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Write every judgment beside its question, in order of arrival.

    Raises:
        InputError: no project, a damaged one, an unknown format, or no room.
    """
    with Store.open(arguments.project, create=False) as store, ProgressBar("export", total=1.0) as bar:
        count = store.export_as(arguments.file_path, arguments.format, bar.update)
    n_bytes = arguments.file_path.stat().st_size
    return {"project": str(arguments.project), "file": str(arguments.file_path), **asdict(count), "n_bytes": n_bytes}


def show(result: dict[str, object]) -> str:
    """Return what was written, in a sentence."""
    return f"{result['file']} holds {result['rows']:,} judgments." + left_out(result["left_out"])
