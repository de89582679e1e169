"""Writes the pages of this folder that are made from the code.

``python docs/build.py`` writes them; with ``--check`` it writes nothing and exits with 1 if one is out of date.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tacit.cli.main import all_verbs, load_verb

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
PAPER = re.compile(r"doi:10\.\d+/[^\s`\"|]+|arXiv:\d{4}\.\d{4,5}")

COMMAND_LINE = """\
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
    return "\n".join([COMMAND_LINE, *("\n".join(_verb(name, about)) for name, about in all_verbs().items())])


def _verb(name: str, summary: str) -> Iterator[str]:
    verb, parser = load_verb(name)
    yield from (f"## tacit {name}", "", summary[:1].upper() + summary[1:] + ".", "")
    yield from _arguments(parser)
    if parser.epilog:
        yield from ("```text", parser.epilog.strip(), "```", "")
    about = (verb.__doc__ or "").partition("\n\n")[2].strip()
    if about:
        yield from (about, "")


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    rows = [action for action in parser._actions if action.dest != "help"]
    below = [action for action in rows if isinstance(action, argparse._SubParsersAction)]
    rows = [action for action in rows if action not in below]
    if rows:
        yield from ("| argument | |", "|---|---|")
        for action in rows:
            text = (action.help or "") % {**vars(action), "prog": parser.prog}
            yield "| " + " | ".join(cell.replace("|", r"\|") for cell in (_written(action), text)) + " |"
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


PAPERS = """\
# Papers

<!-- made by docs/build.py from docs/papers.toml and the sources that the code names -->

Every source that the code names, where it is used, and the recipe that re-derives a figure of it, if there is one.

| paper | id | code | recipe |
|---|---|---|---|
"""


def paper_index() -> str:
    """Return the page on papers; exit if the code names one that docs/papers.toml does not, or the other way round."""
    titles = tomllib.loads((FOLDER / "papers.toml").read_text(encoding="utf-8"))
    sources = sorted([*ROOT.glob("src/**/*.py"), *ROOT.glob("packs/*/src/**/*.py"), *ROOT.glob("recipes/*.py")])
    named: dict[str, list[Path]] = {}
    for source in sources:
        for paper in papers_in(source.read_text(encoding="utf-8")):
            named.setdefault(paper, []).append(source.relative_to(ROOT))
    if missing := sorted(set(named) - set(titles)):
        sys.exit(f"{named[missing[0]][0]} names {missing[0]}, which docs/papers.toml lacks. Add its authors and title.")
    if unused := sorted(set(titles) - set(named)):
        sys.exit(f"docs/papers.toml lists {unused[0]}, which no code names. Remove it, or name it where it is used.")
    rows = []
    for paper, title in sorted(titles.items(), key=lambda row: str(row[1])):
        recipes = [path for path in named[paper] if path.parts[0] == "recipes"]
        code = [path for path in named[paper] if path not in recipes]
        places = [" ".join(f"`{path}`" for path in paths) for paths in (code, recipes)]
        cells = [title, f"[`{paper}`]({_address(paper)})", *places]
        rows.append(f"| {' | '.join(cells)} |")
    return PAPERS + "\n".join(rows)


def papers_in(text: str) -> set[str]:
    """Return the papers that `text` names, without the punctuation after them."""
    found = (paper.rstrip(".,;:") for paper in PAPER.findall(text))
    return {paper.removesuffix(")") if paper.count(")") > paper.count("(") else paper for paper in found}


def _address(paper: str) -> str:
    kind, _, name = paper.partition(":")
    plain = name.replace("<", "%3C").replace(">", "%3E").replace("(", "%28").replace(")", "%29")
    return f"https://doi.org/{plain}" if kind == "doi" else f"https://arxiv.org/abs/{plain}"


PAGES = {"command_line.md": command_line, "paper_index.md": paper_index}


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
