"""What a run keeps an eye on: items that each policy on the way made, and what two rewards make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.judging import Candidates
from tacit.learn.diagnostics.alarms import collapse, kl_blow_up
from tacit.learn.diagnostics.over_optimisation import Transfer, over_optimisation
from tacit.measure import Estimate, mean_estimate
from tacit.reward import Reward
from tacit.reward.model import places_of
from tacit.reward.out_of_distribution import fit_familiar

Float64 = NDArray[np.float64]
FAMILIAR_SHARE = 0.99


@dataclass(frozen=True)
class Watch:
    """How a run is watched.

    Args:
        items: how many items of each policy on the way are looked at; 0 looks at none.
        test_share: share of the answers that a second reward alone is fitted to, so that it can test the first.
        kl_limit: divergence from the first policy, nats, above which the run is warned of; None sets none.

    Raises:
        BadValue: a setting outside its range.
    """

    items: int = 0
    test_share: float = 0.0
    kl_limit: float | None = None

    def __post_init__(self) -> None:
        if self.items < 0 or self.items == 1:
            raise BadValue("watched items", got=self.items, expected="2 or more, or 0 to watch nothing")
        if not 0 <= self.test_share < 1:
            raise BadValue("share of the answers that test", got=self.test_share, expected="0 to below 1")
        if self.kl_limit is not None and not self.kl_limit > 0:
            raise BadValue("limit of the divergence", got=self.kl_limit, expected="nats above 0")


@dataclass(frozen=True)
class Watched:
    """Items of each policy on the way, the first policy's first.

    Args:
        features: what a reward sees of them, shape (point, item, step, feature); empty before the first look.
        distinct: share of them that are different from each other, shape (point,).
        kl: divergence from the first policy, nats, NaN where the producer does not tell it, shape (point,).
        gold: mean true value of them where one is known, else NaN; it is shown and enters no decision, shape (point,).
        gold_error: its standard error, shape (point,).
        iteration: iterations done by then, shape (point,).
    """

    features: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0, 0, 0), np.float32))
    distinct: Float64 = field(default_factory=lambda: np.empty(0))
    kl: Float64 = field(default_factory=lambda: np.empty(0))
    gold: Float64 = field(default_factory=lambda: np.empty(0))
    gold_error: Float64 = field(default_factory=lambda: np.empty(0))
    iteration: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.kl)

    def including(self, made: Candidates, *, kl: float | None, gold: Float64 | None, iteration: int) -> Watched:
        """Return this with one more point.

        Args:
            made: the policy's items.
            kl: its divergence from the first policy, nats.
            gold: true value of each item where it is known, shape (item,).
            iteration: iterations done by now.
        """
        features = made.features.reshape(len(made), -1, made.features.shape[-1])[None].astype(np.float32)
        rows = np.ascontiguousarray(made.features.reshape(len(made), -1))
        share = len(np.unique(rows, axis=0)) / len(made)
        truth = None if gold is None else mean_estimate(gold)
        more = {
            "features": features,
            "distinct": np.array([share]),
            "kl": np.array([np.nan if kl is None else kl]),
            "gold": np.array([np.nan if truth is None else truth.mean]),
            "gold_error": np.array([np.nan if gold is None else gold.std(ddof=1) / np.sqrt(len(gold))]),
            "iteration": np.array([iteration], np.int64),
        }
        joined = {name: np.concatenate([getattr(self, name), one]) for name, one in more.items()} if len(self) else more
        return replace(self, **joined)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as named arrays, for a checkpoint."""
        return dict(vars(self))

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Watched:
        """Return what `arrays` holds; nothing watched if it is empty."""
        return cls(**arrays) if arrays else cls()


@dataclass(frozen=True)
class Course:
    """What two rewards make of the policies on the way, and which alarms ring.

    Args:
        train: mean score of each policy's items by the reward that it is optimised on, first policy 0, shape (point,).
        test: the same by the reward fitted to other answers; None without one.
        transfer: how far the second confirms the first; None without one.
        disagreement: standard deviation among the members of the first, mean over the items, shape (point,).
        unfamiliar: share of the items that lie beyond 99 % of those judged, shape (point,).
        rang: name of an alarm → the number of iterations after which it rang; None if it did not.
    """

    train: tuple[Estimate, ...]
    test: tuple[Estimate, ...] | None
    transfer: Transfer | None
    disagreement: Float64
    unfamiliar: Float64
    rang: dict[str, int | None]


def look_at(
    watched: Watched, fit: Reward, test_fit: Reward | None, judged: NDArray[Any], *, kl_limit: float | None
) -> Course:
    """Return what the rewards make of what was watched.

    Args:
        watched: at least one point.
        fit: the reward that the policy is optimised on.
        test_fit: the one that was fitted to other answers.
        judged: features of the items that were judged, shape (item, step, feature): what is familiar.
        kl_limit: as in `Watch`.
    """
    n_points, n_items = watched.features.shape[:2]
    of_train = fit.score(watched.features).reshape(n_points, n_items, -1).sum(axis=2).astype(np.float64)
    members = fit.score_members(watched.features).reshape(-1, n_points, n_items, watched.features.shape[2]).sum(axis=3)
    means = np.stack([places_of(fit, items) for items in watched.features])
    variation = means.var(axis=1, dtype=np.float64).sum(axis=1)
    rang: dict[str, int | None] = {
        "kl_blow_up": kl_blow_up(watched.kl, limit=kl_limit) if np.isfinite(watched.kl).any() else None,
        "collapse": collapse(watched.distinct, variation),
    }
    transfer, of_test = None, None
    if test_fit is not None:
        of_test = test_fit.score(watched.features).reshape(n_points, n_items, -1).sum(axis=2).astype(np.float64)
        tested = test_fit.score_members(watched.features)
        tested = tested.reshape(len(tested), n_points, -1)
        transfer = over_optimisation(of_train.mean(axis=1), of_test.mean(axis=1), tested.mean(axis=2, dtype=np.float64))
        rang["over_optimisation"] = transfer.fired
    return Course(
        train=_gains(of_train),
        test=None if of_test is None else _gains(of_test),
        transfer=transfer,
        disagreement=members.std(axis=0).mean(axis=1).astype(np.float64),
        unfamiliar=_unfamiliar(means, places_of(fit, judged)),
        rang={name: None if point is None else int(watched.iteration[point]) for name, point in rang.items()},
    )


def _gains(scores: Float64) -> tuple[Estimate, ...]:
    """Return the mean of each row less that of the first row, with its interval."""
    return tuple(mean_estimate(row - scores[0].mean()) for row in scores)


def _unfamiliar(means: NDArray[np.float32], known: NDArray[np.float32]) -> Float64:
    """Return the share of each point's items that lie beyond what was judged; 0 where nothing varied."""
    if len(known) < 2 or not np.ptp(known, axis=0).any():
        return np.zeros(len(means))
    familiar = fit_familiar(known)
    return np.array([familiar.beyond(row, share=FAMILIAR_SHARE).mean() for row in means])
