"""Measure how quick a lead's pages are with a million items: bringing them, and then every page of the project.

A table of texts is brought as a lead would bring it, judges answer some of the questions, and each page is asked for
again and again over HTTP, by a session that is signed in, from a server in the same process.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

import httpx
import uvicorn
from argon2 import PasswordHasher

from tacit.judging import QuestionKind
from tacit.store import Store
from tacit.store.people import Project, Role, Rules, State
from tacit.store.people.access import secret_hash
from tacit.store.work import Credential, Given, Visit
from tacit.web.bringing import Batch, BringingLimits, Plan
from tacit.web.pages.project.keeping import ProjectKeeper
from tacit.web.pages.workplace import create_workplace
from tacit.web.server import listen, make_config
from tacit.web.settings import ServerSettings

TAILS = ("", "/items", "/items?after=500000", "/judges", "/quality", "/disagreements", "/gold", "/settings", "/export")
SETTINGS = {"options": ["kind", "unkind"]}
N_JUDGES = 20


def main() -> int:
    """Measure and print; exit with 1 if a page takes longer than the bar."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--items", type=int, default=1_000_000, help="how many (default %(default)s)")
    parser.add_argument("--answers", type=int, default=40_000, help="how many (default %(default)s)")
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked for (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "workspace") as store:
        bringing, project = bring(store, Path(folder), arguments.items)
        answer(store, project, arguments.answers)
        rows = pages(store, project, arguments.times)
    tables = {"bringing": [bringing], "lead_pages": rows}
    print(json.dumps(tables) if arguments.json else json.dumps(tables, indent=1))
    return int(any(float(str(row["worst_ms"])) > 300 for row in rows))


def bring(store: Store, folder: Path, n_items: int) -> tuple[dict[str, object], Project]:
    """Bring a table of texts, and return what that took and the project."""
    table = folder / "texts.csv"
    with table.open("w", encoding="utf-8") as stream:
        stream.write("text\n")
        stream.writelines(f"text number {n}: somebody said something to somebody else\n" for n in range(n_items))
    rules = Rules(overlap=2, gold_share=0, repeat_share=0, gate=False)
    made = store.people.projects.create("million", QuestionKind.CHOICE, "Is it kind?", settings=SETTINGS, rules=rules)
    plan = Plan(QuestionKind.CHOICE, "Is it kind?", SETTINGS)
    batch = Batch(folder, [("texts.csv", table)], BringingLimits())
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    report = batch.check(plan)
    checked_s = time.perf_counter()
    batch.keep(plan, ProjectKeeper(store, made.project_id, by=""))
    kept_s = time.perf_counter()
    said: dict[str, object] = {"items": report.n_questions, "look_s": round(checked_s - began_s, 1)}
    said |= {"keep_s": round(kept_s - checked_s, 1), "cpu_s": round(time.process_time() - began_cpu_s, 1)}
    said |= {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    return said, store.people.projects.set_state(made.project_id, State.OPEN, by="")


def answer(store: Store, project: Project, n_answers: int) -> None:
    """Let judges answer, fifty at a time."""
    people = store.people
    for number in range(N_JUDGES):
        secret, _ = people.invites.make(Role.JUDGE, project_id=project.project_id)
        account_id = people.invites.accept(secret, name=f"judge {number}")
        credential = Credential("session", secret_hash(people.credentials.start_session(account_id)))
        given: tuple[Given, ...] = ()
        for start in range(0, n_answers // N_JUDGES + 50, 50):
            n = 50 if start < n_answers // N_JUDGES else 0
            leased = people.desk.visit(Visit(credential, project.project_id, given, n=n)).questions
            given = tuple(
                Given(
                    f"{number}-{start + i}-0123456789", one.lease, "answered", SETTINGS["options"][hash(one.lease) % 2]
                )
                for i, one in enumerate(leased)
            )


def pages(store: Store, project: Project, times: int) -> list[dict[str, object]]:
    """Return how long each page takes."""
    secret, _ = store.people.invites.make(Role.OWNER)
    account_id = store.people.invites.accept(secret, name="lead")
    cookie = store.people.credentials.start_session(account_id)
    settings = ServerSettings(port=0, requests_per_s=1e6, burst=1e6)
    app, workplace = create_workplace(store, settings, hasher=PasswordHasher(time_cost=1, memory_cost=8))
    rows = []
    with listen(settings) as listening:
        server = uvicorn.Server(make_config(app, settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx.Client(base_url=address, cookies={"tacit": cookie}, trust_env=False, timeout=60) as client:
            here = f"/projects/{project.project_id}"
            question = store.people.tasks.page(project.project_id, n=1)[0].question_id
            for path in ["/projects", *(here + tail for tail in TAILS), f"{here}/questions/{question}", "/audit"]:
                taken_ms = []
                for _ in range(times):
                    began_s = time.perf_counter()
                    client.get(path).raise_for_status()
                    taken_ms.append(1000 * (time.perf_counter() - began_s))
                page = path.replace(project.project_id, "ID").replace(question, "QUESTION")
                rows.append(
                    {"page": page, "median_ms": round(median(taken_ms), 1), "worst_ms": round(max(taken_ms), 1)}
                )
        server.should_exit = True
        thread.join()
        workplace.close()
    return rows


if __name__ == "__main__":
    sys.exit(main())
