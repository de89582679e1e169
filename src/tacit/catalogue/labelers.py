"""Find the pack that brings a named labeler to a run.

A pack's ``pyproject.toml`` declares::

    [project.entry-points."tacit.labelers"]
    model = "tacit_language.loop.judges:open_labeler"

and ``tacit learn PRODUCER --judge model:NAME`` asks it: ``open_labeler(name, item=…, question=…, seed=…) -> Labeler``,
where `item` gives an item by its id.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Protocol, cast

from tacit.errors import BadValue, MissingExtra
from tacit.judging import Item, Labeler

GROUP = "tacit.labelers"
OWN = ("people", "simulated")
PACK_OF = {"model": "tacit-language"}


class OpenLabeler(Protocol):
    """What a pack's entry point names."""

    def __call__(self, name: str, *, item: Callable[[str], Item], question: str, seed: int) -> Labeler:
        """Return the labeler `name`.

        Args:
            name: what stands behind the colon.
            item: id of an item → the item.
            question: the words put to it.
            seed: of its draws by chance.
        """
        ...


def find_labeler(judge: str) -> OpenLabeler:
    """Return the function that opens the labeler of a ``--judge KIND:NAME``.

    Raises:
        BadValue: no such kind, or no name behind it. MissingExtra: the pack that brings it is not installed.
    """
    kind, _, name = judge.partition(":")
    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    if kind not in entries:
        if kind in PACK_OF:
            raise MissingExtra(f"--judge {judge}", package="tacit_language", install=PACK_OF[kind])
        known = [*OWN, *(f"{one}:NAME" for one in sorted({*entries, *PACK_OF}))]
        raise BadValue("--judge", got=repr(judge), expected=f"one of {', '.join(known)}")
    if not name:
        raise BadValue("--judge", got=repr(judge), expected=f"a name behind the colon, such as {kind}:NAME")
    return cast(OpenLabeler, entries[kind].load())
