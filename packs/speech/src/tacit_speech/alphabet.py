"""The symbols that a recogniser writes with: text ↔ whole numbers, and the blank of CTC at 0."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue

BLANK = 0
ENGLISH_SYMBOLS = " 'abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Alphabet:
    """What a recogniser can write.

    Symbols are characters, or pieces of words of several characters; a word boundary is the symbol `` `` (space). Text
    is read in Unicode's form NFC, in lower case if `lowercase`, with every run of white space as one space. Where
    pieces overlap, a text is cut greedily from the left, longest piece first, so that its ids are always the same.
    Where words are few, such as digits or commands, the symbols can be the words themselves; no space is needed then.

    Args:
        symbols: without the blank, distinct, none empty. Their ids begin at 1, for the blank of CTC has id 0.
        lowercase: whether text is put in lower case before it is read.
        whole_words: whether each symbol is a word.

    Raises:
        BadValue: no symbols, or one that is empty or stands twice; a space in what is to be a word.

    Example:
        >>> alphabet = Alphabet.english()
        >>> alphabet.ids("Don't go").tolist()
        [6, 17, 16, 2, 22, 1, 9, 17]
        >>> alphabet.text([6, 17, 16, 2, 22, 1, 9, 17])
        "don't go"

    Source: Amodei et al. 2016, section 3 (26 letters, space, apostrophe and the blank), arXiv:1512.02595.
    """

    symbols: tuple[str, ...]
    lowercase: bool = True
    whole_words: bool = False
    _longest: int = field(init=False, repr=False, compare=False, default=1)

    def __post_init__(self) -> None:
        if not self.symbols or "" in self.symbols:
            raise BadValue("alphabet", got=f"{len(self.symbols)} symbols", expected="one or more, none of them empty")
        twice = [symbol for symbol, n in Counter(self.symbols).items() if n > 1]
        if twice:
            raise BadValue("alphabet", got=f"symbol {twice[0]!r} twice", expected="each once")
        if self.whole_words and (spaced := [symbol for symbol in self.symbols if symbol.split() != [symbol]]):
            raise BadValue("alphabet of whole words", got=repr(spaced[0]), expected="words, without spaces")
        object.__setattr__(self, "_longest", max(map(len, self.symbols)))

    @staticmethod
    def english() -> Alphabet:
        """Return the space, the apostrophe and the letters a to z."""
        return Alphabet(tuple(ENGLISH_SYMBOLS))

    @staticmethod
    def of_texts(texts: Iterable[str], *, lowercase: bool = True) -> Alphabet:
        """Return the characters that occur in `texts`, sorted by code point: enough for Mandarin as for English."""
        seen = {character for text in texts for character in normalized(text, lowercase=lowercase)}
        return Alphabet(tuple(sorted(seen | {" "})), lowercase)

    @staticmethod
    def words_of(texts: Iterable[str], *, lowercase: bool = True) -> Alphabet:
        """Return the words that occur in `texts`, sorted, each a symbol."""
        seen = {word for text in texts for word in normalized(text, lowercase=lowercase).split()}
        return Alphabet(tuple(sorted(seen)), lowercase, whole_words=True)

    def __len__(self) -> int:
        """Return the number of ids, the blank among them: the width of a table of log-posteriors."""
        return len(self.symbols) + 1

    @property
    def blank(self) -> int:
        """The id of CTC's blank."""
        return BLANK

    @property
    def space(self) -> int | None:
        """The id of the space; None if the alphabet has none."""
        return self._id_of.get(" ")

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols, start=1)}

    def ids(self, text: str) -> NDArray[np.int64]:
        """Return the ids of a text, shape (symbols,).

        Raises:
            BadValue: a character that no symbol begins with, or a word that is no symbol; the message names it and its
                place.
        """
        plain, found, at = normalized(text, lowercase=self.lowercase), [], 0
        if self.whole_words:
            return self._ids_of_words(plain)
        while at < len(plain):
            for length in range(min(self._longest, len(plain) - at), 0, -1):
                number = self._id_of.get(plain[at : at + length])
                if number is not None:
                    found.append(number)
                    at += length
                    break
            else:
                raise BadValue(
                    f"text {_shortened(plain)!r}",
                    got=f"{plain[at]!r} (U+{ord(plain[at]):04X}) as character {at + 1}",
                    expected=f"characters of the alphabet {_shortened(''.join(self.symbols))!r}",
                )
        return np.array(found, np.int64)

    def _ids_of_words(self, plain: str) -> NDArray[np.int64]:
        words = plain.split()
        unknown = [(place, word) for place, word in enumerate(words, start=1) if word not in self._id_of]
        if unknown:
            place, word = unknown[0]
            known = _shortened(", ".join(self.symbols))
            got = f"{word!r} as word {place}"
            raise BadValue(f"text {_shortened(plain)!r}", got=got, expected=f"words of the alphabet: {known}")
        return np.array([self._id_of[word] for word in words], np.int64)

    def text(self, ids: Sequence[int] | NDArray[np.integer]) -> str:
        """Return the text of ids; blanks are left out, and repeated symbols are kept."""
        between = " " if self.whole_words else ""
        return between.join(self.symbols[int(number) - 1] for number in ids if int(number) != BLANK)

    def as_json(self) -> dict[str, object]:
        """Return what `from_json` takes."""
        value: dict[str, object] = {"symbols": list(self.symbols), "lowercase": self.lowercase}
        return {**value, "whole_words": True} if self.whole_words else value

    @staticmethod
    def from_json(value: dict[str, object]) -> Alphabet:
        """Return the alphabet that `as_json` wrote.

        Raises:
            BadValue: a value of another form.
        """
        symbols, lowercase = value.get("symbols"), value.get("lowercase", True)
        if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
            raise BadValue("alphabet", got=type(symbols).__name__, expected="a list of texts under 'symbols'")
        return Alphabet(tuple(symbols), bool(lowercase), whole_words=bool(value.get("whole_words", False)))


def normalized(text: str, *, lowercase: bool = True) -> str:
    """Return `text` in Unicode's form NFC, its white space as single spaces, and in lower case if asked."""
    plain = unicodedata.normalize("NFC", text)
    return " ".join((plain.lower() if lowercase else plain).split())


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
