"""The charts of the page, each a small figure that reads at the width of a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from tacit.measure.estimate import Estimate
from tacit.report.diagnosis import Reliability
from tacit.report.inline_svg import ACCENT, INK, MUTED, SECOND, inline_svg

WIDTH, TALL, LOW = 340, 236, 132
MOST_DOTS = 600
POINTS_AN_INCH = 72


@dataclass(frozen=True)
class Level:
    """A horizontal line to compare a curve with.

    Args:
        name: written beside it.
        value: its height.
        below: whether the name stands below the line.
    """

    name: str
    value: float
    below: bool = False


@dataclass(frozen=True)
class Line:
    """One of several curves.

    Args:
        name: written at its end.
        values: the quantity.
        dashed: whether to draw it broken.
        ringed: whether to draw it thin, with a ring at each of its values, in the colour of the first, second, … of the
            curves that are not.
        across: where its values are; by default where those of all curves are.
    """

    name: str
    values: Sequence[float]
    dashed: bool = False
    ringed: bool = False
    across: Sequence[float] | None = None


def lines(
    across: Sequence[float], drawn: Sequence[Line], *, key: str, alt: str, across_name: str = "", marks: Sequence[float]
) -> Markup:
    """Return several quantities against one, with upright marks where alarms rang.

    Args:
        across: the quantity across.
        drawn: the curves, at most three, and at most three ringed ones.
        key: a word of its own for each figure of the page.
        alt: what it shows, in words.
        across_name: of the quantity across.
        marks: where alarms rang.
    """
    figure, axes = _axes(TALL)
    for curves in ([one for one in drawn if not one.ringed], [one for one in drawn if one.ringed]):
        for number, one in enumerate(curves):
            place = np.asarray(across if one.across is None else one.across)
            order = np.argsort(place, kind="stable")
            axes.plot(
                place[order],
                np.asarray(one.values)[order],
                color=(ACCENT, SECOND, INK)[number],
                linewidth=0.9 if one.ringed else 1.8,
                linestyle=(0, (4, 3)) if one.dashed else "-",
                marker="o" if one.ringed else "",
                markersize=4,
                markerfacecolor="none",
                label=one.name or None,
            )
    for mark in marks:
        axes.axvline(mark, color=MUTED, linewidth=1.2, linestyle=(0, (1, 2)))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    axes.xaxis.set_major_locator(_ticks(6))
    axes.yaxis.set_major_locator(_ticks(5))
    low, high = _room([value for one in drawn for value in one.values], below=False)
    axes.set_ylim(low, high + 0.3 * (high - low))
    axes.set_xlabel(across_name)
    axes.legend(loc="upper left", frameon=False, borderaxespad=0.0, handlelength=1.6)
    return inline_svg(figure, key=key, alt=alt)


def curve(  # noqa: PLR0913 (words and looks of one figure)
    steps: Sequence[float],
    values: Sequence[float],
    *,
    key: str,
    alt: str,
    levels: Sequence[Level] = (),
    final: Estimate | None = None,
    low: bool = False,
    bounds: tuple[float, float] | None = None,
    unit: str = "environment steps",
) -> Markup:
    """Return a quantity against environment steps.

    Args:
        steps: environment steps, or what else the run spends, rising.
        values: the quantity, one a step.
        key: a word of its own for each figure of the page.
        alt: what it shows, in words.
        levels: lines to compare with.
        final: the measured end, drawn with its interval.
        low: whether to draw a low panel.
        bounds: ends of the vertical axis; fitted to the values if absent.
        unit: what the steps are.
    """
    figure, axes = _axes(LOW if low else TALL)
    for level in levels:
        _level(axes, level)
    marker = "o" if len(steps) < 25 else ""
    axes.plot(steps, values, color=ACCENT, linewidth=1.8, marker=marker, markersize=3.2, clip_on=False)
    if final is not None and steps:
        _final(axes, steps[-1], final)
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    axes.xaxis.set_major_locator(_ticks(6))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    axes.yaxis.set_major_locator(_ticks(3 if low else 5))
    axes.set_xlim(0, max([*steps, 1]) * 1.02)
    drawn = [*values, *(level.value for level in levels), *([] if final is None else [final.mean])]
    axes.set_ylim(*(bounds or _room(drawn, below=any(level.below for level in levels))))
    axes.set_xlabel(unit)
    return inline_svg(figure, key=key, alt=alt)


def scatter(true: NDArray[np.float64], learned: NDArray[np.float64], *, key: str, alt: str) -> Markup:
    """Return the learned against the true reward of segments; beyond 600, every so-many-th is drawn."""
    figure, axes = _axes(WIDTH - 40, labelled=True)
    shown = np.unique(np.linspace(0, len(true) - 1, min(len(true), MOST_DOTS)).round().astype(int))
    axes.plot(true[shown], learned[shown], "o", color=ACCENT, markersize=3.4, alpha=0.45, markeredgewidth=0)
    axes.grid(visible=False)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(_ticks(6))
        axis.set_major_formatter(FuncFormatter(_short))
    axes.set_xlabel("true reward of a clip")
    axes.set_ylabel("learned reward of the same clip")
    return inline_svg(figure, key=key, alt=alt)


def reliability_diagram(shown: Reliability, *, key: str, alt: str) -> Markup:
    """Return observed against predicted probability, a dot a bin, with Wilson's intervals."""
    figure, axes = _axes(WIDTH - 40, labelled=True)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    for one in shown.bins:
        axes.plot([one.predicted] * 2, [one.observed.low, one.observed.high], color=ACCENT, linewidth=1.4, alpha=0.6)
    predicted = [one.predicted for one in shown.bins]
    observed = [one.observed.mean for one in shown.bins]
    axes.plot(predicted, observed, "o", color=ACCENT, markersize=6, clip_on=False)
    axes.grid(visible=False)
    for limit, ticks in ((axes.set_xlim, axes.set_xticks), (axes.set_ylim, axes.set_yticks)):
        limit(-0.02, 1.02)
        ticks([0, 0.25, 0.5, 0.75, 1], ["0", "¼", "½", "¾", "1"])
    axes.set_xlabel("what the model predicted")
    axes.set_ylabel("what the judge answered")
    return inline_svg(figure, key=key, alt=alt)


def _axes(height: int, *, labelled: bool = False) -> tuple[Figure, Axes]:
    """Return a figure whose margins hold the tick labels, in points, without a search for a layout."""
    figure = Figure(figsize=(WIDTH / POINTS_AN_INCH, height / POINTS_AN_INCH), dpi=POINTS_AN_INCH)
    left, right, bottom, top = (54 if labelled else 42), 12, 38, 12
    rectangle = (left / WIDTH, bottom / height, 1 - (left + right) / WIDTH, 1 - (bottom + top) / height)
    axes = figure.add_axes(rectangle)
    axes.spines["left"].set_visible(False)
    return figure, axes


def _level(axes: Axes, level: Level) -> None:
    axes.axhline(level.value, color=SECOND, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.annotate(
        level.name,
        (1, level.value),
        xycoords=("axes fraction", "data"),
        xytext=(0, -4 if level.below else 4),
        textcoords="offset points",
        ha="right",
        va="top" if level.below else "bottom",
        color=SECOND,
        zorder=1,  # behind the curve, which it must not hide
    )


def _final(axes: Axes, step: float, final: Estimate) -> None:
    if isfinite(final.low) and isfinite(final.high):
        axes.plot([step, step], [final.low, final.high], color=INK, linewidth=1.6, clip_on=False)
    axes.plot([step], [final.mean], "o", color=INK, markersize=5, clip_on=False)


def _ticks(most: int) -> MaxNLocator:
    return MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])


def _room(drawn: Sequence[float], *, below: bool) -> tuple[float, float]:
    """Return the ends of an axis, with room for the names of lines at its ends."""
    low, high = min(drawn), max(drawn)
    height = (high - low) or max(abs(high), 1.0)
    return low - (0.12 if below else 0.06) * height, high + 0.12 * height


def _short(value: float, _position: int = 0) -> str:
    """Return 20000 as 20k and 1500000 as 1.5M, with a true minus sign."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}".replace("-", "−")
    return f"{value:.6g}".replace("-", "−")
