"""The pieces of a recipe: which are done, and doing the next ones, here or in processes of their own.

::

    runs/reproduce/NAME/PIECE/
    ├── run/           what the recipe keeps while the piece is being done, and after
    ├── result.json    written last: the piece is done
    └── lock           held by the process that is doing it
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tacit.catalogue.recipes import Recipe, Stage
from tacit.errors import BadFile, CannotWrite, InputError, RunExists
from tacit.store.run_folder import read_json, write_json

START = "import sys; from tacit.cli.main import main; sys.exit(main())"


def results_in(recipe: Recipe, out: Path) -> dict[str, Mapping[str, Any]]:
    """Return piece → its result, of the pieces that are done in folder `out`.

    Raises:
        RunExists: a piece was done with other settings than the recipe has now.
    """
    done: dict[str, Mapping[str, Any]] = {}
    for name, settings in recipe.pieces.items():
        path = out / name / "result.json"
        if not path.exists():
            continue
        kept = read_json(path)
        if kept.get("settings") != json.loads(json.dumps(settings)):
            raise RunExists(
                str(path),
                got="a piece that was done with other settings",
                expected=f"those of the recipe {recipe.name} as it is now",
                do="Choose another --out, or delete the folder",
            )
        if not isinstance(kept.get("result"), dict):
            raise BadFile(str(path), got="no result", expected="the result of a piece", do=f"Delete {path}")
        done[name] = kept["result"]
    return done


def do_piece(recipe: Recipe, out: Path, name: str, stage: Stage) -> None:
    """Do one piece and keep its result, or leave it to another process that is doing it now."""
    place = out / name
    with _alone(place) as mine:
        if not mine or (place / "result.json").exists():
            return
        settings = recipe.pieces[name]
        result = recipe.run_piece(settings, place / "run", stage)
        write_json(place / "result.json", {"piece": name, "settings": dict(settings), "result": result})


def do_in_processes(
    recipe: Recipe, out: Path, names: Sequence[str], *, jobs: int, may_begin: Callable[[], bool], done: Stage
) -> None:
    """Do pieces in processes of their own, `jobs` at a time.

    Args:
        recipe: what they are pieces of.
        out: the folder of all pieces.
        names: the pieces to do, in order.
        jobs: how many processes.
        may_begin: asked before each piece.
        done: told the name of each piece that has ended, and how many have.

    Raises:
        InputError: a piece failed; the others were still done.
    """
    running: list[subprocess.Popen[str]] = []
    failed: dict[str, str] = {}

    def one(name: str) -> str:
        if may_begin():
            process = subprocess.Popen(  # noqa: S603  this program itself, with a list of words
                [sys.executable, "-c", START, *_words(recipe, out, name)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                env={"OMP_NUM_THREADS": "1", **os.environ},
            )
            running.append(process)
            said = process.communicate()[1]
            if process.returncode not in (0, 1):  # 1: done, and a claim falls short
                failed[name] = said.strip().rpartition("\n")[2] or f"exit code {process.returncode}"
        return name

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for n, future in enumerate(as_completed([pool.submit(one, name) for name in names]), start=1):
                done(future.result(), n)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in running:
                process.terminate()  # what it has saved, the next call goes on from
            raise
    if failed:
        name, said = next(iter(failed.items()))
        raise InputError(f"piece {name}", got=said, expected="a result", do="The same command does it again")


def _words(recipe: Recipe, out: Path, name: str) -> list[str]:
    return ["reproduce", recipe.name, "--recipes", str(recipe.folder), "--out", str(out), "--only", name, "--json"]


@contextmanager
def _alone(place: Path) -> Iterator[bool]:
    """Hold the lock of a piece, which the system releases when this process ends, however it ends."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = (place / "lock").open("w")
    except OSError as error:
        raise CannotWrite(str(place), got=error.strerror or str(error), expected="a folder to write in") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
