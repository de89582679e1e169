"""A writer is killed at moments that nobody chose: what it was told is kept is kept, once; the rest is there or not."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tacit.store import Store

ROWS = 7

WRITER = """
import sys
from pathlib import Path
import polars as pl
from tacit.store import Store

answers = pl.read_parquet(sys.argv[2])
with Store.open(Path(sys.argv[1]), create=False) as store:
    n_done = store.n_judgments() // 7
    for start in range(n_done * 7, answers.height, 7):
        store.add_judgments(answers[start : start + 7])
        print(start // 7, flush=True)
"""

IMPORTER = """
import sys
from pathlib import Path
from tacit.store import Store
from tacit.store.exchange import reading

reading.LINES_PER_BATCH = 500  # so that it says something long before its end
with Store.open(Path(sys.argv[1]), create=False) as store:
    # it says how far it is and waits there, in the middle of it, for what never comes: the power goes
    store.import_judgments(Path(sys.argv[2]), progress=lambda share: print(share, flush=True) or sys.stdin.read())
"""


@pytest.fixture
def asked(samples, tmp_path):
    """A project with questions, and a file with an answer to each."""
    with Store.open(tmp_path / "project") as store:
        store.add_items(samples.items())
        questions = samples.comparisons(samples.items(), 300 * ROWS)
        store.add_questions(questions)
    answers = samples.answers(questions)
    answers.write_parquet(tmp_path / "answers.parquet")
    return answers


def killed(program: str, tmp_path: Path, file: str, after_s: float) -> list[str]:
    """Run a program, kill it some time after it first said something, and return all that it said."""
    command = [sys.executable, "-c", program, str(tmp_path / "project"), str(tmp_path / file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        said = [child.stdout.readline()]
        time.sleep(after_s)
        child.kill()
        return [*said, *child.stdout]


def test_no_acknowledged_judgment_is_lost_or_doubled(asked, tmp_path):
    chance = random.Random(7)
    acknowledged = set()
    for _ in range(3):
        said = killed(WRITER, tmp_path, "answers.parquet", chance.uniform(0, 0.15))
        acknowledged |= {int(line) for line in said if line.endswith("\n")}
        with Store.open(tmp_path / "project", create=False) as store:
            kept = store.judgments()
            assert kept.equals(asked[: kept.height])  # in order, none twice
            assert kept.height % ROWS == 0  # a group that was added together is whole
            assert kept.height >= ROWS * (max(acknowledged, default=-1) + 1)
    with Store.open(tmp_path / "project", create=False) as store:
        store.add_judgments(asked)
        assert store.judgments().equals(asked)


def test_an_import_that_is_killed_leaves_nothing_and_can_be_run_again(asked, samples, tmp_path):
    with Store.open(tmp_path / "project", create=False) as store:
        store.add_judgments(asked)
        store.export_judgments(tmp_path / "once.csv")
    rows = (tmp_path / "once.csv").read_text().splitlines()
    many = [rows[0], *(f"{k} {row}" for k in range(3) for row in rows[1:])]
    (tmp_path / "many.csv").write_text("\n".join(many) + "\n")
    killed(IMPORTER, tmp_path, "many.csv", 0.0)
    with Store.open(tmp_path / "project", create=False) as store:
        assert store.judgments().equals(asked)
        with store._database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    with Store.open(tmp_path / "project", create=False) as store:
        assert store.import_judgments(tmp_path / "many.csv").judgments_added == len(many) - 1
