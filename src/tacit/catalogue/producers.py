"""Find the pack that makes a named producer.

A pack's ``pyproject.toml`` declares::

    [project.entry-points."tacit.producers"]
    control = "tacit_control.producer:open_producer"

The module of that function also defines ``knows(name) -> bool`` and ``known_names() -> Iterable[str]``. It may define
``suggestions(name) -> dict``, what a run is unless the user says otherwise, and ``settings_from(options) -> dict``,
which makes settings of the pack's own of options of the command line that it alone understands.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, cast

from numpy.typing import NDArray

from tacit.errors import InputError, MissingExtra, UnknownName
from tacit.judging.producer import Trainable

GROUP = "tacit.producers"
FIRST_PACK = "tacit-control"
"""What to install where there is no pack at all."""


class OpenProducer(Protocol):
    """What a pack's entry point names."""

    def __call__(
        self,
        name: str,
        settings: dict[str, object],
        *,
        seed: int,
        state: Mapping[str, NDArray[Any]] | None = None,
    ) -> Trainable:
        """Return the producer `name` in its first state, or in `state`.

        Args:
            name: as the pack knows it, without the pack's own name before it.
            settings: the pack's own settings, JSON values only.
            seed: of the first state.
            state: what `Trainable.state` returned; the first state if absent.
        """
        ...


@dataclass(frozen=True)
class _Pack:
    name: str
    open_producer: OpenProducer
    knows: Callable[[str], bool]
    known_names: Callable[[], Iterable[str]]


def producer_packs() -> tuple[str, ...]:
    """Return the names of the installed packs that make producers, sorted; none is loaded."""
    return tuple(sorted(_entries()))


def find_producer(name: str) -> tuple[str, OpenProducer]:
    """Return the name of the pack that makes `name`, and its function that opens it.

    Args:
        name: a pack's name, a colon and the producer's name, as in ``control:CartPole-v1``; or the producer's name
            alone, which takes the first pack, in the order of their names, that knows it.

    Raises:
        UnknownName: no installed pack knows it; the message suggests the nearest names.
        MissingExtra: no pack is installed, or the pack lacks a package that it needs.
        InputError: the pack is installed but broken.
    """
    entries = _entries()
    if not entries:
        raise MissingExtra(f"producer {name!r}", package="tacit_control", install=FIRST_PACK)
    wanted = _pack_in(name, entries)
    loaded: list[_Pack] = []
    failure: InputError | None = None
    for pack_name in [wanted] if wanted else sorted(entries):
        try:
            pack = _load(entries[pack_name])
        except InputError as error:  # another pack may know the name; this one's fault is told if none does
            failure = failure or error
            continue
        if pack.knows(name_in_pack(name)):
            return pack.name, pack.open_producer
        loaded.append(pack)
    if failure is not None:
        raise failure
    packs = ", ".join(pack.name for pack in loaded)
    known = sorted({known for pack in loaded for known in pack.known_names()})
    raise UnknownName(f"environment (pack {packs})", name_in_pack(name), known)


def name_in_pack(name: str) -> str:
    """Return a producer's name without the name of an installed pack and the colon before it."""
    pack = _pack_in(name, producer_packs())
    return name.removeprefix(f"{pack}:") if pack else name


def _pack_in(name: str, packs: Iterable[str]) -> str:
    """Return the installed pack that `name` begins with; a Gymnasium name may hold a colon of its own."""
    before, colon, _ = name.partition(":")
    return before if colon and before in packs else ""


def _entries() -> dict[str, EntryPoint]:
    entries: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        if entry.name in entries and entries[entry.name].value != entry.value:
            both = f"{entries[entry.name].value} and {entry.value}"
            raise InputError(f"pack {entry.name!r}", got=both, expected="one", do="Uninstall one of the two")
        entries[entry.name] = entry
    return entries


def _load(entry: EntryPoint) -> _Pack:
    where = f"pack {entry.name!r}"
    distribution = entry.dist.name if entry.dist else entry.name
    try:
        open_producer = entry.load()
        module = sys.modules[open_producer.__module__]
        return _Pack(entry.name, cast(OpenProducer, open_producer), module.knows, module.known_names)
    except ModuleNotFoundError as error:
        raise MissingExtra(where, package=error.name or str(error), install=distribution) from error
    except (ImportError, AttributeError) as error:
        raise InputError(
            where,
            got=f"{type(error).__name__}: {error}",
            expected="a pack that loads",
            do=f"It is installed but broken; run: pip install --force-reinstall {distribution}",
        ) from error
    except Exception as error:
        error.add_note(f"while loading {where} ({entry.value}) of {distribution}")
        raise
