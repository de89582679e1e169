"""What has media looked at and made ready in a process of its own, which is begun anew when it breaks or takes long."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tacit.errors import BadFile, MissingExtra
from tacit.judging import ItemKind, Media
from tacit.web.bringing.limits import TooMuch, size

LOOKING_S = 60.0
MAKING_S = 900.0
SAVE_ANOTHER_WAY = "Save it another way and bring it again, or leave it out"


@dataclass(frozen=True)
class Seen:
    """What a file of media is.

    Args:
        kind: of the item. playable: whether browsers play it as it is.
    """

    kind: ItemKind
    playable: bool


@dataclass(frozen=True)
class MadeReady:
    """What was made of one recording or clip; None for what there is not.

    Args:
        rendition: what browsers play, where they do not play the item itself.
        peaks: the outline of the sound. poster: a picture of the film.
    """

    rendition: Media | None
    peaks: Media | None
    poster: Media | None


class Workshop:
    """Looks at media, one at a time. Its process begins with the first and ends with `close`.

    Args:
        pixels: the most that an image may have. largest_bytes: the most that what is made may have.
    """

    def __init__(self, *, pixels: int, largest_bytes: int) -> None:
        self._pixels, self._largest_bytes = pixels, largest_bytes
        self._process: subprocess.Popen[str] | None = None

    def look(self, path: Path, kind: ItemKind, *, where: str) -> Seen:
        """Return what a file is, having decoded an image whole, or the beginning of a recording or clip.

        Raises:
            BadFile: it will not decode. TooMuch: an image of too many pixels. MissingExtra: nothing here decodes it.
        """
        wish = {"path": str(path), "kind": str(kind), "where": where, "pixels": self._pixels}
        found = self._ask(wish, where, LOOKING_S)
        return Seen(ItemKind(found["kind"]), bool(found["playable"]))

    def look_at_bytes(self, content: bytes, kind: ItemKind, *, where: str) -> Seen:
        """Return what bytes are; as `look`."""
        with tempfile.NamedTemporaryFile(prefix="tacit-") as file:
            file.write(content)
            file.flush()
            return self.look(Path(file.name), kind, where=where)

    def make_ready(self, content: bytes, kind: ItemKind, *, where: str) -> MadeReady:
        """Return what shows a recording or clip at once.

        Raises:
            BadFile: it could not be made, or became too large. MissingExtra: nothing here decodes it.
        """
        with tempfile.TemporaryDirectory(prefix="tacit-") as folder:
            path = Path(folder) / "given"
            path.write_bytes(content)
            wish = {"path": str(path), "kind": str(kind), "where": where, "into": folder}
            made = self._ask(wish, where, MAKING_S)
            rendition = made["rendition"]
            return MadeReady(
                self._media(rendition and rendition["path"], rendition and rendition["media_type"], where),
                self._media(made["peaks"], "application/octet-stream", where),
                self._media(made["poster"], "image/jpeg", where),
            )

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):  # what could not be written to it any more
                    stream.close()
        self._process = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.close()

    def _media(self, path: str | None, media_type: str | None, where: str) -> Media | None:
        if path is None or media_type is None:
            return None
        n_bytes = Path(path).stat().st_size
        if n_bytes > self._largest_bytes:
            got = f"{size(n_bytes)} in a form that browsers play"
            raise TooMuch(where, got=got, expected=f"at most {size(self._largest_bytes)}", do="Cut it into parts")
        return Media(Path(path).read_bytes(), media_type)

    def _ask(self, wish: dict[str, Any], where: str, most_s: float) -> dict[str, Any]:
        process = self._running()
        took_long = threading.Event()

        def stop() -> None:
            took_long.set()
            process.kill()

        timer = threading.Timer(most_s, stop)
        timer.start()
        try:
            line = self._answer(process, wish)
        finally:
            timer.cancel()
        if not line:
            self.close()
            got = f"a file that took more than {most_s:g} s" if took_long.is_set() else "a file that breaks its decoder"
            raise BadFile(where, got=got, expected="one that can be shown", do=SAVE_ANOTHER_WAY)
        told: dict[str, Any] = json.loads(line)
        if "missing" in told:
            raise MissingExtra("bringing media", package=str(told["missing"]), install="tacit[serve]")
        if "fault" in told:
            kind = TooMuch if told["fault"] == "TooMuch" else BadFile
            raise kind(where, got=told["got"], expected=told["expected"], do=told["do"])
        return told

    @staticmethod
    def _answer(process: subprocess.Popen[str], wish: dict[str, Any]) -> str:
        if process.stdin is None or process.stdout is None:
            return ""
        with suppress(OSError):  # it has ended; so there is no answer
            process.stdin.write(json.dumps(wish) + "\n")
            process.stdin.flush()
            return process.stdout.readline()
        return ""

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tacit.web.bringing.media.bench"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        return self._process
