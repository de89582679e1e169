"""A project in PostgreSQL keeps the promises that a file keeps: nothing is lost, doubled, or seen out of order."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import polars as pl
import pytest
from sqlalchemy import insert, inspect, text
from sqlalchemy.exc import IntegrityError

from tacit.errors import BadValue
from tacit.judging import Item, ItemKind, Media
from tacit.store import Store
from tacit.store.places import DatabaseUrl
from tacit.store.sql.migrations import MIGRATIONS
from tacit.store.sql.postgres import database, project, rows
from tacit.store.sql.schema import metadata, question

LARGE = Item(ItemKind.TEXT, b"large " * 10_000, "text/plain")


def asked(url, samples, n):
    """Return `n` questions of a new project."""
    with Store.open(url) as store:
        store.add_items(samples.items())
        store.add_questions(samples.comparisons(samples.items(), n))
        return store.questions()


def test_the_tables_are_those_that_the_code_declares(full_url):
    with Store.open(full_url) as store, store._database.reading() as connection:
        seen = inspect(connection)
        made = {name: {column["name"] for column in seen.get_columns(name)} for name in seen.get_table_names()}
    assert made.pop("tacit_project") == {"version"}
    assert made == {table.name: set(table.columns.keys()) for table in metadata.sorted_tables}


def test_whoever_has_seen_a_judgment_has_seen_all_before_it(postgres_url, samples):
    """Six writers in two stores, as in two processes, and a reader who asks for what is new again and again."""
    questions = asked(postgres_url, samples, 20)
    done = Event()

    def read():
        with Store.open(postgres_url) as store:
            seen, last = [], 0
            while True:
                finished = done.is_set()
                until = store.last_sequence()
                seen.append(store.judgments(after=last, until=until))
                last = until
                if finished:
                    return pl.concat(seen)

    with Store.open(postgres_url) as one, Store.open(postgres_url) as other, ThreadPoolExecutor(7) as threads:
        reader = threads.submit(read)

        def write(number):
            mine = samples.answers(questions, labeler=f"labeler {number}")
            for row in range(mine.height):
                (one if number % 2 else other).add_judgments(mine[row])

        list(threads.map(write, range(6)))
        done.set()
        assert reader.result(60).equals(one.judgments())
        assert one.n_judgments() == 120


def test_a_writer_waits_for_its_turn_and_then_sees_what_the_other_wrote(postgres_url, samples):
    questions = asked(postgres_url, samples, 2)
    answers = samples.answers(questions)
    with Store.open(postgres_url) as one, Store.open(postgres_url) as other:
        with one._database.writing() as connection:
            connection.execute(text("INSERT INTO labeler (labeler_id) VALUES ('ann')"))
            waiting = ThreadPoolExecutor(1).submit(other.add_judgments, answers)
            time.sleep(0.2)
            assert not waiting.done()
        assert waiting.result(60) == 2
        assert one.judgments().equals(answers)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE judgment SET comparison = 0",
        "DELETE FROM judgment",
        "TRUNCATE judgment",
        "TRUNCATE item, rendition, preview",
        "INSERT INTO judgment (sequence, judgment_id, question, labeler, outcome) VALUES (1, 'j0', 1, 1, 'tie') "
        "ON CONFLICT (judgment_id) DO UPDATE SET outcome = 'tie'",
        "UPDATE question SET text = ''",
        "DELETE FROM item",
        "TRUNCATE audit",
    ],
)
def test_what_has_been_judged_cannot_be_changed(full_url, statement):
    with Store.open(full_url) as store:
        before = store.judgments()
        with pytest.raises(IntegrityError, match="only added, never changed"), store._database.writing() as connection:
            connection.execute(text(statement))
        assert store.judgments().equals(before)


def test_two_that_open_an_empty_database_at_once_make_one_project(postgres_url):
    with ThreadPoolExecutor(4) as threads:
        stores = list(threads.map(lambda _: Store.open(postgres_url), range(4)))
    for store in stores:
        assert store.n_judgments() == 0
        store.close()


def test_large_media_are_in_the_database_where_every_server_finds_them(full_url):
    with Store.open(full_url) as store:
        store.add_items([LARGE])
        store.add_rendition(LARGE.item_id, Media(b"\0\xff" * 100_000, "video/mp4"))
    with Store.open(full_url) as again:
        assert again.item(LARGE.item_id) == LARGE
        assert again.rendition(LARGE.item_id).content == b"\0\xff" * 100_000


def test_media_that_a_database_cannot_hold_are_refused_in_plain_words(full_url, monkeypatch):
    monkeypatch.setattr(rows, "MOST_BYTES", 50_000)
    with Store.open(full_url) as store, pytest.raises(BadValue, match=r"at most in one file.*in a folder"):
        store.add_items([LARGE])


def test_very_many_rows_come_by_copy_and_repeats_add_nothing(postgres_url, samples, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "ROWS_TO_COPY", 10)
    questions = asked(postgres_url, samples, 40)
    answers = samples.answers(questions).with_columns(text=pl.lit(None, pl.String))
    strange = pl.Series("labeler_id", ["\\.", "\t", "\\N", "a\nb", "é\r", '"', "NULL", " ", *["x"] * 32])
    answers = answers.with_columns(strange)
    with Store.open(postgres_url) as store:
        assert store.add_judgments(pl.concat([answers, answers[:5]])) == 40
        assert store.add_judgments(answers) == 0
        assert store.judgments().equals(answers)
        store.export_judgments(tmp_path / "out.jsonl")
        assert store.import_judgments(tmp_path / "out.jsonl").judgments_added == 0


@pytest.mark.parametrize("file_format", ["jsonl", "csv", "parquet"])
def test_a_file_goes_from_one_database_into_the_other_and_back(
    make_postgres_url, samples, tmp_path, monkeypatch, file_format
):
    """Batches of five rows, and room to remember four questions."""
    for name in ("exchange.reading.ROWS_PER_BATCH", "exchange.reading.LINES_PER_BATCH", "sql.bulk_rows.ROWS_PER_BATCH"):
        monkeypatch.setattr(f"tacit.store.{name}", 5)
    monkeypatch.setattr("tacit.store.exchange.asked.MOST_QUESTIONS", 4)
    monkeypatch.setattr("tacit.store.exchange.exporting.MOST_QUESTIONS", 4)
    questions, judgments = samples.every_kind(samples.items())
    first, second = tmp_path / f"first.{file_format}", tmp_path / f"second.{file_format}"
    with Store.open(make_postgres_url()) as store, Store.in_memory() as other, Store.open(make_postgres_url()) as again:
        for opened in (store, other, again):
            opened.add_items(samples.items())
        store.add_questions(questions)
        store.add_judgments(judgments)
        assert store.export_judgments(first) == 9
        assert other.import_judgments(first).judgments_added == 9
        assert other.judgments().equals(judgments)
        other.export_judgments(second)
        assert again.import_judgments(second).judgments_added == 9
        assert again.judgments().equals(judgments)
        assert again.import_judgments(first).judgments_added == 0


def test_a_number_that_the_server_gives_comes_after_those_that_were_given(full_url, samples):
    """Questions bring their numbers when many are added, and get one when a judge is asked the same again."""
    with Store.open(full_url) as store:
        for occasion in ("again", "and again"):
            with store._database.writing() as connection:
                made = connection.execute(
                    insert(question).values(
                        question_id=occasion, kind="text", item_ids="[]", text="", settings="{}", occasion=occasion
                    )
                )
                assert made.inserted_primary_key[0] == store.questions().height + 1
            store.add_questions(samples.comparisons(samples.items(), store.questions().height))


def test_the_hash_is_the_same_in_both_databases(full, full_url):
    with Store.open(full_url) as store:
        assert store.judgments_hash() == full.judgments_hash()


def test_a_later_migration_runs_once_and_keeps_everything(full_url, monkeypatch):
    runs = []

    def add_a_table(connection):
        runs.append(connection.exec_driver_sql("SELECT count(*) FROM judgment").scalar())
        connection.exec_driver_sql("CREATE TABLE later (question INTEGER)")

    for module in (database, project):
        monkeypatch.setattr(module, "MIGRATIONS", (*MIGRATIONS, add_a_table))
    for _ in range(2):
        with Store.open(full_url) as store:
            assert store.n_judgments() == 9
    assert runs == [9]


def test_a_migration_that_fails_leaves_the_project_as_it_was(full_url, monkeypatch):
    def fail(connection):
        connection.exec_driver_sql("CREATE TABLE later (question INTEGER)")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        for module in (database, project):
            patched.setattr(module, "MIGRATIONS", (*MIGRATIONS, fail))
        with pytest.raises(KeyboardInterrupt):
            Store.open(full_url)
    with Store.open(full_url) as store:
        assert store.n_judgments() == 9
        with store._database.reading() as connection:
            assert "later" not in inspect(connection).get_table_names()


def test_an_answer_is_durable_on_a_server_that_has_been_told_to_be_quick(postgres_server, full_url):
    postgres_server.execute("ALTER DATABASE tacit SET synchronous_commit = 'off'")
    try:
        with Store.open(full_url) as store, store._database.writing() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    finally:
        postgres_server.execute("ALTER DATABASE tacit RESET synchronous_commit")


WRITER = """
import sys
import polars as pl
from tacit.store import Store

answers = pl.read_parquet(sys.argv[2])
with Store.open(sys.argv[1], create=False) as store:
    n_done = store.n_judgments() // 7
    for start in range(n_done * 7, answers.height, 7):
        store.add_judgments(answers[start : start + 7])
        print(start // 7, flush=True)
"""


def test_a_writer_that_is_killed_has_lost_nothing_that_it_acknowledged(postgres_url, samples, tmp_path):
    answers = samples.answers(asked(postgres_url, samples, 2_100))
    answers.write_parquet(tmp_path / "answers.parquet")
    acknowledged = 0
    for pause_s in (0.0, 0.07):
        command = [sys.executable, "-c", WRITER, postgres_url, str(tmp_path / "answers.parquet")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            first = child.stdout.readline()
            time.sleep(pause_s)
            child.kill()
            said = [first, *child.stdout]
        acknowledged = max(acknowledged, *(int(line) + 1 for line in said if line.endswith("\n")))
        with Store.open(postgres_url, create=False) as store:
            kept = store.judgments()
            assert kept.equals(answers[: kept.height])
            assert kept.height % 7 == 0
            assert kept.height >= 7 * acknowledged
    assert acknowledged > 1
    with Store.open(postgres_url, create=False) as store:
        store.add_judgments(answers)
        assert store.judgments().equals(answers)


def test_readers_do_not_wait_for_a_writer(full_url):
    with Store.open(full_url) as one, Store.open(full_url) as other, one._database.writing() as connection:
        connection.execute(text("INSERT INTO labeler (labeler_id) VALUES ('new')"))
        answer = []
        reader = Thread(target=lambda: answer.append(other.n_judgments()), daemon=True)
        reader.start()
        reader.join(60)
        assert answer == [9]


def test_a_url_shows_no_password():
    url = DatabaseUrl("postgresql://me:p@ss:w/rd@host:5432/name?sslpassword=secret&sslmode=require")
    assert str(url) == "postgresql://me@host:5432/name?sslmode=require"
    assert repr(url) == f"DatabaseUrl({str(url)!r})"
