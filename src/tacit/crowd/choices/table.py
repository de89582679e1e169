"""Who said what about which item, as integer codes: what every method of this package is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from tacit.crowd.choices.names import Codes, Numbered, width
from tacit.errors import BadValue, NotFinite

Repeats = Literal["last", "all"]
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
        item=codes["item"].astype(width(most["item"])),
        labeler=codes["labeler"].astype(width(most["labeler"])),
        label=codes["label"].astype(width(len(labels))),
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
    row = table[ROW] if ROW in table.columns else None
    votes = Numbered(where, row)
    item, items = votes.coded(table["item"])
    labeler, labelers = votes.coded(table["labeler"])
    label, labels = votes.classes(table["label"], options, item=table["item"])
    weight = None
    if "weight" in table.columns:
        weight = _weights(table["weight"].cast(pl.Float32).to_numpy(), table.height, where)
    whole = Choices(item, labeler, label, items, labelers, labels, weight)
    notes = list(votes.label_notes(table["label"], labels))
    if repeats == "all" or (replaced := _replaced(whole)) is None:
        return replace(whole, notes=tuple(notes))
    shown = ", ".join(str(votes.row(int(at))) for at in replaced[:5]) + (", …" if len(replaced) > 5 else "")
    one = len(replaced) == 1
    words = f"1 vote (row {shown}) was" if one else f"{len(replaced):,} votes (rows {shown}) were"
    notes.insert(0, f"{words} replaced by a later vote of the same labeler on the same item; the last was kept.")
    kept = np.ones(len(whole), dtype=bool)
    kept[replaced] = False
    return replace(whole.keep(kept), n_repeated=len(replaced), notes=tuple(notes))


def _replaced(votes: Choices) -> NDArray[np.int64] | None:
    """Return which votes the same labeler gave again later, rising; None if there are none.

    Where votes carry weights, a labeler may give parts of a vote to several classes, and only the same class counts.
    """
    key = votes.item.astype(np.int64) * votes.n_labelers
    key += votes.labeler
    if votes.weight is not None:
        key = key * votes.n_labels + votes.label
    if (key[1:] > key[:-1]).all():
        return None
    order = np.argsort(key, kind="stable")
    again = key[order[1:]] == key[order[:-1]]
    return np.sort(order[:-1][again]) if again.any() else None


def _weights(weight: NDArray[np.float32], n: int, where: str) -> NDArray[np.float32]:
    if len(weight) != n:
        raise BadValue(f"{where}, weight", got=f"{len(weight)} weights for {n} votes", expected="one a vote")
    if not np.isfinite(weight).all():
        raise NotFinite(f"{where}, weight", got="NaN, infinity or an empty cell", expected="a finite number")
    if (weight <= 0).any():
        got = float(weight[weight <= 0][0])
        raise BadValue(f"{where}, weight", got=got, expected="a number above 0", do="Leave the row out instead")
    return weight
