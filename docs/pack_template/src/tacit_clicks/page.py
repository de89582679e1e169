"""The measure, the viewer and the report: how often it is right, with an interval, and recordings to listen to."""

from collections.abc import Sequence

import polars as pl

from tacit.judging import Item
from tacit.judging.item import Media
from tacit.measure import Estimate, proportion
from tacit.report.recordings import Picture, Recording, TimedWord, wave_png
from tacit.report.sheet import Line, Part, Sheet
from tacit.report.wording import percent_and_interval
from tacit_clicks.algorithm import find_clicks, read_wav


def share_right(judgments: pl.DataFrame, counts: Sequence[int]) -> Estimate:
    """Return the share of the answered recordings whose clicks were counted right; judgments in their order."""
    answers = zip(judgments["rating"].to_list(), counts, strict=True)
    answered = [rating == count for rating, count in answers if rating is not None]
    return proportion(sum(answered), len(answered))


def recording_of(name: str, item: Item, count: int) -> Recording:
    """Return a recording for a page, each click a place that can be played."""
    samples, rate_hz = read_wav(item.content)
    times, credence = find_clicks(samples, rate_hz)
    words = [TimedWord("", f"click {k + 1}", max(0.0, t - 0.05), t + 0.1) for k, t in enumerate(times.tolist())]
    note = f"{count} clicks, {len(words)} found, {100 * credence:.0f} % sure"
    pictures = [Picture(wave_png(samples), "The wave of the sound.")]
    return Recording(name, Media(item.content, item.media_type), len(samples) / rate_hz, words, pictures, note)


def sheet(items: Sequence[Item], counts: Sequence[int], right: Estimate, command: str) -> Sheet:
    """Return the page of a measurement: the figure, and the first recordings."""
    shown = [recording_of(f"recording {k + 1}", items[k], counts[k]) for k in range(min(5, len(items)))]
    verdict = f"{percent_and_interval(right)} of the recordings are counted right."
    parts = [Part("How well it counts", (), [Line("right", right, share=True)]), Part("To hear", recordings=shown)]
    return Sheet("Clicks counted", f"{len(items)} recordings", verdict, parts=parts, command=command)
