"""Who said what about which item, as integer codes: what every method of this package is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from tacit.errors import BadValue, NotFinite

Codes = NDArray[np.integer[Any]]
Repeats = Literal["last", "all"]
MOST_LABELS = 1_000
ROW = "row"


@dataclass(frozen=True)
class Choices:
    """Votes: each says that a labeler gave an item a label.

    Args:
        item: code of the item that each vote is about, shape (vote,). labeler: likewise. label: likewise.
        items: names of the items, one a code. labelers: likewise. labels: likewise, the classes.
        weight: how much each vote counts, shape (vote,), above 0; None if each counts 1. A labeler who is torn between
            two classes gives each a part.
        n_repeated: votes that were left out because the same labeler voted again on the same item later.
        notes: what a reader of the data should know, in sentences.
    """

    item: Codes
    labeler: Codes
    label: Codes
    items: pl.Series
    labelers: pl.Series
    labels: tuple[str, ...]
    weight: NDArray[np.float32] | None = None
    n_repeated: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of votes."""
        return len(self.item)

    @property
    def n_items(self) -> int:
        """The number of items."""
        return len(self.items)

    @property
    def n_labelers(self) -> int:
        """The number of labelers."""
        return len(self.labelers)

    @property
    def n_labels(self) -> int:
        """The number of classes."""
        return len(self.labels)

    def keep(self, votes: NDArray[np.bool_]) -> Choices:
        """Return some of the votes, under the same codes.

        Args:
            votes: which to keep, shape (vote,).
        """
        weight = None if self.weight is None else self.weight[votes]
        return replace(self, item=self.item[votes], labeler=self.labeler[votes], label=self.label[votes], weight=weight)


def choices_from_codes(
    item: ArrayLike,
    labeler: ArrayLike,
    label: ArrayLike,
    *,
    n_labels: int | None = None,
    weight: ArrayLike | None = None,
    where: str = "votes",
) -> Choices:
    """Return votes given as codes; the names are the codes as text.

    Args:
        item: from 0, shape (vote,). labeler: likewise. label: likewise.
        n_labels: the number of classes; those that occur, if absent.
        weight: how much each vote counts, shape (vote,).
        where: what to call the votes in a message.

    Raises:
        BadValue: arrays of different lengths, a negative or fractional code, a label outside `n_labels`, no votes.

    Example:
        >>> choices_from_codes([0, 0, 1], [0, 1, 0], [1, 1, 0]).labels
        ('0', '1')
    """
    codes = {name: np.asarray(values) for name, values in (("item", item), ("labeler", labeler), ("label", label))}
    n_votes = {len(values) for values in codes.values()}
    if n_votes == {0} or len(n_votes) > 1:
        got = ", ".join(f"{len(values)} {name}s" for name, values in codes.items())
        raise BadValue(where, got=got, expected="as many of each, and at least one")
    for name, values in codes.items():
        if not np.issubdtype(values.dtype, np.integer) or values.min() < 0:
            raise BadValue(f"{where}, {name}", got=f"{values.dtype} {values.min()}", expected="whole numbers from 0")
    most = {name: int(values.max()) + 1 for name, values in codes.items()}
    if n_labels is not None and most["label"] > n_labels:
        raise BadValue(f"{where}, label", got=most["label"] - 1, expected=f"0 to {n_labels - 1}")
    names = [pl.int_range(0, most[name], eager=True).cast(pl.String) for name in ("item", "labeler")]
    labels = tuple(map(str, range(n_labels or most["label"])))
    return Choices(
        item=codes["item"].astype(_width(most["item"])),
        labeler=codes["labeler"].astype(_width(most["labeler"])),
        label=codes["label"].astype(_width(len(labels))),
        items=names[0],
        labelers=names[1],
        labels=labels,
        weight=None if weight is None else _weights(np.asarray(weight, np.float32), int(n_votes.pop()), where),
    )


def choices_from_table(
    table: pl.DataFrame, *, options: Sequence[str] = (), repeats: Repeats = "last", where: str = "labels"
) -> Choices:
    """Return a table of votes as codes.

    Args:
        table: columns `item`, `labeler` and `label`; perhaps `weight`, and `row`, the number to call each row by.
        options: the classes that are allowed, in their order; those that occur if none are given.
        repeats: what to do with votes of one labeler on one item after the first: "last" keeps the last of them alone,
            "all" keeps them as votes of their own.
        where: what to call the table in a message, such as a file's name.

    Raises:
        BadValue: an empty cell, a label outside `options`, over a thousand labels, no rows; names the row.
        NotFinite: a label or name that is NaN, or a weight that is not finite.
    """
    if not table.height:
        raise BadValue(where, got="no votes", expected="at least one row below the header")
    rows = table if ROW in table.columns else table.with_row_index(ROW, offset=1)
    weighted = "weight" in rows.columns
    names = [ROW, "item", "labeler", "label", *(["weight"] if weighted else [])]
    rows = rows.select(pl.col(name).cast(pl.String) if name in names[1:4] else pl.col(name) for name in names)
    _refuse_empty(rows, where)
    key = ["item", "labeler", *(["label"] if weighted else [])]
    kept = rows if repeats == "all" else rows.unique(key, keep="last", maintain_order=True)
    labels = _classes(rows, options, where)
    items, labelers = (kept[name].unique(maintain_order=True) for name in ("item", "labeler"))
    weight = None
    if weighted:
        weight = _weights(kept["weight"].cast(pl.Float32).to_numpy(), kept.height, where)
    return Choices(
        item=_codes(kept["item"], items),
        labeler=_codes(kept["labeler"], labelers),
        label=_codes(kept["label"], pl.Series(labels, dtype=pl.String)),
        items=items,
        labelers=labelers,
        labels=labels,
        weight=weight,
        n_repeated=rows.height - kept.height,
        notes=tuple(_notes(rows, kept, labels)),
    )


def refuse_unknown_labels(rows: pl.DataFrame, column: str, labels: Sequence[str], where: str) -> None:
    """Refuse the first cell of `column` that is not one of `labels`, and say how many share the fault."""
    outside = rows.filter(~pl.col(column).is_in(list(labels)))
    if not outside.height:
        return
    got = str(outside[column][0])
    near = get_close_matches(got.strip(), labels, n=1, cutoff=0.6)
    hints = [f"{outside.height:,} rows share this fault"] if outside.height > 1 else []
    hints += [f"Did you mean {near[0]!r}"] if near else []
    shown = ", ".join(labels[:12]) + (", …" if len(labels) > 12 else "")
    place = f"{where}, row {outside[ROW][0]}, column {column!r}"
    raise BadValue(place, got=repr(got), expected=f"one of {shown}", do=". ".join(hints))


def _notes(rows: pl.DataFrame, kept: pl.DataFrame, labels: Sequence[str]) -> Iterator[str]:
    """Give what is odd about the votes though nothing is wrong with them."""
    if n_repeated := rows.height - kept.height:
        again = rows.filter(~pl.col(ROW).is_in(kept[ROW].implode()))[ROW].to_list()
        shown = ", ".join(map(str, again[:5])) + (", …" if n_repeated > 5 else "")
        one = n_repeated == 1
        words = f"1 vote (row {shown}) was" if one else f"{n_repeated:,} votes (rows {shown}) were"
        yield f"{words} replaced by a later vote of the same labeler on the same item; the last was kept."
    alike: dict[str, str] = {}
    for label in labels:
        other = alike.setdefault(label.strip().casefold(), label)
        if other != label:
            yield f"The labels {other!r} and {label!r} differ only in capitals or spaces."
    numeric = [_is_number(label) for label in labels]
    if any(numeric) and not all(numeric):
        rarer = sum(numeric) * 2 <= len(numeric)
        odd = [label for label, number in zip(labels, numeric, strict=True) if number == rarer]
        first = rows.filter(pl.col("label").is_in(odd)).row(0, named=True)
        yield f"Some labels are numbers and others are not, such as {first['label']!r} in row {first[ROW]}."


def _refuse_empty(rows: pl.DataFrame, where: str) -> None:
    """Refuse the first row without a name or a label; NaN is none, whichever way it is written."""
    for column in ("item", "labeler", "label"):
        cell = pl.col(column)
        missing = rows.filter(cell.is_null() | (cell.str.strip_chars() == ""))
        if missing.height:
            others = f"{missing.height:,} rows share this fault. " if missing.height > 1 else ""
            do = f"{others}Fill it in or remove the row"
            place = f"{where}, row {missing[ROW][0]}, column {column!r}"
            if column == "label":
                item = missing["item"][0]
                place, do = f"{place} (item {item!r})", f"{others}An item without a label has no row"
            raise BadValue(place, got="an empty cell", expected=f"a {column}", do=do)
        no_number = rows.filter(cell.str.to_lowercase() == "nan")
        if no_number.height:
            place = f"{where}, row {no_number[ROW][0]}, column {column!r}"
            raise NotFinite(place, got=no_number[column][0], expected=f"a {column}", do="Remove the row")


def _classes(rows: pl.DataFrame, options: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the classes: those given, in their order, or those that occur, numbers by size and words by letter."""
    if options:
        if len(set(options)) < len(options):
            raise BadValue("options", got=", ".join(options), expected="every class once")
        refuse_unknown_labels(rows, "label", options, where)
        return tuple(options)
    found = rows["label"].unique()
    if len(found) > MOST_LABELS:
        raise BadValue(
            f"{where}, column 'label'",
            got=f"{len(found):,} different labels in {rows.height:,} rows",
            expected=f"a few classes, at most {MOST_LABELS:,}",
            do="Is it the column of labels? Name it with --map label=COLUMN; numbers on a scale are --method numeric",
        )
    names = found.to_list()
    return tuple(sorted(names, key=float) if all(map(_is_number, names)) else sorted(names))


def _codes(names: pl.Series, known: pl.Series) -> Codes:
    """Return the place of each of `names` in `known`, in the narrowest type that holds it."""
    place: Codes = names.cast(pl.Enum(known)).to_physical().to_numpy()
    return place.astype(_width(len(known)), copy=False)


def _width(n: int) -> type[np.integer[Any]]:
    """Return the narrowest type of codes below `n`; signed where SciPy's sparse matrices index by it."""
    return np.uint8 if n <= 1 << 8 else np.uint16 if n <= 1 << 16 else np.int32 if n <= 1 << 31 else np.int64


def _weights(weight: NDArray[np.float32], n: int, where: str) -> NDArray[np.float32]:
    if len(weight) != n:
        raise BadValue(f"{where}, weight", got=f"{len(weight)} weights for {n} votes", expected="one a vote")
    if not np.isfinite(weight).all():
        raise NotFinite(f"{where}, weight", got="NaN, infinity or an empty cell", expected="a finite number")
    if (weight <= 0).any():
        got = float(weight[weight <= 0][0])
        raise BadValue(f"{where}, weight", got=got, expected="a number above 0", do="Leave the row out instead")
    return weight


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
