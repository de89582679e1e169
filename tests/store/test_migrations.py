"""An older project becomes one of today; what it held stays."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from tacit.store import Store
from tacit.store.sql import sqlite, sqlite_file
from tacit.store.sql.migrations import MIGRATIONS
from tacit.store.sql.people_schema import metadata
from tacit.store.sql.sqlite_file import APPLICATION_ID, migrate

MODULES = (sqlite, sqlite_file)
VERSION_1 = Path(__file__).parent / "version_1.sql"


def shape(engine):
    """Return every table's columns, keys and indexes."""
    seen = inspect(engine)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"], c["primary_key"]) for c in seen.get_columns(table)],
            sorted((k["constrained_columns"], k["referred_table"]) for k in seen.get_foreign_keys(table)),
            sorted((i["name"], i["column_names"], i["unique"]) for i in seen.get_indexes(table)),
            sorted(u["column_names"] for u in seen.get_unique_constraints(table)),
        )
        for table in seen.get_table_names()
    }


def test_all_migrations_lead_to_the_tables_of_today():
    migrated, declared = create_engine("sqlite://"), create_engine("sqlite://")
    with migrated.begin() as connection:
        migrate(connection, "here")
    metadata.create_all(declared)
    assert shape(migrated) == shape(declared)
    data = {"media", "item", "rendition", "preview", "question", "labeler", "judgment"}
    who = {"account", "session", "token", "invite", "audit"}
    work = {"project", "instructions", "membership", "task", "assignment"}
    assert set(shape(migrated)) == data | who | work


def test_a_version_1_project_opens_with_what_it_held(tmp_path, samples):
    """The file is as the first migration made it, written out on the day it was released."""
    with closing(sqlite3.connect(tmp_path / "tacit.sqlite")) as connection:
        connection.executescript(VERSION_1.read_bytes().decode())
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute("PRAGMA user_version=1")
    with Store.open(tmp_path, create=False) as store:
        questions, judgments = samples.every_kind(samples.items())
        assert store.questions().equals(questions)
        assert store.judgments().equals(judgments)
        assert store.items([item.item_id for item in samples.items()]) == samples.items()
        assert store.add_judgments(samples.answers(questions[1:2], labeler="new")) == 1
    with closing(sqlite3.connect(tmp_path / "tacit.sqlite")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_later_migration_runs_once_and_keeps_everything(full, tmp_path, monkeypatch):
    full.close()
    runs = []

    def add_a_table(connection):
        runs.append(connection.exec_driver_sql("SELECT count(*) FROM judgment").scalar())
        connection.exec_driver_sql("CREATE TABLE later (question INTEGER)")

    for module in MODULES:
        monkeypatch.setattr(module, "MIGRATIONS", (*MIGRATIONS, add_a_table))
    for _ in range(2):
        with Store.open(tmp_path / "full") as store:
            assert store.n_judgments() == 9
    assert runs == [9]


def test_a_migration_that_fails_leaves_the_project_as_it_was(full, tmp_path, monkeypatch):
    full.close()

    def fail(connection):
        connection.exec_driver_sql("CREATE TABLE later (question INTEGER)")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        for module in MODULES:
            patched.setattr(module, "MIGRATIONS", (*MIGRATIONS, fail))
        with pytest.raises(KeyboardInterrupt):
            Store.open(tmp_path / "full")
    with Store.open(tmp_path / "full") as store:
        assert store.n_judgments() == 9
        with store._database.reading() as connection:
            assert "later" not in inspect(connection).get_table_names()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE judgment SET comparison = 0",
        "DELETE FROM judgment",
        "INSERT OR REPLACE INTO judgment (sequence, judgment_id, question, labeler, outcome) VALUES (1,'j0',1,1,'tie')",
        "UPDATE question SET text = ''",
        "DELETE FROM question",
        "DELETE FROM item",
    ],
)
def test_what_has_been_judged_cannot_be_changed(full, statement):
    before = full.judgments()
    with pytest.raises(IntegrityError, match="only added, never changed"), full._database.writing() as connection:
        connection.execute(text(statement))
    assert full.judgments().equals(before)
