"""What an audit found, in plain words: only what is significant after adjustment for the number of tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from tacit.crowd.audit.composition import Composition
from tacit.crowd.audit.findings import Audit, AuditInput
from tacit.crowd.audit.subgroups import GroupRate
from tacit.measure import Estimate

MOST_OF_A_KIND = 5
MATTERS = 0.1  # least standardised difference of a share that is worth a sentence
FAST = 1 / 3  # of the crowd's median time
KINDS = {
    "composition": "Who is in the data",
    "errors": "Where labels are wrong",
    "labels": "Which labels go where",
    "bias": "Labelers who differ by group",
    "labelers": "Labelers who stand out",
    "label errors": "Labels that are probably wrong",
    "time": "Change in time",
    "collusion": "Labelers who agree too well",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Args:
        kind: a key of `KINDS`.
        sentence: what it is, with its numbers.
    """

    kind: str
    sentence: str


def plain_words(given: AuditInput, found: Audit) -> list[Finding]:
    """Return the findings of an audit as sentences, in the order of `KINDS`.

    Args:
        given: what was audited.
        found: what was found.
    """
    return [
        Finding(kind, sentence)
        for kind, sentences in (
            ("composition", _composition(found)),
            ("errors", _errors(given, found)),
            ("labels", _labels(given, found)),
            ("bias", _biases(given, found)),
            ("labelers", _labelers(given, found)),
            ("label errors", _label_errors(given, found)),
            ("time", _time(given, found)),
            ("collusion", _collusion(given, found)),
        )
        for sentence in sentences
    ]


def _composition(found: Audit) -> Iterator[str]:
    for name, made_up in found.composition.items():
        rows = [row for row in made_up.groups if row.p_value < 0.05 and abs(row.standardised_difference) >= MATTERS]
        for row in rows[:MOST_OF_A_KIND]:
            word = "over" if row.share.mean > row.target else "under"
            yield (
                f"{name} {row.group}: {_share(row.share)} of the items, {_percent(row.target)} of the population; "
                f"{word}-represented by a factor of {_factor(row.times_over)} "
                f"(standardised difference {row.standardised_difference:+.2f}, p {_p(row.p_value)})."
            )
        if not rows:
            tell = f"as far as {made_up.n:,} items tell{_widest(made_up)}"
            yield f"{name}: the items are made up as the population is, {tell}."


def _widest(made_up: Composition) -> str:
    half = max((row.share.high - row.share.low) / 2 for row in made_up.groups)
    return f" (shares are known to ±{100 * half:.1f} %)"


def _errors(given: AuditInput, found: Audit) -> Iterator[str]:
    what = "wrong" if given.gold is not None else "unlike the item's other labels"
    for name, rates in found.error_rates.items():
        yield from _differing(rates, given.level, f"Where {name} is", f"a label is {what} in")


def _labels(given: AuditInput, found: Audit) -> Iterator[str]:
    for name, by_label in found.label_rates.items():
        rows = [(label, row) for label, rates in by_label.items() for row in rates]
        # one family of tests: each class in each group
        rows = [pair for pair in rows if pair[1].adjusted * len(by_label) < given.level]
        rows.sort(key=lambda pair: -abs(pair[1].difference))
        for label, row in rows[:MOST_OF_A_KIND]:
            yield (
                f"Where {name} is {row.group}, label {label!r} makes up {_share(row.rate)} of the labels, "
                f"elsewhere {_percent(row.elsewhere)}; the items may differ, or the labelers' view of them."
            )


def _differing(rates: list[GroupRate], level: float, where: str, what: str) -> Iterator[str]:
    rows = [row for row in rates if row.adjusted < level]
    rows = rows[:1] if len(rates) == 2 else rows  # of two groups one sentence says it
    for row in rows[:MOST_OF_A_KIND]:
        yield (
            f"{where} {row.group}, {what} {_share(row.rate)} of cases, elsewhere in {_percent(row.elsewhere)} "
            f"(p {_p(row.adjusted)} over {len(rates)} groups)."
        )


def _biases(given: AuditInput, found: Audit) -> Iterator[str]:
    for name, rows in found.labeler_biases.items():
        attribute = next(one for one in given.attributes if one.name == name)
        for row in [row for row in rows if row.adjusted < given.level][:MOST_OF_A_KIND]:
            yield (
                f"Labeler {given.choices.labelers[row.labeler]} is wrong {_points(row.inside)} than others on the same "
                f"items where {name} is {attribute.groups[row.group]}, and {_points(row.outside)} elsewhere "
                f"({row.n_inside:,} and {row.n_outside:,} labels, p {_p(row.adjusted)} over {len(rows):,} pairs)."
            )


def _labelers(given: AuditInput, found: Audit) -> Iterator[str]:
    worse = [row for row in found.labelers if row.p_value < given.level and row.excess.mean > 0]
    if worse:
        shown = ", ".join(
            f"{given.choices.labelers[row.labeler]} ({_points(row.excess.mean)}, {row.excess.n:,} labels)"
            for row in worse[:MOST_OF_A_KIND]
        )
        more = f" and {len(worse) - MOST_OF_A_KIND:,} more" if len(worse) > MOST_OF_A_KIND else ""
        they = "labeler is" if len(worse) == 1 else "labelers are"
        yield f"{len(worse):,} {they} wrong more often than others on the same items: {shown}{more}."
    paces = sorted(row.median_s for row in found.labelers if isfinite(row.median_s))
    if paces:
        usual = paces[len(paces) // 2]
        hasty = [row for row in worse if row.median_s < FAST * usual]
        if hasty:
            shown = ", ".join(f"{given.choices.labelers[r.labeler]} ({r.median_s:g} s)" for r in hasty[:MOST_OF_A_KIND])
            yield f"{len(hasty):,} of these take less than a third of the usual {usual:g} s a label: {shown}."


def _label_errors(given: AuditInput, found: Audit) -> Iterator[str]:
    errors = found.label_errors
    if errors is None or not len(errors.item):
        return
    whose = "true labels" if given.gold is not None else "majority labels"
    by = "the labelers" if given.p is None else "the model"
    names, labels = given.choices.items, given.choices.labels
    shown = ", ".join(
        f"{names[int(found.checked[row])]} (rather {labels[new]!r})"
        for row, new in zip(
            errors.item[:MOST_OF_A_KIND].tolist(), errors.suggested[:MOST_OF_A_KIND].tolist(), strict=True
        )
    )
    yield (
        f"{len(errors.item):,} of {len(found.checked):,} {whose} are probably wrong, as {by} would have it: {shown}"
        f"{', …' if len(errors.item) > MOST_OF_A_KIND else ''}."
    )


def _time(given: AuditInput, found: Audit) -> Iterator[str]:
    whole = found.over_time
    if whole is not None and whole.change_p_value < given.level:
        yield (
            f"Labels became {'worse' if whole.after > whole.before else 'better'} after {whole.change_at:,} of "
            f"{whole.n:,} items: {_percent(whole.before)} wrong before, {_percent(whole.after)} after "
            f"(p {_p(whole.change_p_value)})."
        )
    changed = [row for row in found.labelers_over_time if min(row.change_p_value, row.trend_p_value) < given.level]
    for row in changed[:MOST_OF_A_KIND]:
        yield (
            f"Labeler {given.choices.labelers[row.series]} changed after {row.change_at:,} of {row.n:,} labels: "
            f"wrong {_points(row.before)} than others before, {_points(row.after)} after "
            f"(p {_p(min(row.change_p_value, row.trend_p_value))})."
        )
    if len(changed) > MOST_OF_A_KIND:
        yield f"{len(changed) - MOST_OF_A_KIND:,} more labelers changed in time."


def _collusion(given: AuditInput, found: Audit) -> Iterator[str]:
    if found.never_differ:
        yield (
            f"No two labels of one item ever differ: {len(given.choices):,} labels say no more than "
            f"{given.choices.n_items:,} would. Someone copied, or the file holds one result several times."
        )
    names = given.choices.labelers
    rows = [row for row in found.collusion if row.p_value < given.level]
    for row in rows[:MOST_OF_A_KIND]:
        yield (
            f"Labelers {names[row.first]} and {names[row.second]} gave the same label on {row.agreed:,} of {row.n:,} "
            f"items; the items and their skill explain {row.expected:.0f} (p {_p(row.p_value)})."
        )
    if len(rows) > MOST_OF_A_KIND:
        yield f"{len(rows) - MOST_OF_A_KIND:,} more of {len(found.collusion):,} pairs agree too well."


def _share(one: Estimate) -> str:
    return f"{100 * one.mean:.1f} % [{100 * one.low:.1f}, {100 * one.high:.1f}]"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _points(value: float) -> str:
    """Return ``5.0 points more often`` or ``1.2 points less often``."""
    return f"{abs(100 * value):.1f} points {'more' if value >= 0 else 'less'} often"


def _factor(times: float) -> str:
    return f"{times:.2f}" if times >= 1 else f"{1 / times:.2f}" if times > 0 else "∞"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
