"""Every exception that tacit raises on purpose.

::

    TacitError
    ├── InputError                 what the caller gave is wrong; shown as one message, exit code 2
    │   ├── BadValue               a value outside its set, range or shape
    │   │   ├── BadJudgment        a judgment that its question does not allow
    │   │   ├── BadQuestion        a question that its kind does not allow
    │   │   └── NotFinite          NaN or infinity where a finite number is needed
    │   ├── UnknownName            no such environment, verb, column, item …, with the nearest known ones
    │   ├── MissingExtra           an optional dependency is absent; names the line that installs it
    │   ├── NotIdentified          the data cannot determine what was asked (unconnected items, no overlap)
    │   ├── BadFile                a file that is not what its name says, or is cut short
    │   ├── StoreError             a project folder that cannot be used
    │   │   ├── NotAStore          a foreign, truncated or damaged database
    │   │   └── NewerStore         a project written by a later version of tacit
    │   ├── NotSignedIn            nobody, or a session or token that has ended
    │   ├── NotAllowed             somebody whose role, scope or project does not reach that far
    │   ├── Conflict               somebody else has changed the same thing meanwhile
    │   ├── RunExists              the output folder holds another run
    │   └── CannotWrite            a full or read-only disk, or missing permission
    ├── CheckFailed                a check ran and fell short; exit code 1
    └── Interrupted                stopped by the user; what is saved resumes; exit code 130

A message reads ``where: got X, expected Y. Do Z.`` Each part is also an attribute, so that a program can use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class TacitError(Exception):
    """Root of every exception raised on purpose."""

    exit_code = 2


class InputError(TacitError):
    """What the caller gave is wrong.

    Args:
        where: the place, as a user would name it: a file and row, an option, an argument.
        got: what was found there.
        expected: what may stand there.
        do: one sentence to act on, without its full stop; empty when `expected` says it all.
    """

    def __init__(self, where: str, *, got: object, expected: str, do: str = "") -> None:
        self.where, self.got, self.expected, self.do = where, got, expected, do
        super().__init__(f"{where}: got {got}, expected {expected}." + (f" {do}." if do else ""))


class BadValue(InputError):
    """A value outside its set, range or shape."""


class BadJudgment(BadValue):
    """A judgment that its question does not allow."""


class BadQuestion(BadValue):
    """A question that its kind does not allow."""


class NotFinite(BadValue):
    """NaN or infinity where a finite number is needed."""


class UnknownName(InputError):
    """A name that is not known; the message suggests the nearest ones.

    Args:
        what: the kind of thing that was named, such as ``environment``.
        name: the name that was given.
        known: the names that exist.
        do: what else the user could do.
    """

    def __init__(self, what: str, name: str, known: Iterable[str], *, do: str = "") -> None:
        self.what, self.name, self.known = what, name, tuple(known)
        near = get_close_matches(name, self.known, n=3, cutoff=0.6)
        shown = ", ".join(near or self.known[:12]) or "none"
        hint = f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
        super().__init__(what, got=repr(name), expected=f"one of {shown}", do=". ".join(filter(None, (do, hint))))

    def __str__(self) -> str:
        """Return the message without the full stop that would follow a question mark."""
        return super().__str__().replace("?.", "?")


class MissingExtra(InputError):
    """An optional dependency is absent.

    Args:
        where: what needs it.
        package: the module that could not be imported.
        install: the requirement to install, such as ``tacit-control[mujoco]``.
    """

    def __init__(self, where: str, *, package: str, install: str) -> None:
        self.package, self.install = package, install
        super().__init__(
            where, got=f"no module {package!r}", expected="it to be installed", do=f"Run: pip install '{install}'"
        )


class NotIdentified(InputError):
    """The data cannot determine what was asked.

    Args:
        groups: the names of what belongs together, a list a group, where that is the reason.
    """

    def __init__(
        self, where: str, *, got: object, expected: str, do: str = "", groups: Iterable[Sequence[str]] = ()
    ) -> None:
        self.groups = tuple(tuple(names) for names in groups)
        super().__init__(where, got=got, expected=expected, do=do)


class BadFile(InputError):
    """A file that is not what its name says, or is cut short."""


class StoreError(InputError):
    """A project folder that cannot be used."""


class NotAStore(StoreError):
    """A foreign, truncated or damaged database."""


class NewerStore(StoreError):
    """A project written by a later version of tacit."""


class NotSignedIn(InputError):
    """Nobody, or a session or token that has ended."""


class NotAllowed(InputError):
    """Somebody whose role, scope or project does not reach that far."""


class Conflict(InputError):
    """Somebody else has changed the same thing meanwhile; nothing was changed.

    Args:
        where: what was to be changed.
        mine: the version that the change was made for.
        theirs: the version that is there now.
    """

    def __init__(self, where: str, *, mine: int, theirs: int) -> None:
        self.mine, self.theirs = mine, theirs
        do = "Look at what changed, then send your change again"
        super().__init__(where, got=f"a change to version {mine}", expected=f"one to version {theirs}", do=do)


class RunExists(InputError):
    """The output folder holds another run."""


class CannotWrite(InputError):
    """A full or read-only disk, or missing permission."""


class CheckFailed(TacitError):
    """A check ran and fell short."""

    exit_code = 1


class Interrupted(TacitError):
    """Stopped by the user; what is saved resumes."""

    exit_code = 130
