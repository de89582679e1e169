"""The loop that methods share: parameters from the posterior, the posterior from the parameters, until both rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.crowd.choices.fit import ChoiceFit
from tacit.crowd.choices.gold import Gold
from tacit.crowd.choices.history import History
from tacit.crowd.choices.table import Choices
from tacit.errors import BadValue, NotIdentified

Floats = NDArray[np.floating[Any]]
ROUNDING = 1e-7  # of the trace, relative: a fall by less is the rounding of sums


@dataclass(frozen=True)
class Evidence:
    """What one pass says of the items.

    Args:
        log_score: log-probability of each class and the votes, up to a constant an item, shape (item, label).
        log_prior: log-density of the parameters, which the trace adds to the likelihood.
    """

    log_score: Floats
    log_prior: float = 0.0


@dataclass(frozen=True)
class Rested:
    """Where the loop ended.

    Args:
        posterior: shape (item, label).
        trace: log-likelihood of the votes plus log-density of the parameters, after each iteration.
        converged: whether the posterior moved by less than the tolerance and the trace did not fall.
    """

    posterior: Floats
    trace: tuple[float, ...]
    converged: bool


@dataclass(frozen=True, kw_only=True)
class UntilAtRest:
    """When the iteration of a method ends.

    Args:
        tolerance: see `iterate`.
        most_iterations: likewise.
    """

    tolerance: float = 1e-5
    most_iterations: int = 500


def iterate(
    step: Callable[[Floats], Evidence],
    start: Floats,
    *,
    tolerance: float,
    most_iterations: int,
    known: Gold | None = None,
    rises: bool = True,
) -> Rested:
    """Repeat `step` until the posterior rests.

    Args:
        step: posterior, shape (item, label) → the evidence under the parameters that follow from it.
        start: the first posterior.
        tolerance: mean absolute change of a probability in one iteration, and change of the trace an item, below which
            the loop ends.
        most_iterations: the loop ends here in any case.
        known: items whose true label is known; they stay so.
        rises: whether `step` is an ascent, so that a fall of the trace by more than rounding is a fault, and the loop
            has not converged.
    """
    posterior, trace, converged = _clamped(start, known), list[float](), False
    for _ in range(most_iterations):
        evidence = step(posterior)
        known_score = 0.0 if known is None else evidence.log_score[known.item, known.label]
        scores = np.ascontiguousarray(evidence.log_score.T)  # one class a row: each operation runs along memory
        top = scores.max(axis=0)
        scores -= top
        np.exp(scores, out=scores)
        total = scores.sum(axis=0)
        scores /= total
        fresh = _clamped(np.ascontiguousarray(scores.T), known)
        each = top + np.log(total)
        if known is not None:
            each[known.item] = known_score
        log_likelihood = float(each.sum(dtype=np.float64))
        trace.append(log_likelihood + evidence.log_prior)
        posterior -= fresh
        change = float(np.abs(posterior, out=posterior).mean(dtype=np.float64))
        posterior = fresh
        gain = trace[-1] - trace[-2] if len(trace) > 1 else np.inf
        if change < tolerance and abs(gain) < tolerance * len(posterior):
            converged = not rises or gain >= -ROUNDING * abs(trace[-1])
            break
    return Rested(posterior, tuple(trace), converged)


def first_posterior(
    choices: Choices, shares: Floats, start: ChoiceFit | None, history: History | None = None
) -> Floats:
    """Return where a fit begins: at an earlier fit's posterior where it knew the item, else at the shares of votes.

    Args:
        choices: the votes.
        shares: share of the votes on each item that named each class, shape (item, label).
        start: an earlier fit, of the same classes.
        history: what is known of labelers; its classes are checked.

    Raises:
        BadValue: the earlier fit or the history is about other classes.
    """
    for earlier in (None if start is None else start.choices, history):
        if earlier is not None and earlier.labels != choices.labels:
            raise BadValue(
                "earlier fit", got=f"the classes {', '.join(earlier.labels)}", expected=", ".join(choices.labels)
            )
    posterior = shares.copy()
    if start is not None:
        rows = positions(choices.items, start.choices.items)
        posterior[rows >= 0] = start.posterior[rows[rows >= 0]]
    return posterior


def history_counts(choices: Choices, history: History | None) -> NDArray[np.float64] | None:
    """Return the history's counts in the order of the votes' labelers, 0 for one it does not know; None without one."""
    if history is None:
        return None
    counts = np.zeros((choices.n_labelers, choices.n_labels, choices.n_labels))
    rows = positions(choices.labelers, history.labelers)
    counts[rows >= 0] = history.counts[rows[rows >= 0]]
    return counts


def refuse_one_labeler(choices: Choices, method: str, known: Gold | None, history: History | None) -> None:
    """Refuse votes of one labeler alone where nothing else tells right from wrong.

    Raises:
        NotIdentified: one labeler, no known labels, no history.
    """
    if choices.n_labelers < 2 and known is None and history is None:
        raise NotIdentified(
            f"method {method}",
            got=f"one labeler, {choices.labelers[0]!r}",
            expected="two or more, who can be held against each other",
            do="Add labelers, name true labels with --known, or take the labels as they are with --method majority",
        )


def positions(names: Any, known: Any) -> NDArray[np.int64]:  # noqa: ANN401  (Polars series)
    """Return where each of `names` stands in `known`, −1 where it does not."""
    place = known.to_frame("name").with_row_index("place")
    joined = names.to_frame("name").join(place, on="name", how="left", maintain_order="left")
    return np.asarray(joined["place"].cast(int).fill_null(-1).to_numpy(), dtype=np.int64)


def _clamped(posterior: Floats, known: Gold | None) -> Floats:
    if known is not None:
        posterior[known.item] = 0.0
        posterior[known.item, known.label] = 1.0
    return posterior
