"""Features and comparisons that already exist as files, for fitting a reward without the loop.

Features, one of
    ``.safetensors``  tensor ``features`` (item, step, feature) or (item, feature); names of the items as a JSON list
                      under ``item_ids`` in the file's metadata
    ``.npz``          arrays ``features`` and ``item_id`` (text)
    ``.parquet``      column ``item_id`` and either a list column ``features`` or numeric columns, one a feature; items
                      of several steps have a row a step, in order, or a list of lists
Without names the items are called 0, 1, 2, ….

Comparisons, ``.csv``, ``.jsonl`` or ``.parquet`` with the columns ``first``, ``second``, ``answer`` and, if there are
several, ``rater``. An answer is ``first``, ``second``, ``tie``, ``both_bad``, ``cant_tell``, ``not_shown`` or
``skipped``, or a number: the probability that the first is better.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.exceptions import PolarsError
from safetensors import SafetensorError, safe_open

from tacit.errors import BadFile, BadJudgment, UnknownName
from tacit.judging import Outcome
from tacit.reward.comparisons import Comparisons, with_steps

FEATURE_FORMATS = (".safetensors", ".npz", ".parquet")
COMPARISON_FORMATS = (".csv", ".jsonl", ".parquet")
TARGETS = {"first": 1.0, "second": 0.0, Outcome.TIE: 0.5, Outcome.BOTH_BAD: 0.5}
LEFT_OUT = (Outcome.CANT_TELL, Outcome.NOT_SHOWN, Outcome.SKIPPED)
ONE_RATER = "rater"


@dataclass(frozen=True)
class Features:
    """What a reward model sees of some items.

    Args:
        item_ids: names of the items. values: float32, shape (item, step, feature).
    """

    item_ids: tuple[str, ...]
    values: NDArray[np.float32]


def read_features(path: Path) -> Features:
    """Return the features in `path`.

    Raises:
        BadFile: no such file, one that is cut short or of another format, or without the arrays or columns above.
    """
    readers = {".safetensors": _safetensors, ".npz": _npz, ".parquet": _parquet}
    _check_exists(path, FEATURE_FORMATS)
    try:
        values, names = readers[path.suffix](path)
    except (SafetensorError, BadZipFile, PolarsError, OSError, ValueError, KeyError, EOFError) as error:
        expected = "features as written by safetensors, NumPy or a table of numbers"
        raise BadFile(
            str(path), got=str(error).splitlines()[0] if str(error) else type(error).__name__, expected=expected
        ) from None
    if values.ndim not in (2, 3) or values.dtype.kind not in "fiub":
        got = f"{values.dtype} of shape {values.shape}"
        raise BadFile(str(path), got=got, expected="numbers of shape (item, step, feature) or (item, feature)")
    ids = tuple(map(str, range(len(values)))) if names is None else names
    if len(ids) != len(values) or len(set(ids)) < len(ids):
        got = f"{len(set(ids))} different names for {len(values)} items"
        raise BadFile(str(path), got=got, expected="a name of its own for each item")
    return Features(ids, with_steps(values))


def read_comparisons(path: Path, features: Features) -> Comparisons:
    """Return the comparisons in the table `path`, of items that `features` describes.

    Raises:
        BadFile: no such file, one that is cut short or of another format, or a column is missing.
        BadJudgment: an answer that is none of those allowed, or an item that has no features.
    """
    _check_exists(path, COMPARISON_FORMATS)
    table = _table(path)
    if missing := sorted({"first", "second", "answer"} - set(table.columns)):
        got = f"no column {missing[0]!r} among {', '.join(table.columns)}"
        raise BadFile(str(path), got=got, expected="columns first, second, answer and perhaps rater")
    text = pl.col("answer").cast(pl.String).str.strip_chars()
    number = text.cast(pl.Float64, strict=False)
    table = table.with_row_index("row").with_columns(
        pl.col("first", "second").cast(pl.String),
        (pl.col("rater").cast(pl.String) if "rater" in table.columns else pl.lit(ONE_RATER)).alias("rater"),
        text.alias("answer"),
        pl.coalesce(text.replace_strict(TARGETS, default=None, return_dtype=pl.Float64), number).alias("target"),
    )
    out = pl.col("answer").is_in(list(LEFT_OUT))
    allowed = f"one of {', '.join((*TARGETS, *LEFT_OUT))}, or a probability that the first is better"
    _refuse(table, ~out & ~pl.col("target").is_between(0, 1).fill_null(False), "answer", allowed, path)
    _refuse(table, pl.col("rater").is_null(), "rater", "the name of who answered", path)
    counts = table.filter(out).get_column("answer").value_counts().sort("answer")
    used = table.filter(~out)
    raters = used.get_column("rater").unique().sort()
    return Comparisons(
        features=features.values,
        first=_rows_of(used, "first", features, path),
        second=_rows_of(used, "second", features, path),
        target=used.get_column("target").to_numpy().astype(np.float32),
        weight=np.ones(used.height, np.float32),
        rater=np.searchsorted(raters.to_numpy(), used.get_column("rater").to_numpy()).astype(np.intp),
        raters=tuple(raters),
        both_bad=(used.get_column("answer") == Outcome.BOTH_BAD).to_numpy(),
        item_ids=features.item_ids,
        left_out=tuple(counts.iter_rows()),
    )


def _check_exists(path: Path, formats: tuple[str, ...]) -> None:
    if path.suffix not in formats:
        raise UnknownName(f"format of {path.name}", path.suffix, formats)
    if not path.is_file():
        raise BadFile(str(path), got="no such file", expected="a file to read")


def _safetensors(path: Path) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    with safe_open(path, framework="numpy") as stored:
        names = (stored.metadata() or {}).get("item_ids")
        return stored.get_tensor("features"), None if names is None else tuple(map(str, json.loads(names)))


def _npz(path: Path) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        names = tuple(map(str, stored["item_id"])) if "item_id" in stored else None
        return stored["features"], names


def _parquet(path: Path) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    table = pl.read_parquet(path)
    if "item_id" not in table.columns:
        raise ValueError("no column item_id")
    names = table.get_column("item_id").cast(pl.String)
    if "features" in table.columns:
        values = np.array(table.get_column("features").to_list())
    else:
        values = table.drop("item_id").cast(pl.Float64).to_numpy()
    order = names.unique(maintain_order=True)
    if len(order) == len(names):
        return values, tuple(names)
    steps = len(names) // len(order)
    whole = names.to_list() == order.repeat_by(steps).explode().to_list() if steps * len(order) == len(names) else False
    if values.ndim != 2 or not whole:
        raise ValueError("items with different numbers of rows, or whose rows do not follow each other")
    return values.reshape(len(order), steps, -1), tuple(order)


def _table(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.read_ndjson(path)
    except (PolarsError, OSError) as error:
        raise BadFile(str(path), got=str(error).splitlines()[0], expected=f"a {path.suffix} table") from None


def _rows_of(table: pl.DataFrame, side: str, features: Features, path: Path) -> NDArray[np.intp]:
    """Return the row of `features` of each item in column `side`."""
    items = pl.DataFrame({side: features.item_ids, "code": np.arange(len(features.item_ids))})
    coded = table.join(items, on=side, how="left", maintain_order="left")
    _refuse(coded, pl.col("code").is_null(), side, "an item that has features", path)
    return coded.get_column("code").to_numpy().astype(np.intp)


def _refuse(table: pl.DataFrame, fault: pl.Expr, column: str, expected: str, path: Path) -> None:
    rows = table.filter(fault).select("row", column)
    if rows.height:
        more = f"{rows.height} rows share this fault" if rows.height > 1 else ""
        where = f"{path}, row {rows['row'][0] + 1}, column {column!r}"
        raise BadJudgment(where, got=repr(rows[column][0]), expected=expected, do=more)
