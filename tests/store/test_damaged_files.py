"""A file that is no whole project is refused with one message and left as it was; a disk without room loses nothing."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from tacit.errors import CannotWrite, NewerStore, NotAStore
from tacit.judging import Item, ItemKind
from tacit.store import Store


@pytest.fixture
def project(full, tmp_path):
    """The folder of a project that has been closed."""
    full.close()
    return tmp_path / "full"


def refused(project, error, match):
    """Check that the project is refused, and that not one byte of it changes."""
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    for create in (True, False):
        with pytest.raises(error, match=match):
            Store.open(project, create=create)
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_a_truncated_file_is_refused(project):
    database = project / "tacit.sqlite"
    whole = database.read_bytes()
    for size in (0, 50, 4096, len(whole) // 2 // 8192 * 8192, len(whole) - 8192):
        database.write_bytes(whole[:size])
        refused(project, NotAStore, "bytes|damaged")


def test_a_file_that_is_not_sqlite_is_refused(project):
    (project / "tacit.sqlite").write_bytes(b"judgments, honestly\n" * 1000)
    refused(project, NotAStore, "not SQLite")


def test_the_database_of_another_program_is_refused(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    connection = sqlite3.connect(project / "tacit.sqlite")
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.commit()
    connection.close()
    refused(project, NotAStore, "another program")


def test_a_project_of_a_later_version_is_refused(project):
    connection = sqlite3.connect(project / "tacit.sqlite", isolation_level=None)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    refused(project, NewerStore, "version 99.*Install a newer tacit")


def test_damage_within_the_file_is_told_when_it_is_met(project):
    database = project / "tacit.sqlite"
    content = bytearray(database.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    database.write_bytes(content)
    with pytest.raises(NotAStore, match="damaged"), Store.open(project) as store:
        store.judgments()


def test_a_database_without_the_tables_is_refused_when_it_is_met(project):
    connection = sqlite3.connect(project / "tacit.sqlite", isolation_level=None)
    connection.execute("DROP TABLE labeler")
    connection.close()
    with pytest.raises(NotAStore, match="no such table"), Store.open(project) as store:
        store.judgments()


def test_what_is_no_folder_of_a_project_is_refused(project, tmp_path):
    with pytest.raises(NotAStore, match="no such folder"):
        Store.open(tmp_path / "nothing", create=False)
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(NotAStore, match="Name its folder"):
        Store.open(project / "tacit.sqlite")
    run = tmp_path / "run"
    shutil.copytree(project, run / "project")
    for create in (True, False):
        with pytest.raises(NotAStore, match=f"Its project is {run / 'project'}"):
            Store.open(run, create=create)


def test_a_full_database_refuses_and_keeps_what_it_has(full):
    before = full.judgments()
    with full._database.reading() as connection:
        n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    full._database.close()  # new connections come with the limit

    @event.listens_for(Engine, "connect")
    def limit(connection, _):
        connection.execute(f"PRAGMA max_page_count={n_pages + 2}")

    try:
        large = [Item(ItemKind.TEXT, bytes([i]) * 30_000, "text/plain") for i in range(9)]
        with pytest.raises(CannotWrite, match=r"a full disk.*What was saved is intact"):
            full.add_items(large)
        assert full.judgments().equals(before)
        full.add_judgments(before)
    finally:
        event.remove(Engine, "connect", limit)
        full._database.close()
    assert full.add_items(large) == 9


NO_ROOM = """
import resource, sys
from pathlib import Path
from tacit.errors import CannotWrite
from tacit.judging import Item, ItemKind
from tacit.store import Store

store = Store.open(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    for i in range(100):
        store.add_items([Item(ItemKind.TEXT, bytes([i]) * int(sys.argv[2]), "text/plain")])
        print(i, flush=True)
except CannotWrite as error:
    print(error)
"""


@pytest.mark.parametrize("n_bytes", [30_000, 300_000], ids=["in the database", "as a file"])
def test_a_disk_that_fills_up_loses_nothing_acknowledged(project, n_bytes):
    command = [sys.executable, "-c", NO_ROOM, str(project), str(n_bytes)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    *kept, message = said
    assert "expected a disk with room to write. What was saved is intact" in message
    assert kept == [str(i) for i in range(len(kept))]
    assert kept == [] if n_bytes == 300_000 else len(kept) > 0
    items = [Item(ItemKind.TEXT, bytes([int(i)]) * n_bytes, "text/plain") for i in kept]
    with Store.open(project) as store:
        assert store.items([item.item_id for item in items]) == items
        assert store.n_judgments() == 9


READ_ONLY = """
import os, sys
from pathlib import Path
from tacit.errors import CannotWrite
from tacit.judging import Item, ItemKind
from tacit.store import Store

new = Item(ItemKind.TEXT, b"new", "text/plain")
with Store.in_memory() as store:  # loads all that is needed while everything may be read
    store.add_items([new])
    store.judgments()
os.chdir(sys.argv[1])
if os.getuid() == 0:
    os.setuid(65534)
with Store.open(Path(".")) as store:
    print(store.n_judgments())
    try:
        store.add_items([new])
    except CannotWrite as error:
        print(error)
try:
    Store.open(Path("new"))
except CannotWrite as error:
    print(error)
"""


def test_a_read_only_project_can_be_read_and_says_why_it_takes_nothing(project):
    with tempfile.TemporaryDirectory() as folder:  # not below a folder that only its owner may enter
        shutil.copytree(project, folder, dirs_exist_ok=True)
        (Path(folder) / "tacit.sqlite").chmod(0o444)
        Path(folder).chmod(0o555)
        try:
            command = [sys.executable, "-c", READ_ONLY, folder]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        finally:
            Path(folder).chmod(0o755)
        assert sorted(os.listdir(folder)) == sorted(os.listdir(project))  # noqa: PTH208  names alone
    assert said[0] == "9"
    assert "read-only" in said[1]
    assert "What was saved is intact" in said[1]
    assert "Permission denied" in said[2]
