"""The page of ``tacit aggregate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tacit.crowd.choices.fit import ChoiceFit
from tacit.measure import Estimate
from tacit.report.sheet import Grid, Line, Part, Sheet

MOST_ROWS = 40
MOST_CLASSES = 12


def aggregation_sheet(result: dict[str, Any], fit: ChoiceFit, *, command: str) -> Sheet:
    """Return the page of a result of the verb.

    Args:
        result: what ``--json`` prints.
        fit: what it was made from.
        command: the call that made it.
    """
    best = fit.posterior[np.arange(len(fit.label)), fit.label]
    sure = float((best >= 0.95).mean())
    verdict = f"{100 * sure:.0f} % of the items have a label that is at least 95 % probable."
    if accuracy := result.get("accuracy"):
        verdict += (
            f" Of {accuracy['n']:,} items with a true label, {100 * accuracy['estimate']:.1f} % were labeled right, "
            f"between {100 * accuracy['low']:.1f} % and {100 * accuracy['high']:.1f} % by a 95 % interval."
        )
    ended = "It came to rest" if fit.converged else "It had NOT come to rest"
    reading = f"Method: {result['method']}. {ended} after {fit.iterations} iterations." if fit.iterations else ""
    parts = [Part("What the labels are", grids=[_classes(fit)]), _labelers(fit), _doubtful(fit, best)]
    if fit.confusion is not None and fit.choices.n_labels <= MOST_CLASSES:
        parts.insert(2, _confusion(fit))
    of = f"{Path(result['file']).name}: {result['votes']:,} labels, {result['n_labelers']:,} labelers"
    return Sheet("Aggregation", of, verdict, reading, parts, warnings=result["warnings"], command=command)


def _classes(fit: ChoiceFit) -> Grid:
    counts = np.bincount(fit.label, minlength=fit.choices.n_labels)
    votes = np.bincount(fit.choices.label, minlength=fit.choices.n_labels)
    shown = np.argsort(-counts, kind="stable")[:MOST_ROWS]
    rows = [
        [fit.choices.labels[k], f"{counts[k]:,}", _percent(counts[k] / counts.sum()), _percent(votes[k] / votes.sum())]
        for k in shown
    ]
    return Grid("", ["class", "items", "share of items", "share of votes"], rows)


def _labelers(fit: ChoiceFit) -> Part:
    skill, names = fit.skill, fit.choices.labelers.to_list()
    order = np.argsort(skill.mean, kind="stable")
    lines = [
        Line(
            names[at],
            Estimate(float(skill.mean[at]), float(skill.low[at]), float(skill.high[at]), int(skill.n[at])),
            "probably a spammer" if fit.p_spammer is not None and fit.p_spammer[at] > 0.5 else "",
            share=True,
        )
        for at in order[:MOST_ROWS]
    ]
    words = (
        "How often each labeler is right, as far as the others' labels tell; a vote is held against what is known of "
        "the item without it."
    )
    more = f" The {MOST_ROWS} least reliable of {len(names):,}." if len(names) > MOST_ROWS else " Least reliable first."
    return Part("Who can be trusted", [words + more], lines)


def _confusion(fit: ChoiceFit) -> Part:
    counts = fit.history.counts.sum(axis=0)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    labels = fit.choices.labels
    rows = [[labels[k], *map(_percent, share[k])] for k in range(len(labels))]
    words = "What the whole crowd says of items whose label is the one on the left."
    return Part("What is taken for what", [words], grids=[Grid("", ["label", *labels], rows)])


def _doubtful(fit: ChoiceFit, best: np.ndarray[Any, np.dtype[np.floating[Any]]]) -> Part:
    order = np.argsort(best, kind="stable")[:MOST_ROWS]
    order = order[best[order] < 0.95]
    if not len(order):
        return Part("Where it is unsure", ["No item's label is less than 95 % probable."])
    votes = np.bincount(fit.choices.item, minlength=fit.choices.n_items)
    names, labels = fit.choices.items, fit.choices.labels
    rows = [[str(names[int(at)]), labels[fit.label[at]], _percent(best[at]), str(votes[at])] for at in order]
    words = "The items whose labels are least probable: more labels help most here."
    return Part("Where it is unsure", [words], grids=[Grid("", ["item", "label", "probability", "votes"], rows)])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
