"""Files of comparisons and of rankings as integer codes; what is wrong with a cell is said with its row.

=========================  ===========================================================================================
``left, right, winner``    a row is a comparison; the winner is left, right or tie, or the name of one of the two
``ranking, item, rank``    a row is an item's place in a ranking; equal ranks are a tie, an empty rank says that
                           the item was seen and is below all that were placed
=========================  ===========================================================================================

Either may have a column for the rater. Other common headers are recognised (`HEADERS`), and any other can be mapped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.crowd.comparisons.judged import read_project
from tacit.crowd.comparisons.paired import PairedComparisons, Winner
from tacit.crowd.comparisons.rankings import Rankings, rankings_from_places
from tacit.errors import BadFile, NotFinite, UnknownName
from tacit.judging import Outcome
from tacit.store.exchange.columns import ROW, bad_cell
from tacit.store.exchange.plain import DRAWS, SIDES
from tacit.store.exchange.plain import HEADERS as PLAIN
from tacit.store.exchange.whole import read_whole

HEADERS: dict[str, tuple[str, ...]] = {
    "left": tuple(dict.fromkeys(("left", *PLAIN["first"], "model_a"))),
    "right": tuple(dict.fromkeys(("right", *PLAIN["second"], "model_b"))),
    "winner": PLAIN["winner"],
    "rater": tuple(dict.fromkeys(("rater", *PLAIN["labeler"]))),
    "ranking": ("ranking", "ranking_id", "task", "task_id", "question", "question_id", "list"),
    "item": ("item", "item_id", "system", "model", "candidate", "option"),
    "rank": ("rank", "place", "position"),
}
"""Meaning → headers under which it is recognised, in this order; capitals do not matter."""

PAIRS, PLACES = ("left", "right", "winner"), ("ranking", "item", "rank")
TIES = (str(Outcome.TIE), str(Outcome.BOTH_BAD))
NOT_A_NAME = ("nan", "null", "none", "n/a")


@dataclass(frozen=True)
class ComparisonFile:
    """What a file of comparisons holds.

    Args:
        comparisons: the comparisons of two, those that rankings contain included.
        rankings: the rankings; None where the file has comparisons of two.
        held_out: comparisons that are to be predicted and not learned from; None if none were asked for.
        left_out: judgments that say nothing about who is better, by what they said, such as cant_tell.
        notes: what else a reader of the result should know, in sentences.
    """

    comparisons: PairedComparisons
    rankings: Rankings | None
    held_out: PairedComparisons | None
    left_out: Mapping[str, int]
    notes: tuple[str, ...]


def read_comparison_file(
    path: Path,
    *,
    headers: Mapping[str, str] | None = None,
    covariates: Sequence[str] = (),
    held_out: tuple[str, str] | None = None,
) -> ComparisonFile:
    """Return the comparisons or rankings of a file: CSV, TSV, JSON lines or Parquet, each perhaps with `.gz` behind.

    Args:
        path: the file; or the folder of a project, whose questions of the kind *comparison* are read.
        headers: meaning (a key of `HEADERS`) → the file's column, where no known header says it.
        covariates: columns of numbers, left less right; or names N whose columns are ``left_N`` and ``right_N``.
        held_out: a column and the value that its rows to predict have.

    Raises:
        BadFile: not such a file, a column missing, or a cell that is empty or cannot be understood; names the row.
        NotFinite: a name, rank or covariate that is NaN or infinite. UnknownName: an unknown format or column.
    """
    table = read_project(path) if path.is_dir() else read_whole(path)
    where = path.name
    given = dict(headers or {})
    _check_headers(table, given, where)
    column_of = {meaning: given.get(meaning) or _recognised(table.columns, meaning) for meaning in HEADERS}
    wanted = _layout(table, column_of, where)
    if not table.height:
        raise BadFile(where, got="no row", expected="at least one comparison")
    chosen = {meaning: column for meaning in (*wanted, "rater") if (column := column_of[meaning])}
    if held_out is not None and held_out[0] not in table.columns:
        raise UnknownName("--held-out, column", held_out[0], _own(table))
    text = table.select(pl.col(ROW), *(pl.col(column).cast(pl.String).alias(m) for m, column in chosen.items()))
    numbers = _covariates(table, covariates, where)
    _refuse_empty(text, chosen, where)
    apart = np.zeros(table.height, dtype=bool)
    if held_out is not None:
        apart = (table[held_out[0]].cast(pl.String).str.strip_chars() == held_out[1]).fill_null(False).to_numpy()
        if not apart.any() or apart.all():
            got = f"{'no' if not apart.any() else 'every'} row with {held_out[0]} {held_out[1]!r}"
            raise BadFile(where, got=got, expected="some rows to hold out, and some to learn from")
    if wanted == PLACES:
        if covariates:
            raise BadFile(where, got="rankings with covariates", expected="comparisons left, right, winner for those")
        return _places(text, apart, chosen, where)
    return _pairs(text, apart, chosen, numbers, tuple(covariates), where)


def _pairs(
    text: pl.DataFrame,
    apart: NDArray[np.bool_],
    chosen: Mapping[str, str],
    numbers: NDArray[np.float64],
    names: tuple[str, ...],
    where: str,
) -> ComparisonFile:
    if (same := text["left"] == text["right"]).any():
        at = int(same.arg_true()[0])
        got = f"{text['left'][at]!r} against itself"
        raise BadFile(f"{where}, row {text[ROW][at]}", got=got, expected="two different items")
    winner, said = _winners(text, chosen, where)
    counts = {name: n for name, n in said.value_counts().iter_rows() if name is not None}
    decided = (winner >= 0).to_numpy()
    items, (left, right) = _coded([text["left"].filter(pl.Series(decided)), text["right"].filter(pl.Series(decided))])
    raters: Sequence[str] = ()
    rater = None
    if "rater" in text.columns:
        raters, (rater,) = _coded([text["rater"].filter(pl.Series(decided))])
    whole = PairedComparisons(
        items=items,
        left=left,
        right=right,
        winner=winner.to_numpy()[decided],
        rater=rater,
        raters=raters,
        covariates=numbers[decided] if names else np.zeros((0, 0)),
        covariate_names=names,
    )
    apart = apart[decided]
    held = whole.take(apart) if apart.any() else None
    notes = [f"{sum(counts.values())} judgments that prefer neither were left out"] if counts else []
    return ComparisonFile(whole.take(~apart) if held else whole, None, held, dict(sorted(counts.items())), tuple(notes))


def _places(text: pl.DataFrame, apart: NDArray[np.bool_], chosen: Mapping[str, str], where: str) -> ComparisonFile:
    n_rows = text.height
    text = text.with_columns(pl.Series("apart", apart)).unique(["ranking", "item"], keep="last", maintain_order=True)
    notes = [f"{n} items stood twice in one ranking; their last row counts"] if (n := n_rows - text.height) else []
    rank = text["rank"].str.strip_chars().cast(pl.Float64, strict=False)
    if (wrong := rank.is_null() & text["rank"].is_not_null()).any():
        at = int(wrong.arg_true()[0])
        raise bad_cell(where, text[ROW][at], chosen["rank"], text["rank"][at], "a number, 1 for the best, or nothing")
    if (wrong := ~rank.is_finite().fill_null(True)).any():
        at = int(wrong.arg_true()[0])
        place = f"{where}, row {text[ROW][at]}, column {chosen['rank']!r}"
        raise NotFinite(
            place, got=repr(text["rank"][at]), expected="a finite number, or nothing where there is no place"
        )
    items, (item,) = _coded([text["item"]])
    names, (ranking,) = _coded([text["ranking"]])
    raters: Sequence[str] = ()
    rater = None
    if "rater" in text.columns:
        raters, (of_row,) = _coded([text["rater"]])
        rater = np.zeros(len(names), dtype=np.intp)
        rater[ranking] = of_row
        if (rater[ranking] != of_row).any():
            at = int((rater[ranking] != of_row).argmax())
            got = f"ranking {text['ranking'][at]!r} by {text['rater'][at]!r} and by {raters[rater[ranking[at]]]!r}"
            raise BadFile(f"{where}, row {text[ROW][at]}", got=got, expected="one rater a ranking")
    if (alone := int((np.bincount(ranking) == 1).sum())) == len(names):
        raise BadFile(where, got="rankings of one item alone", expected="two items or more in a ranking")
    notes += [f"{alone} rankings of one item say nothing"] if alone else []
    held_rows = text["apart"].to_numpy()
    held, kept = (
        _rankings_of(items, ranking[rows], item[rows], rank.to_numpy()[rows], rater, raters)
        for rows in (held_rows, ~held_rows)
    )
    comparisons = kept.comparisons()
    return ComparisonFile(comparisons, kept, held.comparisons() if len(held) else None, {}, tuple(notes))


def _rankings_of(
    items: Sequence[str],
    ranking: NDArray[np.intp],
    item: NDArray[np.intp],
    rank: NDArray[np.float64],
    rater: NDArray[np.intp] | None,
    raters: Sequence[str],
) -> Rankings:
    present, number = np.unique(ranking, return_inverse=True)
    own = None if rater is None else rater[present]
    return rankings_from_places(items, number, item, rank, rater=own, raters=raters)


def _winners(text: pl.DataFrame, chosen: Mapping[str, str], where: str) -> tuple[pl.Series, pl.Series]:
    """Return a `Winner` each, −1 where the judgment prefers neither, and what it said then, else null."""
    known = SIDES if chosen["winner"].lower() != "comparison" else {**SIDES, "0": 0, "1": 1}
    sides = {word: (Winner.LEFT, Winner.RIGHT)[side] for word, side in known.items()}
    sides |= {chosen["left"].lower(): Winner.LEFT, chosen["right"].lower(): Winner.RIGHT}
    draws = {word: (Winner.TIE if outcome in TIES else -1) for word, outcome in DRAWS.items()}
    draws["tie (bothbad)"] = Winner.TIE
    words = {word: int(code) for word, code in {**draws, **sides}.items()}
    cell = pl.col("winner")
    word = cell.str.strip_chars().str.to_lowercase()
    by_name = (
        pl.when(cell == pl.col("left")).then(int(Winner.LEFT)).when(cell == pl.col("right")).then(int(Winner.RIGHT))
    )
    by_word = word.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.Int8)
    winner = text.select(pl.coalesce(by_name.cast(pl.Int8), by_word)).to_series()
    if (unclear := winner.is_null()).any():
        at = int(unclear.arg_true()[0])
        expected = f"left, right or tie, or {text['left'][at]!r} or {text['right'][at]!r}"
        more = "" if unclear.sum() == 1 else f"{int(unclear.sum()) - 1} more rows share this fault"
        raise bad_cell(where, text[ROW][at], chosen["winner"], text["winner"][at], expected, do=more)
    said = text.select(word).to_series().to_frame().select(pl.when(winner < 0).then(pl.first())).to_series()
    return winner, said


def _coded(columns: Sequence[pl.Series]) -> tuple[list[str], list[NDArray[np.intp]]]:
    """Return the names that occur, in the order of their first row, and the codes of each column."""
    whole = pl.concat(columns) if len(columns) > 1 else columns[0]
    names = whole.unique(maintain_order=True)
    code = whole.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.intp)
    return names.to_list(), np.split(code, np.cumsum([len(column) for column in columns])[:-1])


def _covariates(table: pl.DataFrame, names: Sequence[str], where: str) -> NDArray[np.float64]:
    columns = []
    for name in names:
        sides = [f"left_{name}", f"right_{name}"]
        if name in table.columns:
            columns.append(_numbers(table, name, where))
        elif all(side in table.columns for side in sides):
            columns.append(_numbers(table, sides[0], where) - _numbers(table, sides[1], where))
        else:
            do = "A covariate is a column of differences, left less right, or two columns left_NAME and right_NAME"
            raise UnknownName("--covariate", name, _own(table), do=do)
    return np.column_stack(columns) if columns else np.zeros((table.height, 0))


def _numbers(table: pl.DataFrame, column: str, where: str) -> NDArray[np.float64]:
    number = table[column].cast(pl.Float64, strict=False)
    if (wrong := number.is_null() | ~number.is_finite()).any():
        at = int(wrong.arg_true()[0])
        raise NotFinite(
            f"{where}, row {table[ROW][at]}, column {column!r}", got=repr(table[column][at]), expected="a finite number"
        )
    return number.to_numpy()


def _refuse_empty(text: pl.DataFrame, chosen: Mapping[str, str], where: str) -> None:
    for meaning in (m for m in text.columns if m not in (ROW, "rank")):
        empty = text[meaning].str.strip_chars().str.len_bytes().fill_null(0) == 0
        if empty.any():
            raise bad_cell(where, text[ROW][int(empty.arg_true()[0])], chosen[meaning], None, "a value")
        if meaning in ("left", "right", "item", "rater") and text[meaning].str.to_lowercase().is_in(NOT_A_NAME).any():
            at = int(text[meaning].str.to_lowercase().is_in(NOT_A_NAME).arg_true()[0])
            place = f"{where}, row {text[ROW][at]}, column {chosen[meaning]!r}"
            raise NotFinite(place, got=repr(text[meaning][at]), expected="a name")


def _check_headers(table: pl.DataFrame, given: Mapping[str, str], where: str) -> None:
    for meaning, theirs in given.items():
        if meaning not in HEADERS:
            raise UnknownName("--map", meaning, HEADERS)
        if theirs not in table.columns:
            raise UnknownName(f"{where}, column", theirs, _own(table))


def _recognised(columns: Sequence[str], meaning: str) -> str | None:
    lower = {column.lower(): column for column in reversed(columns)}
    return next((lower[known] for known in HEADERS[meaning] if known in lower), None)


def _layout(table: pl.DataFrame, column_of: Mapping[str, str | None], where: str) -> tuple[str, ...]:
    for wanted in (PAIRS, PLACES):
        if all(column_of[meaning] for meaning in wanted):
            return wanted
    raise BadFile(
        where,
        got=f"the columns {', '.join(_own(table)) or 'none'}",
        expected="left, right, winner; or ranking, item, rank; and perhaps rater",
        do="Name them with --map, such as --map left=model_1 --map right=model_2",
    )


def _own(table: pl.DataFrame) -> list[str]:
    return [column for column in table.columns if column != ROW]
