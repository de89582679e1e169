"""Transcripts with alternatives: ``a { b c / d / @ } e`` as words and what may come before each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tacit.errors import BadValue

NOTHING = "@"
"""The alternative of no word at all."""


@dataclass(frozen=True)
class Word:
    """One word of a transcript.

    Args:
        text: as it is compared.
        optional: whether it may be left out without an error.
        fragment: whether it begins or ends with a hyphen and so stands for any word that goes on from it.
    """

    text: str
    optional: bool = False
    fragment: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether it is the alternative of no word."""
        return self.text == NOTHING

    def same(self, other: Word) -> bool:
        """Return whether two words count as the same one; a fragment is the same as any word that it is a part of."""
        if not (self.fragment or other.fragment):
            return self.text == other.text
        for part, whole in ((self.text, other.text), (other.text, self.text)):
            if len(part) > 1 and part.startswith("-"):
                return whole.endswith(part[1:])
            if len(part) > 1 and part.endswith("-"):
                return whole.startswith(part[:-1])
        return self.text == other.text


@dataclass(frozen=True)
class Lattice:
    """Words in an order in which each comes after all that may precede it.

    Args:
        words: shape (word,).
        before: for each word, the places of those that may come directly before it; −1 is the beginning.
        ends: the places of those that may be the last; −1 where there may be no word at all.
    """

    words: tuple[Word, ...]
    before: tuple[tuple[int, ...], ...]
    ends: tuple[int, ...]

    @property
    def is_plain(self) -> bool:
        """Whether it is one sequence of ordinary words."""
        return self.before == tuple((k - 1,) for k in range(len(self.words))) and not any(
            word.optional or word.fragment or word.is_nothing for word in self.words
        )


def parse_lattice(text: str, *, optional_words: bool = False, fragments: bool = False, where: str = "") -> Lattice:
    """Return a transcript with alternatives, as NIST's transcript formats write them.

    Alternatives stand in braces with slashes between, may hold several words and other alternatives, and ``@`` is the
    alternative of no word.

    Args:
        text: the transcript.
        optional_words: whether a word in parentheses, ``(uh)``, may be left out without an error.
        fragments: whether a word that begins or ends with a hyphen is the same as any that it is a part of.
        where: the place of the transcript, for the message.

    Raises:
        BadValue: a brace that is not closed or was not opened.

    Source: NIST SCTK, sclite's trn and stm formats.

    Example:
        >>> lattice = parse_lattice("a { b c / @ } d")
        >>> [word.text for word in lattice.words], lattice.before
        (['a', 'b', 'c', '@', 'd'], ((-1,), (0,), (1,), (0,), (2, 3)))
    """
    words: list[Word] = []
    before: list[tuple[int, ...]] = []

    def grown(items: Sequence[Item], preceding: tuple[int, ...]) -> tuple[int, ...]:
        for item in items:
            if isinstance(item, str):
                words.append(_word(item, optional_words, fragments))
                before.append(preceding)
                preceding = (len(words) - 1,)
            else:
                ends = [end for alternative in item for end in grown(alternative, preceding)]
                preceding = tuple(dict.fromkeys(ends))
        return preceding

    ends = grown(_items(text, where or "transcript"), (-1,))
    return Lattice(tuple(words), tuple(before), ends)


def plain_lattice(words: Sequence[str]) -> Lattice:
    """Return a sequence of ordinary words as a lattice."""
    return Lattice(tuple(map(Word, words)), tuple((k - 1,) for k in range(len(words))), (len(words) - 1,))


Item = str | list[list["Item"]]  # a word, or alternatives, each a sequence of items


def _items(text: str, where: str) -> list[Item]:
    """Return words and alternatives; a slash separates within braces alone."""
    open_: list[list[list[Item]]] = [[[]]]
    for sign in _tokens(text):
        if sign == "{":
            open_.append([[]])
        elif sign == "}":
            if len(open_) == 1:
                raise BadValue(where, got="a closing brace without an opening one", expected="{ one / another }")
            closed = open_.pop()
            open_[-1][-1].append(closed)
        elif sign == "/" and len(open_) > 1:
            open_[-1].append([])
        else:
            open_[-1][-1].append(sign)
    if len(open_) > 1:
        raise BadValue(where, got="an opening brace that is not closed", expected="{ one / another }")
    return open_[0][0]


def _tokens(text: str) -> list[str]:
    """Return words, braces, and those slashes that stand within braces, each by itself."""
    spaced, depth = [], 0
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        spaced.append(f" {letter} " if letter in "{}" or (letter == "/" and depth > 0) else letter)
    return "".join(spaced).split()


def _word(text: str, optional_words: bool, fragments: bool) -> Word:
    optional = optional_words and len(text) > 2 and text.startswith("(") and text.endswith(")")
    text = text[1:-1] if optional else text
    fragment = fragments and len(text) > 1 and (text.startswith("-") or text.endswith("-"))
    return Word(text, optional, fragment)
