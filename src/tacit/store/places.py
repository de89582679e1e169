"""Where a project keeps what: the names in its folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tacit.errors import BadValue, NotAStore, UnknownName

DATABASE_NAME = "tacit.sqlite"
MEDIA_NAME = "media"
SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True)
class DatabaseUrl:
    """Where a database is, and for whom: ``postgresql://USER:PASSWORD@HOST:PORT/NAME?OPTION=VALUE``.

    As a text it shows no password.

    Args:
        text: the URL as it was given.
    """

    text: str

    def __str__(self) -> str:
        """Return the URL without its password."""
        without = re.sub(r"^(\w+://[^:/@?]*):.*@", r"\1@", self.text)
        return re.sub(r"(?<=[?&])(ssl)?password=[^&]*&?", "", without).rstrip("?&")

    def __repr__(self) -> str:
        """Return the same, for logs."""
        return f"DatabaseUrl({str(self)!r})"


Place = Path | DatabaseUrl
"""Where a project is: a folder, or a database."""


def place_of(named: str | Path | DatabaseUrl) -> Place:
    """Return the place that a user has named: a URL of PostgreSQL or a folder.

    Raises:
        UnknownName: a URL of something else. BadValue: a URL that has become a path, and lost a slash by it.
    """
    if isinstance(named, DatabaseUrl):
        return named
    if isinstance(named, Path):
        if re.match(r"postgres(ql)?:", str(named)):
            raise BadValue(str(named), got="a URL as a path", expected="a URL as text, postgresql://…")
        return named
    scheme, found, _ = named.partition("://")
    if not found:
        return Path(named)
    if scheme.partition("+")[0] not in SCHEMES:
        raise UnknownName("database", scheme, SCHEMES[:1], do="Or name a folder")
    return DatabaseUrl(f"postgresql://{named.partition('://')[2]}")


def holds_project(path: Path) -> bool:
    """Whether there is a project, whole or not, in the folder `path`.

    Raises:
        NotAStore: `path` is no folder, or is the folder of a run, which holds its project one level below.
    """
    if path.exists() and not path.is_dir():
        do = f"Name its folder, {path.parent}" if path.name == DATABASE_NAME else ""
        raise NotAStore(str(path), got="a file", expected="the folder of a project", do=do)
    if (path / DATABASE_NAME).exists():
        return True
    if (path / "project" / DATABASE_NAME).exists():
        do = f"Its project is {path / 'project'}"
        raise NotAStore(str(path), got="the folder of a run", expected="the folder of a project", do=do)
    return False


def refuse_no_project(path: Path) -> None:
    """Refuse a folder without a project.

    Raises:
        NotAStore: says what is there instead.
    """
    if not holds_project(path):
        got = f"a folder without {DATABASE_NAME}" if path.exists() else "no such folder"
        raise NotAStore(str(path), got=got, expected="the folder of a project")
