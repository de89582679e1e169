"""Transcripts by many labelers, as codes of words: what is combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.crowd.choices.names import Codes, Numbered
from tacit.crowd.choices.table import ROW
from tacit.errors import BadValue
from tacit.measure.word_errors.tokens import Normalization

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Transcribed:
    """Who transcribed what, and how.

    Args:
        item: code of the item of each transcript, shape (transcript,). labeler: likewise.
        n_words: how many words each has, shape (transcript,); 0 is a transcript too: nothing was said.
        word: codes of all their words, one transcript after the other, from 1, shape (word,).
        credence: how sure the labeler was of each word, NaN where that is not known, shape (word,).
        items: names of the items, one a code. labelers: likewise.
        vocabulary: the words, the first one's code being 1.
        notes: what the user should know of how the table was read.
    """

    item: Codes
    labeler: Codes
    n_words: Integers
    word: Integers
    credence: Floats
    items: pl.Series
    labelers: pl.Series
    vocabulary: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of transcripts."""
        return len(self.item)

    @cached_property
    def begins(self) -> Integers:
        """Where each transcript's words begin, and where the last one's end, shape (transcript + 1,)."""
        return np.concatenate([[0], np.cumsum(self.n_words)])

    def words(self, transcript: int) -> list[str]:
        """Return the words of one transcript."""
        codes = self.word[self.begins[transcript] : self.begins[transcript + 1]]
        return [self.vocabulary[code - 1] for code in codes.tolist()]


def transcribed_from_table(
    table: pl.DataFrame, normalization: Normalization | None = None, *, where: str = "transcripts"
) -> Transcribed:
    """Return a table of transcripts as codes of words.

    Args:
        table: columns `item`, `labeler` and `label`, the text; perhaps `credence`, how sure the labeler was of each of
            its words, a list of numbers in [0, 1] as long as the text has words, or null; and `row`, the number to
            call each row by. Of several texts of one labeler on one item the last one counts.
        normalization: what is done to a text before it is cut into words; Unicode's NFC if absent.
        where: what to call the table in a message, such as a file's name.

    Raises:
        BadValue: no rows, an empty name, a text that is missing, or credences that do not fit the words; names the row.
    """
    if not table.height:
        raise BadValue(where, got="no transcripts", expected="at least one row below the header")
    numbered = Numbered(where, table[ROW] if ROW in table.columns else None)
    if (missing := table["label"].is_null()).any():
        place = f"{where}, row {numbered.row(int(missing.arg_true()[0]))}, column 'label'"
        raise BadValue(place, got="an empty cell", expected="a transcript", do='Write "" where nothing was said')
    last = table.with_row_index("at").group_by("item", "labeler", maintain_order=True).agg(pl.col("at").max())
    kept = np.sort(last["at"].to_numpy().astype(np.int64))
    n_replaced, table = table.height - len(kept), table[kept]
    numbered = Numbered(where, table[ROW] if ROW in table.columns else None)
    item, items = numbered.coded(table["item"])
    labeler, labelers = numbered.coded(table["labeler"])
    form = normalization or Normalization()
    words = [form.words(text) for text in table["label"].cast(pl.String).to_list()]
    n_words = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    vocabulary, word = _coded(words)
    notes = (f"{n_replaced:,} transcripts were replaced by a later one of the same labeler.",) if n_replaced else ()
    credence = np.full(len(word), np.nan)
    if "credence" in table.columns:
        credence = _credences(table["credence"].to_list(), n_words, numbered)
    return Transcribed(item, labeler, n_words, word, credence, items, labelers, vocabulary, notes)


def _coded(words: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], Integers]:
    code_of: dict[str, int] = {}
    codes = [code_of.setdefault(word, len(code_of) + 1) for text in words for word in text]
    return tuple(code_of), np.array(codes, dtype=np.int64)


def _credences(given: Sequence[Sequence[float] | None], n_words: Integers, numbered: Numbered) -> Floats:
    parts = []
    for row, (credences, n) in enumerate(zip(given, n_words.tolist(), strict=True)):
        part = np.full(n, np.nan) if credences is None else np.array(credences, dtype=np.float64)
        if len(part) != n or ((part < 0) | (part > 1)).any():
            place = f"{numbered.where}, row {numbered.row(row)}, column 'credence'"
            got = f"{len(part)} numbers for {n} words" if len(part) != n else "a number outside 0 to 1"
            raise BadValue(place, got=got, expected="a credence in [0, 1] for each word, or null")
        parts.append(part)
    return np.concatenate(parts) if parts else np.zeros(0)
