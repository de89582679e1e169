"""``tacit import PROJECT FILE``: add judgments from a file to a project."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tacit.cli.terminal import ProgressBar
from tacit.errors import BadFile, BadValue
from tacit.store import ImportOptions, Store
from tacit.store.exchange.formats.known import NAMES
from tacit.store.exchange.reading import format_of
from tacit.store.places import place_of

OTHER_ENDINGS = (".json", ".gz")  # of other tools' files
EXAMPLES = """\
files that are read:
  what tacit export writes
  item,labeler,label                 one class for an item; all classes with --options cat,dog
  first,second,winner,labeler        the better of two items: its name, or first, second, left, right, a draw is tie
  others, with their columns named   --map item=url --map labeler=worker --map label=answer
  what other tools export            Label Studio (json), Argilla and its datasets (parquet, jsonl, json), doccano and
                                     Prodigy (jsonl), HH-RLHF pairs (jsonl, parquet), Arena votes (jsonl, parquet, csv)

A name that is not the id of an item becomes a text item. Importing a file again adds nothing.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument(
        "project",
        metavar="PROJECT",
        type=place_of,
        help="the folder of the project, made if absent, or postgresql://USER@HOST/NAME",
    )
    parser.add_argument("file_path", metavar="FILE", type=Path, help="what to read: .jsonl, .json, .csv or .parquet")
    parser.add_argument("--format", choices=NAMES, help="the format, if neither name nor first record say")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="the file's column for one of ours; may be repeated",
    )
    parser.add_argument("--options", metavar="A,B,…", help="the classes of a plain file (default: those that occur)")
    parser.add_argument("--labeler", metavar="NAME", help="who answered, if the file does not say")
    parser.add_argument(
        "--kind", choices=("choice", "text"), help="what a tool's labels are that may be either (default: choice)"
    )


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Add the file's judgments, all of them or none.

    Raises:
        InputError: what is wrong, and in which row of the file.
    """
    how = ImportOptions(
        file_format=arguments.format,
        headers=_headers(arguments.map),
        options=[o.strip() for o in arguments.options.split(",")] if arguments.options else (),
        labeler_id=arguments.labeler,
        kind=arguments.kind,
    )
    if arguments.format is None and arguments.file_path.suffix.lower() not in OTHER_ENDINGS:
        format_of(arguments.file_path)
    if not arguments.file_path.is_file():  # before a project is made for nothing
        raise BadFile(str(arguments.file_path), got="no such file", expected="a file of judgments")
    with Store.open(arguments.project) as store, ProgressBar("import", total=1.0) as bar:
        count = store.import_judgments(arguments.file_path, how, bar.update)
    return {"project": str(arguments.project), "file": str(arguments.file_path), **asdict(count)}


def show(result: dict[str, object]) -> str:
    """Return what was added, in a sentence or two."""
    rows, added = int(str(result["rows"])), int(str(result["judgments_added"]))
    words = f"{result['project']}: {added:,} judgments added"
    words += f" of {rows:,}; the others were there already" if added < rows else ""
    words += f"; {result['questions_added']:,} questions and {result['items_added']:,} items are new."
    ignored = result["columns_ignored"]
    if isinstance(ignored, tuple) and ignored:
        words += f"\nColumns left out: {', '.join(ignored)}."
    words += left_out(result["left_out"])
    return words


def left_out(reasons: object) -> str:
    """Return in a sentence what one side has no words for, and how often; nothing if all was said."""
    if not isinstance(reasons, dict) or not reasons:
        return ""
    return "\nNot kept: " + ", ".join(f"{n:,} × {reason}" for reason, n in reasons.items()) + "."


def _headers(pairs: Sequence[str]) -> dict[str, str]:
    headers = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise BadValue("--map", got=repr(pair), expected="OURS=THEIRS, such as item=url")
        headers[ours.strip()] = theirs.strip()
    return headers
