"""The page of ``tacit audit``: the findings first, then the numbers behind them."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

from tacit.crowd.audit.wording import KINDS
from tacit.measure import Estimate
from tacit.report.sheet import Grid, Line, Part, Sheet

MOST_ROWS = 15


def audit_sheet(result: dict[str, Any], *, command: str) -> Sheet:
    """Return the page of a result of the verb.

    Args:
        result: what ``--json`` prints.
        command: the call that made it.
    """
    n = len(result["findings"])
    seen = {one["kind"] for one in result["findings"]}
    kinds = [title[0].lower() + title[1:] for kind, title in KINDS.items() if kind in seen]
    verdict = "Nothing stands out." if n == 0 else f"{n} finding{'s' if n > 1 else ''}: {'; '.join(kinds)}."
    reading = (
        "Each finding stays significant after adjustment for the number of tests of its kind. "
        "It is a reason to look, not a verdict."
    )
    sentences = {kind: [one["sentence"] for one in result["findings"] if one["kind"] == kind] for kind in KINDS}
    numbers = dict(_numbers(result))
    parts = [
        Part(title, sentences[kind], grids=numbers.get(kind, []), lines=_lines(result) if kind == "errors" else ())
        for kind, title in KINDS.items()
        if sentences[kind] or numbers.get(kind)
    ]
    if result["untested"]:
        parts.append(Part("Not looked at", [f"{what}: {why}." for what, why in result["untested"].items()]))
    of = f"{Path(result['file']).name}: {result['labels']:,} labels, {result['labelers']:,} labelers"
    return Sheet("Audit", of, verdict, reading, parts=parts, warnings=result["notes"], command=command)


def _lines(result: dict[str, Any]) -> list[Line]:
    return [
        Line(f"{name}: {row['group']}", _estimate(row["rate"]), f"elsewhere {_percent(row['elsewhere'])}", share=True)
        for name, rates in result["error_rates"].items()
        for row in sorted(rates, key=lambda row: -row["rate"]["mean"])[:MOST_ROWS]
    ]


def _numbers(result: dict[str, Any]) -> Iterator[tuple[str, list[Grid]]]:
    """Give the tables of each kind of finding."""
    header = ["group", "items", "share", "95 % interval", "population", "standardised difference", "p"]
    made_up = [(name, [_group(row) for row in one["groups"]]) for name, one in result["composition"].items()]
    yield "composition", [Grid(name, header, rows) for name, rows in made_up]
    header = ["labeler", "wrong", "points more than others", "95 % interval", "labels", "median s", "p"]
    yield "labelers", _grid("The worst", header, [_labeler(row) for row in result["labelers_compared"][:MOST_ROWS]])
    header = ["labelers", "items of both", "agreed", "expected", "p"]
    yield (
        "collusion",
        _grid("The most surprising pairs", header, [_pair(row) for row in result["collusion"][:MOST_ROWS]]),
    )
    errors = result["label_errors"]
    suspected = [] if errors is None else errors["suspected"][:MOST_ROWS]
    rows = [[row["item"], row["suggested"], f"{row['margin']:.2f}"] for row in suspected]
    yield "label errors", _grid("The surest", ["item", "rather", "likelier by"], rows)


def _grid(title: str, header: list[str], rows: list[list[str]]) -> list[Grid]:
    return [Grid(title, header, rows)] if rows else []


def _group(row: dict[str, Any]) -> list[str]:
    seen = [row["group"], f"{row['n']:,}", _percent(row["share"]["mean"]), _ends(row["share"])]
    return [*seen, _percent(row["target"]), f"{row['standardised_difference']:+.2f}", _p(row["p_value"])]


def _labeler(row: dict[str, Any]) -> list[str]:
    excess, median_s = row["excess"], row["median_s"]
    compared = [row["labeler"], _percent(row["wrong"]), f"{100 * excess['mean']:+.1f}", _ends(excess, sign=True)]
    return [*compared, f"{excess['n']:,}", f"{median_s:g}" if isfinite(median_s) else "", _p(row["p_value"])]


def _pair(row: dict[str, Any]) -> list[str]:
    who = f"{row['first']} and {row['second']}"
    return [who, f"{row['n']:,}", f"{row['agreed']:,}", f"{row['expected']:.1f}", _p(row["p_value"])]


def _estimate(one: dict[str, Any]) -> Estimate:
    return Estimate(one["mean"], one["low"], one["high"], one["n"], one["level"], one["method"])


def _ends(one: dict[str, Any], *, sign: bool = False) -> str:
    low, high = 100 * one["low"], 100 * one["high"]
    return f"[{low:+.1f}, {high:+.1f}]" if sign else f"[{low:.1f}, {high:.1f}]"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
