"""The figures of the page: how the run learned, and how far its reward model can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from tacit.errors import BadFile
from tacit.report.charts import Level, curve, reliability_diagram, scatter
from tacit.report.diagnosis import Diagnosis, Reliability, correlation, reliability
from tacit.report.optimum import optimum
from tacit.report.record import Fields, RunRecord
from tacit.report.wording import counted, mean_and_interval, number, percent, percent_interval
from tacit.store.run_folder import RunFolder


@dataclass(frozen=True)
class Figure:
    """A chart with its words.

    Args:
        title: what it shows, in a few words.
        caption: how to read it, in plain sentences.
        svg: the chart.
        header: names of the columns of `rows`.
        rows: the numbers behind it, where a table says more.
    """

    title: str
    caption: str
    svg: Markup
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def optimum_figures(run: RunFolder, record: RunRecord) -> list[Figure]:
    """Return the figure of what was watched, where anything was."""
    found = optimum(run, record.words.truth)
    if found is None:
        return []
    return [Figure("Is the optimum what was wanted?", found.caption, found.svg, found.header, found.rows)]


def learning_figures(record: RunRecord, progress: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Return what the run reached, was paid, was asked and agreed with, against environment steps.

    Args:
        record: for the controls and the final measurement.
        progress: rows of ``progress.jsonl``. A quantity that no row has is left out.

    Raises:
        BadFile: a row holds something else than a number.
    """
    rows = [_fields(line, row) for line, row in enumerate(progress, start=1)]
    figures, unit = [], f"{record.words.unit}s"
    if series := _series(rows, "true_return"):
        figures.append(_true_return(record, *series))
    if series := _series(rows, "learned_reward"):
        caption = f"What the reward model paid a {record.words.step}, in standard deviations of its own: "
        caption += "all that the policy ever saw."
        figures.append(_plain("Learned reward", caption, "learned", *series, unit=unit))
    if series := _series(rows, "kl"):
        caption = "Divergence of the policy from the first one, nats a " + record.words.item + "."
        figures.append(_plain("Divergence", caption, "kl", *series, low=True, unit=unit))
    if series := _series(rows, "labels"):
        caption = "How many judgments the reward model had to learn from."
        bounds = (0.0, 1.1 * max(*series[1], 1))
        figures.append(_plain("Labels", caption, "labels", *series, low=True, bounds=bounds, unit=unit))
    if series := _series(rows, "heldout_agreement"):
        caption = "Share of held-out judgments on which reward model and judge agree; ½ is guessing."
        bounds = (0.4, 1.02)
        figures.append(_plain("Held-out agreement", caption, "agreement", *series, low=True, bounds=bounds, unit=unit))
    return figures


def reward_figures(diagnosis: Diagnosis) -> list[Figure]:
    """Return the learned against the true reward, and the reliability of the predictions, where there are any."""
    figures = []
    if len(diagnosis.learned):
        figures.append(_learned_against_true(diagnosis))
    if checked := reliability(diagnosis.p, diagnosis.preferred):
        figures.append(_reliability(checked, len(diagnosis.p)))
    return figures


def _fields(line: int, row: object) -> Fields:
    where = f"progress.jsonl, line {line}"
    if not isinstance(row, Mapping):
        raise BadFile(where, got=repr(row), expected="a JSON object")
    return Fields(where, row)


def _series(rows: Sequence[Fields], name: str) -> tuple[list[float], list[float]] | None:
    """Return environment steps and values of the rows that have both, or None if none has."""
    pairs = [(row.number("env_steps"), row.number(name)) for row in rows]
    known = [(step, value) for step, value in pairs if step is not None and value is not None]
    return ([step for step, _ in known], [value for _, value in known]) if known else None


def _true_return(record: RunRecord, steps: list[float], values: list[float]) -> Figure:
    levels = []
    if record.baseline_true_reward is not None:
        levels.append(Level("same optimiser, true reward", record.baseline_true_reward.mean))
    if record.random is not None:
        levels.append(Level("random policy", record.random.mean, below=True))
    caption = "What the task itself pays, which the policy was never told."
    if record.true_return is not None:
        caption += f" The dot at the end is the final measurement, {mean_and_interval(record.true_return)}."
    title, unit = _title(record), f"{record.words.unit}s"
    alt = _alt(title, steps, values)
    svg = curve(steps, values, key="true", alt=alt, levels=levels, final=record.true_return, unit=unit)
    return Figure(title, caption, svg)


def _plain(
    title: str,
    caption: str,
    key: str,
    steps: list[float],
    values: list[float],
    *,
    low: bool = False,
    bounds: tuple[float, float] | None = None,
    unit: str,
) -> Figure:
    svg = curve(steps, values, key=key, alt=_alt(title, steps, values), low=low, bounds=bounds, unit=unit)
    return Figure(title, caption, svg)


def _title(record: RunRecord) -> str:
    return record.words.truth[:1].upper() + record.words.truth[1:]


def _alt(title: str, steps: list[float], values: list[float]) -> str:
    first, last, best = (f"{value:.4g}" for value in (values[0], values[-1], max(values)))
    return f"{title}: from {first} at {number(steps[0])} to {last} at {number(steps[-1])} steps; highest {best}."


def _learned_against_true(diagnosis: Diagnosis) -> Figure:
    r = correlation(diagnosis.true, diagnosis.learned)
    words = f"Correlation {mean_and_interval(r)}" if r else "The correlation is undefined, since one side never varies"
    alt = f"{counted(len(diagnosis.true), 'clip')}, learned against true reward. {words}."
    caption = (
        f"Each dot is one clip: across, the true reward summed over it; up, what the reward model gives it. {words}, "
        f"over {counted(len(diagnosis.true), 'clip')}. On a rising line the model ranks clips as the truth does; its "
        "scale and zero are its own and mean nothing."
    )
    return Figure("Learned against true reward", caption, scatter(diagnosis.true, diagnosis.learned, key="s", alt=alt))


def _reliability(checked: Reliability, n: int) -> Figure:
    caption = (
        f"{counted(n, 'held-out judgment')}, sorted by the model’s probability that the first clip is preferred and "
        "cut into equal groups. On the dashed line its probabilities come true: of the clips it gave ¾, three in four "
        "were preferred. "
        f"It is off by {mean_and_interval(checked.calibration_error)} on average (calibration error, without what "
        f"chance adds). Its squared error (Brier) is {mean_and_interval(checked.brier)}; always saying ½ gives 0.25."
    )
    rows = tuple(
        (percent(b.predicted), percent(b.observed.mean), percent_interval(b.observed), number(b.observed.n))
        for b in checked.bins
    )
    alt = "; ".join(f"predicted {predicted}, observed {observed}" for predicted, observed, _, _ in rows)
    svg = reliability_diagram(checked, key="r", alt=f"Reliability in {counted(len(rows), 'group')}: {alt}.")
    return Figure("Reliability of its probabilities", caption, svg, ("predicted", "observed", "95 %", "count"), rows)
