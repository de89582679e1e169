"""A matplotlib figure as SVG inside the page: it takes the page's colours and letters, and loads nothing.

Figures are drawn in marker colours that stand for the page's own; each is replaced by a CSS variable, so that one
drawing serves the light and the dark page.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK, MUTED, LINE, ACCENT, SECOND = "#010101", "#020202", "#030303", "#040404", "#050505"
PAGE_COLOUR = {
    INK: "currentColor",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    ACCENT: "var(--accent)",
    SECOND: "var(--second)",
}

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tacit",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 10,
    "axes.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "lines.solid_capstyle": "round",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": LINE,
    "grid.linewidth": 0.6,
}

_DROPPED = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>|\s+xmlns:xlink=\"[^\"]*\"", re.DOTALL)
_FONT = re.compile(r"\s*font-family: [^;\"]*;?")
_ID = re.compile(r'(\bid="|url\(#|href="#)')
_SIZE = re.compile(r'(<svg [^>]*?)\s*width="[^"]*" height="[^"]*"')


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the page's style whatever the user's own matplotlib settings, and leave those as they were."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def inline_svg(figure: Figure, *, key: str, alt: str) -> Markup:
    """Return `figure` as an ``<svg>`` element, the same bytes for the same figure.

    Args:
        figure: drawn in the marker colours of this module.
        key: a word of its own for each figure of a page, so that no two elements share an id.
        alt: what the figure shows, for those who cannot see it.
    """
    stream = io.BytesIO()
    canvas: Any = FigureCanvasSVG(figure)  # matplotlib leaves the next call untyped
    canvas.print_svg(stream, metadata={"Date": None, "Creator": None})
    text = stream.getvalue().decode("utf-8")
    text = _DROPPED.sub("", text[text.index("<svg") :])
    text = _FONT.sub("", text).replace("xlink:href", "href")
    text = _ID.sub(rf"\g<1>{key}-", text)
    text = _SIZE.sub(rf'\1 class="chart" role="img" aria-label="{escape(alt)}"', text, count=1)
    for marker, colour in PAGE_COLOUR.items():
        text = text.replace(marker, colour)
    return Markup(text)  # noqa: S704 (matplotlib escapes the text it draws, and `alt` is escaped above)
