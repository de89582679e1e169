"""The page of ``tacit rank``."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import Any

from tacit.measure import Estimate
from tacit.report.sheet import Grid, Line, Part, Sheet

MOST_ROWS = 60
MOST_RATERS = 25
COUNTED = {"plackett-luce": "rankings"}


def ranking_sheet(result: dict[str, Any], *, command: str) -> Sheet:
    """Return the page of a result of the verb.

    Args:
        result: what ``--json`` prints.
        command: the call that made it.
    """
    what = COUNTED.get(result["method"], "comparisons")
    of = f"{Path(result['file']).name}: {result['judged']:,} {what}, {result['items']:,} items"
    parts = [_scores(result), *_raters(result), *_next(result), _fitted(result)]
    return Sheet("Ranking", of, _verdict(result), _reading(result), parts, warnings=result["notes"], command=command)


def _verdict(result: dict[str, Any]) -> str:
    best, *others = result["scores"]
    if not others:
        return f"{best['item']} is the only item."
    second, lead = others[0], result["lead"]
    words = f"{best['item']} comes first of {result['items']:,}"
    if lead is None:
        return f"{words}, before {second['item']}."
    if lead["low"] > 0:
        ends = f"{100 * lead['p_low']:.0f} to {_percent(lead['p_high'])}"
        return f"{words} and is preferred to {second['item']}, the next, {_percent(lead['p'])} of the time ({ends})."
    return f"{words}, but is not told apart from {second['item']}: the interval of their difference holds 0."


def _reading(result: dict[str, Any]) -> str:
    if result["converged"] is None:
        return f"Method: {result['method']}."
    ended = "at its optimum" if result["converged"] else "NOT at its optimum"
    prior = f", shrunk with precision {result['shrinkage']:g}" if result["shrinkage"] else ", by maximum likelihood"
    return f"Method: {result['method']}{prior}, {ended} after {result['iterations']} steps."


def _scores(result: dict[str, Any]) -> Part:
    rows = result["scores"]
    ends = [x for one in rows for x in (one["low"], one["high"]) if x is not None] or [one["score"] for one in rows]
    lines = [
        Line(f"{one['rank']:,}. {one['item']}", _estimate(one, result["level"]), low=min(ends), high=max(ends))
        for one in rows[:MOST_ROWS]
    ]
    words = (
        "Scores are in log-odds with mean 0: a difference of 1.1 means that the better one is preferred three times "
        "in four. An interval is of the score less the mean of all; two items whose intervals overlap a little may "
        "still be told apart."
    )
    more = f" The first {MOST_ROWS} of {len(rows):,}." if len(rows) > MOST_ROWS else ""
    return Part("The ranking", [words + more], lines)


def _raters(result: dict[str, Any]) -> list[Part]:
    if not result["raters"]:
        return []
    worst_first = sorted(result["raters"], key=lambda one: float(one["p_agree"]["estimate"]))
    lines = [
        Line(
            one["rater"],
            Estimate(one["p_agree"]["estimate"], one["p_agree"]["low"], one["p_agree"]["high"], one["n"]),
            f"precision {one['precision']:.2f}, ties {one['ties']:.0%}".replace("-", "−"),
            share=True,
        )
        for one in worst_first[:MOST_RATERS]
    ]
    words = (
        "How likely each rater is to agree with what all say, on a comparison without a tie. A precision of 1 is an "
        "ordinary rater, 0 one who flips a coin, and below 0 one who answers the wrong way round; each answer was "
        "judged by scores that had not seen it."
    )
    more = f" The {MOST_RATERS} who agree least of {len(worst_first):,}." if len(worst_first) > MOST_RATERS else ""
    return [Part("Who can be trusted", [words + more], lines)]


def _next(result: dict[str, Any]) -> list[Part]:
    if not result["next"]:
        return []
    rows = [[p["first"], p["second"], f"{p['information_nats']:.3g}", _percent(p["p_first"])] for p in result["next"]]
    words = "The pairs whose next answers are expected to say most about all scores."
    grid = Grid("", ["ask", "against", "nats an answer", "the first is preferred"], rows)
    return [Part("What to ask next", [words], grids=[grid])]


def _fitted(result: dict[str, Any]) -> Part:
    facts = [
        ["model", result["method"]],
        ["ties", f"{result['n_ties']:,} ({result['ties']})"],
        ["intervals", result["interval"] or "none"],
        *([[f"left out: {name}", f"{n:,}"] for name, n in result["left_out"].items()]),
    ]
    if result["log_likelihood"] is not None:
        facts.append(["log-likelihood", f"{result['log_likelihood']:,.3f}".replace("-", "−")])
        facts.append(["largest slope left, a comparison", f"{result['gradient']:.1e}".replace("-", "−")])
    lines = [
        Line(
            name.replace("_", " "), Estimate(one["estimate"], one["low"], one["high"], result["judged"]), low=0, high=0
        )
        for name, one in result["parameters"].items()
    ]
    if "held_out" in result:
        held = result["held_out"]["log_loss"]
        n = result["held_out"]["n"]
        lines.append(
            Line(
                "log loss of what was held out", Estimate(held["estimate"], held["low"], held["high"], n), low=0, high=0
            )
        )
    return Part("What was fitted", lines=lines, grids=[Grid("", ["", ""], facts)])


def _estimate(one: dict[str, Any], level: float) -> Estimate:
    low, high = (-inf, inf) if one["low"] is None else (one["low"], one["high"])
    return Estimate(one["score"], low, high, one["n"], level)


def _percent(p: float) -> str:
    return f"{100 * p:.0f}\N{NO-BREAK SPACE}%"
