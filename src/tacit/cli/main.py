"""The entry point of the command `tacit`: finds the verb, loads its file, prints its result.

A verb's file defines::

    add_arguments(parser)      its arguments
    run(arguments) -> dict     does the work; the dict is what ``--json`` prints
    show(result) -> str        the same result for a person
    exit_code(result) -> int   optional: 1 when a check ran and fell short

A pack adds verbs of its own by the entry points ``tacit.verbs``: see `tacit.cli.pack_verbs`.

What `run` is given also holds `command`, the words of the whole call, for a record that makes it again.

Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 a check fell short, 2 the input
or the call is wrong, 130 interrupted and resumable.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from math import isfinite
from pathlib import Path
from typing import Protocol, cast

from tacit import __version__
from tacit.cli.pack_verbs import load_pack_verb, pack_verbs, summary
from tacit.cli.parser import Parser, did_you_mean
from tacit.errors import CannotWrite, MissingExtra, TacitError

VERBS: dict[str, tuple[str, str]] = {
    "learn": ("tacit.cli.learn", "learn a policy from comparisons alone"),
    "serve": ("tacit.cli.serve", "the judging server: people judge in a browser, programs by a token"),
    "report": ("tacit.cli.report", "write the page of a run"),
    "reward": ("tacit.cli.reward", "fit a reward model to judgments, or score items with one"),
    "import": ("tacit.cli.import_judgments", "add judgments from a file to a project"),
    "export": ("tacit.cli.export_judgments", "write a project's judgments to a file"),
    "backup": ("tacit.cli.backup", "copy a project, while it is in use"),
    "restore": ("tacit.cli.restore", "make a project from a backup"),
    "aggregate": ("tacit.cli.aggregate", "make one label an item of many labelers' labels, and say whom to trust"),
    "rank": ("tacit.cli.rank", "score items from comparisons or rankings, with intervals"),
    "audit": ("tacit.cli.audit", "find bias, errors, drift and copying in labels"),
    "autolabel": ("tacit.cli.autolabel", "label the rest at a promised precision, and send what is left to people"),
    "agree": ("tacit.cli.agree", "measure how far labelers agree, and what that caps"),
    "wer": ("tacit.cli.wer", "word error rate and its kin, with intervals"),
    "reproduce": ("tacit.cli.reproduce", "re-derive a published result and print it beside the published figure"),
}

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""How many threads a matrix product may use: 1 unless the user says otherwise. Several threads add up in another order,
so that a run would end in other bits on a machine with other cores; and small matrices gain nothing by them."""

_SERVE = ("starlette", "uvicorn", "argon2", "msgspec", "multipart", "python_multipart", "nh3", "markdown_it")
EXTRAS = {"torch": "tacit[learn]", "sklearn": "tacit[autolabel]", **dict.fromkeys(_SERVE, "tacit[serve]")}
"""Module that a verb may need → the requirement that brings it."""


class Verb(Protocol):
    """What a verb's file defines; `exit_code` is optional and so stands outside."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the verb's arguments to `parser`."""

    def run(self, arguments: argparse.Namespace) -> dict[str, object]:
        """Do the work and return what `--json` prints."""
        ...

    def show(self, result: dict[str, object]) -> str:
        """Return `result` as a person reads it."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after `tacit`; those of the process if absent.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    prog = f"tacit {words[0]}" if words and not words[0].startswith("-") else "tacit"
    try:
        return _run(words)
    except SystemExit as stop:  # argparse has printed its help or its complaint
        return stop.code if isinstance(stop.code, int) else 2
    except TacitError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        again = shlex.join(["tacit", *words])
        print(f"\n{prog}: interrupted; what was saved is kept. To go on, run: {again}", file=sys.stderr)
        return 130


def all_verbs() -> dict[str, str]:
    """Return verb → its summary: the core's verbs, then those of installed packs; none is loaded."""
    added = {name: summary(entry) for name, entry in pack_verbs(VERBS).items()}
    return {name: about for name, (_, about) in VERBS.items()} | added


def load_verb(name: str) -> tuple[Verb, Parser]:
    """Return the file of verb `name`, of the core or of an installed pack, and a parser that holds its arguments.

    Raises:
        MissingExtra: the verb needs an optional dependency that is not installed.
        InputError: the pack is installed but broken.
    """
    if name in VERBS:
        module, about = VERBS[name]
        verb = cast(Verb, import_module(module))
    else:
        entry = pack_verbs(VERBS)[name]
        verb, about = cast(Verb, load_pack_verb(entry)), summary(entry)
    parser = Parser(prog=f"tacit {name}", description=about[:1].upper() + about[1:] + ".")
    verb.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return verb, parser


def help_text() -> str:
    """Return what `tacit --help` prints."""
    verbs = all_verbs()
    width = max(map(len, verbs))
    return "\n".join(
        [
            "usage: tacit VERB ... [--json]",
            "",
            "tacit learns what people can judge but cannot specify, and shows how well it learned it.",
            "",
            *(f"  {verb:<{width}}  {about}" for verb, about in verbs.items()),
            "",
            "tacit VERB --help shows the arguments of one verb; tacit --version shows the version.",
        ]
    )


def _run(words: list[str]) -> int:
    first = words[0] if words else ""
    if first in VERBS:  # asked first: looking for packs takes a twentieth of a second
        return _run_verb(first, words[1:])
    if first in ("-h", "--help"):
        return _print(help_text())
    if first == "--version":
        return _print(f"tacit {__version__}")
    known = all_verbs()
    if first in known:
        return _run_verb(first, words[1:])
    complaint = f"tacit: unknown verb {first!r}.{did_you_mean(first, known)} See: tacit --help"
    print(complaint if words else help_text(), file=sys.stderr)
    return 2


def _run_verb(name: str, words: list[str]) -> int:
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)  # a call may name a module of the user's own, such as my_module:Hover-v0
    for variable in ONE_THREAD:
        os.environ.setdefault(variable, "1")  # before the verb imports NumPy, which looks but once
    try:
        verb, parser = load_verb(name)
        as_json = "--json" in words  # taken out here, so that it may stand before or after a verb's own sub-verb
        arguments = parser.parse_all([word for word in words if word != "--json"])
        arguments.command = ["tacit", name, *words]
        result = verb.run(arguments)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise MissingExtra(f"verb {name}", package=package, install=EXTRAS[package]) from None
    _print(json.dumps(_jsonable(result), ensure_ascii=False, allow_nan=False) if as_json else verb.show(result))
    return int(getattr(verb, "exit_code", lambda _: 0)(result))


def _print(text: str) -> int:
    """Print a result; a reader that has gone away (`| head`) is no error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains again at exit
    except OSError as error:
        raise CannotWrite("standard output", got=error.strerror, expected="room to write the result") from None
    return 0


def _jsonable(value: object) -> object:
    """Return `value` in JSON's own types: a number that is not finite, which JSON lacks, becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _jsonable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(inner) for inner in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):  # a NumPy number or array, without importing NumPy at start-up
        return _jsonable(value.tolist())
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value
