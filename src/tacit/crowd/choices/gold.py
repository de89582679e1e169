"""True labels of some items, to measure against or to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.crowd.choices.names import Numbered
from tacit.crowd.choices.reading import read_columns
from tacit.crowd.choices.table import ROW, Choices
from tacit.errors import BadValue, NotFinite


@dataclass(frozen=True)
class Gold:
    """The true labels of some items.

    Args:
        item: code of each item, as in the votes that it was read for, rising, shape (gold,).
        label: code of its true label, shape (gold,).
    """

    item: NDArray[np.integer[Any]]
    label: NDArray[np.integer[Any]]

    def __len__(self) -> int:
        """Return the number of items with a true label."""
        return len(self.item)


def read_gold(path: Path, choices: Choices, *, headers: Mapping[str, str] | None = None) -> Gold:
    """Return the true labels in a file with the columns item and gold (or truth, label …).

    Args:
        path: CSV, TSV, JSON lines or Parquet, perhaps with `.gz` behind.
        choices: the votes on those items.
        headers: meaning (`item`, `gold`) → the file's column, where no known header says it.

    Raises:
        BadFile: not such a file, or without one of the columns. UnknownName: an unknown format or column.
        BadValue: an item that nobody labeled, a label that is no class, an empty cell, an item with two different true
            labels; names the row.
    """
    table = read_columns(path, ("item", "gold"), headers=headers or {})
    return gold_from_table(table, choices, where=path.name)


def gold_from_table(table: pl.DataFrame, choices: Choices, *, where: str = "gold") -> Gold:
    """Return the true labels in a table with the columns `item` and `gold`, and perhaps `row`.

    Args:
        table: one row an item; the same item again with the same label adds nothing.
        choices: the votes on those items.
        where: what to call the table in a message.

    Raises:
        BadValue: an item that nobody labeled, a label that is no class, an empty cell, an item with two different true
            labels; names the row. NotFinite: a label that is NaN.
    """
    rows = table if ROW in table.columns else table.with_row_index(ROW, offset=1)
    rows = rows.with_columns(pl.col("item", "gold").cast(pl.String))
    for column in ("item", "gold"):
        cell = pl.col(column)
        if (bad := rows.filter(cell.is_null() | (cell.str.strip_chars() == ""))).height:
            place = f"{where}, row {bad[ROW][0]}, column {column!r}"
            raise BadValue(place, got="an empty cell", expected=f"a {column}", do="Fill it in or remove the row")
        if (bad := rows.filter(cell.str.to_lowercase() == "nan")).height:
            place = f"{where}, row {bad[ROW][0]}, column {column!r}"
            raise NotFinite(place, got=bad[column][0], expected=f"a {column}", do="Remove the row")
    _refuse_unknown_items(rows, choices, where)
    do = "If nobody gave this label, name all classes with --options"
    Numbered(where, rows[ROW]).refuse_unknown(rows["gold"], choices.labels, do=do)
    once = rows.unique(["item", "gold"], keep="first", maintain_order=True)
    if (twice := once.filter(pl.col("item").is_duplicated())).height:
        item = twice["item"][0]
        both = twice.filter(pl.col("item") == item)
        raise BadValue(
            f"{where}, row {both[ROW][1]}, column 'gold'",
            got=f"{both['gold'][1]!r} for item {item!r}, which row {both[ROW][0]} says is {both['gold'][0]!r}",
            expected="one true label an item",
        )
    item = once["item"].cast(pl.Enum(choices.items)).to_physical().to_numpy().astype(np.int64)
    label = once["gold"].cast(pl.Enum(pl.Series(choices.labels))).to_physical().to_numpy()
    order = np.argsort(item)
    return Gold(item[order], label[order])


def _refuse_unknown_items(rows: pl.DataFrame, choices: Choices, where: str) -> None:
    """Refuse true labels of items that nobody labeled."""
    unknown = rows.join(choices.items.alias("item").to_frame(), on="item", how="anti", maintain_order="left")
    if not unknown.height:
        return
    name = unknown["item"][0]
    near = get_close_matches(name, choices.items.head(10_000).to_list(), n=1, cutoff=0.6)
    hints = [f"{unknown.height:,} rows share this fault"] if unknown.height > 1 else []
    hints += [f"Did you mean {near[0]!r}"] if near else ["Remove the row, or give the item's labels"]
    raise BadValue(
        f"{where}, row {unknown[ROW][0]}, column 'item'",
        got=repr(name),
        expected="an item that has labels",
        do=". ".join(hints),
    )
