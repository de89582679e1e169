"""Answers a second of the judging server beside Label Studio, the same simulated judges on both.

``python benchmarks/labelling_servers.py [--connections 10] [--seconds 30] [--tasks 5000] [--json]``

Each server runs as its documentation starts it with one command, ``tacit serve`` and ``label-studio start``, both on
SQLite, beside the judges on this machine. Each connection is a judge of its own, signed in by an invitation link, who
answers a comparison of two texts and wants the next: one request of tacit's page, two of Label Studio's. So answers
are compared, and the time from one to the next; the times of single requests would flatter the peer.

Argilla is not here: its server keeps records in Elasticsearch or OpenSearch and its jobs in Redis, which no wheel
brings. Files are exchanged with it in ``benchmarks/exchange.py``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from serving import judges, made, served

from tacit.cli.terminal import table

FOLDER = Path(__file__).parent
PEER = FOLDER / ".venvs" / "label_studio" / "bin" / "label-studio"
Row = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--connections", type=int, default=10, help="judges at once (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of load on each (default: %(default)s)")
    parser.add_argument("--tasks", type=int, default=5_000, help="comparisons (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not PEER.exists():
        print(f"{PEER} is missing: make bench makes it from peers/label_studio.txt", file=sys.stderr)
        return 1
    load = ["--connections", f"{given.connections}", "--seconds", f"{given.seconds}"]
    rows = [
        _row("tacit", 1, given.connections, ours(load)),
        _row("Label Studio", 2, given.connections, theirs([*load, "--tasks", f"{given.tasks}"])),
    ]
    if given.json:
        print(json.dumps({"name": "labelling_servers", "rows": rows}))
    else:
        cells = [[f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows]
        print(table(cells, header=list(rows[0])))
    return 0


def ours(load: list[str]) -> Row:
    """Put tacit's server under load."""
    with tempfile.TemporaryDirectory() as folder:
        place, secrets = str(Path(folder) / "workspace"), Path(folder) / "secrets.json"
        secrets.write_text(json.dumps(made(place, 150_000, repeats=False)), encoding="utf-8")
        with served(place) as (_, address):
            measured: Row = judges(address, secrets, *load)
    return measured


def theirs(load: list[str]) -> Row:
    """Put Label Studio under load."""
    command = [sys.executable, str(FOLDER / "load" / "label_studio.py"), str(PEER), *load]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: Row = json.loads(done.stdout)
    return measured


def _row(server: str, requests: int, n_judges: int, measured: Row) -> Row:
    answers_per_s = measured["answers_per_s"]
    return {
        "server": server,
        "judges": n_judges,
        "answers a second": answers_per_s,
        "ms from answer to answer": 1e3 * n_judges / answers_per_s if answers_per_s else float("inf"),
        "requests an answer": requests,
        "p50 of a request, ms": measured["p50_ms"],
        "p99 of a request, ms": measured["p99_ms"],
        "errors": measured["errors"],
        "seconds": measured["seconds"],
    }


if __name__ == "__main__":
    sys.exit(main())
