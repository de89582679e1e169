"""``tacit rank COMPARISONS``: scores with intervals from comparisons of two, or from rankings."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from tacit.cli.rank_models import MODELS, PAIR_TIES, RANKING_TIES, Ranked, held_out_loss, rank_file
from tacit.cli.rank_page import ranking_sheet
from tacit.cli.terminal import table
from tacit.crowd.comparisons import ask_next, read_comparison_file
from tacit.errors import BadValue
from tacit.measure import Estimate
from tacit.report.sheet import write_sheet
from tacit.store.run_folder import write_text

SHOWN_ITEMS = 30
SHOWN_RATERS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "comparisons_path",
        metavar="COMPARISONS",
        type=Path,
        help="left, right, winner (left, right, tie or a name), or ranking, item, rank; and perhaps rater: "
        ".csv, .tsv, .jsonl or .parquet, each perhaps with .gz behind; or the folder of a project",
    )
    parser.add_argument("--out", metavar="CSV", type=Path, help="write item, score, low, high, rank to this file")
    parser.add_argument("--report", metavar="HTML", type=Path, help="also write a page to this file")
    parser.add_argument(
        "--model",
        choices=MODELS,
        help="what is fitted (default: bradley-terry; for rankings plackett-luce)",
    )
    parser.add_argument(
        "--ties",
        choices=tuple(dict.fromkeys((*PAIR_TIES, *RANKING_TIES))),
        help="how ties are modelled: davidson (the default), rao-kupper, half a win for each, or drop; under "
        "plackett-luce efron (the default) or breslow",
    )
    parser.add_argument("--raters", action="store_true", help="infer how precise each rater is, and weigh by it")
    parser.add_argument("--side-bias", action="store_true", help="fit by how much the left side is preferred")
    parser.add_argument(
        "--covariate",
        metavar="NAME",
        action="append",
        default=[],
        help="a column of differences, left less right, or two columns left_NAME and right_NAME; may be repeated",
    )
    parser.add_argument(
        "--shrinkage",
        type=float,
        default=0.0,
        metavar="X",
        help="precision of a normal prior on the scores (default: 0, maximum likelihood)",
    )
    parser.add_argument(
        "--intervals",
        choices=("fisher", "bootstrap", "none"),
        default="fisher",
        help="how intervals are made (default: %(default)s)",
    )
    parser.add_argument("--level", type=float, default=0.95, help="coverage of the intervals (default: %(default)s)")
    parser.add_argument("--ask", metavar="N", type=int, default=0, help="name the N pairs to ask about next")
    parser.add_argument(
        "--held-out",
        metavar="COLUMN=VALUE",
        help="keep these rows out of the fit and say how well it predicts them",
    )
    parser.add_argument("--seed", type=int, default=0, help="of whatever is random (default: %(default)s)")
    parser.add_argument(
        "--map",
        metavar="NAME=COLUMN",
        action="append",
        default=[],
        help="the file's column for left, right, winner, rater, ranking, item or rank; may be repeated",
    )


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Fit the scores and write them where asked.

    Raises:
        InputError: a file that cannot be read, settings that do not go together, or scores that the data cannot give.
    """
    if not 0 < arguments.level < 1:
        raise BadValue("--level", got=arguments.level, expected="a share between 0 and 1, such as 0.95")
    if arguments.ask < 0:
        raise BadValue("--ask", got=arguments.ask, expected="how many pairs, 0 or more")
    held = (
        _pair_of(arguments.held_out, "--held-out", "COLUMN=VALUE, such as split=test") if arguments.held_out else None
    )
    file = read_comparison_file(
        arguments.comparisons_path,
        headers=dict(_pair_of(one, "--map", "NAME=COLUMN, such as left=model_1") for one in arguments.map),
        covariates=arguments.covariate,
        held_out=held,
    )
    ranked = rank_file(file, arguments)
    asked = ask_next(ranked.fit, arguments.ask, seed=arguments.seed) if arguments.ask and ranked.fit else []
    result = _result(ranked, arguments)
    result["next"] = [
        {"first": p.first, "second": p.second, "information_nats": p.information_nats, "p_first": p.p_first}
        for p in asked
    ]
    result["left_out"] = dict(file.left_out)
    result["notes"] = [*file.notes, *ranked.notes]
    if file.held_out is not None:
        result["held_out"] = held_out_loss(ranked, file.held_out, seed=arguments.seed)
    if arguments.out:
        write_text(arguments.out, ranked.table().write_csv())
        result["out"] = str(arguments.out)
    if arguments.report:
        write_sheet(arguments.report, ranking_sheet(result, command=shlex.join(arguments.command)))
        result["report"] = str(arguments.report)
    return result


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    scores = result["scores"]
    rows = [
        [one["rank"], one["item"], _signed(one["score"]), f"[{_signed(one['low'])}, {_signed(one['high'])}]"]
        for one in scores[:SHOWN_ITEMS]
    ]
    if not result["interval"]:
        rows = [row[:3] for row in rows]
    header = ["rank", "item", "score", f"{100 * result['level']:g} % interval"][: len(rows[0])]
    lines = [table(rows, header=header)]
    if len(scores) > SHOWN_ITEMS:
        lines.append(f"… and {len(scores) - SHOWN_ITEMS} more")
    lines += ["", _what_was_fitted(result)]
    lines += [f"{name}: {_shown(one)}" for name, one in result["parameters"].items()]
    if "held_out" in result:
        held = result["held_out"]
        lines.append(f"log loss of {held['n']} comparisons held out: {_shown(held['log_loss'])}")
    lines += _raters(result["raters"])
    if result["next"]:
        cells = [
            [p["first"], p["second"], f"{p['information_nats']:.3g}", f"{p['p_first']:.2f}"] for p in result["next"]
        ]
        lines += ["", table(cells, header=["ask next", "against", "nats", "P(first)"])]
    lines += [f"note: {note}" for note in result["notes"]]
    lines += [result[key] for key in ("out", "report") if key in result]
    return "\n".join(lines)


def _result(ranked: Ranked, arguments: argparse.Namespace) -> dict[str, object]:
    fit = ranked.fit
    met = dict(zip(ranked.items, ranked.n_of_item.tolist(), strict=True))
    rows = [{**row, "n": met[row["item"]]} for row in ranked.table().to_dicts()]
    return {
        "file": str(arguments.comparisons_path),
        "method": ranked.model,
        "ties": ranked.ties,
        "shrinkage": arguments.shrinkage,
        "items": len(rows),
        "judged": ranked.n,
        "n_ties": ranked.n_ties,
        "log_likelihood": None if fit is None else fit.log_likelihood,
        "iterations": None if fit is None else fit.iterations,
        "converged": None if fit is None else fit.converged,
        "gradient": None if fit is None else fit.gradient,
        "interval": ranked.intervals.method if ranked.intervals else None,
        "interval_error": ranked.intervals.relative_error if ranked.intervals else None,
        "level": arguments.level,
        "seed": arguments.seed,
        "scores": rows,
        "lead": ranked.lead(arguments.level),
        "parameters": {name: _as_rate(one) for name, one in (fit.extra if fit else {}).items()},
        "raters": ranked.raters(),
    }


def _as_rate(estimate: Estimate) -> dict[str, float]:
    return {"estimate": estimate.mean, "low": estimate.low, "high": estimate.high}


def _what_was_fitted(result: dict[str, Any]) -> str:
    what = "rankings" if result["method"] == "plackett-luce" else "comparisons"
    ties = f", {result['n_ties']} ties ({result['ties']})" if result["n_ties"] else ""
    words = f"{result['method']} of {result['judged']} {what}, {result['items']} items{ties}"
    words += f"; intervals: {result['interval']}" if result["interval"] else ""
    if result["converged"] is not None:
        ended = "converged" if result["converged"] else "NOT converged"
        words += f"; {ended} in {result['iterations']} steps, log-likelihood {result['log_likelihood']:.6g}"
    return words


def _raters(raters: list[dict[str, Any]]) -> list[str]:
    if not raters:
        return []
    worst_first = sorted(raters, key=lambda one: float(one["p_agree"]["estimate"]))
    cells = [
        [
            one["rater"],
            _shown(one["p_agree"]),
            f"{one['precision']:.2f}".replace("-", "−"),
            f"{one['ties']:.0%}",
            one["n"],
        ]
        for one in worst_first[:SHOWN_RATERS]
    ]
    lines = ["", table(cells, header=["rater", "agrees with the others", "precision", "ties", "comparisons"])]
    more = len(raters) - SHOWN_RATERS
    return [*lines, f"… and {more} raters who agree more"] if more > 0 else lines


def _shown(one: dict[str, float]) -> str:
    return f"{one['estimate']:.4g} [{one['low']:.4g}, {one['high']:.4g}]".replace("-", "−")


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}".replace("-", "−")


def _pair_of(given: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not (name and equals and value):
        raise BadValue(option, got=repr(given), expected=form)
    return name.strip(), value.strip()
