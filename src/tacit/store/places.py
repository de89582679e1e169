"""Where a project keeps what: the names in its folder."""

from __future__ import annotations

from pathlib import Path

from tacit.errors import NotAStore

DATABASE_NAME = "tacit.sqlite"
MEDIA_NAME = "media"


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
