"""The arguments of every verb that reads a file of labels: which columns, which classes, who answered."""

from __future__ import annotations

import argparse
from pathlib import Path

from tacit.crowd.choices import Choices, read_choices
from tacit.errors import BadFile, BadValue


def add_label_file(parser: argparse.ArgumentParser) -> None:
    """Add the file of labels and what says how to read it."""
    parser.add_argument(
        "labels_path",
        metavar="LABELS",
        type=Path,
        help="a row a label: .csv, .tsv, .jsonl or .parquet, perhaps .gz; or the folder of a project",
    )
    add_reading(parser)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add what says how to read a file of labels."""
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="the file's column for item, labeler or label; may be repeated",
    )
    parser.add_argument("--options", metavar="A,B,…", help="the classes, in order (default: those that occur)")
    parser.add_argument("--labeler", metavar="NAME", help="who answered, if the file does not say")


def read_labels(arguments: argparse.Namespace, path: Path | None = None) -> Choices:
    """Return the votes of the file that `arguments` name, or of `path` read in the same way.

    Raises:
        InputError: what is wrong, and in which row of the file.
    """
    options = [o.strip() for o in arguments.options.split(",")] if arguments.options else ()
    return read_choices(
        existing(path or arguments.labels_path),
        options=options,
        headers=headers_of(arguments.map),
        labeler_id=arguments.labeler,
    )


def existing(path: Path) -> Path:
    """Return `path` if there is such a file or folder.

    Raises:
        BadFile: there is none.
    """
    if not path.exists():
        raise BadFile(str(path), got="no such file", expected="a file of labels")
    return path


def headers_of(pairs: list[str]) -> dict[str, str]:
    """Return which of the file's columns stands for which of ours, as ``--map OURS=THEIRS`` says.

    Raises:
        BadValue: a pair without an equals sign.
    """
    headers = {}
    for pair in pairs:
        ours, sign, theirs = pair.partition("=")
        if not (sign and ours and theirs):
            raise BadValue("--map", got=repr(pair), expected="OURS=THEIRS, such as labeler=worker")
        headers[ours] = theirs
    return headers
