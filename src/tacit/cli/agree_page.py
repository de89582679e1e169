"""The page of ``tacit agree``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tacit.measure import Estimate
from tacit.report.sheet import Grid, Line, Part, Sheet

MOST_ROWS = 40


def agreement_sheet(result: dict[str, Any], *, command: str) -> Sheet:
    """Return the page of a result of the verb.

    Args:
        result: what ``--json`` prints.
        command: the call that made it.
    """
    measures = {name: _estimate(one) for name, one in result["measures"].items()}
    alpha = next(iter(measures.values()))
    verdict = (
        f"Labelers agree with an alpha of {alpha.mean:.2f}, between {alpha.low:.2f} and {alpha.high:.2f} by a 95 % "
        "interval; 1 is full agreement and 0 what chance would give."
    )
    lines = [
        Line(name, one, share=name == "agreement", low=0.0 if name == "agreement" else min(0.0, alpha.low))
        for name, one in measures.items()
    ]
    parts = [Part("How far they agree", lines=lines, paragraphs=_left_out(result))]
    if ceiling := result["ceiling"]:
        bounds = [
            Line("No model exceeds", _estimate(ceiling["equally_hard"]), "if all items are equally hard", True),
            Line(
                "The best reaches at least",
                _estimate(ceiling["hard_or_easy"]),
                "if items are clear or coin flips",
                True,
            ),
        ]
        parts.append(Part("What that caps", result["findings"][:1], bounds))
    parts.append(Part("How many more", [text for text in result["findings"] if text not in result["findings"][:1]]))
    labelers = sorted(result["agreement_of_labelers"], key=lambda one: one["mean"])
    shown = [
        Line(one["labeler"], _estimate(one), share=True)
        for one in labelers[:MOST_ROWS]
        if one["n"] and result["ceiling"]
    ]
    if shown:
        words = "How often a label of this labeler equals another label of the same item, least first."
        more = f" The first {MOST_ROWS} of {len(labelers):,}." if len(labelers) > MOST_ROWS else ""
        parts.append(Part("Who agrees least", [words + more], shown))
    if result["pairs"]:
        rows = [
            [
                f"{one['first']} and {one['second']}",
                f"{one['mean']:.2f}",
                f"[{one['low']:.2f}, {one['high']:.2f}]",
                str(one["n"]),
            ]
            for one in sorted(result["pairs"], key=lambda one: one["mean"])
        ]
        parts.append(
            Part("Two by two", grids=[Grid("", ["labelers", "Cohen's kappa", "95 % interval", "items"], rows)])
        )
    of = f"{Path(result['file']).name}: {result['labels']:,} labels, {result['labelers']:,} labelers"
    return Sheet("Agreement", of, verdict, parts=parts, warnings=result["notes"], command=command)


def _left_out(result: dict[str, Any]) -> list[str]:
    return [f"{name} was not measured: {why}." for name, why in result["left_out"].items()]


def _ends(one: dict[str, Any]) -> str:
    return f"[{one['low']:.2f}, {one['high']:.2f}]"


def _estimate(one: dict[str, Any]) -> Estimate:
    return Estimate(one["mean"], one["low"], one["high"], one["n"], one["level"], one["method"])
