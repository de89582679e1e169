"""A process of its own in which media of strangers are decoded: a decoder that crashes or swells takes nothing along.

It reads one wish a line from its input and answers each with one line of JSON, until its input ends.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tacit.errors import InputError, MissingExtra
from tacit.web.bringing.media.converting import convert
from tacit.web.bringing.media.looking import look
from tacit.web.bringing.media.previews import peaks, poster

MEMORY_BYTES = 4 * 2**30  # of addresses; encoders reserve far more than they use
FILE_BYTES = 2**30
OPEN_FILES = 64
POLITENESS = 10  # judges are answered first


def main() -> int:
    """Answer wishes until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # decoders may write there too
    limit_this_process()
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()
    return 0


def limit_this_process() -> None:
    """Let this process have so much memory, such files and a low priority; where the system knows no limits, none."""
    try:
        import resource  # noqa: PLC0415 (only where there is Unix)
    except ModuleNotFoundError:
        return
    os.nice(POLITENESS)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def answer(wish: dict[str, Any]) -> dict[str, Any]:
    """Return what was found or made, or the fault.

    Args:
        wish: `path` of the file, `kind` that it seems to be, `where` it came from, and either the most `pixels` of an
            image, or the folder `into` which to write.
    """
    path, where = Path(wish["path"]), wish["where"]
    try:
        if "into" not in wish:
            return look(path, wish["kind"], where=where, pixels=wish["pixels"])
        into = Path(wish["into"])
        made: dict[str, Any] = {"rendition": None}
        if not look(path, wish["kind"], where=where, pixels=0)["playable"]:
            made["rendition"] = convert(path, wish["kind"], into / "rendition", where=where)
        return made | {"peaks": peaks(path, into / "peaks"), "poster": poster(path, into / "poster")}
    except MissingExtra as error:
        return {"missing": error.package}
    except InputError as error:
        return {"fault": type(error).__name__, "got": str(error.got), "expected": error.expected, "do": error.do}
    except MemoryError:
        return {"fault": "BadFile", "got": "a file that takes too much memory", "expected": "a smaller one", "do": ""}


if __name__ == "__main__":
    sys.exit(main())
