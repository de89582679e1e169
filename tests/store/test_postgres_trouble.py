"""What may be wrong with a server, each told in one message that says what to do; and a server that goes away."""

import signal
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from tacit.errors import (
    BadQuestion,
    BadValue,
    CannotWrite,
    MissingExtra,
    NewerStore,
    NotAStore,
    StoreError,
    UnknownName,
)
from tacit.judging import Question, QuestionKind, questions_table
from tacit.store import Store, restore
from tacit.store.places import place_of
from tacit.store.sql.postgres import database


def refused(url, error, match, *, create=True):
    """Check that a URL is refused in one line without a password in it."""
    with pytest.raises(error, match=match) as raised:
        Store.open(url, create=create)
    assert "\n" not in str(raised.value)
    assert "sesame" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "match"),
    [
        ("postgresql://me:sesame@127.0.0.1:1/tacit", "no server .*refused.*Start it"),
        ("postgresql://me:sesame@/tacit?host=/nowhere", "no server .*No such file"),
        ("postgresql://me:sesame@127.0.0.1:1/tacit?fantasy=1", "a URL that PostgreSQL does not take.*sslmode|libpq"),
    ],
)
def test_where_no_server_is_one_message_says_so(url, match):
    refused(url, StoreError, match)


def test_a_url_that_cannot_be_read_is_refused():
    refused("postgresql://me:sesame@host:port/tacit", BadValue, "a URL that cannot be read.*postgresql://USER@HOST")
    with pytest.raises(UnknownName, match="'mysql', expected one of postgresql"):
        place_of("mysql://localhost/tacit")
    with pytest.raises(BadValue, match="a URL as a path"):
        Store.open(Path("postgresql://localhost/tacit"))


def test_a_wrong_password_database_or_user_is_told(postgres_server):
    postgres_server.execute("DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD 'right'")
    guarded = postgres_server.url().replace("tacit@", "guarded:sesame@")
    refused(guarded, StoreError, "a wrong user or password.*pgpass")
    refused(guarded.replace(":sesame", ""), StoreError, "a wrong user or password")
    refused(postgres_server.url("nothing"), StoreError, "no such database.*createdb")
    refused(postgres_server.url().replace("tacit@", "nobody:sesame@"), StoreError, "a user that the server does not")


def test_another_programs_database_is_refused_and_left_alone(postgres_server, postgres_url):
    schema = postgres_url.rpartition("%3D")[2]
    postgres_server.execute(f"CREATE TABLE {schema}.bookmark (url text)")
    for create in (True, False):
        refused(postgres_url, NotAStore, "another program.*'bookmark'.*createdb", create=create)
    tables = postgres_server.execute("SELECT schemaname, tablename FROM pg_tables")
    assert [name for where, name in tables if where == schema] == ["bookmark"]


def test_an_empty_database_is_no_project_yet(postgres_server, postgres_url):
    refused(postgres_url, NotAStore, "an empty database.*tacit import", create=False)
    refused(postgres_server.url(schema="nowhere"), NotAStore, "no schema of that name")


def test_a_project_of_a_later_version_is_refused(postgres_server, full_url):
    schema = full_url.rpartition("%3D")[2]
    postgres_server.execute(f"ALTER TABLE {schema}.tacit_project ALTER version TYPE integer USING 99")
    refused(full_url, NewerStore, "version 99.*newer tacit")


def test_a_table_that_is_gone_is_a_damaged_database(postgres_server, full_url):
    schema = full_url.rpartition("%3D")[2]
    postgres_server.execute(f"DROP TABLE {schema}.judgment CASCADE")
    with Store.open(full_url) as store, pytest.raises(NotAStore, match=r"damaged.*tacit restore BACKUP URL"):
        store.judgments()


def test_a_user_who_may_only_read_reads(postgres_server, full_url, samples):
    schema = full_url.rpartition("%3D")[2]
    reader = f"reader_of_{schema}"
    postgres_server.execute(
        f"CREATE ROLE {reader} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {reader}; "
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}"
    )
    with Store.open(full_url.replace("tacit@", f"{reader}@")) as store:
        assert store.n_judgments() == 9
        with pytest.raises(CannotWrite, match=r"permission denied.*ALTER DATABASE"):
            store.add_judgments(samples.answers(store.questions()[1:2], labeler="new"))


def test_an_absent_driver_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.delitem(sys.modules, database.__name__)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    refused("postgresql://me:sesame@localhost/tacit", MissingExtra, r"pip install 'tacit\[postgres\]'")


def test_a_project_that_stays_locked_says_so_and_works_again_when_free(full_url, samples):
    with Store.open(full_url) as one, Store.open(full_url, lock_timeout_s=0.05) as other:
        answers = samples.answers(one.questions()[1:2], labeler="new")
        with one._database.writing(), pytest.raises(CannotWrite, match="another process keeps locked"):
            other.add_judgments(answers)
        assert other.add_judgments(answers) == 1


@pytest.fixture
def going(postgres_server):
    """The server, which a test may stop; afterwards it runs again."""
    yield postgres_server
    if postgres_server.process.poll() is not None:
        postgres_server.start()


def test_connections_that_broke_while_nobody_used_them_are_replaced(going, full_url, samples):
    with Store.open(full_url) as store:
        store.add_items(samples.items(1))
        going.stop()
        with pytest.raises(StoreError, match=r"no server .*Start it"):
            store.n_judgments()
        going.start()
        assert store.n_judgments() == 9
        going.stop(signal.SIGQUIT)
        going.start()
        assert store.add_judgments(samples.answers(store.questions()[1:2], labeler="new")) == 1


def test_a_server_that_goes_away_in_the_middle_of_a_write_loses_nothing_acknowledged(going, full_url, samples):
    with Store.open(full_url) as store:
        answers = samples.answers(store.questions()[1:2], labeler="new")
        inside, go_on, said = Event(), Event(), []

        def slow(connection):
            connection.exec_driver_sql("INSERT INTO labeler (labeler_id) VALUES ('half')")
            inside.set()
            go_on.wait(60)
            connection.exec_driver_sql("INSERT INTO labeler (labeler_id) VALUES ('other half')")

        def write():
            with pytest.raises(CannotWrite, match=r"a connection that broke.*nothing doubles") as raised:
                store._writer.run(slow)
            said.append(str(raised.value))

        assert store.add_judgments(answers) == 1
        writer = Thread(target=write)
        writer.start()
        inside.wait(60)
        going.stop(signal.SIGQUIT)
        go_on.set()
        writer.join(60)
        assert len(said) == 1
        going.start()
        assert store.add_judgments(answers) == 0  # what was acknowledged is there
        with store._database.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM labeler WHERE labeler_id ~ 'half'").scalar() == 0


def test_a_text_with_nul_is_refused_by_both(full, full_url, samples):
    asked = questions_table([Question(QuestionKind.TEXT, (samples.items()[0].item_id,), "a\0b")])
    with Store.open(full_url) as store:
        for opened in (full, store):
            with pytest.raises(BadQuestion, match=r"row 1, column 'text'.*no NUL"):
                opened.add_questions(asked)
            with pytest.raises(UnknownName, match=r"no|item"):
                opened.item("a\0b")
            assert opened.unanswered("a\0b").height == 7


def test_a_database_that_holds_something_is_not_restored_over(full, full_url, tmp_path):
    full.backup(tmp_path / "backup")
    with pytest.raises(BadValue, match=r"holds something.*createdb"):
        restore(tmp_path / "backup", place_of(full_url))
