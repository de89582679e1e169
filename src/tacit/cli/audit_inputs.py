"""The files of ``tacit audit``: groups of items, a population, a model's probabilities, times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.cli.label_files import existing
from tacit.crowd.audit.findings import Attribute
from tacit.crowd.choices import Choices
from tacit.crowd.choices.reading import read_label_table
from tacit.errors import BadFile, BadValue, UnknownName
from tacit.store.exchange.columns import ROW
from tacit.store.exchange.reading import format_of, read_batches

ITEM_HEADERS = ("item", "task", "item_id", "id", "name", "question_id")


def whole_table(path: Path) -> pl.DataFrame:
    """Return a file as a table of text, with the number of each row.

    Raises:
        BadFile: no such file, or one that is no table.
    """
    batches = [batch for batch, _ in read_batches(existing(path), format_of(path)) if batch.height]
    if not batches:
        raise BadFile(path.name, got="no rows", expected="at least one row below the header")
    return pl.concat(batches, how="diagonal_relaxed").with_columns(pl.all().exclude(ROW).cast(pl.String))


def attributes_of(
    choices: Choices, by: Sequence[str], items_path: Path | None, labels_path: Path, headers: dict[str, str]
) -> tuple[Attribute, ...]:
    """Return the groups of the items under each of the columns `by`, of the file of items or else of the labels.

    Raises:
        UnknownName: no such column. BadFile: a file without a column for the item.
    """
    if not by:
        return ()
    path = items_path or labels_path
    table = whole_table(path)
    item = headers.get("item") or next((name for name in table.columns if name.lower() in ITEM_HEADERS), None)
    if item is None or item not in table.columns:
        have = ", ".join(name for name in table.columns if name != ROW)
        raise BadFile(path.name, got=f"the columns {have}", expected="one for the item", do="Call it 'item'")
    found = []
    for column in by:
        if column not in table.columns:
            raise UnknownName(f"{path.name}, column", column, [name for name in table.columns if name != ROW])
        of_item = table.select(pl.col(item).alias("item"), pl.col(column).alias("group")).drop_nulls("item")
        of_item = of_item.unique("item", keep="first", maintain_order=True)
        joined = pl.DataFrame({"item": choices.items}).join(of_item, on="item", how="left", maintain_order="left")
        groups = tuple(sorted(joined["group"].drop_nulls().unique().to_list()))
        if not groups:
            raise BadValue(
                f"{path.name}, column {column!r}", got="no group for any labeled item", expected="a group each"
            )
        code = joined["group"].replace_strict(list(groups), list(range(len(groups))), default=-1, return_dtype=pl.Int64)
        found.append(Attribute(column, groups, code.to_numpy().astype(np.intp)))
    return tuple(found)


def population_of(path: Path | None, attributes: Sequence[Attribute]) -> dict[str, dict[str, float]]:
    """Return the shares of the population in a file with the columns group, share and, for several, attribute.

    Raises:
        BadFile: a column is missing. BadValue: a share that is none; names the row. UnknownName: an attribute or group
            that the items do not have.
    """
    if path is None:
        return {}
    table = whole_table(path)
    if missing := sorted({"group", "share"} - set(table.columns)):
        have = ", ".join(name for name in table.columns if name != ROW)
        expected = "the columns group and share, and attribute for several"
        raise BadFile(path.name, got=f"no column {missing[0]!r} among {have}", expected=expected)
    share = table["share"].str.strip_chars("% ").cast(pl.Float64, strict=False)
    if (bad := (share.is_null() | ~share.is_finite() | (share < 0)).fill_null(True).arg_true()).len():
        at = int(bad[0])
        where = f"{path.name}, row {table[ROW][at]}, column 'share'"
        raise BadValue(where, got=repr(table["share"][at]), expected="a share of the population, 0 or more")
    named = [one.name for one in attributes]
    if "attribute" not in table.columns and len(named) != 1:
        got = f"{len(named)} columns with --by and no column 'attribute'"
        raise BadFile(path.name, got=got, expected="a column 'attribute' that says which of them a group belongs to")
    of = table["attribute"].to_list() if "attribute" in table.columns else named * table.height
    shares: dict[str, dict[str, float]] = {}
    for attribute, group, value in zip(of, table["group"].to_list(), share.to_list(), strict=True):
        if attribute not in named:
            raise UnknownName(f"{path.name}, attribute", str(attribute), named, do="Name it with --by")
        shares.setdefault(attribute, {})[group] = value
    return shares


def probabilities_of(path: Path | None, choices: Choices) -> NDArray[np.float64] | None:
    """Return a model's probabilities of the classes in a file with the columns item and p_CLASS, NaN where it has none.

    Raises:
        BadFile: a column is missing. BadValue: a cell that is no probability; names the row.
    """
    if path is None:
        return None
    table = whole_table(path)
    wanted = [f"p_{label}" for label in choices.labels]
    if missing := [name for name in ["item", *wanted] if name not in table.columns]:
        have = ", ".join(name for name in table.columns if name != ROW)
        raise BadFile(path.name, got=f"no column {missing[0]!r} among {have}", expected="item and p_ of each class")
    numbers = table.select("item", *(pl.col(name).cast(pl.Float64, strict=False) for name in wanted))
    for name in wanted:
        bad = (numbers[name].is_null() | ~numbers[name].is_between(0, 1)).fill_null(True).arg_true()
        if len(bad):
            where = f"{path.name}, row {table[ROW][int(bad[0])]}, column {name!r}"
            raise BadValue(where, got=repr(table[name][int(bad[0])]), expected="a probability from 0 to 1")
    once = numbers.unique("item", keep="last", maintain_order=True)
    joined = pl.DataFrame({"item": choices.items}).join(once, on="item", how="left", maintain_order="left")
    return joined.select(wanted).fill_null(float("nan")).to_numpy().astype(np.float64)


def numbers_of(
    column: str | None, option: str, path: Path, choices: Choices, headers: dict[str, str], labeler: str | None
) -> NDArray[np.float64] | None:
    """Return a column of numbers, or of dates as seconds, for each vote; NaN where a cell is empty.

    Args:
        column: its name; None if none was named.
        option: the option that named it, for messages.
        path: the file of labels. choices: its votes.
        headers: what each column stands for. labeler: who answered, if the file does not say.

    Raises:
        UnknownName: no such column. BadValue: a cell that is neither number nor date; names the row.
    """
    if column is None:
        return None
    table = whole_table(path)
    if column not in table.columns:
        raise UnknownName(f"{option}, column of {path.name}", column, [name for name in table.columns if name != ROW])
    text = table[column].str.strip_chars()
    number = text.cast(pl.Float64, strict=False)
    if number.null_count() > text.null_count():
        moment = text.str.to_datetime(strict=False, time_zone="UTC").dt.epoch("us") / 1e6
        number = moment if moment.null_count() < number.null_count() else number
    bad = (number.is_null() & (text.fill_null("") != "")).arg_true()
    if len(bad):
        where = f"{path.name}, row {table[ROW][int(bad[0])]}, column {column!r}"
        raise BadValue(where, got=repr(text[int(bad[0])]), expected="a number or a date")
    named = read_label_table(path, headers=headers, labeler_id=labeler).select("row", "item", "labeler")
    values = pl.DataFrame({"row": table[ROW], "value": number})
    last = named.join(values, on="row", how="left").unique(["item", "labeler"], keep="last", maintain_order=True)
    votes = pl.DataFrame({"item": choices.items[choices.item], "labeler": choices.labelers[choices.labeler]})
    joined = votes.join(last, on=["item", "labeler"], how="left", maintain_order="left")
    return joined["value"].fill_null(float("nan")).to_numpy().astype(np.float64)
