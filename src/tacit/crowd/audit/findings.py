"""An audit: every check that the data allow, and what they found in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.audit.collusion import Collusion, unexpected_agreement
from tacit.crowd.audit.composition import Composition, compare_composition
from tacit.crowd.audit.drift import Drift, drifts
from tacit.crowd.audit.label_errors import LabelErrors, find_label_errors
from tacit.crowd.audit.labelers import LabelerExcess, labeler_excesses
from tacit.crowd.audit.outcomes import excess, votes_alike, wrongness
from tacit.crowd.audit.subgroups import GroupRate, LabelerBias, biases_by_group, rates_by_group
from tacit.crowd.choices import Choices, Gold
from tacit.errors import BadValue

Float64 = NDArray[np.float64]
MOST_CLASSES = 12
VOTE_PRIOR = 0.5  # votes added to each class, so that no class is impossible


@dataclass(frozen=True)
class Attribute:
    """A way to divide the items into groups.

    Args:
        name: such as ``skin``.
        groups: names of the groups.
        code: group of each item, −1 where unknown, shape (item,).
    """

    name: str
    groups: tuple[str, ...]
    code: NDArray[np.intp]


@dataclass(frozen=True)
class AuditInput:
    """What is audited.

    Args:
        choices: the votes.
        gold: true labels of some items.
        attributes: ways to divide the items.
        population: attribute → group → share of the population that the items should stand for.
        p: probability of each class by a model that never saw the item's labels, NaN where unknown, (item, class).
        order: when each label was given, shape (vote,). seconds: how long it took, NaN where unknown.
        level: of significance, after adjustment for the number of tests of one kind.
    """

    choices: Choices
    gold: Gold | None = None
    attributes: tuple[Attribute, ...] = ()
    population: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    p: Float64 | None = None
    order: Float64 | None = None
    seconds: Float64 | None = None
    level: float = 0.05


@dataclass(frozen=True)
class Audit:
    """What an audit found. Each list holds all that was looked at, the most striking first.

    Args:
        composition: attribute → who is in the data against who should be.
        error_rates: attribute → how often labels are wrong by group.
        label_rates: attribute → class → how often it is given by group.
        labeler_biases: attribute → labelers who are wrong more, or less, often in one group than in the others.
        labelers: how each compares with the others on the same items.
        label_errors: labels that are probably wrong: the true labels that were given, or, with a model's
            probabilities, the majority's; None where neither is there. checked: the items that its rows stand for.
        over_time: how the whole changes in time; None without times. labelers_over_time: each labeler.
        collusion: pairs of labelers by unexpected agreement.
        never_differ: whether no two labels of an item ever differ.
        untested: what could not be looked at, and why.
    """

    composition: Mapping[str, Composition]
    error_rates: Mapping[str, list[GroupRate]]
    label_rates: Mapping[str, Mapping[str, list[GroupRate]]]
    labeler_biases: Mapping[str, list[LabelerBias]]
    labelers: list[LabelerExcess]
    label_errors: LabelErrors | None
    checked: NDArray[np.intp]
    over_time: Drift | None
    labelers_over_time: list[Drift]
    collusion: list[Collusion]
    never_differ: bool
    untested: Mapping[str, str]


def audit(given: AuditInput) -> Audit:
    """Return all that can be found out about some labels.

    Args:
        given: the labels and what is known about them.

    Raises:
        BadValue: a population that does not fit the groups, or probabilities that are none.
    """
    choices = given.choices
    wrong = wrongness(choices, given.gold)
    beyond = excess(wrong, choices)
    labeler, item = choices.labeler.astype(np.intp), choices.item.astype(np.intp)
    untested: dict[str, str] = {}
    m, same = votes_alike(choices)
    several = m > 1
    if not several.any():
        untested["agreement among labelers"] = "no item has two labels"
    composition, error_rates, label_rates, biases = {}, {}, {}, {}
    for one in given.attributes:
        group = one.code[choices.item]
        if one.name in given.population:
            names = [one.groups[code] if code >= 0 else None for code in one.code.tolist()]
            composition[one.name] = compare_composition(names, given.population[one.name])
        if np.isfinite(wrong[group >= 0]).any():
            error_rates[one.name] = rates_by_group(wrong, group, one.groups, item, labeler)
            biases[one.name] = biases_by_group(beyond, group, labeler)
        if choices.n_labels <= MOST_CLASSES:
            label_rates[one.name] = {
                label: rates_by_group((choices.label == code).astype(np.float64), group, one.groups, item, labeler)
                for code, label in enumerate(choices.labels)
            }
        else:
            untested[f"rates of each label by {one.name}"] = f"{choices.n_labels} classes, more than {MOST_CLASSES}"
    if not given.attributes:
        untested["groups of items"] = "no column was named with --by"
    label_errors, checked = _label_errors(given, untested)
    over_time, each_over_time = _in_time(given, wrong, beyond, untested)
    never = bool(several.any() and (same == m)[several].all())
    return Audit(
        composition=composition,
        error_rates=error_rates,
        label_rates=label_rates,
        labeler_biases=biases,
        labelers=labeler_excesses(wrong, beyond, labeler, seconds=given.seconds),
        label_errors=label_errors,
        checked=checked,
        over_time=over_time,
        labelers_over_time=each_over_time,
        collusion=[] if never else unexpected_agreement(choices),
        never_differ=never,
        untested=untested,
    )


def vote_shares(choices: Choices) -> Float64:
    """Return the share of each item's votes for each class, with half a vote for every class, shape (item, class)."""
    cell = choices.item.astype(np.int64) * choices.n_labels + choices.label
    weight = None if choices.weight is None else choices.weight.astype(np.float64)
    counts = np.bincount(cell, weights=weight, minlength=choices.n_items * choices.n_labels)
    shares = counts.reshape(choices.n_items, choices.n_labels) + VOTE_PRIOR
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _label_errors(given: AuditInput, untested: dict[str, str]) -> tuple[LabelErrors | None, NDArray[np.intp]]:
    """Return the suspect labels: of the gold labels by the votes or a model, else of the majority by a model."""
    choices, gold = given.choices, given.gold
    none = np.zeros(0, dtype=np.intp)
    if gold is not None and len(gold):
        items, label = gold.item.astype(np.intp), gold.label.astype(np.intp)
        p = vote_shares(choices) if given.p is None else given.p
    elif given.p is not None:
        shares, p = vote_shares(choices), given.p
        items, label = np.arange(choices.n_items), shares.argmax(axis=1)
    else:
        untested["labels that are probably wrong"] = "needs true labels (--gold) or a model's --probabilities"
        return None, none
    known = np.isfinite(p[items]).all(axis=1)
    if not known.any():
        raise BadValue("probabilities", got="none for any labeled item", expected="rows for the items of the labels")
    return find_label_errors(p[items[known]], label[known]), items[known]


def _in_time(
    given: AuditInput, wrong: Float64, beyond: Float64, untested: dict[str, str]
) -> tuple[Drift | None, list[Drift]]:
    if given.order is None:
        untested["change in time"] = "no column of times was named with --time"
        return None, []
    choices = given.choices
    labeler = choices.labeler.astype(np.intp)
    # labels of one item err together: the series of the whole is that of items, when each was first labeled
    known = np.isfinite(wrong) & np.isfinite(given.order)
    item = choices.item[known]
    n = np.bincount(item, minlength=choices.n_items)
    total = np.bincount(item, weights=wrong[known], minlength=choices.n_items)
    first = np.full(choices.n_items, np.inf)
    np.minimum.at(first, item, given.order[known])
    seen = np.flatnonzero(n)
    whole = drifts(total[seen] / n[seen], np.zeros(len(seen), dtype=np.intp), first[seen])
    if not whole:
        untested["change in time"] = "fewer than 30 items"
    values = np.where(np.isfinite(given.order), beyond, np.nan)
    return (whole[0] if whole else None), drifts(values, labeler, given.order)
