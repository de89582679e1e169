"""What every aggregator of choices does, and the checks that anyone can run on one of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import polars as pl

from tacit.crowd.choices.fit import ChoiceFit
from tacit.crowd.choices.gold import Gold
from tacit.crowd.choices.history import History
from tacit.crowd.choices.table import Choices, choices_from_codes, choices_from_table
from tacit.errors import CheckFailed, TacitError


class Aggregator(Protocol):
    """Makes one label an item of many labelers' choices."""

    @property
    def name(self) -> str:
        """What the method is called."""
        ...

    def fit(
        self,
        choices: Choices,
        *,
        seed: int = 0,
        known: Gold | None = None,
        history: History | None = None,
        start: ChoiceFit | None = None,
    ) -> ChoiceFit:
        """Infer the items' labels.

        Args:
            choices: the votes.
            seed: of anything random.
            known: items whose true label is known.
            history: what is known of the labelers beforehand.
            start: an earlier fit to begin from.
        """
        ...


def check_aggregator(make: Callable[[], Aggregator], *, expected_failures: Mapping[str, str] | None = None) -> None:
    """Test an aggregator against its contract.

    Args:
        make: returns a new aggregator each time it is called.
        expected_failures: name of a check → the reason why this aggregator need not pass it.

    Raises:
        CheckFailed: one or more checks failed; the message lists all.
    """
    excused = expected_failures or {}
    names = [check.__name__ for check in CHECKS]
    if unknown := sorted(set(excused) - set(names)):
        raise CheckFailed(f"expected_failures names {unknown[0]!r}; the checks are {', '.join(names)}.")
    failures = []
    for check in CHECKS:
        try:
            check(make)
        except TacitError as error:
            failed = str(error)
        except Exception as error:  # noqa: BLE001 (another's code may raise anything; it is told, with the rest)
            failed = f"{type(error).__name__}: {error}"
        else:
            failed = "passed, though it was expected to fail" if check.__name__ in excused else ""
            excused = {name: why for name, why in excused.items() if name != check.__name__}
        if failed and check.__name__ not in excused:
            failures.append(f"{check.__name__}: {failed}")
    if failures:
        raise CheckFailed("\n".join(failures))


def _crowd(seed: int = 0) -> tuple[Choices, np.ndarray]:
    """Return 60 items of three classes with six votes each by ten labelers who are right four times in five."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, 60)
    labeler = np.argsort(rng.random((60, 10)), axis=1)[:, :6].ravel()
    item = np.repeat(np.arange(60), 6)
    wrong = (truth[item] + rng.integers(1, 3, 360)) % 3
    label = np.where(rng.random(360) < 0.8, truth[item], wrong)
    return choices_from_codes(item, labeler, label, n_labels=3), truth


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise CheckFailed(message)


def posteriors_are_probabilities(make: Callable[[], Aggregator]) -> None:
    """Each item has a probability of each class, and they sum to 1."""
    choices, _ = _crowd()
    p = make().fit(choices).posterior
    _require(p.shape == (60, 3), f"posterior has shape {p.shape}, expected (60, 3)")
    _require(bool((p >= 0).all() and np.allclose(p.sum(axis=1), 1, atol=1e-4)), "a row of the posterior is none")


def a_plain_crowd_is_understood(make: Callable[[], Aggregator]) -> None:
    """Six votes that are right four times in five give the right label to nine items of ten."""
    choices, truth = _crowd()
    share = float((make().fit(choices).label == truth).mean())
    _require(share >= 0.9, f"{share:.0%} of the labels are right, expected 90 % or more")


def the_same_seed_gives_the_same_fit(make: Callable[[], Aggregator]) -> None:
    """Two fits to the same votes with the same seed agree bit for bit."""
    choices, _ = _crowd()
    first, second = (make().fit(choices, seed=3) for _ in range(2))
    same = np.array_equal(first.posterior, second.posterior) and np.array_equal(first.label, second.label)
    _require(same, "two fits with one seed differ")


def the_order_of_votes_does_not_matter(make: Callable[[], Aggregator]) -> None:
    """Votes in another order give the same posterior."""
    choices, _ = _crowd()
    order = np.random.default_rng(1).permutation(len(choices))
    shuffled = choices_from_codes(choices.item[order], choices.labeler[order], choices.label[order], n_labels=3)
    gap = np.abs(make().fit(choices).posterior - make().fit(shuffled).posterior).max()
    _require(bool(gap < 1e-6), f"the posterior moved by {gap:.2g}")


def the_names_of_classes_do_not_matter(make: Callable[[], Aggregator]) -> None:
    """Other codes for the classes give the same posterior, under the other codes."""
    choices, _ = _crowd()
    code = np.array([2, 0, 1])
    renamed = choices_from_codes(choices.item, choices.labeler, code[choices.label], n_labels=3)
    gap = np.abs(make().fit(choices).posterior - make().fit(renamed).posterior[:, code]).max()
    _require(bool(gap < 1e-5), f"the posterior moved by {gap:.2g}")


def ties_go_to_no_class_by_its_order(make: Callable[[], Aggregator]) -> None:
    """Of many items on which two alike labelers disagree, each class gets about half."""
    item = np.repeat(np.arange(400), 2)
    labeler = np.tile([0, 1], 400)
    first = np.random.default_rng(0).permutation(np.repeat([0, 1], 200))
    label = np.stack([first, 1 - first], axis=1).ravel()
    given = make().fit(choices_from_codes(item, labeler, label), seed=5).label
    share = float(given.mean())
    _require(0.4 < share < 0.6, f"{share:.0%} of the ties went to the second class")


def known_labels_stay(make: Callable[[], Aggregator]) -> None:
    """An item whose true label is given keeps it, against all votes."""
    choices, truth = _crowd()
    known = Gold(np.arange(4), (truth[:4] + 1) % 3)
    kept = make().fit(choices, known=known).label[:4]
    _require(bool((kept == known.label).all()), f"known labels {known.label.tolist()} became {kept.tolist()}")


def a_fit_can_begin_from_an_earlier_one(make: Callable[[], Aggregator]) -> None:
    """Beginning from a fit to the same votes changes no label that is sure, and takes no more iterations."""
    choices, _ = _crowd()
    fit = make().fit(choices)
    again = make().fit(choices, start=fit)
    sure = fit.posterior.max(axis=1) > 0.9
    _require(bool((fit.label == again.label)[sure].all()), "labels changed")
    _require(again.iterations <= max(fit.iterations, 2), f"{again.iterations} iterations after {fit.iterations}")


def what_is_odd_is_said(make: Callable[[], Aggregator]) -> None:
    """A labeler who shares no item with anyone is named in a warning."""
    table = pl.DataFrame(
        {"item": ["a", "a", "b", "b", "c"], "labeler": ["u", "v", "u", "v", "w"], "label": list("xxyyx")}
    )
    said = " ".join(make().fit(choices_from_table(table)).warnings)
    _require("no item" in said and "w" in said, f"the warnings are {said!r}")


CHECKS = (
    posteriors_are_probabilities,
    a_plain_crowd_is_understood,
    the_same_seed_gives_the_same_fit,
    the_order_of_votes_does_not_matter,
    the_names_of_classes_do_not_matter,
    ties_go_to_no_class_by_its_order,
    known_labels_stay,
    a_fit_can_begin_from_an_earlier_one,
    what_is_odd_is_said,
)
