"""The page of ``tacit aggregate --method numeric``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tacit.crowd.choices.numeric import RatingFit
from tacit.measure import Estimate
from tacit.report.sheet import Grid, Line, Part, Sheet

MOST_ROWS = 40


def ratings_sheet(result: dict[str, Any], fit: RatingFit, *, command: str) -> Sheet:
    """Return the page of a result of the verb.

    Args:
        result: what ``--json`` prints.
        fit: what it was made from.
        command: the call that made it.
    """
    width = float(np.median(fit.high - fit.low))
    verdict = (
        f"{result['items']:,} items are worth {fit.mean.min():.3g} to {fit.mean.max():.3g}; half of their 95 % "
        f"intervals are {width:.3g} wide or less."
    )
    if error := result.get("root_mean_square_error"):
        verdict += (
            f" Against {error['n']:,} true values they are off by {error['estimate']:.3g}, between {error['low']:.3g} "
            f"and {error['high']:.3g} by a 95 % interval (root mean square)."
        )
    ended = "It came to rest" if result["converged"] else "It had NOT come to rest"
    reading = f"{ended} after {result['iterations']} iterations."
    parts = [_noise(result), _bias(result), _unsure(fit)]
    of = f"{Path(result['file']).name}: {result['votes']:,} ratings, {result['n_labelers']:,} labelers"
    return Sheet("Aggregated ratings", of, verdict, reading, parts, warnings=result["warnings"], command=command)


def _noise(result: dict[str, Any]) -> Part:
    noisiest = sorted(result["labelers"], key=lambda one: -float(one["noise"]["estimate"]))
    top = max(one["noise"]["high"] for one in noisiest)
    words = "The standard deviation of each labeler's ratings about an item's value, once their own bias is taken off"
    lines = [_line(one, "noise", low=0.0, high=top) for one in noisiest[:MOST_ROWS]]
    return Part("Who is noisy", [words + _first(noisiest, "noisiest")], lines)


def _bias(result: dict[str, Any]) -> Part:
    largest = sorted(result["labelers"], key=lambda one: -abs(float(one["bias"]["estimate"])))
    ends = [end for one in largest for end in (one["bias"]["low"], one["bias"]["high"])]
    words = (
        "How much each labeler rates above the others (below, if negative). What all of them overrate together cannot "
        "be told from what the items are worth"
    )
    lines = [_line(one, "bias", low=min(ends), high=max(ends)) for one in largest[:MOST_ROWS]]
    return Part("Who rates high or low", [words + _first(largest, "most biased")], lines)


def _first(labelers: list[dict[str, Any]], which: str) -> str:
    return f". The {MOST_ROWS} {which} of {len(labelers):,}." if len(labelers) > MOST_ROWS else f", {which} first."


def _line(one: dict[str, Any], what: str, *, low: float, high: float) -> Line:
    value = one[what]
    return Line(
        one["labeler"], Estimate(value["estimate"], value["low"], value["high"], one["votes"]), low=low, high=high
    )


def _unsure(fit: RatingFit) -> Part:
    n = np.bincount(fit.ratings.item, minlength=len(fit.ratings.items))
    rows = [
        [fit.ratings.items[int(at)], f"{fit.mean[at]:.3g}", f"[{fit.low[at]:.3g}, {fit.high[at]:.3g}]", f"{n[at]:,}"]
        for at in np.argsort(fit.low - fit.high, kind="stable")[:MOST_ROWS]
    ]
    words = "The items with the widest intervals: more ratings help most here."
    return Part("Where it is unsure", [words], grids=[Grid("", ["item", "value", "95 % interval", "ratings"], rows)])
