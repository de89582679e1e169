"""What tests of several packages share: a PostgreSQL server of their own, a judge who sits at the desk, a Chromium."""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tacit.store.people import Role
from tacit.store.work import Credential, Given, Visit

QUICK = {  # nothing here need outlive the machine
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
}


def program(name: str) -> str | None:
    """Return where a program of PostgreSQL is: Debian keeps those of the server out of the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return str(versions[-1]) if versions else shutil.which(name)


@dataclass
class PostgresServer:
    """A server that runs.

    Args:
        folder: holds its data, its socket and its log.
        owner: who runs it; None for who runs the tests.
    """

    folder: Path
    owner: str | None
    process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        self._run("initdb", "-D", self.folder / "data", "-U", "tacit", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self.folder / "data" / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in QUICK.items())

        (self.folder / "data" / "pg_hba.conf").write_text("local all guarded scram-sha-256\nlocal all all trust\n")

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [program("postgres"), "-D", self.folder / "data", "-k", self.folder]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, user=self.owner, cwd=self.folder)
        while True:
            try:
                psycopg.connect(self.url("postgres"), autocommit=True).close()
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server; SIGINT breaks its connections off, SIGQUIT is as if the machine had stopped."""
        self.process.send_signal(how)
        self.process.wait(60)

    def url(self, database: str = "tacit", schema: str | None = None) -> str:
        options = f"&options={quote(f'-csearch_path={schema}')}" if schema else ""
        return f"postgresql://tacit@/{database}?host={quote(str(self.folder), safe='')}{options}"

    def execute(self, statement: str, database: str = "tacit") -> list[tuple]:
        """Run a statement as the superuser and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _run(self, name: str, *words: object) -> None:
        command = [program(name), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, user=self.owner, cwd=self.folder, check=False)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server that runs, with an empty database `tacit`."""
    if program("initdb") is None:
        pytest.skip("no PostgreSQL here: its programs are neither in /usr/lib/postgresql/*/bin nor in the PATH")
    owner = None
    if os.geteuid() == 0:  # PostgreSQL will not run as root
        owner = next((name for name in ("postgres", "nobody") if _is_user(name)), None)
        if owner is None:
            pytest.skip("no PostgreSQL here: it will not run as root, and there is no user postgres or nobody")
    folder = Path(tempfile.mkdtemp(prefix="tacit-pg-"))  # a socket's path may have but a hundred letters
    try:
        if owner:
            shutil.chown(folder, owner)
        server = PostgresServer(folder, owner)
        server.make()
        server.start()
        try:
            server.execute("CREATE DATABASE tacit", database="postgres")
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


SCHEMA_NUMBERS = count(1)


@pytest.fixture
def make_postgres_url(postgres_server: PostgresServer):
    """Make the URL of an empty database: a schema of its own, which is quicker to make."""

    def make() -> str:
        schema = f"test_{next(SCHEMA_NUMBERS)}"
        postgres_server.execute(f"CREATE SCHEMA {schema}")
        return postgres_server.url(schema=schema)

    return make


@pytest.fixture
def postgres_url(make_postgres_url) -> str:
    """The URL of an empty database."""
    return make_postgres_url()


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


class Person:
    """A judge who sits at the desk of a store, as the judging page would."""

    def __init__(self, store, project_id):
        self._desk, self._project_id = store.people.desk, project_id
        account = store.people.accounts.add_program("a person", Role.JUDGE).account_id
        store.people.members.add(project_id, account, by="")
        secret, _ = store.people.credentials.make_token(account, ["judge"])
        self._credential = Credential("token", hashlib.sha256(secret.encode()).hexdigest())
        read = store.people.projects.get(project_id).instructions
        self._visit(read_instructions=read)
        self.judged = []

    def next(self, n=1):
        """Return up to `n` of the questions held for this judge."""
        return self._visit(n=n, again=True).questions

    def judge(self, answer, leased=None):
        """Judge a question, by default the next one: left, right or an outcome. Return its judgment_id, or None."""
        leased = leased or next(iter(self.next()), None)
        if leased is None:
            return None
        value = answer if answer in ("left", "right") else None
        outcome = "answered" if value else answer
        given = Given(f"{len(self.judged)}", leased.lease, outcome, value, duration_s=2.0)
        (accepted,) = self._visit(answers=(given,)).accepted
        self.judged.append(leased)
        return accepted.judgment_id

    def judge_all(self, answers):
        """Judge whatever is open, with these answers in turn."""
        for answer in cycle(answers):
            if self.judge(answer) is None:
                return

    def take_back(self, judgment_id):
        """Take an answer back and return the question, which is handed out again."""
        return self._desk.undo(self._credential, key=f"undo {judgment_id}", judgment_id=judgment_id)[1]

    def _visit(self, **what):
        return self._desk.visit(Visit(self._credential, self._project_id, **what))


@pytest.fixture
def sit_down():
    """Return what brings a judge to the desk: a function of a store and the project."""
    return Person
