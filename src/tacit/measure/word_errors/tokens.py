"""How a transcript becomes words and characters: one stated normalisation, and any white space splits."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from tacit.errors import BadValue

FORMS = ("NFC", "NFD", "NFKC", "NFKD", "none")


@dataclass(frozen=True)
class Normalization:
    """What is done to a transcript before its words are compared.

    Args:
        form: Unicode's normalisation form, or ``none``. NFC, the default, makes é written as one code point equal to é
            written as e and an accent, and changes nothing else.
        casefold: whether case is ignored.
        punctuation: whether punctuation counts. Where it does not, every code point of Unicode's categories P is
            dropped, apostrophes and hyphens within words excepted.

    Source: Unicode Standard Annex 15 (normalisation forms); The Unicode Standard, section 3.13 (case folding).

    Example:
        >>> Normalization(casefold=True, punctuation=False).apply("Don’t  stop, please!")
        'don’t  stop please'
    """

    form: str = "NFC"
    casefold: bool = False
    punctuation: bool = True

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise BadValue("normalisation form", got=repr(self.form), expected=f"one of {', '.join(FORMS)}")

    def apply(self, text: str) -> str:
        """Return `text` normalised; white space is left as it is."""
        if not text.isascii():
            text = self._in_form(text)
        if self.casefold:
            text = text.casefold()
            text = text if text.isascii() else self._in_form(text)  # folding may leave the form again
        return text if self.punctuation else _without_punctuation(text)

    def words(self, text: str) -> list[str]:
        r"""Return the words of `text`: what stands between any of Unicode's white space.

        Example:
            >>> Normalization().words("one\ttwo\u3000three\u00a0four\n")
            ['one', 'two', 'three', 'four']
        """
        return self.apply(text).split()

    def _in_form(self, text: str) -> str:
        form = self.form
        return text if form == "none" else unicodedata.normalize(_FORM[form], text)


_FORM: dict[str, Literal["NFC", "NFD", "NFKC", "NFKD"]] = {"NFC": "NFC", "NFD": "NFD", "NFKC": "NFKC", "NFKD": "NFKD"}
_WITHIN = {"'", "’", "-", "‐", "‑"}


def characters(words: list[str]) -> str:
    """Return the characters of an utterance: its words with one space between them.

    A character is a code point after normalisation, so that a flag or a family emoji counts as several.
    """
    return " ".join(words)


def _without_punctuation(text: str) -> str:
    kept = []
    for at, letter in enumerate(text):
        within = letter in _WITHIN and text[max(0, at - 1) : at].isalnum() and text[at + 1 : at + 2].isalnum()
        if within or not unicodedata.category(letter).startswith("P"):
            kept.append(letter)
    return "".join(kept)
