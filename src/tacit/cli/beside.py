"""People who judge a run: the judging server beside it, as a process of its own, and the link that lets them in.

The run and the server share nothing but the store in the run's folder. Either may be killed and begun again; the server
ends by itself when the run has gone, because the pipe between them closes.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tacit.errors import CannotWrite, InputError
from tacit.judging import Item, Media, Trainable
from tacit.learn.people import PeopleLabeler, close_project, instructions_for, open_project
from tacit.store import Store
from tacit.store.people import Project, Role
from tacit.store.run_folder import RunFolder

STARTS_WITHIN_S = 60.0
FAREWELL_S = 3.0
"""How long the server stays when all is judged: a page that waits asks every two seconds, and is told so."""

INVITED = 20
"""How often one link may be used: by several judges, or from several devices."""

TACIT = "import sys; from tacit.cli.main import main; sys.exit(main())"
_ADDRESS = re.compile(r" is at (https?://\S+)")


class PeopleBeside:
    """Brings people to a run, as a context manager around it.

    Args:
        folder: of the run.
        name: of the project, as judges see it.
        question: the words put to judges.
        port: where the server listens; None for where it did before, else for any free port.
        say: told the link.
    """

    def __init__(
        self, folder: RunFolder, *, name: str, question: str, port: int | None, say: Callable[[str], None]
    ) -> None:
        self._folder, self._name, self._question, self._port, self._say = folder, name, question, port, say
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Wait for the run to open its store."""
        return self

    def open_labeler(self, store: Store, producer: Trainable) -> PeopleLabeler:
        """Return the people who judge, with the server running and its link told."""
        project = open_project(store, self._name, self._question, instructions=instructions_for(producer))
        return self.invite(store, project, producer.render)

    def invite(self, store: Store, project: Project, draw: Callable[[Item], Media] | None = None) -> PeopleLabeler:
        """Return the people who judge in a project, with the server running and its link told.

        Args:
            store: where the project is.
            project: open, of any kind.
            draw: how an item is shown; as it is if absent.
        """
        secret, _ = store.people.invites.make(Role.JUDGE, project_id=project.project_id, uses=INVITED)
        address = self._serve()
        self._say(f"Judge at {address}/enter/{secret}")
        return PeopleLabeler(store, project.project_id, draw=draw)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say that all is judged, unless the run was stopped, and end the server."""
        if self._server is None:
            return
        if kind is None:
            with Store.open(self._folder.project_path) as store:
                project = store.people.projects.named(self._name)
                if project is not None:
                    close_project(store, project.project_id)
            time.sleep(FAREWELL_S)
        self._end()

    def _serve(self) -> str:
        """Start the server and return its address: where it was before, so that pages that are open find it again."""
        before = self._earlier_port()
        if self._port is None and before:
            try:
                return self._start(before)
            except InputError:
                self._end()  # another program has it by now
        return self._start(self._port or 0)

    def _start(self, port: int) -> str:
        place, log = self._folder.project_path, self._log_path
        command = [sys.executable, "-c", TACIT, "serve", str(place), "--port", str(port)]
        try:
            with log.open("wb") as said:
                self._server = subprocess.Popen(  # noqa: S603  our own program
                    [*command, "--until-stdin-ends"], stdin=subprocess.PIPE, stdout=said, stderr=said
                )
        except OSError as error:
            raise CannotWrite(str(log), got=error.strerror or str(error), expected="a folder to write in") from None
        until_s = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until_s:
            told = log.read_text(encoding="utf-8", errors="replace")
            if found := _ADDRESS.search(told):
                return found[1]
            if self._server.poll() is not None:
                break
            time.sleep(0.05)
        got = (told.strip().splitlines() or ["nothing"])[-1]
        raise InputError("judging server", got=got, expected="a server that answers", do="Try another --port")

    def _earlier_port(self) -> int:
        try:
            found = _ADDRESS.search(self._log_path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return 0
        return int(found[1].rpartition(":")[2]) if found else 0

    def _end(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        if server.stdin is not None:
            server.stdin.close()
        server.terminate()
        server.wait()

    @property
    def _log_path(self) -> Path:
        return self._folder.path / "server.log"
