"""Label Studio under the same load: ``python benchmarks/load/label_studio.py PROGRAM --connections 10 --seconds 30``.

A server of its own with an empty database, an account a judge, and what its page sends for an answer: the annotation,
and then the wish for the next task. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx
from judges import closed_loop

CONFIG = """<View><Text name="a" value="$a"/><Text name="b" value="$b"/>
<Choices name="better" toName="a"><Choice value="left"/><Choice value="right"/></Choices></View>"""
LEAD = "lead@example.com"
STARTING_S = 300.0


class LabelStudioJudge:
    """One judge of Label Studio: fetches the next task, then hands in an annotation, as its page does."""

    def __init__(self, cookies: httpx.Cookies, host: str, project: int) -> None:
        pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._head = f"Host: {host}\r\nCookie: {pairs}\r\nX-CSRFToken: {cookies['csrftoken']}\r\n"
        self._project = project
        self.lease: str | None = None
        self.acknowledged: list[str] = []

    def request(self, random: Random) -> bytes:
        """Return the bytes of the next request: an annotation of the task at hand, or the wish for one."""
        if self.lease is None:
            return f"GET /api/projects/{self._project}/next HTTP/1.1\r\n{self._head}\r\n".encode()
        side = "left" if random.random() < 0.5 else "right"
        chosen = {"from_name": "better", "to_name": "a", "type": "choices", "value": {"choices": [side]}}
        body = json.dumps({"result": [chosen], "lead_time": 1.2})
        return (
            f"POST /api/tasks/{self.lease}/annotations/ HTTP/1.1\r\n{self._head}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def hear(self, response: bytes) -> bool:
        """Take a response in, and return whether it brought what was wanted."""
        status, reply = response[:3], response[3:]
        if self.lease is not None:
            self.lease = None
            if status == b"201":
                self.acknowledged.append(str(json.loads(reply)["id"]))
            return status == b"201"
        if status == b"200":
            self.lease = str(json.loads(reply)["id"])
        return status == b"200"


@contextmanager
def label_studio(program: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """Start a server with an empty database in `folder`; give it with its address and its lead's password."""
    password = secrets.token_urlsafe(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "LABEL_STUDIO_USERNAME": LEAD,
        "LABEL_STUDIO_PASSWORD": password,
        "LATEST_VERSION_CHECK": "false",
        "COLLECT_ANALYTICS": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    command = [str(program), "start", "--no-browser", "--port", str(port), "--log-level", "ERROR"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        _until_it_answers(process, address)
        yield process, address, password
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def judges_of(address: str, password: str, *, n_judges: int, n_tasks: int) -> list[LabelStudioJudge]:
    """Make a project of comparisons and return judges who are signed in.

    Args:
        address: of the server. password: its lead's.
        n_judges: accounts, each made by the invitation link. n_tasks: comparisons of two texts.
    """
    host = urlsplit(address).netloc
    with httpx.Client(base_url=address, timeout=120) as lead:
        _submit(lead, "/user/login/", {"email": LEAD, "password": password})
        headers = {"X-CSRFToken": lead.cookies["csrftoken"], "Referer": address}
        made = lead.post("/api/projects/", json={"title": "load", "label_config": CONFIG}, headers=headers)
        project = int(made.raise_for_status().json()["id"])
        tasks = [{"a": f"Text number {i} of many.", "b": f"Text number {i + 1} of many."} for i in range(n_tasks)]
        lead.post(f"/api/projects/{project}/import", json=tasks, headers=headers).raise_for_status()
        invitation = lead.get("/api/invite").raise_for_status().json()["invite_url"]
    judges = []
    for number in range(n_judges):
        with httpx.Client(base_url=address, timeout=120) as one:
            account = {"email": f"judge{number}@example.com", "password": secrets.token_urlsafe(16)}
            _submit(one, invitation, account)
            judges.append(LabelStudioJudge(one.cookies, host, project))
    return judges


def _submit(client: httpx.Client, path: str, fields: dict[str, str]) -> None:
    """Fill in a form of its pages."""
    client.get(path).raise_for_status()
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
    referer = {"Referer": str(client.base_url.join(path))}
    done = client.post(path, data={**fields, **token}, headers=referer)
    if done.status_code != httpx.codes.FOUND:  # a refused form is shown again with 200
        raise RuntimeError(f"Label Studio refused {path}: {done.status_code}")


def _until_it_answers(process: subprocess.Popen[bytes], address: str) -> None:
    """Wait for the migrations of its database, which take a minute."""
    until = time.monotonic() + STARTING_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{address}/health", timeout=10).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(1)
    raise RuntimeError(f"Label Studio did not answer at {address} within {STARTING_S:.0f} s")


def main() -> None:
    """Run the server and its judges, and print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--tasks", type=int, default=5_000)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        label_studio(given.program, Path(folder)) as (_, address, password),
    ):
        judges = judges_of(address, password, n_judges=given.connections, n_tasks=given.tasks)
        random = Random(0)  # noqa: S311  no secret hangs on it
        measured = asyncio.run(closed_loop(address, judges, len(judges), given.seconds, random, announce=False))
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
