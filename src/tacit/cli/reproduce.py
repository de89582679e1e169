"""``tacit reproduce NAME``: re-derive a published result and print it beside the published figure.

A recipe is a file that holds its claims as data and the script that re-derives them. Recipes belong to the source, not
to the installed package: they are found beside the source that tacit was installed from, else in `recipes` below the
current folder, else where `--recipes` says.

A long recipe is done in pieces, each of which can be stopped and gone on with. Without a limit, all that is left is
done; `--pieces 0` does none and shows what is known. A figure says how many of its pieces stand behind it, and passes
or falls short once they all do; before that, `passed` is null. The exit code is 1 if a claim falls short.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from tacit.catalogue.recipes import Finding, Recipe, findings_of, load_recipe, recipes_in, title_of
from tacit.cli.pieces import do_in_processes, do_piece, results_in
from tacit.cli.terminal import ProgressBar, table
from tacit.errors import BadValue, UnknownName


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="which recipe; without one, they are listed")
    parser.add_argument("--list", action="store_true", help="list the recipes")
    parser.add_argument("--out", type=Path, help="folder of the pieces (default: runs/reproduce/NAME)")
    parser.add_argument("--pieces", type=int, metavar="N", help="do the next N pieces and stop")
    parser.add_argument("--minutes", type=float, metavar="M", help="begin no piece after M minutes")
    parser.add_argument("--jobs", type=int, default=1, metavar="J", help="processes at once (default: %(default)s)")
    parser.add_argument("--only", metavar="PIECE", help="do this piece alone, such as Hopper-v5/labels-700/0")
    parser.add_argument("--recipes", type=Path, metavar="DIR", help="folder of recipes")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Do what is left of the recipe, as far as the limits allow, and return its claims with what was measured.

    Raises:
        InputError: an unknown recipe or piece, a wrong limit, or a folder with pieces of another recipe.
    """
    if arguments.list or arguments.name is None:
        return {"recipes": [{"name": n, "title": title_of(p)} for n, p in recipes_in(arguments.recipes).items()]}
    for option, least in (("pieces", 0), ("minutes", 0), ("jobs", 1)):
        value = getattr(arguments, option)
        if value is not None and not least <= value < inf:
            raise BadValue(f"--{option}", got=value, expected=f"{least} or more")
    recipe = load_recipe(arguments.name, arguments.recipes)
    out = arguments.out or Path("runs") / "reproduce" / recipe.name
    _do(recipe, out, _next(recipe, out, arguments), arguments)
    results = results_in(recipe, out)
    return {
        "name": recipe.name,
        "title": recipe.title,
        "claims": _rows(recipe, findings_of(recipe, results)),
        "pieces": len(results),
        "pieces_needed": len(recipe.pieces),
        "out": str(out),
    }


def show(result: dict[str, Any]) -> str:
    """Return the claims as a table, or the list of recipes."""
    if "recipes" in result:
        return table([[row["name"], row["title"]] for row in result["recipes"]], header=("recipe", "re-derives"))
    header = ("claim", "kind", "published", "measured", "95 % interval", "pieces", "")
    notes = [f"{n}. {row['note']}" for n, row in enumerate(result["claims"], start=1) if row["note"]]
    rows = [_cells(n, row) for n, row in enumerate(result["claims"], start=1)]
    counts = f"{result['pieces']} of {result['pieces_needed']} pieces are done, in {result['out']}"
    return "\n".join(filter(None, (result["title"], "", table(rows, header=header), *notes, "", counts)))


def exit_code(result: dict[str, Any]) -> int:
    """Return 1 if a claim falls short."""
    return int(any(row["passed"] is False for row in result.get("claims", [])))


def _next(recipe: Recipe, out: Path, arguments: argparse.Namespace) -> list[str]:
    """Return the pieces to do now."""
    if arguments.only is not None and arguments.only not in recipe.pieces:
        raise UnknownName(f"piece of {recipe.name}", arguments.only, recipe.pieces)
    done = results_in(recipe, out)
    left = [name for name in recipe.pieces if name not in done and arguments.only in (None, name)]
    return left[: arguments.pieces]


def _do(recipe: Recipe, out: Path, names: list[str], arguments: argparse.Namespace) -> None:
    until_s = inf if arguments.minutes is None else time.monotonic() + 60 * arguments.minutes

    def may_begin() -> bool:
        return time.monotonic() < until_s

    with ProgressBar(recipe.name, total=max(1, len(names))) as bar:
        if arguments.jobs > 1:
            do_in_processes(
                recipe, out, names, jobs=arguments.jobs, may_begin=may_begin, done=lambda name, n: bar.update(n, name)
            )
            return
        for n, name in enumerate(names):
            if not may_begin():
                break
            do_piece(recipe, out, name, _Stages(bar, n, name).update)
            bar.update(n + 1, name)


class _Stages:
    """Shows how far one piece is; a piece reports its stages one after the other, each from 0 to 1."""

    def __init__(self, bar: ProgressBar, before: int, name: str) -> None:
        self._bar, self._before, self._name, self._reached = bar, before, name, 0.0

    def update(self, what: str, share: float) -> None:
        self._reached = max(self._reached, min(share, 0.99))
        self._bar.update(self._before + self._reached, f"{self._name}: {what}")


def _rows(recipe: Recipe, findings: Mapping[str, Finding]) -> list[dict[str, object]]:
    return [
        {
            "claim": recipe.claims[name].claim,
            "kind": str(recipe.claims[name].kind),
            "published": recipe.claims[name].published,
            "measured": finding.measured,
            "low": finding.low,
            "high": finding.high,
            "passed": finding.passed,
            "source": recipe.claims[name].source,
            "pieces": finding.pieces,
            "pieces_needed": finding.needed,
            "note": finding.note,
        }
        for name, finding in findings.items()
    ]


VERDICTS = {True: "passed", False: "falls short", None: ""}


def _cells(number: int, row: dict[str, Any]) -> list[str]:
    measured, low, high = (None if row[key] is None else f"{row[key]:.4g}" for key in ("measured", "low", "high"))
    interval = "" if low is None or high is None else f"{low} to {high}"
    published = "" if row["published"] is None else str(row["published"])
    pieces = f"{row['pieces']} of {row['pieces_needed']}"
    claim = f"{number}. {row['claim']}"
    return [claim, row["kind"], published, measured or "", interval, pieces, VERDICTS[row["passed"]]]
