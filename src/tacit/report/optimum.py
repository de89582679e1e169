"""Whether the optimum can be trusted: two rewards, and the truth where it is known, against how far the policy went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from markupsafe import Markup

from tacit.errors import BadFile
from tacit.report.charts import Line, lines
from tacit.report.record import Fields
from tacit.report.wording import number
from tacit.store.run_folder import RunFolder

ALARMS = {
    "over_optimisation": "over-optimisation",
    "kl_blow_up": "divergence running away",
    "collapse": "collapse",
}


@dataclass(frozen=True)
class Optimum:
    """The figure of the optimum, with its words.

    Args:
        caption: how to read it.
        svg: the chart.
        header: names of the columns of `rows`.
        rows: the numbers behind it.
    """

    caption: str
    svg: Markup
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def optimum(run: RunFolder, truth: str) -> Optimum | None:
    """Return the figure of what was watched in `run`; None where nothing was.

    Args:
        run: the folder.
        truth: what the true value is called.

    Raises:
        BadFile: its diagnostics are damaged.
    """
    told = Fields(str(run.diagnostics_path), run.diagnostics()).inner("course")
    if not told.values:
        return None
    iteration = _numbers(told, "iteration")
    kl = _numbers(told, "kl")
    far = [sqrt(max(0.0, x)) for x in kl if x is not None]
    by_distance = len(far) == len(kl) > 0
    across = far if by_distance else [float(x or 0) for x in iteration]
    curves = [Line("the reward it learns from", _known(told.inner("train"), "mean", len(across)))]
    if told.inner("test").values:
        curves.append(Line("a reward fitted to other answers", _known(told.inner("test"), "mean", len(across))))
    gold = _numbers(told, "gold")
    unit = _unit(gold, curves[0].values)
    if gold and all(x is not None for x in gold):
        gains = np.array([x or 0.0 for x in gold]) - (gold[0] or 0.0)
        curves.append(Line(truth, list(gains * unit), dashed=True))
    rings = _best_of_n(told.inner("best_of_n"), unit) if by_distance else []
    rang = {name: told.inner("rang").count(name) for name in ALARMS}
    marks = [across[i] for n in rang.values() if n is not None for i, done in enumerate(iteration) if done == n]
    name = "√KL from the first policy (nats)" if by_distance else "iterations"
    alt = "; ".join(f"{one.name} from {one.values[0]:.3g} to {one.values[-1]:.3g}" for one in curves)
    alt += f"; by best of n up to {rings[0].values[-1]:.3g}" if rings else ""
    svg = lines(across, [*curves, *rings], key="optimum", alt=f"Against {name}: {alt}.", across_name=name, marks=marks)
    return Optimum(_caption(rang, curves, truth, rings), svg, *_table(told, across, name, curves))


def _best_of_n(told: Fields, unit: float) -> list[Line]:
    """Return the curves of the best of n, in the order and the units of those of the policy."""
    if not told.values:
        return []
    far = [sqrt(max(0.0, x or 0.0)) for x in _numbers(told, "kl")]
    drawn = [("train", 1.0), ("test", 1.0), ("gold", unit)]
    return [
        Line(
            "" if which else "the same by best of n",
            [x * by for x in _known(told, name, len(far))],
            ringed=True,
            across=far,
        )
        for which, (name, by) in enumerate(drawn)
        if told.values.get(name)
    ]


def _caption(rang: dict[str, int | None], curves: Sequence[Line], truth: str, rings: Sequence[Line]) -> str:
    words = "Gains since the first policy, of items that nothing was learned from. "
    if len(curves) > 1:
        words += "Where the second curve no longer rises with the first, the policy exploits the errors of its reward. "
    if curves[-1].dashed:
        words += f"The {truth}, which no alarm sees, is dashed and drawn to the same height at its best. "
    if rings:
        words += (
            "Rings are the best of 1, 2, 4, … replies of the first policy by the reward that is learned from, which "
        )
        words += "needs no training: a policy that gains less at the same divergence has paid too much. "
    bells = [f"{ALARMS[name]} after iteration {at}" for name, at in rang.items() if at is not None]
    return words + (f"Alarms rang: {'; '.join(bells)}." if bells else "No alarm rang.")


def _table(
    told: Fields, across: Sequence[float], name: str, curves: Sequence[Line]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    columns = {name: list(across), **{one.name: list(one.values) for one in curves if not one.dashed}}
    for field, title in (("gold", "true value"), ("transfer_left", "still confirmed"), ("unfamiliar", "unlike judged")):
        if told.values.get(field):
            columns[title] = [np.nan if x is None else x for x in _numbers(told, field)]
    rows = zip(*columns.values(), strict=True)
    return tuple(columns), tuple(tuple("" if np.isnan(x) else number(x, 2) for x in row) for row in rows)


def _unit(gold: Sequence[float | None], of: Sequence[float]) -> float:
    """Return by what to multiply gains of the truth so that their best is as high as that of the learned reward."""
    gains = np.array([x or 0.0 for x in gold or [0.0]]) - ((gold or [0.0])[0] or 0.0)
    best, height = float(np.abs(gains).max()), float(np.abs(of).max())
    return height / best if best > 0 and height > 0 else 1.0


def _known(fields: Fields, name: str, n: int) -> list[float]:
    values = [x for x in _numbers(fields, name) if x is not None]
    if len(values) != n:
        raise BadFile(fields.where, got=f"{len(values)} numbers in {name!r}", expected=f"{n}, one a point")
    return values


def _numbers(fields: Fields, name: str) -> list[float | None]:
    values = fields.sequence(name)
    if not all(x is None or (isinstance(x, int | float) and np.isfinite(x)) for x in values):
        raise BadFile(fields.where, got=f"a value of {name!r} that is no number", expected="finite numbers or null")
    return [None if x is None else float(x) for x in values]
