"""A backup is a whole project of one moment, whatever goes on meanwhile; and it can be made into a project again."""

import os
from threading import Event, Thread

import polars as pl
import pytest

from tacit.errors import BadFile, BadValue, CannotWrite, NotAStore
from tacit.judging import Item, ItemKind, Media
from tacit.store import Store, restore

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
        begun.wait(30)
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
