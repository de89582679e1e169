"""Verbs that packs add to the command line.

A pack's ``pyproject.toml`` declares a module that is what a verb's file of the core is (see `tacit.cli.main`)::

    [project.entry-points."tacit.verbs"]
    speech = "tacit_speech.verbs"

Its line in ``tacit --help`` is the summary of its distribution: the module is loaded only when the verb is used.
A verb of the core keeps its name: a pack cannot take it.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from tacit.errors import InputError, MissingExtra

GROUP = "tacit.verbs"


def pack_verbs(taken: Collection[str] = ()) -> dict[str, EntryPoint]:
    """Return verb → the entry point of the installed pack that adds it, sorted by name; none is loaded.

    Args:
        taken: names that are the core's own.

    Raises:
        InputError: two distributions add the same verb by different modules.
    """
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        if entry.name in found and found[entry.name].value != entry.value:
            both = f"{found[entry.name].value} and {entry.value}"
            raise InputError(f"verb {entry.name!r}", got=both, expected="one", do="Uninstall one of the two packs")
        if entry.name not in taken:
            found[entry.name] = entry
    return found


def summary(entry: EntryPoint) -> str:
    """Return the line of a pack's verb in the help: its distribution's summary, as the core writes its own."""
    text = (entry.dist.metadata["Summary"] if entry.dist else "") or f"a verb of {_distribution(entry)}"
    return text[:1].lower() + text[1:].rstrip(".")


def load_pack_verb(entry: EntryPoint) -> ModuleType:
    """Return the module of a pack's verb.

    Raises:
        MissingExtra: the pack lacks a package that it needs.
        InputError: it is installed but broken.
    """
    where, distribution = f"verb {entry.name!r}", _distribution(entry)
    do = f"It is installed but broken; run: pip install --force-reinstall {distribution}"
    try:
        module = entry.load()
    except ModuleNotFoundError as error:
        raise MissingExtra(where, package=error.name or str(error), install=distribution) from error
    except (ImportError, AttributeError) as error:
        got = f"{type(error).__name__}: {error}"
        raise InputError(where, got=got, expected="a pack that loads", do=do) from error
    lacks = [name for name in ("add_arguments", "run", "show") if not hasattr(module, name)]
    if not isinstance(module, ModuleType) or lacks:
        got = f"{entry.value} without {', '.join(lacks)}" if lacks else entry.value
        raise InputError(where, got=got, expected="a module with add_arguments, run and show", do=do)
    return module


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.name
