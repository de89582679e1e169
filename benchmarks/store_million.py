"""How long a million judgments take into a project and out of it, and how much memory that needs.

    python benchmarks/store_million.py [--judgments 1000000] [--questions 200000] [--items 20000] [--formats parquet]

Each measured step is the command that a user would run, in a process of its own, start-up included. Prints one JSON
object: per format and direction, CPU and wall-clock seconds and the peak of resident memory; and the time that
this machine takes for a plain loop of ten million steps, so that figures from different machines can be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

BARS = {"import_s": 20.0, "export_s": 10.0, "resident_mb": 500.0}
FORMATS = ("parquet", "jsonl", "csv")

MAKE = """
import sys
from pathlib import Path
import numpy as np
import polars as pl
from tacit.judging import Item, ItemKind, judgments_table, questions_schema
from tacit.store import Store
from tacit.store.question_ids import question_ids

full, empty, (n_judgments, n_questions, n_items) = Path(sys.argv[1]), Path(sys.argv[2]), map(int, sys.argv[3:6])
rng = np.random.default_rng(0)
items = [Item(ItemKind.TEXT, f"item {i}".encode(), "text/plain") for i in range(n_items)]
names = np.array([item.item_id for item in items])
for path in (full, empty):
    with Store.open(path) as store:
        store.add_items(items)
STEP = 50_000
with Store.open(full) as store:
    asked = []
    for start in range(0, n_questions, STEP):
        n = min(STEP, n_questions - start)
        first = rng.integers(n_items, size=n)
        second = (first + rng.integers(1, n_items, size=n)) % n_items
        words = pl.DataFrame(
            {"item_ids": np.stack([names[first], names[second]], axis=1).tolist(), "text": "Which is better?"}
        ).with_columns(
            kind=pl.lit("comparison"), settings=pl.lit("{}"), occasion=pl.int_range(start, start + n).cast(pl.String)
        )
        questions = words.with_columns(question_ids(words)).select(list(questions_schema()))
        store.add_questions(questions)
        asked.append(questions.get_column("question_id"))
    asked = pl.concat(asked)
    for start in range(0, n_judgments, STEP):
        n = min(STEP, n_judgments - start)
        which = (np.arange(start, start + n) * 7919) % n_questions  # answers to one question come far apart
        store.add_judgments(
            judgments_table(
                {
                    "judgment_id": [rng.bytes(32).hex() for _ in range(n)],
                    "question_id": asked.gather(which),
                    "labeler_id": [f"labeler {i}" for i in rng.integers(100, size=n)],
                    "outcome": ["answered"] * n,
                    "comparison": rng.integers(2, size=n).astype(np.int8),
                    "shown_left": rng.integers(2, size=n).astype(np.int8),
                    "answered_at_s": 1.7e9 + rng.random(n) * 1e7,
                    "duration_s": rng.random(n) * 20,
                }
            )
        )
"""

COMMAND = "import sys; from tacit.cli.main import main; sys.exit(main(sys.argv[1:]))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judgments", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=200_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--formats", nargs="+", default=list(FORMATS), choices=FORMATS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sizes = arguments.judgments, arguments.questions, arguments.items
        result = measure(Path(folder), *sizes, formats=arguments.formats)
    print(json.dumps(result, indent=1))


def measure(
    folder: Path, n_judgments: int, n_questions: int, n_items: int, *, formats: list[str]
) -> dict[str, list[dict[str, object]]]:
    """Return what every step took."""
    full, empty = folder / "full", folder / "empty"
    sizes = [str(n) for n in (n_judgments, n_questions, n_items)]
    process(MAKE, str(full), str(empty), *sizes)
    steps: dict[str, dict[str, float]] = {}
    loop_s = [loop()]
    for name in formats:
        file = folder / f"judgments.{name}"
        steps[f"export_{name}"] = process(COMMAND, "export", str(full), str(file))
        steps[f"export_{name}"]["file_mb"] = file.stat().st_size / 1e6
        project = folder / f"from_{name}"
        process(COMMAND, "backup", str(empty), str(project))
        steps[f"import_{name}"] = process(COMMAND, "import", str(project), str(file))
        with sqlite3.connect(project / "tacit.sqlite") as connection:
            held = connection.execute("SELECT count(*) FROM judgment").fetchone()[0]
        if held != n_judgments:
            raise SystemExit(f"{name}: {held} of {n_judgments} judgments came through")
        steps[f"import_{name}"]["project_mb"] = (project / "tacit.sqlite").stat().st_size / 1e6
        steps[f"import_again_{name}"] = process(COMMAND, "import", str(project), str(file))
        loop_s.append(loop())
    first = formats[0]  # the bars are about Parquet, unless it was left out
    bar = {
        "import_s": steps[f"import_{first}"]["cpu_s"],
        "export_s": steps[f"export_{first}"]["cpu_s"],
        "resident_mb": max(steps[f"{way}_{first}"]["resident_mb"] for way in ("import", "export")),
    }
    return {
        "store_million": [{"step": name, "file_mb": None, "project_mb": None, **step} for name, step in steps.items()],
        "bars": [
            {"what": f"{name} ({first})", "measured": bar[name], "bar": BARS[name], "passed": bar[name] <= BARS[name]}
            for name in BARS
        ],
        "sizes": [{"judgments": n_judgments, "questions": n_questions, "items": n_items}],
        "the same loop of Python between the steps": [{"cpu_s": round(s, 2)} for s in loop_s],
    }


def process(code: str, *words: str) -> dict[str, float]:
    """Run Python code in a process of its own and return its CPU seconds, wall-clock seconds and peak memory."""
    began = time.perf_counter()
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123  a device
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
        child = os.posix_spawn(sys.executable, [sys.executable, "-c", code, *words], os.environ, file_actions=actions)
        _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{words[0] if words else 'a step'} failed")
    return {
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "wall_s": round(time.perf_counter() - began, 2),
        "resident_mb": round(usage.ru_maxrss / 1024, 1),
    }


def loop() -> float:
    began, total = time.process_time(), 0
    for i in range(10_000_000):
        total += i
    return time.process_time() - began


if __name__ == "__main__":
    main()
