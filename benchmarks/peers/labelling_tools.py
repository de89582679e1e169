"""Reads files of tacit's with the tools that they are for, and writes some for tacit: ``labelling_tools.py FOLDER``.

Runs in the peers' own environment. Prints a JSON object: tool → the answers that it found, as ``[labeler, answer]``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import argilla
import datasets
from argilla.records._io import GenericIO
from label_studio_sdk.converter import Converter

CONFIG = """
<View><Text name="item" value="$item"/><Choices name="mood" toName="item">
<Choice value="good"/><Choice value="bad"/></Choices></View>
"""
USERS = ("0b3f5e02-6f5c-4a4e-9a62-5b9a2a5d9a11", "7b0f2c1e-9d1f-4a57-8e0e-0a8f0e2c4d22")


def label_studio(path: Path) -> list[list[str]]:
    tasks = json.loads(path.read_text())
    for number, task in enumerate(tasks, start=1):  # as its database would
        task["id"] = number
        for place, annotation in enumerate(task["annotations"], start=1):
            annotation["id"] = place
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tasks.json").write_text(json.dumps(tasks))
        converter = Converter(CONFIG, project_dir=None, download_resources=False)
        converter.convert_to_json_min(str(Path(folder) / "tasks.json"), folder, is_dir=False)
        found = json.loads((Path(folder) / "result.json").read_text())
    return [[row["annotator"], row["mood"]] for row in found]


def argilla_records(path: Path) -> list[list[str]]:
    records = [argilla.Record.from_dict(record) for record in json.loads(path.read_text())]
    return [[str(response.user_id), response.value] for record in records for response in record.responses]


def hugging_face(path: Path) -> list[list[str]]:
    kind = {".parquet": "parquet", ".jsonl": "json"}[path.suffix]
    with tempfile.TemporaryDirectory() as cache:
        table = datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=cache)
        return [
            list(pair)
            for row in table
            for pair in zip(row["choice.responses.users"], row["choice.responses"], strict=True)
        ]


def write(folder: Path) -> None:
    """Write what the tools themselves make of three answers."""
    made = [
        argilla.Record(
            id=str(n),
            fields={"text": f"text {n}"},
            responses=[argilla.Response("mood", "bad" if n else "good", user_id=user) for user in USERS[: 2 - n]],
        )
        for n in range(2)
    ]
    (folder / "from_argilla.json").write_text(json.dumps([record.to_dict() for record in made]))
    datasets.Dataset.from_dict(GenericIO.to_dict(made, flatten=True)).to_parquet(folder / "from_datasets.parquet")


def main() -> None:
    folder = Path(sys.argv[1])
    write(folder)
    seen = {
        "label-studio": label_studio(folder / "label_studio.json"),
        "argilla": argilla_records(folder / "argilla.json"),
        "datasets, Parquet": hugging_face(folder / "argilla.parquet"),
        "datasets, JSON lines": hugging_face(folder / "argilla.jsonl"),
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
