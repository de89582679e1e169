"""``tacit agree LABELS``: how far labelers agree, what that caps, and how many more labels it takes.

Labels are classes unless ``--metric`` says that they lie on a scale. Intervals allow for labels that share an item or a
labeler. With five labelers or more they speak of labelers like these, with fewer of these alone.
"""

from __future__ import annotations

import argparse
import shlex
from math import isfinite
from pathlib import Path
from typing import Any, get_args

import numpy as np
import polars as pl

from tacit.cli.agree_page import agreement_sheet
from tacit.cli.label_files import add_label_file, existing, headers_of, read_labels
from tacit.cli.terminal import table
from tacit.crowd.choices.reading import read_label_table
from tacit.errors import BadValue
from tacit.measure import Estimate
from tacit.measure.agreement import Ratings
from tacit.measure.agreement.distances import Metric
from tacit.measure.agreement.profile import Profile, agreement_profile
from tacit.report.sheet import write_sheet

SHOWN_LABELERS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_label_file(parser)
    parser.add_argument(
        "--metric",
        choices=get_args(Metric),
        default="nominal",
        help="how two labels differ: classes, ranks, numbers, or numbers with a true zero (default: %(default)s)",
    )
    parser.add_argument(
        "--half-width",
        type=float,
        default=0.05,
        help="how narrow alpha's interval is to be to either side, for the plan (default: %(default)s)",
    )
    parser.add_argument(
        "--wanted",
        type=float,
        default=0.95,
        help="accuracy of a majority, or reliability of a mean, to plan for (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn at random (default: %(default)s)")
    parser.add_argument("--report", metavar="HTML", type=Path, help="also write a page to this file")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Measure the agreement.

    Raises:
        InputError: what is wrong, and in which row of the file.
    """
    if not 0 < arguments.wanted < 1:
        raise BadValue("--wanted", got=arguments.wanted, expected="a share between 0 and 1, such as 0.95")
    if arguments.half_width <= 0:
        raise BadValue("--half-width", got=arguments.half_width, expected="a number above 0, such as 0.05")
    ratings, labelers, classes, notes = _read(arguments)
    profile = agreement_profile(
        ratings,
        arguments.metric,
        half_width=arguments.half_width,
        wanted=arguments.wanted,
        n_classes=len(classes) or None,
        seed=arguments.seed,
    )
    result = _result(arguments, profile, ratings, labelers, classes, notes)
    if arguments.report is not None:
        write_sheet(arguments.report, agreement_sheet(result, command=shlex.join(arguments.command)))
        result["report"] = str(arguments.report)
    return result


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    rows = [[name, f"{one['mean']:.3f}", _ends(one), str(one["n"])] for name, one in result["measures"].items()]
    lines = [
        f"{result['labels']:,} labels by {result['labelers']:,} labelers on {result['items']:,} items, "
        f"{result['pairable_items']:,} of them with two labels or more",
        table(rows, header=["measure", "value", "95 % interval", "items"]),
        *(f"not measured: {name}: {why}" for name, why in result["left_out"].items()),
        "",
        *result["findings"],
        *(f"note: {text}" for text in result["notes"]),
        *([str(result["report"])] if "report" in result else []),
    ]
    return "\n".join(lines)


def findings(result: dict[str, Any]) -> list[str]:
    """Return what the numbers mean, in sentences."""
    said = []
    if ceiling := result["ceiling"]:
        top, least = ceiling["equally_hard"], ceiling["hard_or_easy"]
        said.append(
            f"Two labels of an item agree with probability {_share(result['measures']['agreement'])}. "
            f"So no model can agree with single labels more often than {_share(top)}; "
            f"if items are either beyond doubt or toss-ups, the best one reaches {_share(least)}."
        )
        n, wanted = result["labels_per_item_for_accuracy"], result["wanted"]
        if n is None or not isfinite(n):
            said.append(f"No number of such labels makes a majority that is right with probability {wanted:g}.")
        else:
            said.append(
                f"A majority of {n:,} independent labels an item is right with probability {wanted:g}, were all items "
                "equally hard."
            )
    if result["judges_for_reliability"] is not None:
        judges = result["judges_for_reliability"]
        words = f"The mean of {judges:,} judges has" if isfinite(judges) else "No number of judges' mean has"
        said.append(f"{words} a reliability of {result['wanted']:g}.")
    if plan := result["plan"]:
        said.append(_plan(plan))
    return said


def _plan(plan: dict[str, Any]) -> str:
    width, now = plan["half_width"], plan["half_width_now"]
    if now <= width:
        return f"Alpha is known to ±{now:.3f}, which is within ±{width:g}."
    items = f"{plan['items']:,} items by these labelers" if isfinite(plan["items"]) else ""
    judges = f"{plan['labelers']:,} labelers on these items" if isfinite(plan["labelers"]) else ""
    both = f"{plan['items_with_labelers']:,} items and {plan['labelers_with_items']:,} labelers"
    ways = ", or ".join(filter(None, [items, judges, both]))
    alone = "" if items else " More items alone do not suffice: the labelers differ too much."
    return f"Alpha is known to ±{now:.3f}. To know it to ±{width:g} takes {ways}.{alone}"


def _read(arguments: argparse.Namespace) -> tuple[Ratings, list[str], tuple[str, ...], list[str]]:
    """Return the labels, the labelers' names, the classes (none for a scale) and what to say about the file."""
    path = existing(arguments.labels_path)
    if arguments.metric == "nominal" or path.is_dir() or arguments.options:
        choices = read_labels(arguments)
        value = choices.label.astype(np.float64)
        if arguments.metric != "nominal" and not arguments.options:
            value = _numbers(pl.Series(choices.labels), path, None)[choices.label]
        ratings = Ratings(
            choices.item.astype(np.intp),
            choices.labeler.astype(np.intp),
            value,
            choices.n_items,
            choices.n_labelers,
        )
        classes = choices.labels if arguments.metric == "nominal" else ()
        return ratings, choices.labelers.to_list(), classes, list(choices.notes)
    rows = read_label_table(path, headers=headers_of(arguments.map), labeler_id=arguments.labeler)
    value = _numbers(rows["label"], path, rows["row"])
    kept = rows.with_columns(pl.Series("value", value)).unique(["item", "labeler"], keep="last", maintain_order=True)
    items, labelers = (kept[name].unique(maintain_order=True) for name in ("item", "labeler"))
    codes = [
        kept[name].cast(pl.Enum(known)).to_physical().to_numpy().astype(np.intp)
        for name, known in (("item", items), ("labeler", labelers))
    ]
    repeated = rows.height - kept.height
    notes = [f"{repeated:,} labels were repeated; the last of each was kept."] if repeated else []
    ratings = Ratings(codes[0], codes[1], kept["value"].to_numpy(), len(items), len(labelers))
    return ratings, labelers.to_list(), (), notes


def _numbers(text: pl.Series, path: Path, rows: pl.Series | None) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return labels as numbers, refusing the first that is none."""
    number = text.str.strip_chars().cast(pl.Float64, strict=False)
    bad = (number.is_null() | ~number.is_finite()).fill_null(True).arg_true()
    if len(bad):
        at = int(bad[0])
        place = f"{path.name}, row {rows[at]}, column 'label'" if rows is not None else f"{path}, labels"
        more = f"{len(bad):,} rows share this fault. " if len(bad) > 1 else ""
        do = f"{more}For ordered classes, name them in order with --options; for classes, use --metric nominal"
        raise BadValue(place, got=repr(text[at]), expected="a finite number", do=do)
    return number.to_numpy()


def _result(
    arguments: argparse.Namespace,
    profile: Profile,
    ratings: Ratings,
    labelers: list[str],
    classes: tuple[str, ...],
    notes: list[str],
) -> dict[str, object]:
    ceiling, concordance = profile.ceiling, profile.concordance
    result: dict[str, object] = {
        "file": str(arguments.labels_path),
        "metric": arguments.metric,
        "items": ratings.n_items,
        "pairable_items": ratings.n_pairable_items,
        "labelers": ratings.n_labelers,
        "labels": len(ratings),
        "classes": list(classes),
        "measures": {name: one.as_dict() for name, one in profile.measures.items()},
        "left_out": dict(profile.left_out),
        "concordance": concordance and {"w": concordance.w, "p_value": concordance.p_value, "n": concordance.n_items},
        "ceiling": ceiling
        and {
            "equally_hard": ceiling.equally_hard.as_dict(),
            "hard_or_easy": ceiling.hard_or_easy.as_dict(),
            "flip": ceiling.flip.as_dict(),
        },
        "wanted": arguments.wanted,
        "labels_per_item_for_accuracy": profile.labels_per_item,
        "judges_for_reliability": profile.judges,
        "plan": profile.plan and {**vars(profile.plan), "labels": profile.plan.more_labels},
        "agreement_of_labelers": [
            {"labeler": name, **one.as_dict()} for name, one in zip(labelers, profile.of_labelers, strict=True)
        ],
        "pairs": [{"first": labelers[a], "second": labelers[b], **one.as_dict()} for a, b, one in profile.pairs],
        "notes": notes,
    }
    result["findings"] = findings(result)
    return result


def _ends(one: dict[str, Any] | Estimate) -> str:
    low, high = (one["low"], one["high"]) if isinstance(one, dict) else (one.low, one.high)
    return f"[{low:.3f}, {high:.3f}]" if isfinite(low) and isfinite(high) else ""


def _share(one: dict[str, Any]) -> str:
    return f"{100 * one['mean']:.1f} % [{100 * one['low']:.1f}, {100 * one['high']:.1f}]"
