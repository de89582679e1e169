"""Writes the pages of this folder that are made from the code.

``python docs/build.py`` writes them; with ``--check`` it writes nothing and exits with 1 if one is out of date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tacit.cli.main import VERBS, load_verb

FOLDER = Path(__file__).parent

PREFACE = """\
# The command line

<!-- made by docs/build.py from the parsers; edit those -->

`tacit VERB ... [--json]`. Results go to standard output, as one JSON object with `--json`; progress and log lines go to
standard error, as a progress bar where that is a terminal. A number that is not finite is `null` in JSON.

| exit code | means |
|---|---|
| 0 | done |
| 1 | a check ran and fell short |
| 2 | the input or the call is wrong: one message on standard error, and nothing already saved is lost |
| 130 | interrupted; the same command goes on from what was saved |
"""


def command_line() -> str:
    """Return the page on the command line."""
    return "\n".join([PREFACE, *("\n".join(_verb(name)) for name in VERBS)])


def _verb(name: str) -> Iterator[str]:
    verb, parser = load_verb(name)
    yield from (f"## tacit {name}", "", VERBS[name][1].capitalize() + ".", "")
    yield from _arguments(parser)
    about = (sys.modules[VERBS[name][0]].__doc__ or "").partition("\n\n")[2].strip()
    if about:
        yield from (about, "")
    del verb


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    rows = [action for action in parser._actions if action.dest != "help"]
    below = [action for action in rows if isinstance(action, argparse._SubParsersAction)]
    rows = [action for action in rows if action not in below]
    if rows:
        yield from ("| argument | |", "|---|---|")
        for action in rows:
            text = (action.help or "") % {**vars(action), "prog": parser.prog}
            yield f"| {_written(action)} | {text.replace('|', chr(92) + '|')} |"
        yield ""
    for action in below:
        for name, chosen in action.choices.items():
            summary = next(choice.help for choice in action._choices_actions if choice.dest == name)
            yield from (f"### {parser.prog} {name}", "", (summary or "").capitalize() + ".", "")
            yield from _arguments(chosen)


def _written(action: argparse.Action) -> str:
    takes = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    if action.choices is not None:
        takes = " or ".join(map(str, action.choices))
    names = ", ".join(action.option_strings)
    return f"`{' '.join(filter(None, (names, takes)))}`"


PAGES = {"command_line.md": command_line}


def main() -> int:
    """Write the pages, or say which are out of date."""
    checking = "--check" in sys.argv[1:]
    stale = []
    for name, make in PAGES.items():
        page, text = FOLDER / name, make().rstrip() + "\n"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not checking:
                page.write_text(text, encoding="utf-8")
    print(f"out of date: {', '.join(stale)}; run: make docs" if checking and stale else "docs are current")
    return 1 if checking and stale else 0


if __name__ == "__main__":
    sys.exit(main())
