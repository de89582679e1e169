"""How much memory does bringing a million rows or a gigabyte of files take? ``python benchmarks/bringing.py [--json]``.

Each batch is made on disk, sent over HTTP as a browser sends it to a server in a process of its own, looked at and kept
as a lead would. Measured is the server's resident memory at its highest, beside what it was before the batch came.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import polars as pl

from tacit.judging import QuestionKind
from tacit.store import Store
from tacit.store.people import Project, Role, Rules

BOUNDARY = "tacit-benchmark"
SETTINGS = {"options": ["kind", "unkind"]}


def main() -> int:
    """Bring each batch and print its row; exit with 1 where one takes more than the bar."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="of each table (default %(default)s)")
    parser.add_argument("--mib", type=int, default=1024, help="of the zip of files (default %(default)s)")
    parser.add_argument("--most-mib", type=int, default=500, help="the bar (default %(default)s)")
    parser.add_argument("--only", default="", help="csv, jsonl, parquet or zip")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    makers: dict[str, Callable[[Path], None]] = {
        "csv": lambda path: make_csv(path, given.rows),
        "jsonl": lambda path: make_jsonl(path, given.rows),
        "parquet": lambda path: make_parquet(path, given.rows),
        "zip": lambda path: make_zip(path, given.mib),
    }
    rows = []
    for name, make in makers.items():
        if given.only and name != given.only:
            continue
        with tempfile.TemporaryDirectory(prefix="tacit-") as folder:
            path = Path(folder) / f"batch.{name}"
            make(path)
            rows.append({"batch": name, "MiB": path.stat().st_size // 2**20, **measured(Path(folder), path)})
        if not given.json:
            print(rows[-1], flush=True)
    if given.json:
        print(json.dumps({"name": "bringing", "rows": rows}))
    return int(any(row["peak MiB"] > given.most_mib for row in rows))


def measured(folder: Path, path: Path) -> dict[str, Any]:
    """Bring one batch, and return what the server took."""
    with Store.open(folder / "workspace") as store:
        project, secret = prepared(store)
    with served(folder / "workspace") as (address, process_id):
        before_mib = resident(process_id, "VmRSS")
        with httpx.Client(
            base_url=address,
            cookies={"tacit": secret},
            headers={"Sec-Fetch-Site": "same-origin", "Origin": address},
            timeout=3600,
            trust_env=False,
        ) as lead:
            began_s = time.monotonic()
            headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
            sent = lead.post(f"/projects/{project.project_id}/items", content=form(path), headers=headers)
            batch = sent.headers.get("location", "").partition("?")[0]
            if sent.status_code != 303 or not batch:
                sys.exit(f"the server answered {sent.status_code}: {sent.text[:2000]}")
            sent_s = time.monotonic()
            until(lead, batch, "What you brought")
            looked_s = time.monotonic()
            lead.post(f"{batch}/keep")
            until(lead, batch, "Kept")
            kept_s = time.monotonic()
        return {
            "before MiB": before_mib,
            "peak MiB": resident(process_id, "VmHWM"),
            "sent s": round(sent_s - began_s, 1),
            "looked s": round(looked_s - sent_s, 1),
            "kept s": round(kept_s - looked_s, 1),
        }


def until(lead: httpx.Client, batch: str, heading: str) -> None:
    """Wait until a batch's page says so."""
    while True:
        page = lead.get(batch).text
        if f">{heading}</h2>" in page:
            return
        if "Nothing was kept" in page:
            sys.exit(f"the batch failed: {page[page.find('Nothing was kept') :][:1500]}")
        time.sleep(0.5)


def form(path: Path) -> Iterator[bytes]:
    """Give the body of a form with one file, a piece at a time."""
    yield (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{path.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    with path.open("rb") as stream:
        while piece := stream.read(2**20):
            yield piece
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def resident(process_id: int, name: str) -> int:
    """Return a process's resident memory, now or at its highest, in MiB."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith(f"{name}:"))


def prepared(store: Store) -> tuple[Project, str]:
    """Return an empty project, and the session of its lead."""
    rules = Rules(gold_share=0, repeat_share=0)
    project = store.people.projects.create("large", QuestionKind.CHOICE, "Is it kind?", settings=SETTINGS, rules=rules)
    invite, _ = store.people.invites.make(Role.OWNER)
    return project, store.people.credentials.start_session(store.people.invites.accept(invite, name="lead"))


@contextmanager
def served(workspace: Path) -> Iterator[tuple[str, int]]:
    """Serve a workspace from a process of its own; give its address and its id."""
    command = [str(Path(sys.executable).with_name("tacit")), "serve", str(workspace), "--port", "0"]
    command.append("--until-stdin-ends")
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, text=True) as process:
        address = ""
        while not address and process.stderr is not None and (line := process.stderr.readline()):
            address = next((word for word in line.split() if word.startswith("http://")), "")
        try:
            yield address, process.pid
        finally:
            process.terminate()


def make_csv(path: Path, n_rows: int) -> None:
    """Write a table of texts."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "source"])
        writer.writerows([sentence(n), f"place {n % 97}"] for n in range(n_rows))


def make_jsonl(path: Path, n_rows: int) -> None:
    """Write JSON lines of texts."""
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps({"text": sentence(n), "source": f"place {n % 97}"}) + "\n" for n in range(n_rows))


def make_parquet(path: Path, n_rows: int) -> None:
    """Write a Parquet file of texts."""
    texts = [sentence(n) for n in range(n_rows)]
    pl.DataFrame({"text": texts, "source": [f"place {n % 97}" for n in range(n_rows)]}).write_parquet(path)


def sentence(number: int) -> str:
    """Return a text of some two hundred letters that no other row has."""
    return f"Text number {number}: " + "somebody said something to somebody else, who answered. " * 3


def make_zip(path: Path, n_mib: int) -> None:
    """Write a zip of recordings of eight MiB each, which do not shrink."""
    generator = np.random.default_rng(0)
    head = b"RIFF\x24\x00\x80\x00WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\0\x80\0"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number in range(n_mib // 8):
            archive.writestr(f"{number:04d}.wav", head + generator.bytes(8 * 2**20))


if __name__ == "__main__":
    sys.exit(main())
