"""``tacit aggregate --method numeric``: labels that are numbers on a scale."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

import numpy as np
import polars as pl

from tacit.cli.label_files import existing, headers_of
from tacit.cli.ratings_page import ratings_sheet
from tacit.cli.terminal import table
from tacit.crowd.choices.names import Numbered
from tacit.crowd.choices.numeric import RatingFit, fit_ratings, read_ratings
from tacit.crowd.choices.reading import read_columns
from tacit.crowd.choices.table import ROW
from tacit.errors import BadValue
from tacit.measure import bootstrap
from tacit.report.sheet import write_sheet
from tacit.store.run_folder import write_text

NUMERIC = "numeric"
SHOWN_LABELERS = 12


def aggregate_ratings(arguments: argparse.Namespace) -> dict[str, object]:
    """Infer the items' values and the labelers' bias and noise.

    Raises:
        InputError: what is wrong, and in which row of the file; or an option that numbers have no use for.
    """
    for option in ("known", "history", "save_history", "options"):
        if getattr(arguments, option) is not None:
            name = "--" + option.replace("_", "-")
            raise BadValue(name, got="it beside --method numeric", expected="another method", do=f"Leave {name} out")
    headers = headers_of(arguments.map)
    path = existing(arguments.labels_path)
    fit = fit_ratings(read_ratings(path, headers=headers, labeler_id=arguments.labeler))
    labelers = _labelers(fit)
    result: dict[str, object] = {
        "file": str(path),
        "method": NUMERIC,
        "items": len(fit.ratings.items),
        "votes": len(fit.ratings.value),
        "n_labelers": labelers.height,
        "labelers": [
            {
                "labeler": row["labeler"],
                "votes": row["ratings"],
                "bias": {"estimate": row["bias"], "low": row["bias_low"], "high": row["bias_high"]},
                "noise": {"estimate": row["noise"], "low": row["noise_low"], "high": row["noise_high"]},
            }
            for row in labelers.iter_rows(named=True)
        ],
        "iterations": fit.iterations,
        "converged": fit.converged,
        "trace": list(fit.trace),
        "warnings": list(fit.warnings),
        "seed": arguments.seed,
    }
    if arguments.gold is not None:
        result["root_mean_square_error"] = _error(arguments, fit, {k: v for k, v in headers.items() if k == "gold"})
    if arguments.out is not None:
        write_text(arguments.out, fit.labels().write_csv())
        result["out"] = str(arguments.out)
    if arguments.labelers_out is not None:
        write_text(arguments.labelers_out, labelers.write_csv())
        result["labelers_out"] = str(arguments.labelers_out)
    if arguments.report is not None:
        write_sheet(arguments.report, ratings_sheet(result, fit, command=shlex.join(arguments.command)))
        result["report"] = str(arguments.report)
    return result


def show_ratings(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    ended = "converged" if result["converged"] else "NOT converged"
    lines = [
        f"{result['votes']:,} ratings by {result['n_labelers']:,} labelers on {result['items']:,} items",
        f"numeric: {result['iterations']} iterations, {ended}",
    ]
    if error := result.get("root_mean_square_error"):
        lines.append(f"root mean square error on {error['n']:,} items with a true value: {_words(error)}")
    noisiest = sorted(result["labelers"], key=lambda one: -one["noise"]["estimate"])[:SHOWN_LABELERS]
    rows = [[one["labeler"], _words(one["bias"]), _words(one["noise"]), f"{one['votes']:,}"] for one in noisiest]
    lines += ["", table(rows, header=["noisiest labelers", "bias", "noise (standard deviation)", "ratings"])]
    lines += [f"note: {text}" for text in result["warnings"]]
    lines += [str(result[name]) for name in ("out", "labelers_out", "report") if name in result]
    return "\n".join(lines)


def _labelers(fit: RatingFit) -> pl.DataFrame:
    columns = {
        name: getattr(fit, name) for name in ("bias", "bias_low", "bias_high", "noise", "noise_low", "noise_high")
    }
    n = np.bincount(fit.ratings.labeler, minlength=len(fit.ratings.labelers))
    return pl.DataFrame({"labeler": fit.ratings.labelers, "ratings": n, **columns})


def _error(arguments: argparse.Namespace, fit: RatingFit, headers: dict[str, str]) -> dict[str, float | int]:
    """Return the root mean square error against true values, each row of which must be a number for a known item."""
    where = arguments.gold.name
    rows = read_columns(existing(arguments.gold), ("item", "gold"), headers=headers)
    numbered = Numbered(where, rows[ROW])
    known = pl.DataFrame({"item": fit.ratings.items, "value": fit.mean})
    joined = rows.with_columns(pl.col("item").cast(pl.String)).join(known, on="item", how="left", maintain_order="left")
    true = joined["gold"].cast(pl.Float64, strict=False)
    for bad, column, expected in (
        (joined["value"].is_null(), "item", "an item that has ratings"),
        (true.is_null() | ~true.is_finite(), "gold", "a finite number"),
    ):
        if bad.any():
            at = int(bad.arg_true()[0])
            place = f"{where}, row {numbered.row(at)}, column {column!r}"
            raise BadValue(place, got=repr(joined[column][at]), expected=expected)
    squares = (joined["value"].to_numpy() - true.to_numpy()) ** 2
    error = bootstrap(lambda drawn: float(np.sqrt(drawn.mean())), squares, seed=arguments.seed)
    return {"estimate": error.mean, "low": error.low, "high": error.high, "n": error.n}


def _words(one: dict[str, Any]) -> str:
    return f"{one['estimate']:.3g} [{one['low']:.3g}, {one['high']:.3g}]"
