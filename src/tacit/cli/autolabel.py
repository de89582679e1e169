"""``tacit autolabel ITEMS --labels LABELS``: label the rest at a promised precision; people do what is left.

Part of the labels fits a classifier, the others decide above which confidence its own labels are right as often as
promised. The promise holds for the items without a label if those with one were drawn from the same pool at random, and
“right” means what the given labels would say. Where several labelers gave labels, their consensus is used, and what the
classifier leaves goes to whoever is cheaper for it: so many labels by people, or by experts.
"""

from __future__ import annotations

import argparse
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tacit.cli.autolabel_page import autolabel_sheet
from tacit.cli.label_files import add_reading, read_labels
from tacit.cli.terminal import ProgressBar, table
from tacit.crowd.choices import Choices
from tacit.crowd.choices.methods import Hierarchical, Majority
from tacit.errors import BadValue, UnknownName
from tacit.learn.automated import AutoLabels, People, Pool, Route, label_automatically, read_pool, route_items
from tacit.report.sheet import write_sheet
from tacit.store.run_folder import write_text

ONE_LABELER = "given"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "items_path",
        metavar="ITEMS",
        type=Path,
        help="all items: a table with a column of text; .npz, .safetensors or .parquet of features or images; or a "
        "folder of images",
    )
    parser.add_argument(
        "--labels", metavar="LABELS", type=Path, required=True, help="of some of them: item, label, perhaps labeler"
    )
    add_reading(parser)
    parser.add_argument("--text", metavar="COLUMN", help="the column of text (default: text, question, sentence …)")
    parser.add_argument("--precision", type=float, default=0.95, help="to be promised (default: %(default)s)")
    parser.add_argument("--risk", type=float, default=0.05, help="that the promise is false (default: %(default)s)")
    parser.add_argument("--experts", metavar="A,B,…", help="labelers who know better; others are people")
    parser.add_argument("--expert-price", type=float, default=5.0, help="of an expert's label, where people's cost 1")
    parser.add_argument("--automatic-price", type=float, default=0.0, help="of an automatic label, likewise")
    parser.add_argument(
        "--wanted", type=float, default=0.95, help="how often people's majority is to be right (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the split (default: %(default)s)")
    parser.add_argument("--out", metavar="CSV", type=Path, help="write every item's label, or who should give it")
    parser.add_argument("--report", metavar="HTML", type=Path, help="also write a page to this file")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Label what can be labeled.

    Raises:
        InputError: what is wrong, and in which row of which file.
    """
    for option in ("precision", "risk", "wanted"):
        if not 0 < (value := getattr(arguments, option)) < 1:
            raise BadValue(f"--{option}", got=value, expected="a share between 0 and 1, such as 0.95")
    for option in ("expert_price", "automatic_price"):
        if (value := getattr(arguments, option)) < 0:
            raise BadValue(f"--{option.replace('_', '-')}", got=value, expected="a price of 0 or more")
    arguments.labeler = arguments.labeler or ONE_LABELER
    choices = read_labels(arguments, arguments.labels)
    pool = read_pool(arguments.items_path, text=arguments.text, seed=arguments.seed)
    labeled = _rows(pool, choices, arguments.labels)
    consensus, confusion = _consensus(choices, arguments.seed)
    with ProgressBar("autolabel", total=1.0) as bar:
        found = label_automatically(
            pool,
            labeled,
            consensus,
            choices.n_labels,
            precision=arguments.precision,
            risk=arguments.risk,
            seed=arguments.seed,
            automatic_price=arguments.automatic_price,
            progress=bar.update,
        )
    groups = _groups(choices, confusion, arguments)
    left = ~found.automatic
    route = route_items(found.p[left], groups, wanted=arguments.wanted) if groups and left.any() else None
    result = _result(arguments, pool, choices, found, groups, route)
    if arguments.out is not None:
        write_text(arguments.out, _table(pool, labeled, consensus, choices, found, groups, route).write_csv())
        result["out"] = str(arguments.out)
    if arguments.report is not None:
        write_sheet(arguments.report, autolabel_sheet(result, command=shlex.join(arguments.command)))
        result["report"] = str(arguments.report)
    return result


def show(result: dict[str, Any]) -> str:
    """Return the result as a person reads it."""
    lines = [*result["findings"], ""]
    rows = [
        [
            *(f"{one[key]:,}" for key in ("labels", "automatic", "people")),
            f"{one['coverage']:.1%}",
            f"{one['cost']:,.0f}",
        ]
        for one in result["cost_curve"]
    ]
    lines.append(table(rows, header=["labels bought", "automatic", "left to people", "coverage", "cost of all"]))
    lines += [f"note: {text}" for text in result["warnings"]]
    return "\n".join(lines + [str(result[name]) for name in ("out", "report") if name in result])


def _rows(pool: Pool, choices: Choices, path: Path) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return which row of the pool each labeled item is."""
    place = {name: row for row, name in enumerate(pool.names)}
    names = choices.items.to_list()
    unknown = [name for name in names if name not in place]
    if unknown:
        more = f"{len(unknown):,} items of {path.name} are not among the items" if len(unknown) > 1 else ""
        raise UnknownName(f"{path.name}, item", unknown[0], list(pool.names[:10_000]), do=more)
    return np.array([place[name] for name in names], dtype=np.intp)


def _consensus(choices: Choices, seed: int) -> tuple[np.ndarray[Any, np.dtype[np.intp]], Any]:
    """Return one label an item, and each labeler's confusion table where there are several labelers."""
    if choices.n_labelers == 1 or len(choices) == choices.n_items:
        return Majority().fit(choices, seed=seed).label, None
    fit = Hierarchical().fit(choices, seed=seed)
    return fit.label, fit.confusion


def _groups(choices: Choices, confusion: Any, arguments: argparse.Namespace) -> list[People]:  # noqa: ANN401 (an array or None)
    """Return who can be asked, with their inferred skill at each class; nobody if there was one labeler."""
    names = choices.labelers.to_list()
    experts = [name.strip() for name in arguments.experts.split(",")] if arguments.experts else []
    for name in experts:
        if name not in names:
            raise UnknownName("--experts", name, names)
    if confusion is None:
        if experts:
            got = "one label an item"
            raise BadValue("--experts", got=got, expected="items that several labelers labeled, to infer their skill")
        return []
    skill = np.asarray(confusion, dtype=np.float64).diagonal(axis1=1, axis2=2)
    n = np.bincount(choices.labeler, minlength=choices.n_labelers).astype(np.float64)
    is_expert = np.isin(names, experts)
    found = []
    for group, chosen, price in (("people", ~is_expert, 1.0), ("experts", is_expert, arguments.expert_price)):
        if chosen.any():
            found.append(People(group, np.average(skill[chosen], axis=0, weights=n[chosen]), price))
    return found


def _result(
    arguments: argparse.Namespace,
    pool: Pool,
    choices: Choices,
    found: AutoLabels,
    groups: list[People],
    route: Route | None,
) -> dict[str, object]:
    promise = found.promise
    result: dict[str, object] = {
        "items": len(pool),
        "labeled": choices.n_items,
        "classes": list(choices.labels),
        "promised": {"precision": promise.precision, "risk": promise.risk, "holds": promise.holds},
        "precision": promise.observed.as_dict() if promise.holds else None,
        "threshold": promise.threshold,
        "coverage": found.coverage.as_dict(),
        "automatic": int(found.automatic.sum()),
        "left_to_people": int((~found.automatic).sum()),
        "train": found.n_train,
        "calibration": found.n_calibration,
        "temperature": found.classifier.temperature,
        "features": pool.made,
        "cost_curve": [asdict(point) for point in found.curve],
        "routing": None if route is None else _routing(groups, route, choices.labels),
        "warnings": [*found.warnings, *choices.notes],
        "method": promise.method,
        "seed": arguments.seed,
    }
    result["findings"] = _findings(result, arguments.wanted)
    return result


def _routing(groups: list[People], route: Route, labels: tuple[str, ...]) -> list[dict[str, object]]:
    return [
        {
            "group": group.name,
            "price": group.price,
            "items": int((route.group == index).sum()),
            "labels": int(route.labels[route.group == index].sum()),
            "cost": float(route.cost[route.group == index].sum()),
            "below_wanted": int((~route.reached[route.group == index]).sum()),
            "skill": dict(zip(labels, group.skill.tolist(), strict=True)),
        }
        for index, group in enumerate(groups)
    ]


def _findings(result: dict[str, Any], wanted: float) -> list[str]:
    promised, precision, coverage = result["promised"], result["precision"], result["coverage"]
    if precision is None:
        said = [f"A precision of {promised['precision']:g} cannot be promised of any label; people must label all."]
    else:
        said = [
            f"{result['automatic']:,} of {result['automatic'] + result['left_to_people']:,} items without a label "
            f"({coverage['mean']:.1%}) get one automatically, where confidence is above {result['threshold']:.3f}: "
            f"right in {promised['precision']:.0%} or more of cases, with a risk of {promised['risk']:g} that this is "
            f"false. "
            f"Of {precision['n']:,} labels set aside, {precision['mean']:.1%} were right "
            f"[{precision['low']:.1%}, {precision['high']:.1%}]."
        ]
    for row in result["routing"] or []:
        if row["items"]:
            short = f", {row['below_wanted']:,} of them without reaching {wanted:g}" if row["below_wanted"] else ""
            said.append(
                f"{row['items']:,} items go to {row['group']}: {row['labels']:,} labels at {row['price']:g}, "
                f"{row['cost']:,.0f} in all{short}."
            )
    if result["cost_curve"]:
        last = result["cost_curve"][-1]
        said.append(
            f"Labeling all {result['items']:,} items, one label each by people, costs {last['cost']:,.0f} instead of "
            f"{result['items']:,}."
        )
    return said


def _table(
    pool: Pool,
    labeled: np.ndarray[Any, np.dtype[np.intp]],
    consensus: np.ndarray[Any, np.dtype[np.intp]],
    choices: Choices,
    found: AutoLabels,
    groups: list[People],
    route: Route | None,
) -> pl.DataFrame:
    """Return a row an item: its label and where that is from, or who should give it and how often."""
    names = np.array([*choices.labels, ""], dtype=object)
    none = len(choices.labels)
    label, source = np.full(len(pool), none), np.full(len(pool), "people", dtype=object)
    confidence, ask = np.full(len(pool), np.nan), np.zeros(len(pool), dtype=np.intp)
    label[labeled], source[labeled] = consensus, "given"
    confidence[found.item] = found.confidence
    sure = found.item[found.automatic]
    label[sure], source[sure] = found.label[found.automatic], "automatic"
    left = found.item[~found.automatic]
    ask[left] = 1
    if route is not None:
        source[left] = np.array([group.name for group in groups], dtype=object)[route.group]
        ask[left] = route.labels
    return pl.DataFrame(
        {
            "item": list(pool.names),
            "label": pl.Series(names[label].tolist(), dtype=pl.String),
            "source": pl.Series(source.tolist(), dtype=pl.String),
            "confidence": pl.Series(confidence).fill_nan(None),
            "labels_to_ask": ask,
        }
    )
