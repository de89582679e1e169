"""Files of labels as votes: the verbs on crowds all begin here.

A file is CSV, TSV, JSON lines or Parquet, each perhaps with `.gz` behind, and has a row a vote. Its columns are `item`,
`labeler` and `label` under any of the headers in `HEADERS`; perhaps `weight`; all others are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from tacit.crowd.choices.judged import choices_from_judgments
from tacit.crowd.choices.table import ROW, Choices, Repeats, choices_from_table
from tacit.errors import BadFile, NotFinite, UnknownName
from tacit.store import Store
from tacit.store.exchange import columns, plain
from tacit.store.exchange.whole import read_whole

HEADERS: dict[str, tuple[str, ...]] = {
    "item": plain.HEADERS["item"],
    "labeler": plain.HEADERS["labeler"],
    "label": (*plain.HEADERS["label"], "rating", "score", "choice"),
    "weight": ("weight",),
    "gold": ("gold", "truth", "true_label", "gold_label", "ground_truth", *plain.HEADERS["label"]),
}
"""Meaning → headers under which it is recognised, in this order; capitals do not matter."""


def read_choices(
    path: Path,
    *,
    options: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    labeler_id: str | None = None,
    repeats: Repeats = "last",
) -> Choices:
    """Return the votes of a file.

    Args:
        path: the file, or the folder of a project, whose questions of the kind *choice* are read.
        options: the classes that are allowed, in their order; those that occur if none are given.
        headers: meaning (`item`, `labeler`, `label`, `weight`) → the file's column, where no known header says it.
        labeler_id: who answered, if the file does not say.
        repeats: "last" keeps the last vote of a labeler on an item, "all" keeps each as a vote of its own.

    Raises:
        BadFile: not such a file, or without one of the columns. UnknownName: an unknown format or column.
        BadValue: a cell that is empty or no label; names the row. NotFinite: one that is NaN.
    """
    if path.is_dir():
        with Store.open(path, create=False) as store:
            return choices_from_judgments(store.judgments(), store.questions(), where=str(path))
    table = read_label_table(path, headers=headers, labeler_id=labeler_id)
    return choices_from_table(table, options=options, repeats=repeats, where=path.name)


def read_label_table(
    path: Path, *, headers: Mapping[str, str] | None = None, labeler_id: str | None = None
) -> pl.DataFrame:
    """Return a file's columns `row`, `item`, `labeler`, `label`, and `weight` if it has one.

    Names are text, or whole numbers where a file tells them from text; weights are numbers.

    Args:
        path: the file.
        headers: meaning → the file's column, where no known header says it.
        labeler_id: who answered, if the file does not say.

    Raises:
        BadFile: not such a file, or without one of the columns. UnknownName: an unknown format or column.
    """
    meanings = ("item", "labeler", "label", "weight")
    table = read_columns(path, meanings, headers=headers or {}, optional=("weight", "labeler"))
    if "labeler" not in table.columns:
        if labeler_id is None:
            raise BadFile(
                path.name,
                got="no column for who answered",
                expected="a column such as 'worker'",
                do="Name it with --map labeler=COLUMN",
            )
        table = table.with_columns(pl.lit(labeler_id).alias("labeler"))
    if "weight" in table.columns:
        number = table["weight"].cast(pl.Float64, strict=False)
        if (bad := number.is_null() | ~number.is_finite()).any():
            at = int(bad.arg_true()[0])
            place = f"{path.name}, row {table[ROW][at]}, column 'weight'"
            raise NotFinite(place, got=repr(table["weight"][at]), expected="a finite number")
        table = table.with_columns(number)
    return table


def read_columns(
    path: Path, meanings: Sequence[str], *, headers: Mapping[str, str], optional: Sequence[str] = ()
) -> pl.DataFrame:
    """Return some columns of a file under our names, as text or whole numbers, and `row`: the header of CSV is row 1.

    Args:
        path: the file.
        meanings: which columns, by their names in `HEADERS`.
        headers: meaning → the file's column, where no known header says it.
        optional: those of `meanings` that the file may lack.

    Raises:
        BadFile: not such a file, or without one of the columns. UnknownName: an unknown format or column.
    """
    table = read_whole(path)
    for meaning, theirs in headers.items():
        if meaning not in HEADERS:
            raise UnknownName("--map", meaning, HEADERS)
        if meaning in meanings and theirs not in table.columns:
            raise UnknownName(f"{path.name}, column", theirs, [name for name in table.columns if name != columns.ROW])
    lower = {name.lower(): name for name in reversed(table.columns)}
    recognised = {
        meaning: next((lower[known] for known in (meaning, *HEADERS[meaning]) if known in lower), None)
        for meaning in meanings
    }
    column_of = recognised | {meaning: theirs for meaning, theirs in headers.items() if meaning in meanings}
    missing = [meaning for meaning, column in column_of.items() if column is None and meaning not in optional]
    if missing:
        have = ", ".join(name for name in table.columns if name != columns.ROW) or "none"
        raise BadFile(
            path.name,
            got=f"the columns {have}",
            expected=" and ".join(f"one for the {meaning}" for meaning in missing),
            do=f"Name it with --map {missing[0]}=COLUMN; known headers are {', '.join(HEADERS[missing[0]][:6])}",
        )
    chosen = {meaning: column for meaning, column in column_of.items() if column is not None}
    names = {column: pl.col(column) for column in chosen.values()}
    as_text = {c: cell if table.schema[c].is_integer() else cell.cast(pl.String) for c, cell in names.items()}
    return table.select(pl.col(columns.ROW).alias(ROW), *(as_text[column].alias(m) for m, column in chosen.items()))
