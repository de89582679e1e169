"""A backup is a whole project of one moment, whatever goes on meanwhile; and it can be made into a project again."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import polars as pl
import pytest

from tacit.errors import BadFile, BadValue, CannotWrite, NotAStore
from tacit.judging import Item, ItemKind, Media
from tacit.store import Store, restore
from tacit.store.people.actor import Role
from tacit.store.places import place_of
from tacit.store.sql.sqlite_file import APPLICATION_ID

LARGE = Item(ItemKind.TEXT, b"large " * 10_000, "text/plain")


def same(one, other):
    """Whether two projects hold the same."""
    return (
        one.judgments().equals(other.judgments())
        and one.questions().equals(other.questions())
        and one.judgments_hash() == other.judgments_hash()
    )


def test_a_backup_is_a_project_and_so_is_what_is_restored_from_it(full, samples, tmp_path):
    full.add_items([LARGE])
    full.add_rendition(LARGE.item_id, Media(b"clip " * 10_000, "video/mp4"))
    shares = []
    count = full.backup(tmp_path / "backup", shares.append)
    assert (count.judgments, count.media_files) == (9, 2)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    again = restore(tmp_path / "backup", tmp_path / "deep" / "restored")
    assert again.judgments == 9
    for name in ("backup", "deep/restored"):
        with Store.open(tmp_path / name, create=False) as copy:
            assert same(copy, full)
            assert copy.items([LARGE.item_id, samples.items()[0].item_id]) == [LARGE, samples.items()[0]]
            assert copy.rendition(LARGE.item_id).content == b"clip " * 10_000
            assert copy.add_judgments(samples.answers(copy.questions()[1:2], labeler="new")) == 1
    assert full.n_judgments() == 9


def test_a_project_in_memory_can_be_kept_by_a_backup(samples, tmp_path):
    with Store.in_memory() as store:
        store.add_items([*samples.items(), LARGE])
        questions = samples.comparisons(samples.items(), 3)
        store.add_questions(questions)
        store.add_judgments(samples.answers(questions))
        store.backup(tmp_path / "kept")
        with Store.open(tmp_path / "kept", create=False) as kept:
            assert same(kept, store)
            assert kept.item(LARGE.item_id) == LARGE


def test_a_backup_made_while_others_write_holds_all_up_to_one_moment(samples, tmp_path):
    with Store.open(tmp_path / "project") as store:
        store.add_items(samples.items())
        questions = samples.comparisons(samples.items(), 50)
        store.add_questions(questions)
        begun, stop = Event(), Event()

        def write():
            round_of = 0
            while not stop.is_set():
                store.add_judgments(samples.answers(questions, labeler=f"labeler {round_of}"))
                round_of += 1
                begun.set()

        writer = Thread(target=write)
        writer.start()
        begun.wait(60)
        try:
            counts = []
            for number in range(3):
                before = store.n_judgments()
                count = store.backup(tmp_path / f"backup {number}")
                assert before <= count.judgments <= store.n_judgments()
                counts.append(count.judgments)
        finally:
            stop.set()
            writer.join()
        for number, n in enumerate(counts):
            with Store.open(tmp_path / f"backup {number}", create=False) as copy:
                assert n % 50 == 0  # never part of what was added together
                assert copy.judgments().equals(store.judgments(until=n))


@pytest.mark.parametrize("to", ["folder", "database"])
@pytest.mark.parametrize("of", ["folder", "database"])
def test_a_project_moves_between_a_folder_and_a_database(request, samples, tmp_path, of, to):
    """What a team does that outgrows one machine: back up here, restore there; and the way back."""

    def place(kind, name):
        return tmp_path / name if kind == "folder" else request.getfixturevalue(f"{name}_url")

    items = [*samples.items(), LARGE]
    questions, judgments = samples.every_kind(items)
    with Store.open(place(of, "first")) as store:
        store.add_items(items)
        store.add_rendition(items[0].item_id, Media(b"clip " * 10_000, "video/mp4"))
        store.add_questions(questions)
        store.add_judgments(judgments)
        owner = store.people.accounts.add_program("Olga", Role.OWNER)
        shares = []
        count = store.backup(place(to, "second"), shares.append)
        assert (count.judgments, count.media_files) == (9, 2 if to == "folder" else 0)
        assert count.n_bytes > 100_000
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
        with Store.open(place(to, "second"), create=False) as copy:
            assert same(copy, store)
            assert copy.items([item.item_id for item in items]) == items
            assert copy.rendition(items[0].item_id).content == b"clip " * 10_000
            assert copy.people.accounts.get(owner.account_id) == owner
            assert copy.people.accounts.add_program("Paul", Role.JUDGE).account_id != owner.account_id
            assert copy.add_judgments(samples.answers(questions[1:2], labeler="new")) == 1
            assert copy.last_sequence() == 10
        with pytest.raises(BadValue, match=r"there already|holds something"):
            store.backup(place(to, "second"))
        assert store.n_judgments() == 9


@pytest.fixture
def first_url(make_postgres_url):
    return make_postgres_url()


@pytest.fixture
def second_url(make_postgres_url):
    return make_postgres_url()


def test_a_backup_of_an_older_version_is_restored_into_a_database_and_left_as_it_is(postgres_url, samples, tmp_path):
    (tmp_path / "old").mkdir()
    with closing(sqlite3.connect(tmp_path / "old" / "tacit.sqlite")) as connection:
        connection.executescript((Path(__file__).parent / "version_1.sql").read_bytes().decode())
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute("PRAGMA user_version=1")
    before = (tmp_path / "old" / "tacit.sqlite").read_bytes()
    assert restore(tmp_path / "old", place_of(postgres_url)).judgments == 9
    assert (tmp_path / "old" / "tacit.sqlite").read_bytes() == before
    with Store.open(postgres_url, create=False) as store:
        assert store.judgments().equals(samples.every_kind(samples.items())[1])


def test_a_place_that_is_taken_is_left_alone(full, tmp_path):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("mine")
    with pytest.raises(BadValue, match="a new or empty folder"):
        full.backup(taken)
    with pytest.raises(BadValue, match="a new or empty folder"):
        full.backup(taken / "thesis.txt")
    assert [path.name for path in taken.iterdir()] == ["thesis.txt"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert full.backup(empty).judgments == 9


def test_a_damaged_backup_is_not_restored(full, tmp_path):
    full.backup(tmp_path / "backup")
    database = tmp_path / "backup" / "tacit.sqlite"
    content = bytearray(database.read_bytes())
    content[3 * 8192 : 4 * 8192] = os.urandom(8192)
    database.write_bytes(content)
    with pytest.raises(NotAStore, match="damaged"):
        restore(tmp_path / "backup", tmp_path / "restored")
    with pytest.raises(NotAStore, match="no such folder"):
        restore(tmp_path / "nothing", tmp_path / "restored")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "full"]


def test_a_backup_without_all_its_media_is_not_restored(full, tmp_path):
    full.add_items([LARGE])
    full.backup(tmp_path / "backup")
    (tmp_path / "backup" / "media" / LARGE.item_id[:2] / LARGE.item_id[2:]).write_bytes(b"other")
    with pytest.raises(BadFile, match="another hash"):
        restore(tmp_path / "backup", tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_a_folder_that_cannot_be_made_is_one_message(full, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match=r"Not a directory|File exists"):
        full.backup(tmp_path / "file" / "backup")


def test_restoring_leaves_the_backup_as_it_is(full, tmp_path):
    full.backup(tmp_path / "backup")
    before = {path: path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()}
    restore(tmp_path / "backup", tmp_path / "restored")
    assert {path: path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()} == before
    with Store.open(tmp_path / "restored") as restored:
        assert isinstance(restored.judgments(), pl.DataFrame)
