"""The judging server under load: ``python benchmarks/serving.py [--json] [--database URL] [--seconds 60]``.

Server and simulated judges share the machine. Every answer is on disk before it is acknowledged (SQLite with
synchronous=FULL, PostgreSQL as the server is set up). Four questions:

saturation   50 connections as fast as they are answered: durable answers a second
open_loop    250 requests a second fall due, of 500 judges, whatever the server does: how long does each take
million      one project of a million questions: how long is a visit inside the server
killed       the server is killed with SIGKILL under load, again and again: is anything acknowledged lost, or doubled
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from tacit.store import Store
from tacit.store.work import Credential, Given, Visit

JUDGES = Path(__file__).parent / "load" / "judges.py"
N_JUDGES = 500
Row = dict[str, Any]


@contextmanager
def served(place: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the server as a process of its own, and give it with its address."""
    code = f"import sys; from tacit.cli.main import main; sys.exit(main(['serve', {place!r}, '--port', '0']))"
    if "://" in place:
        code = code.replace("'serve', ", "'serve', '--database', ")
    process = subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    try:
        line = (process.stderr.readline() if process.stderr else "").rpartition(" is at ")[2]
        yield process, line.split()[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def made(place: str, n_questions: int, *, repeats: bool) -> list[str]:
    """Make a workspace and return the secrets of its judges' sessions."""
    command = [sys.executable, str(JUDGES.with_name("workspace.py")), place, f"{n_questions}", f"{N_JUDGES}"]
    done = subprocess.run(
        [*command, *(["--repeats"] if repeats else [])], stdout=subprocess.PIPE, text=True, check=True
    )
    secrets: list[str] = json.loads(done.stdout)
    return secrets


def judges(address: str, secrets: Path, *how: str) -> Row:
    """Run simulated judges and return what they measured."""
    command = [sys.executable, str(JUDGES), address, str(secrets), *how]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: Row = json.loads(done.stdout)
    return measured


def cpu_s(process: subprocess.Popen[str]) -> float:
    """Return the seconds of CPU that a process has used so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def saturation(place: str, secrets: Path, seconds: float) -> Row:
    """Answers a second over 50 connections."""
    with served(place) as (process, address):
        judges(address, secrets, "--seconds", "2")  # so that each judge holds a question
        before = cpu_s(process)
        measured = judges(address, secrets, "--connections", "50", "--seconds", f"{seconds}")
        spent = cpu_s(process) - before
    return {"what": "saturation", **measured, "server_cpu_ms_per_request": 1e3 * spent / measured["requests"]}


def open_loop(place: str, secrets: Path, seconds: float) -> Row:
    """The time of each request when 250 a second fall due."""
    with served(place) as (process, address):
        judges(address, secrets, "--seconds", "2")
        before = cpu_s(process)
        measured = judges(address, secrets, "--rate", "250", "--seconds", f"{seconds}")
        spent = cpu_s(process) - before
    return {"what": "open_loop", **measured, "server_cpu_share": spent / measured["seconds"]}


def million(place: str, secrets: list[str], n_questions: int) -> Row:
    """The time of single visits inside the server, with the wait for the disk and without."""
    whole, inside = [], []
    with Store.open(place) as store:
        desk, access = store.people.desk, store.people.access
        who = [Credential("session", sha256(secret.encode()).hexdigest()) for secret in secrets[:50]]
        held: dict[Credential, str] = {}
        for n in range(1000):
            one = who[n % len(who)]
            answers = (Given(f"m{n}", held[one], "answered", "left"),) if one in held else ()
            began = time.perf_counter()
            reply = desk.visit(Visit(one, answers=answers, n=1, again=not answers))
            whole.append(time.perf_counter() - began)
            held[one] = reply.questions[0].lease
        for n in range(1000):
            one = who[n % len(who)]
            visit = Visit(one, answers=(Given(f"i{n}", held[one], "answered", "left"),), n=1)

            def timed(connection: Any, visit: Visit = visit) -> Any:  # noqa: ANN401
                began = time.perf_counter()
                replies = desk.serve_now(connection, [visit])
                inside.append(time.perf_counter() - began)
                return replies[0]

            held[one] = access.write(timed).questions[0].lease
    quantiles = {"p50": 0.5, "p99": 0.99}
    shown = {f"inside_{name}_ms": float(np.quantile(inside, q) * 1e3) for name, q in quantiles.items()}
    shown |= {f"with_disk_{name}_ms": float(np.quantile(whole, q) * 1e3) for name, q in quantiles.items()}
    return {"what": "million", "questions": n_questions, "visits": 2000, **shown}


def killed(place: str, secrets: Path, times: int) -> Row:
    """What is left of what was acknowledged when the server is killed."""
    acknowledged: list[str] = []
    random = np.random.default_rng(0)
    out = secrets.with_suffix(".acknowledged")
    for _ in range(times):
        with served(place) as (process, address):
            command = [sys.executable, str(JUDGES), address, str(secrets), "--connections", "20", "--seconds", "60"]
            load = subprocess.Popen([*command, "--acknowledged", str(out)], stdout=subprocess.PIPE, text=True)
            if load.stdout:
                load.stdout.readline()  # the first answer has been acknowledged
            time.sleep(random.uniform(0.0, 1.0))
            process.kill()
            load.communicate()
        acknowledged += json.loads(out.read_text(encoding="utf-8"))
    with Store.open(place, create=False) as store:
        kept = store.judgments()
        ids = kept.get_column("judgment_id")
        doubled = int(kept.select("question_id", "labeler_id").is_duplicated().sum())
        lost = len(set(acknowledged) - set(ids))
    return {"what": "killed", "kills": times, "acknowledged": len(acknowledged), "lost": lost, "doubled": doubled}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--database", help="URL of an empty PostgreSQL database, in place of SQLite")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the two runs under load")
    parser.add_argument("--questions", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--only", action="append", choices=["saturation", "open_loop", "million", "killed"])
    arguments = parser.parse_args()
    chosen = arguments.only or ["saturation", "open_loop", "million", "killed"]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        place = arguments.database or str(Path(folder) / "workspace")
        n_questions = arguments.questions if "million" in chosen else min(arguments.questions, 150_000)
        shown = made(place, n_questions, repeats="killed" not in chosen)
        secrets = Path(folder) / "secrets.json"
        secrets.write_text(json.dumps(shown), encoding="utf-8")
        for name in chosen:
            if name == "million":
                rows.append(million(place, shown, n_questions))
            elif name == "killed":
                rows.append(killed(place, secrets, arguments.kills))
            else:
                run = saturation if name == "saturation" else open_loop
                rows.append(run(place, secrets, arguments.seconds))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    tables = {row.pop("what"): [row] for row in rows}
    print(json.dumps({**tables, "memory": [{"peak_mb": peak}]}))


if __name__ == "__main__":
    main()
