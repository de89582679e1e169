"""Many threads write at once: every one is answered, nothing doubles, and a fault stays with its caller."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import polars as pl
import pytest

from tacit.errors import CannotWrite, StoreError
from tacit.store import Store
from tacit.store.sql.group_commit import GroupCommit
from tacit.store.sql.sqlite import SqliteDatabase

N_THREADS = 8


@pytest.fixture
def asked(store, samples):
    store.add_items(samples.items())
    questions = samples.comparisons(samples.items(), 12)
    store.add_questions(questions)
    return questions


def at_once(work):
    """Run `work(number)` in threads that begin together, and return what each returned."""
    together = Barrier(N_THREADS)

    def begin(number):
        together.wait()
        return work(number)

    with ThreadPoolExecutor(N_THREADS) as threads:
        return list(threads.map(begin, range(N_THREADS)))


def test_threads_that_race_with_the_same_ids_add_each_once(store, samples, asked):
    answers = samples.answers(asked)

    def work(number):
        return sum(store.add_judgments(answers.reverse()[row] if number % 2 else answers[row]) for row in range(12))

    assert sum(at_once(work)) == 12
    assert sorted(store.judgments()["judgment_id"]) == sorted(answers["judgment_id"])


def test_threads_with_different_ids_lose_none(store, samples, asked):
    def work(number):
        mine = samples.answers(asked, labeler=f"labeler {number}")
        return store.add_judgments(mine[:5]) + store.add_judgments(mine[5:])

    assert at_once(work) == [12] * N_THREADS
    assert store.n_judgments() == store.last_sequence() == 12 * N_THREADS


def test_jobs_that_wait_share_a_transaction_and_a_fault_stays_with_its_caller():
    database = SqliteDatabase(None)
    transactions = []

    def writing():
        transactions.append(None)
        return database.writing()

    writer, inside, go_on = GroupCommit(writing, "here"), Event(), Event()

    def slow(connection):
        inside.set()
        go_on.wait(60)
        return "slow"

    def bad(connection):
        raise StoreError("here", got="a fault", expected="none")

    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(writer.run, slow)
        inside.wait(60)
        good = [threads.submit(writer.run, lambda connection: connection.exec_driver_sql("SELECT 7").scalar())]
        while writer._queue.qsize() < 1:
            pass
        faulty = threads.submit(writer.run, bad)
        good.append(threads.submit(writer.run, lambda connection: 7))
        while writer._queue.qsize() < 3:
            pass
        go_on.set()
        assert first.result(60) == "slow"
        assert [job.result(60) for job in good] == [7, 7]
        with pytest.raises(StoreError, match="a fault"):
            faulty.result(60)
    writer.close()
    database.close()
    assert len(transactions) == 1 + 1 + 3  # the slow one; the group, which fails; then each of the three by itself


def test_nothing_is_written_after_closing():
    database = SqliteDatabase(None)
    writer = GroupCommit(database.writing, "here")
    assert writer.run(lambda connection: 1) == 1
    writer.close()
    writer.close()
    with pytest.raises(StoreError, match="closed"):
        writer.run(lambda connection: 1)
    database.close()


ANOTHER_PROCESS = """
import sys
from pathlib import Path
import polars as pl
from tacit.judging import judgments_schema
from tacit.store import Store

with Store.open(Path(sys.argv[1]), create=False) as store:
    answers = pl.read_parquet(sys.argv[2])
    print(sum(store.add_judgments(answers[row]) for row in range(answers.height)))
"""


def test_another_process_may_write_the_same_project(samples, tmp_path):
    with Store.open(tmp_path / "project") as store:
        store.add_items(samples.items())
        questions = samples.comparisons(samples.items(), 20)
        store.add_questions(questions)
        samples.answers(questions, labeler="other").write_parquet(tmp_path / "answers.parquet")
        command = [sys.executable, "-c", ANOTHER_PROCESS, str(tmp_path / "project"), str(tmp_path / "answers.parquet")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
            mine = samples.answers(questions, labeler="me")
            while other.poll() is None or store.n_judgments() == 0:
                store.add_judgments(mine)
                mine = mine.with_columns(judgment_id=pl.col("judgment_id") + "'")
            said = other.stdout.read()
        assert said.strip() == "20"
        ids = store.judgments()["judgment_id"]
        assert ids.n_unique() == len(ids)
        assert store.judgments().filter(pl.col("labeler_id") == "other").height == 20


def test_a_project_that_stays_locked_says_so_and_works_again_when_free(samples, tmp_path):
    with Store.open(tmp_path, lock_timeout_s=0.05) as store:
        store.add_items(samples.items(2))
        other = sqlite3.connect(tmp_path / "tacit.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CannotWrite, match="another process keeps locked"):
            store.add_items(samples.items(3))
        assert store.items([samples.items()[0].item_id]) == samples.items(1)  # readers do not wait
        other.execute("ROLLBACK")
        other.close()
        assert store.add_items(samples.items(3)) == 1
