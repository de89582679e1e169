"""Files of other tools: does each tool read what tacit writes, does tacit read what they write, and how fast is it.

    python benchmarks/exchange.py [--json] [--judgments 20000]

The first table has a row a tool: how many answers tacit wrote, and how many of them the tool's own reader found, with
who gave them. The second has a row a format: CPU seconds to write and to read as many choices or pairs, in one process.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import polars as pl

from tacit.judging import Item, ItemKind, Question, QuestionKind, judgments_table, questions_table
from tacit.store import ImportOptions, Store

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "labelling_tools" / "bin" / "python"
FORMATS = {
    "label-studio": "json",
    "argilla": "parquet",
    "doccano": "jsonl",
    "prodigy": "jsonl",
    "hh-rlhf": "jsonl",
    "arena": "jsonl",
    "crowd": "csv",
}
Row = dict[str, Any]


def project(kind: QuestionKind, n: int, n_labelers: int = 5) -> Store:
    """Return a project with `n` choices or comparisons of texts."""
    rng = np.random.default_rng(0)
    items = [Item(ItemKind.TEXT, f"Text number {i}, of some length.".encode(), "text/plain") for i in range(n)]
    ids = [item.item_id for item in items]
    settings = {"options": ["good", "bad"]} if kind is QuestionKind.CHOICE else {}
    pairs = [(ids[i],) if kind is QuestionKind.CHOICE else (ids[i], ids[i - 1]) for i in range(n // n_labelers)]
    questions = questions_table([Question(kind, pair, "mood", settings) for pair in pairs])
    asked = pl.concat([questions.get_column("question_id")] * n_labelers)
    answers = rng.integers(2, size=len(asked))
    store = Store.in_memory()
    store.add_items(items)
    store.add_questions(questions)
    store.add_judgments(
        judgments_table(
            {
                "judgment_id": [f"j{i}" for i in range(len(asked))],
                "question_id": asked,
                "labeler_id": [f"labeler {i // len(pairs)}" for i in range(len(asked))],
                "outcome": ["answered"] * len(asked),
                str(kind): [("good", "bad")[a] for a in answers] if kind is QuestionKind.CHOICE else answers.tolist(),
            }
        )
    )
    return store


def read_by_their_tools() -> list[Row]:
    """Let each tool read a file of ours, and read one of theirs."""
    with tempfile.TemporaryDirectory() as name, project(QuestionKind.CHOICE, 100) as store:
        folder = Path(name)
        for path, named in (
            ("label_studio.json", "label-studio"),
            ("argilla.json", "argilla"),
            ("argilla.parquet", "argilla"),
            ("argilla.jsonl", "argilla"),
        ):
            store.export_as(folder / path, named)
        script = FOLDER / "peers" / "labelling_tools.py"
        done = subprocess.run([PEER, script, folder], stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.strip().rpartition("\n")[2])
        given = store.judgments().select("labeler_id", "choice").rows()
        rows: list[Row] = []
        for tool, seen in found.items():
            name_of = str if tool == "label-studio" else lambda labeler: str(uuid5(NAMESPACE_URL, labeler))
            expected = sorted([name_of(labeler), choice] for labeler, choice in given)
            same = sum(one == other for one, other in zip(sorted(seen), expected, strict=False))
            rows.append({"file": f"ours, read by {tool}", "answers": len(expected), "found": same})
        for path in ("from_argilla.json", "from_datasets.parquet"):
            with Store.in_memory() as again:
                count = again.import_judgments(folder / path, ImportOptions(options=["good", "bad"]))
                chosen = again.judgments().get_column("choice").sort().to_list()
                right = chosen == ["bad", "good", "good"]
                rows.append({"file": f"theirs, {path}", "answers": 3, "found": count.judgments_added if right else 0})
    return rows


def speed(n: int) -> list[Row]:
    """Write and read `n` judgments in every format."""
    rows = []
    for name, container in FORMATS.items():
        kind = QuestionKind.COMPARISON if name in ("hh-rlhf", "arena") else QuestionKind.CHOICE
        with tempfile.TemporaryDirectory() as folder, project(kind, n) as store, Store.in_memory() as again:
            path = Path(folder) / f"file.{container}"
            began = time.process_time()
            written = store.export_as(path, name).rows
            between = time.process_time()
            added = again.import_judgments(path, ImportOptions(file_format=name)).judgments_added
            ended = time.process_time()
            rows.append(
                {
                    "format": f"{name} ({container})",
                    "judgments": written,
                    "came_back": added,
                    "write_cpu_s": between - began,
                    "read_cpu_s": ended - between,
                    "megabytes": path.stat().st_size / 1e6,
                }
            )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--judgments", type=int, default=20_000)
    arguments = parser.parse_args()
    print(json.dumps({"by their tools": read_by_their_tools(), "speed": speed(arguments.judgments)}))


if __name__ == "__main__":
    main()
