"""``tacit aggregate LABELS``: many labelers' labels → one label an item, and how reliable each labeler is.

With ``--gold`` the result is held against true labels, which the fit does not see; with ``--known`` the fit learns from
true labels, and those items keep them. ``--history`` is what ``--save-history`` wrote of the same labelers before.
"""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tacit.cli.aggregate_page import aggregation_sheet
from tacit.cli.aggregate_ratings import NUMERIC, aggregate_ratings, show_ratings
from tacit.cli.aggregate_transcripts import TRANSCRIPTS, aggregate_transcripts, show_transcripts
from tacit.cli.label_files import add_label_file, existing, headers_of
from tacit.cli.terminal import table
from tacit.crowd.choices import Choices, read_choices, read_gold
from tacit.crowd.choices.fit import ChoiceFit
from tacit.crowd.choices.history import read_history, write_history
from tacit.crowd.choices.methods import METHODS
from tacit.measure import Estimate, proportion
from tacit.report.sheet import write_sheet
from tacit.store.run_folder import write_text

SHOWN_LABELERS = 12
DEFAULT = next(iter(METHODS))
EXAMPLES = """\
methods:
  hierarchical     labelers share strength, and may be spammers: the default
  majority         most votes; ties at random by the seed
  dawid_skene      a table of confusions for each labeler, with a prior; dawid_skene_ml has none
  one_coin         one number for each labeler; serves up to a thousand classes
  mace             each labeler either knows or does not look
  numeric          labels are numbers on a scale: values, with each labeler's bias and noise
  transcripts      labels are texts, combined word by word: ROVER, with votes weighted by reliability
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    add_label_file(parser)
    parser.add_argument("--gold", metavar="GOLD", type=Path, help="item and gold, to measure the accuracy against")
    parser.add_argument(
        "--method",
        choices=[*METHODS, NUMERIC, TRANSCRIPTS],
        default=DEFAULT,
        metavar="NAME",
        help=f"{', '.join([*METHODS, NUMERIC, TRANSCRIPTS])} (default: %(default)s)",
    )
    parser.add_argument("--out", metavar="CSV", type=Path, help="write item, label, probability, p_… to this file")
    parser.add_argument("--labelers-out", metavar="CSV", type=Path, help="write every labeler's reliability here")
    parser.add_argument("--known", metavar="GOLD", type=Path, help="item and gold, to learn from")
    parser.add_argument("--history", metavar="CSV", type=Path, help="what is known of the labelers beforehand")
    parser.add_argument("--save-history", metavar="CSV", type=Path, help="write what is known of them afterwards")
    parser.add_argument(
        "--repeats",
        choices=["last", "all"],
        default="last",
        help="of votes of one labeler on one item, keep the last or all (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of ties (default: %(default)s)")
    parser.add_argument("--report", metavar="HTML", type=Path, help="also write a page to this file")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Aggregate.

    Raises:
        InputError: what is wrong, and in which row of the file.
    """
    if arguments.method == NUMERIC:
        return aggregate_ratings(arguments)
    if arguments.method == TRANSCRIPTS:
        return aggregate_transcripts(arguments)
    choices = _read(arguments)
    headers = headers_of(arguments.map)
    gold_headers = {ours: theirs for ours, theirs in headers.items() if ours == "gold"}
    gold, known = (
        None if path is None else read_gold(existing(path), choices, headers=gold_headers)
        for path in (arguments.gold, arguments.known)
    )
    history = None if arguments.history is None else read_history(existing(arguments.history), choices.labels)
    fit = METHODS[arguments.method]().fit(choices, seed=arguments.seed, known=known, history=history)
    result = _result(arguments, fit)
    if gold is not None:
        right = int((fit.label[gold.item] == gold.label).sum())
        result["accuracy"] = _shares(proportion(right, len(gold)))
        if known is not None and (both := np.isin(gold.item, known.item).sum()):
            said = f"{both:,} of the {len(gold):,} items that the accuracy is measured on were known to the fit."
            result["warnings"] = [*fit.warnings, said]
    if arguments.out is not None:
        write_text(arguments.out, fit.labels().write_csv())
        result["out"] = str(arguments.out)
    if arguments.labelers_out is not None:
        write_text(arguments.labelers_out, labelers_table(fit).write_csv())
        result["labelers_out"] = str(arguments.labelers_out)
    if arguments.save_history is not None:
        write_history(arguments.save_history, fit.history if history is None else fit.history.plus(history))
        result["history"] = str(arguments.save_history)
    if arguments.report is not None:
        write_sheet(arguments.report, aggregation_sheet(result, fit, command=shlex.join(arguments.command)))
        result["report"] = str(arguments.report)
    return result


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    if result["method"] == NUMERIC:
        return show_ratings(result)
    if result["method"] == TRANSCRIPTS:
        return show_transcripts(result)
    ended = "converged" if result["converged"] else "NOT converged"
    lines = [
        f"{result['votes']:,} labels by {result['n_labelers']:,} labelers on {result['items']:,} items, "
        f"{len(result['classes']):,} classes",
        f"{result['method']}: {result['iterations']} iterations, {ended}",
    ]
    if accuracy := result.get("accuracy"):
        lines.append(f"accuracy on {accuracy['n']:,} items with a true label: {_words(accuracy)}")
    worst = sorted(result["labelers"], key=lambda one: one["reliability"]["estimate"])
    rows = [[one["labeler"], _words(one["reliability"]), f"{one['votes']:,}"] for one in worst[:SHOWN_LABELERS]]
    lines += ["", table(rows, header=["least reliable labelers", "right", "labels"])]
    if len(worst) > SHOWN_LABELERS:
        lines.append(f"… and {len(worst) - SHOWN_LABELERS:,} more; all with --labelers-out or --json")
    lines += [f"note: {text}" for text in result["warnings"]]
    lines += [str(result[name]) for name in ("out", "labelers_out", "history", "report") if name in result]
    return "\n".join(lines)


def labelers_table(fit: ChoiceFit) -> pl.DataFrame:
    """Return one row a labeler: votes, reliability with its interval, and how probably a spammer."""
    skill = fit.skill
    columns: dict[str, Any] = {
        "labeler": fit.choices.labelers,
        "votes": skill.n,
        "reliability": skill.mean,
        "low": skill.low,
        "high": skill.high,
    }
    return pl.DataFrame(columns if fit.p_spammer is None else {**columns, "p_spammer": fit.p_spammer})


def _read(arguments: argparse.Namespace) -> Choices:
    return read_choices(
        existing(arguments.labels_path),
        options=[o.strip() for o in arguments.options.split(",")] if arguments.options else (),
        headers=headers_of(arguments.map),
        labeler_id=arguments.labeler,
        repeats=arguments.repeats,
    )


def _result(arguments: argparse.Namespace, fit: ChoiceFit) -> dict[str, object]:
    choices = fit.choices
    labelers = [
        {
            "labeler": row["labeler"],
            "votes": row["votes"],
            "reliability": {"estimate": row["reliability"], "low": row["low"], "high": row["high"], "n": row["votes"]},
            **({"p_spammer": row["p_spammer"]} if "p_spammer" in row else {}),
        }
        for row in labelers_table(fit).iter_rows(named=True)
    ]
    return {
        "file": str(arguments.labels_path),
        "method": fit.method if arguments.method != "dawid_skene_ml" else arguments.method,
        "items": choices.n_items,
        "votes": len(choices),
        "repeated_votes": choices.n_repeated,
        "classes": list(choices.labels),
        "class_shares": dict(zip(choices.labels, fit.posterior.mean(axis=0).tolist(), strict=True)),
        "n_labelers": choices.n_labelers,
        "labelers": labelers,
        "iterations": fit.iterations,
        "converged": fit.converged,
        "trace": list(fit.trace),
        "warnings": list(fit.warnings),
        "seed": fit.seed,
    }


def _shares(estimate: Estimate) -> dict[str, float | int]:
    return {"estimate": estimate.mean, "low": estimate.low, "high": estimate.high, "n": estimate.n}


def _words(one: dict[str, Any]) -> str:
    return f"{100 * one['estimate']:.1f} % [{100 * one['low']:.1f}, {100 * one['high']:.1f}]"
