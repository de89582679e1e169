"""Text as a language model reads it: a sentence a line, cut into words or into characters."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO

from tacit.errors import BadFile

UNKNOWN, BEGIN, END = "<unk>", "<s>", "</s>"
SPACE = "<space>"
"""How a model over characters writes a blank between words: a token of an ARPA file may hold none."""

RESERVED = frozenset({BEGIN, END})


class Unit(StrEnum):
    """What a token is: a word, or a character with the space among them."""

    WORD = "word"
    CHARACTER = "character"


def tokens_of(sentence: str, unit: Unit) -> list[str]:
    """Return the tokens of a sentence; runs of white space are one.

    >>> tokens_of("one  two", Unit.WORD)
    ['one', 'two']
    >>> tokens_of("a b", Unit.CHARACTER)
    ['a', '<space>', 'b']
    """
    words = sentence.split()
    if unit is Unit.WORD:
        return words
    return [SPACE if character == " " else character for character in " ".join(words)]


def text_of(tokens: Iterable[str], unit: Unit) -> str:
    """Return the sentence that `tokens` make."""
    if unit is Unit.WORD:
        return " ".join(tokens)
    return "".join(" " if token == SPACE else token for token in tokens)


def sentences(lines: Iterable[str], unit: Unit, *, where: str) -> Iterator[list[str]]:
    """Yield the tokens of every line that has any.

    Raises:
        BadFile: a line holds ``<s>`` or ``</s>``, which a model adds by itself; names the line.
    """
    for row, line in enumerate(lines, 1):
        tokens = tokens_of(line, unit)
        if unit is Unit.WORD and not RESERVED.isdisjoint(tokens):
            mark = next(token for token in tokens if token in RESERVED)
            raise BadFile(
                f"{where} line {row}", got=mark, expected="words alone", do="Leave the marks of sentences out"
            )
        if tokens:
            yield tokens


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 text file, plain or gzipped, one at a time.

    Raises:
        BadFile: no such file, a folder, or bytes that are no UTF-8; names the line.
    """
    row = 0
    try:
        with opened(path) as file:
            for line in file:
                row += 1
                yield line
    except UnicodeDecodeError as error:
        got = f"bytes that are no UTF-8 ({error.reason})"
        raise BadFile(f"{path} after line {row}", got=got, expected="UTF-8 text", do="Convert it with iconv") from None
    except (OSError, EOFError) as error:
        got = getattr(error, "strerror", None) or str(error)
        raise BadFile(str(path), got=got.lower(), expected="a text file, plain or gzipped") from None


def opened(path: Path) -> IO[str]:
    """Open a text file for reading, through gzip where its name ends in ``.gz``."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")
