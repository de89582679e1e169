"""Names become codes: of items and labelers in order of appearance, of classes in an order that a person expects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.errors import BadValue, NotFinite

Codes = NDArray[np.integer[Any]]
MOST_LABELS = 1_000


@dataclass(frozen=True)
class Numbered:
    """Columns of a table whose rows have numbers to call them by.

    Args:
        where: what to call the table in a message, such as a file's name.
        numbers: the number of each row; 1, 2, 3 … if None.
    """

    where: str
    numbers: pl.Series | None

    def row(self, at: int) -> int:
        """Return the number of the row at a place from 0."""
        return at + 1 if self.numbers is None else int(self.numbers[at])

    def coded(self, names: pl.Series) -> tuple[Codes, pl.Series]:
        """Return each name's code, in order of appearance, and the names as text.

        Raises:
            BadValue: an empty cell. NotFinite: one that is NaN.
        """
        if names.dtype.is_integer() and not names.null_count():
            found = names.unique(maintain_order=True)
            return _integer_codes(names, found), found.cast(pl.String).alias(names.name)
        text = self._filled(names, f"a {names.name}")
        known = text.unique(maintain_order=True)
        return _codes(text, known), known

    def classes(
        self, names: pl.Series, options: Sequence[str], *, item: pl.Series | None = None
    ) -> tuple[Codes, tuple[str, ...]]:
        """Return each label's code, and the classes: those given, or those found, numbers by size and words by letter.

        Args:
            names: the labels.
            options: the classes that are allowed, in their order; those that occur if none are given.
            item: the item of each row, to be named where a label is missing.

        Raises:
            BadValue: an empty cell, a label outside `options`, over a thousand labels. NotFinite: one that is NaN.
        """
        if names.dtype.is_integer() and not names.null_count() and not options:
            numbers = names.unique().sort()
            if len(numbers) <= MOST_LABELS:
                return _integer_codes(names, numbers), tuple(map(str, numbers.to_list()))
        text = self._filled(names, "a label", item=item)
        if options:
            if len(set(options)) < len(options):
                raise BadValue("options", got=", ".join(options), expected="every class once")
            self.refuse_unknown(text, options)
            labels = tuple(options)
        else:
            found = text.unique()
            if len(found) > MOST_LABELS:
                raise BadValue(
                    f"{self.where}, column {names.name!r}",
                    got=f"{len(found):,} different labels in {len(names):,} rows",
                    expected=f"a few classes, at most {MOST_LABELS:,}",
                    do="Is it the column of labels? Name it with --map label=COLUMN; numbers on a scale are "
                    "--method numeric",
                )
            listed = found.to_list()
            labels = tuple(sorted(listed, key=float) if all(map(_is_number, listed)) else sorted(listed))
        return _codes(text, pl.Series(labels, dtype=pl.String)), labels

    def label_notes(self, names: pl.Series, labels: Sequence[str]) -> Iterator[str]:
        """Give what is odd about the classes though nothing is wrong with them."""
        alike: dict[str, str] = {}
        for label in labels:
            other = alike.setdefault(label.strip().casefold(), label)
            if other != label:
                yield f"The labels {other!r} and {label!r} differ only in capitals or spaces."
        numeric = [_is_number(label) for label in labels]
        if any(numeric) and not all(numeric):
            rarer = sum(numeric) * 2 <= len(numeric)
            odd = [label for label, number in zip(labels, numeric, strict=True) if number == rarer]
            at = names.cast(pl.String).is_in(odd).arg_max()
            if at is not None:
                row = self.row(at)
                yield f"Some labels are numbers and others are not, such as {str(names[at])!r} in row {row}."

    def refuse_unknown(self, cells: pl.Series, labels: Sequence[str], *, do: str = "") -> None:
        """Refuse the first cell that is not one of `labels`, and say how many share the fault.

        Args:
            cells: what is looked at.
            labels: what is allowed.
            do: what the user could do, if no label is near.

        Raises:
            BadValue: names the row and the nearest label.
        """
        outside = ~cells.is_in(list(labels))
        if not (n_outside := int(outside.sum())):
            return
        at = int(outside.arg_true()[0])
        got = str(cells[at])
        near = get_close_matches(got.strip(), labels, n=1, cutoff=0.6)
        hints = [f"{n_outside:,} rows share this fault"] if n_outside > 1 else []
        hints += [f"Did you mean {near[0]!r}"] if near else [do] if do else []
        shown = ", ".join(labels[:12]) + (", …" if len(labels) > 12 else "")
        place = f"{self.where}, row {self.row(at)}, column {cells.name!r}"
        raise BadValue(place, got=repr(got), expected=f"one of {shown}", do=". ".join(hints))

    def _filled(self, cells: pl.Series, expected: str, *, item: pl.Series | None = None) -> pl.Series:
        """Return cells as text, refusing the first that is empty or NaN, whichever way that is written."""
        text = cells.cast(pl.String)
        empty = text.is_null() | (text.str.strip_chars() == "")
        nan = text.str.len_bytes() == 3
        nan = nan & (text.str.to_lowercase() == "nan") if nan.any() else nan
        bad = empty | nan
        if not (n_bad := int(bad.sum())):
            return text
        at = int(bad.arg_true()[0])
        place = f"{self.where}, row {self.row(at)}, column {cells.name!r}"
        others = f"{n_bad:,} rows share this fault. " if n_bad > 1 else ""
        if item is not None:
            place += f" (item {str(item[at])!r})"
        if not empty[at]:
            raise NotFinite(place, got=text[at], expected=expected, do=f"{others}Remove the row")
        do = "An item without a label has no row" if item is not None else "Fill it in or remove the row"
        raise BadValue(place, got="an empty cell", expected=expected, do=others + do)


def _codes(names: pl.Series, known: pl.Series) -> Codes:
    """Return the place of each of `names` in `known`, in the narrowest type that holds it."""
    place: Codes = names.cast(pl.Enum(known)).to_physical().to_numpy()
    return place.astype(width(len(known)), copy=False)


def _integer_codes(names: pl.Series, known: pl.Series) -> Codes:
    """Return the place of each of `names` in `known` where names are integers, which need not become text for that."""
    values, first = names.to_numpy(), known.to_numpy()
    low, high = int(first.min()), int(first.max())
    if high - low < 4 * len(values) + 1_000:
        place = np.zeros(high - low + 1, dtype=width(len(first)))
        place[first.astype(np.int64) - low] = np.arange(len(first))
        found: Codes = place[values.astype(np.int64) - low] if low else place[values]
        return found
    order = np.argsort(first)
    return order[np.searchsorted(first[order], values)].astype(width(len(first)))


def width(n: int) -> type[np.integer[Any]]:
    """Return the narrowest type of codes below `n`."""
    return np.uint8 if n <= 1 << 8 else np.uint16 if n <= 1 << 16 else np.int32 if n <= 1 << 31 else np.int64


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
