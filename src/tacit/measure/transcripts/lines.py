"""Text files line by line, and transcripts with a line an utterance."""

from __future__ import annotations

from pathlib import Path

from tacit.errors import BadFile, BadValue
from tacit.measure.transcripts.utterances import Utterances


def file_lines(path: Path, encoding: str = "utf-8") -> list[str]:
    """Return the lines of a text file; only a line feed, with or without a carriage return, ends one.

    Args:
        path: the file.
        encoding: how it is written; a byte order mark is left out.

    Raises:
        BadFile: there is no such file, it cannot be read, or it is written otherwise; the message names the line.
    """
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise BadFile(str(path), got="a folder", expected="a text file") from None
    except OSError as error:
        raise BadFile(str(path), got=error.strerror or "no access", expected="a text file that can be read") from None
    try:
        text = data.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except LookupError:
        raise BadValue("encoding", got=repr(encoding), expected="a known one, such as utf-8 or gb18030") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        got, expected = f"byte 0x{data[error.start]:02x}", f"text in {encoding}"
        raise BadFile(f"{path}, line {line}", got=got, expected=expected, do="Name its encoding") from None
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def read_lines(reference: Path, hypothesis: Path, *, encoding: str = "utf-8") -> Utterances:
    """Return two files with a line an utterance, the first line of one beside the first of the other.

    An empty line is an utterance of which nothing was said, or nothing recognised.

    Args:
        reference: what was said.
        hypothesis: what was recognised.
        encoding: of both files.

    Raises:
        BadFile: a file that cannot be read. BadValue: no lines, or unequal numbers of them.
    """
    said, heard = file_lines(reference, encoding), file_lines(hypothesis, encoding)
    if not said:
        raise BadValue(str(reference), got="no lines", expected="a line an utterance")
    if len(said) != len(heard):
        longer, more, fewer = (reference, said, heard) if len(said) > len(heard) else (hypothesis, heard, said)
        raise BadValue(
            f"{longer}, line {len(fewer) + 1}",
            got=f"{_shown(more[len(fewer)])}, with no line {len(fewer) + 1} in the other file ({len(said)} lines in "
            f"{reference.name}, {len(heard)} in {hypothesis.name})",
            expected="as many lines in both",
            do="An utterance of which nothing was recognised needs an empty line. To pair by name, use trn files",
        )
    names = tuple(f"line {row}" for row in range(1, len(said) + 1))
    return Utterances(names, ("",) * len(said), tuple(said), tuple(heard))


def _shown(text: str, most: int = 40) -> str:
    return repr(text if len(text) <= most else text[: most - 1] + "…")
