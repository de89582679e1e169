"""``tacit audit LABELS``: who is in the data, where labels are wrong, who errs, drifts or copies; in plain words.

What counts as wrong: another label than the true one where ``--gold`` has it, else the share of the item's other labels
that differ. A finding is what stays significant after adjustment for the number of tests of its kind. File order is not
taken for time: only ``--time`` says when a label was given.
"""

from __future__ import annotations

import argparse
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tacit.cli.audit_inputs import attributes_of, numbers_of, population_of, probabilities_of
from tacit.cli.audit_page import audit_sheet
from tacit.cli.label_files import add_label_file, headers_of, read_labels
from tacit.crowd.audit.findings import Audit, AuditInput, audit
from tacit.crowd.audit.wording import KINDS, plain_words
from tacit.crowd.choices import Choices, read_gold
from tacit.errors import BadFile, BadValue
from tacit.report.sheet import write_sheet

MOST_LISTED = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    add_label_file(parser)
    parser.add_argument("--gold", metavar="FILE", type=Path, help="true labels of some items: columns item and gold")
    parser.add_argument(
        "--by", action="append", default=[], metavar="COLUMN", help="divide the items by this column; may be repeated"
    )
    parser.add_argument(
        "--items", metavar="FILE", type=Path, help="where that column is: a row an item (default: the file of labels)"
    )
    parser.add_argument(
        "--population",
        metavar="FILE",
        type=Path,
        help="who should be in the data: columns group, share and, for several --by, attribute",
    )
    parser.add_argument(
        "--probabilities", metavar="FILE", type=Path, help="of a model that never saw the labels: item and p_CLASS"
    )
    parser.add_argument("--time", metavar="COLUMN", help="when each label was given: a number or a date")
    parser.add_argument("--seconds", metavar="COLUMN", help="how long each label took")
    parser.add_argument(
        "--level", type=float, default=0.05, help="of significance, after adjustment (default: %(default)s)"
    )
    parser.add_argument("--report", metavar="HTML", type=Path, help="also write a page to this file")


def run(arguments: argparse.Namespace) -> dict[str, object]:
    """Audit the labels.

    Raises:
        InputError: what is wrong, and in which row of which file.
    """
    if not 0 < arguments.level < 1:
        raise BadValue("--level", got=arguments.level, expected="a share between 0 and 1, such as 0.05")
    path, headers = arguments.labels_path, headers_of(arguments.map)
    if path.is_dir() and (arguments.time or arguments.seconds or (arguments.by and arguments.items is None)):
        raise BadFile(str(path), got="a project", expected="a file of labels for --time, --seconds and --by")
    if arguments.population and not arguments.by:
        raise BadValue("--population", got="no --by", expected="the column whose groups it is about, with --by COLUMN")
    choices = read_labels(arguments)
    gold_headers = {key: value for key, value in headers.items() if key == "gold"}
    attributes = attributes_of(choices, arguments.by, arguments.items, path, headers)
    given = AuditInput(
        choices,
        gold=read_gold(arguments.gold, choices, headers=gold_headers) if arguments.gold else None,
        attributes=attributes,
        population=population_of(arguments.population, attributes),
        p=probabilities_of(arguments.probabilities, choices),
        order=numbers_of(arguments.time, "--time", path, choices, headers, arguments.labeler),
        seconds=numbers_of(arguments.seconds, "--seconds", path, choices, headers, arguments.labeler),
        level=arguments.level,
    )
    found = audit(given)
    result = _result(arguments, given, found)
    if arguments.report is not None:
        write_sheet(arguments.report, audit_sheet(result, command=shlex.join(arguments.command)))
        result["report"] = str(arguments.report)
    return result


def show(result: dict[str, Any]) -> str:
    """Return the findings as a person reads them."""
    lines = [f"{result['labels']:,} labels by {result['labelers']:,} labelers on {result['items']:,} items"]
    for kind, title in KINDS.items():
        sentences = [one["sentence"] for one in result["findings"] if one["kind"] == kind]
        if sentences:
            lines += ["", title, *(f"  {sentence}" for sentence in sentences)]
    if not result["findings"]:
        lines += ["", "Nothing stands out."]
    if result["untested"]:
        lines += ["", "Not looked at", *(f"  {what}: {why}" for what, why in result["untested"].items())]
    lines += [f"note: {text}" for text in result["notes"]]
    return "\n".join(lines + ([str(result["report"])] if "report" in result else []))


def _result(arguments: argparse.Namespace, given: AuditInput, found: Audit) -> dict[str, object]:
    choices = given.choices
    return {
        "file": str(arguments.labels_path),
        "items": choices.n_items,
        "labelers": choices.n_labelers,
        "labels": len(choices),
        "classes": list(choices.labels),
        "gold": 0 if given.gold is None else len(given.gold),
        "findings": [asdict(one) for one in plain_words(given, found)],
        "composition": {name: asdict(one) for name, one in found.composition.items()},
        "error_rates": {name: [asdict(row) for row in rates] for name, rates in found.error_rates.items()},
        "label_rates": {
            name: {label: [asdict(row) for row in rates] for label, rates in by_label.items()}
            for name, by_label in found.label_rates.items()
        },
        "labeler_biases": {
            one.name: [
                {**asdict(row), "labeler": choices.labelers[row.labeler], "group": one.groups[row.group]}
                for row in found.labeler_biases.get(one.name, [])[:MOST_LISTED]
            ]
            for one in given.attributes
        },
        "labelers_compared": [{**asdict(row), "labeler": choices.labelers[row.labeler]} for row in found.labelers],
        "label_errors": _label_errors(found, choices),
        "over_time": found.over_time and asdict(found.over_time),
        "labelers_over_time": [
            {**asdict(row), "series": choices.labelers[row.series]} for row in found.labelers_over_time
        ],
        "collusion": [
            {**asdict(row), "first": choices.labelers[row.first], "second": choices.labelers[row.second]}
            for row in found.collusion[:MOST_LISTED]
        ],
        "pairs_of_labelers": len(found.collusion),
        "labels_never_differ": found.never_differ,
        "untested": dict(found.untested),
        "notes": list(choices.notes),
        "level": given.level,
    }


def _label_errors(found: Audit, choices: Choices) -> dict[str, object] | None:
    errors = found.label_errors
    if errors is None:
        return None
    rows = zip(errors.item.tolist(), errors.suggested.tolist(), errors.margin.tolist(), strict=True)
    listed = [
        {"item": choices.items[int(found.checked[row])], "suggested": choices.labels[new], "margin": margin}
        for row, new, margin in rows
    ]
    return {"checked": len(found.checked), "estimated_rate": errors.error_rate, "suspected": listed[:MOST_LISTED]}
