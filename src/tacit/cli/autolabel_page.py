"""The page of ``tacit autolabel``."""

from __future__ import annotations

from typing import Any

from tacit.measure import Estimate
from tacit.report.sheet import Grid, Line, Part, Sheet


def autolabel_sheet(result: dict[str, Any], *, command: str) -> Sheet:
    """Return the page of a result of the verb.

    Args:
        result: what ``--json`` prints.
        command: the call that made it.
    """
    lines = [Line("Items labeled automatically", _estimate(result["coverage"]), "of those without a label", share=True)]
    if result["precision"] is not None:
        note = f"of labels set aside, above the threshold of {result['threshold']:.3f}"
        lines.append(Line("Right among them", _estimate(result["precision"]), note, share=True))
    curve = [
        [
            *(f"{one[key]:,}" for key in ("labels", "automatic", "people")),
            f"{one['coverage']:.1%}",
            f"{one['cost']:,.0f}",
        ]
        for one in result["cost_curve"]
    ]
    header = ["labels bought", "automatic", "left to people", "coverage", "cost of all"]
    words = "What it would have cost to have every item labeled, had fewer of these labels been bought at first."
    parts = [
        Part("What is promised", result["findings"][:1], lines),
        Part("What it costs", [words], grids=[Grid("", header, curve)]),
    ]
    if result["routing"]:
        rows = [
            [*_asked(row), ", ".join(f"{label} {skill:.0%}" for label, skill in row["skill"].items())]
            for row in result["routing"]
        ]
        header = ["who", "items", "labels", "price", "cost", "inferred skill by class"]
        parts.append(Part("Who labels the rest", result["findings"][1:-1], grids=[Grid("", header, rows)]))
    promised = result["promised"]
    verdict = (
        f"{result['coverage']['mean']:.1%} of the items without a label get one automatically, and "
        f"{promised['precision']:.0%} or more of those labels are right."
        if promised["holds"]
        else "No label can be given automatically at the promised precision."
    )
    of = f"{result['items']:,} items, {result['labeled']:,} of them labeled"
    return Sheet("Automated labelling", of, verdict, parts=parts, warnings=result["warnings"], command=command)


def _asked(row: dict[str, Any]) -> list[str]:
    return [row["group"], f"{row['items']:,}", f"{row['labels']:,}", f"{row['price']:g}", f"{row['cost']:,.0f}"]


def _estimate(one: dict[str, Any]) -> Estimate:
    return Estimate(one["mean"], one["low"], one["high"], one["n"], one["level"], one["method"])
