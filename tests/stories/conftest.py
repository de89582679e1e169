"""One short run of the whole loop, made once and looked at by many stories."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tacit.cli.main import main

SMALL = [
    "CartPole-v1",
    "--judge",
    "simulated",
    "--labels",
    "20",
    "--steps",
    "4000",
    "--iterations",
    "2",
    "--episodes",
    "5",
    "--no-controls",
    "--seed",
    "0",
]


@dataclass(frozen=True)
class Said:
    """What one call answered."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, object]:
        """The one JSON object on standard output."""
        return json.loads(self.out)


def call(*words: object) -> Said:
    """Call tacit in this process, where torch need be imported only once."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(word) for word in words])
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def tacit() -> Callable[..., Said]:
    """Return a function that calls tacit."""
    return call


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """Return a finished run's folder and what the call that made it answered."""
    folder = tmp_path_factory.mktemp("story") / "run"
    said = call("learn", *SMALL, "--out", folder, "--json")
    assert said.code == 0, said.err
    return folder, said


@pytest.fixture(scope="session")
def small() -> list[str]:
    """Return the words of the short run, without its folder."""
    return list(SMALL)
