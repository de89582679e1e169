"""Find and load recipes: files that re-derive published results.

A recipe is one Python file. Its docstring says what it re-derives and in what it differs from what was published, and
it defines::

    CLAIMS: dict[str, Claim]                     name → what is claimed, as data
    PIECES: dict[str, dict]                      name → everything that the piece depends on, as JSON values
    run_piece(settings, folder, stage) -> dict   does the piece, or goes on with it, in `folder`; returns JSON values
    measure(results) -> dict[str, Finding]       name of each claim → what the pieces that are done say of it

Pieces do not depend on each other, so that any of them can be run first, or several at once; they stand in the order
in which they say most. A piece's name is the path of its folder.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from tacit.errors import InputError, UnknownName

CHECKOUT = Path(__file__).parents[3] / "recipes"
"""Where they lie beside the source that this was loaded from; an installed tacit has no such folder."""

Stage = Callable[[str, float], None]
"""Told the name of a piece of work and the share of it that is done."""

Results = Mapping[str, Mapping[str, Any]]
"""Name of a piece that is done → what it returned."""


class ClaimKind(StrEnum):
    """What a recipe may say of a claim.

    ``identity``: it holds exactly; the tolerance is Monte-Carlo error.
    ``same set-up``: the paper's data, model and protocol; the tolerance is the spread of seeds and a few points.
    ``analogue``: the paper's protocol on other data or another model; a sign, an order or a trend, never equality.
    ``protocol``: needs people or a model that is not here; the statistic is shown to be computed as published.
    """

    IDENTITY = "identity"
    SAME_SETUP = "same set-up"
    ANALOGUE = "analogue"
    PROTOCOL = "protocol"


@dataclass(frozen=True)
class Claim:
    """What is claimed.

    Args:
        claim: one sentence that can be true or false.
        kind: how it can be checked here.
        published: the published figure, or the words where there is none; None for a claim of tacit's own.
        source: paper, section or figure, arXiv or DOI.
    """

    claim: str
    kind: ClaimKind
    published: float | str | None
    source: str


@dataclass(frozen=True)
class Finding:
    """What was measured of a claim.

    Args:
        needed: pieces that the claim rests on.
        pieces: how many of them are done.
        measured: the figure; None as long as there is nothing to make it from.
        low: lower end of its 95 % interval.
        high: upper end.
        holds: whether the claim stood the check; None where nothing was published that could be checked.
        note: what a reader must know.
    """

    needed: int
    pieces: int = 0
    measured: float | None = None
    low: float | None = None
    high: float | None = None
    holds: bool | None = None
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """`holds` once every piece is done: a check that could be read early would be stopped when it looks good."""
        return self.holds if self.pieces >= self.needed else None


@dataclass(frozen=True)
class Recipe:
    """A recipe that has been loaded; see the head of this file for what its fields do."""

    name: str
    title: str
    folder: Path
    claims: Mapping[str, Claim]
    pieces: Mapping[str, Mapping[str, Any]]
    run_piece: Callable[[Mapping[str, Any], Path, Stage], dict[str, Any]]
    measure: Callable[[Results], dict[str, Finding]]


def recipes_in(given: Path | None = None) -> dict[str, Path]:
    """Return name → file of every recipe.

    Args:
        given: the folder to look in; by default that of the checkout that tacit was installed from, else ``recipes``
            below the current folder.

    Raises:
        InputError: there is no such folder.
    """
    places = [given] if given is not None else [CHECKOUT, Path("recipes")]
    for place in places:
        if place.is_dir():
            return {path.stem: path for path in sorted(place.glob("*.py"))}
    raise InputError(
        "recipes",
        got=f"no folder {places[-1]}",
        expected="a folder of recipes",
        do="Run in a checkout of tacit, or name its recipes with --recipes",
    )


def title_of(path: Path) -> str:
    """Return the first line of a recipe's docstring; the recipe is not run."""
    with _as_input(path):
        return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or path.stem).partition("\n")[0]


def load_recipe(name: str, given: Path | None = None) -> Recipe:
    """Return the recipe called `name`.

    Args:
        name: its file's name without ``.py``.
        given: the folder to look in, as for `recipes_in`.

    Raises:
        UnknownName: no such recipe. InputError: a file that is no recipe.
    """
    found = recipes_in(given)
    if name not in found:
        raise UnknownName("recipe", name, found)
    path = found[name]
    module = _module(name, path)
    try:
        recipe = Recipe(
            name=name,
            title=title_of(path),
            folder=path.parent,
            claims=module.CLAIMS,
            pieces=module.PIECES,
            run_piece=module.run_piece,
            measure=module.measure,
        )
    except AttributeError as error:
        raise InputError(str(path), got=str(error), expected="CLAIMS, PIECES, run_piece and measure") from None
    return recipe


def findings_of(recipe: Recipe, results: Results) -> dict[str, Finding]:
    """Return the finding of every claim, in the order of the claims.

    Raises:
        InputError: the recipe measures other claims than it makes.
    """
    found = recipe.measure(results)
    if set(found) != set(recipe.claims):
        odd = ", ".join(sorted(set(found) ^ set(recipe.claims)))
        raise InputError(f"recipe {recipe.name}", got=f"{odd}, claimed or measured alone", expected="both of each")
    return {name: found[name] for name in recipe.claims}


def _module(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(f"tacit_recipe_{name}", path)
    if spec is None or spec.loader is None:
        raise InputError(str(path), got="a file that Python cannot load", expected="a recipe")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    with _as_input(path):
        spec.loader.exec_module(module)
    return module


@contextmanager
def _as_input(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        raise InputError(str(path), got=str(error), expected="a recipe in Python") from None
