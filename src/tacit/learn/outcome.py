"""What a finished run is measured by, with and without a true reward."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.judging import IN_LIKELIHOOD, Candidates, HasLengths, HoldsOut, KnowsTruth, Outcome, in_force
from tacit.learn.asked import ask, judged, judgments_on, keep_answers
from tacit.learn.diagnostics.best_of_first import best_of_first
from tacit.learn.loop import ASKED_FOR_LEARNING, Loop
from tacit.learn.pace import Pace
from tacit.measure import Estimate, controlled_win_rate, mean_estimate, proportion
from tacit.reward import Reward
from tacit.reward.model import preference
from tacit.store import Store

ASKED_FOR_WIN_RATE = "win rate"
"""The first words of the occasion of questions that compare the final policy with the first."""

MEASURED_SEGMENTS = 400
"""Most segments of which the learned reward is drawn against the true one."""


def with_episodes(returns: NDArray[np.float64]) -> dict[str, float | int]:
    """Return the mean of the returns with its interval and the number of episodes, for JSON."""
    estimate = mean_estimate(returns)
    bounds = [estimate.low, estimate.high] if len(returns) > 1 else [estimate.mean, estimate.mean]
    return {"mean": estimate.mean, "low": bounds[0], "high": bounds[1], "episodes": len(returns)}


def win_rate(loop: Loop, store: Store, *, n_pairs: int, seed: int, pace: Pace | None = None) -> Estimate | None:
    """Return how often the judge prefers what the final policy does to what the first did; draws count half.

    The first policy's clips are those asked about before it was improved. These questions come on top of the labels
    that were learned from, and nothing is learned from them. With no pairs, or when the judge passed on all of them,
    there is nothing to return.

    Args:
        loop: a finished one.
        store: where everything asked and answered is kept.
        n_pairs: how many comparisons to ask for.
        seed: of the choice of clips.
        pace: for a judge that takes its time: all of them are waited for.
    """
    if not n_pairs:
        return None
    first, final, pairs = _to_compare(loop, store, n_pairs, np.random.default_rng([seed, 4]))
    ask(store, loop.labeler, (first, final), pairs, text=loop.settings.question, occasion=ASKED_FOR_WIN_RATE)

    def look() -> tuple[int, int, int]:
        keep_answers(store, loop.labeler)
        judgments, questions = judgments_on(store, ASKED_FOR_WIN_RATE)
        return questions.height, *judged(judgments)

    if pace is not None:
        replace(pace, open_at_most=0).wait(look)
    judgments = in_force(judgments_on(store, ASKED_FOR_WIN_RATE)[0])
    answered = judgments.filter(pl.col("outcome") == Outcome.ANSWERED).get_column("comparison")
    drawn = judgments.filter(pl.col("outcome").is_in([Outcome.TIE, Outcome.BOTH_BAD])).height
    wins = int((answered == 1).sum())
    return proportion(wins + 0.5 * drawn, len(answered) + drawn) if len(answered) + drawn else None


def _to_compare(
    loop: Loop, store: Store, n_pairs: int, rng: np.random.Generator
) -> tuple[Candidates, Candidates, NDArray[np.intp]]:
    """Return what the first policy made, what the final one did, and which of them to compare."""
    if isinstance(loop.producer, HoldsOut):
        drawn = int(rng.integers(2**31))
        first, final = (loop.producer.held_out(n_pairs, drawn, first=is_first) for is_first in (True, False))
        return first, final, np.tile(np.arange(n_pairs)[:, None], 2)
    first = _first_candidates(store, loop)
    n = min(n_pairs, len(first))
    final = loop.producer.produce(n, int(rng.integers(2**31)))
    return first, final, np.column_stack([rng.permutation(len(first))[:n], np.arange(n)])


def win_rate_at_equal_length(loop: Loop, store: Store) -> Estimate | None:
    """Return how often the judge prefers the final policy where both items have the same length; None if unknown."""
    judgments, questions = judgments_on(store, ASKED_FOR_WIN_RATE)
    standing = in_force(judgments).filter(pl.col("outcome").is_in(list(IN_LIKELIHOOD)))
    if not isinstance(loop.producer, HasLengths) or not standing.height:
        return None
    asked = standing.join(questions.select("question_id", "item_ids"), on="question_id", maintain_order="left")
    lengths = [loop.producer.lengths(store.items(asked["item_ids"].list.get(side).to_list())) for side in (0, 1)]
    won = asked.select(pl.col("comparison").cast(pl.Float64).fill_null(0.5)).to_series().to_numpy()
    return controlled_win_rate(won, lengths[1] - lengths[0])


def gold_reward(loop: Loop, *, n: int, seed: int) -> dict[str, float] | None:
    """Return the true value of what the first and the final policy make of the same, held out; None if unknown.

    Args:
        loop: a finished one.
        n: how many items of each.
        seed: of the choice.

    Returns:
        Means ``first`` and ``final``, the interval ``low`` to ``high`` of the latter, their paired difference ``gain``
        and its ``standard_error``, and ``n``.
    """
    producer = loop.producer
    if not isinstance(producer, HoldsOut) or not isinstance(producer, KnowsTruth):
        return None
    worth = []
    for is_first in (True, False):
        made = producer.held_out(n, seed, first=is_first)
        worth.append(producer.utility([made.item(index) for index in range(n)]).sum(axis=1))
    final, gain = mean_estimate(worth[1]), worth[1] - worth[0]
    return {
        "first": float(worth[0].mean()),
        "final": final.mean,
        "low": final.low,
        "high": final.high,
        "gain": float(gain.mean()),
        "standard_error": float(gain.std(ddof=1) / np.sqrt(n)),
        "n": n,
    }


def _first_candidates(store: Store, loop: Loop) -> Candidates:
    """Return the items that the first iteration asked about."""
    asked = store.questions().filter(pl.col("occasion") == f"{ASKED_FOR_LEARNING} 0")
    names = asked.get_column("item_ids").explode().unique(maintain_order=True).to_list()
    items = store.items(names)
    row_of = {name: row for row, name in enumerate(loop.asked.item_ids)}
    features = loop.asked.features[[row_of[name] for name in names]]
    return Candidates(items[0].kind, items[0].media_type, features, lambda index: items[index].content)


def diagnostics(loop: Loop, fit: Reward, store: Store) -> dict[str, Any]:
    """Return what the page draws: learned against true reward, and how probable the model found the answers given."""
    found: dict[str, Any] = {
        "reliability": {
            "p": [round(float(p), 5) for p in fit.held_out.p],
            "preferred": [round(float(t), 5) for t in fit.held_out.target],
        },
        "predictions": _predictions(loop, fit, store),
    }
    if len(loop.watched):
        found["course"] = _course(loop)
    if isinstance(loop.producer, KnowsTruth):
        names = loop.asked.item_ids[-MEASURED_SEGMENTS:]
        features = loop.asked.features[-MEASURED_SEGMENTS:]
        learned = fit.score(features).reshape(len(names), -1).sum(axis=1)
        true = loop.producer.utility(store.items(names)).sum(axis=1)
        found["learned_against_true"] = {
            "learned": [round(float(x), 4) for x in learned],
            "true": [round(float(x), 4) for x in true],
        }
    return found


def _course(loop: Loop) -> dict[str, Any]:
    """Return what was watched, by point, as the final rewards see it."""
    course, watched = loop.course(), loop.watched
    names = ("mean", "low", "high")
    of_rewards = {
        which: {name: [round(getattr(one, name), 5) for one in gains] for name in names}
        for which, gains in (("train", course.train), ("test", course.test))
        if gains is not None
    }
    lists = {"kl": watched.kl, "gold": watched.gold, "gold_error": watched.gold_error, "distinct": watched.distinct}
    lists |= {"unfamiliar": course.unfamiliar, "disagreement": course.disagreement}
    if course.transfer is not None:
        lists["transfer_left"] = course.transfer.remaining
    told: dict[str, Any] = {}
    told |= {name: [round(float(x), 5) if np.isfinite(x) else None for x in values] for name, values in lists.items()}
    if isinstance(loop.producer, HoldsOut):
        told["best_of_n"] = _best_of_n(loop, loop.producer)
    return {**of_rewards, **told, "iteration": watched.iteration.tolist(), "rang": dict(loop.rang)}


def _best_of_n(loop: Loop, producer: HoldsOut) -> dict[str, list[float]]:
    """Return what the best of n of the first policy would have gained by the final rewards, beside the policy."""
    if loop.fit is None:  # unreachable: a run that is measured has a reward
        return {}
    seed = int(np.random.default_rng([loop.seed, loop.iteration, 11]).integers(2**31))
    prompts = max(2, loop.settings.watch.items // 4)
    return best_of_first(producer, loop.fit, loop.test_fit, loop.gold, prompts=prompts, seed=seed).lists()


def _predictions(loop: Loop, fit: Reward, store: Store) -> dict[str, float]:
    """Return question → probability that the first item is preferred, of the questions that were learned from."""
    _, questions = judgments_on(store, ASKED_FOR_LEARNING)
    row_of = {name: row for row, name in enumerate(loop.asked.item_ids)}
    pairs = np.array([[row_of[name] for name in names] for names in questions.get_column("item_ids")]).reshape(-1, 2)
    p = preference(fit, loop.asked.features[pairs[:, 0]], loop.asked.features[pairs[:, 1]])
    return {name: round(float(x), 5) for name, x in zip(questions.get_column("question_id"), p, strict=True)}


def labelers_of(fit: Reward) -> dict[str, Any]:
    """Return for each labeler how far it can be trusted; empty where there is only one, with nobody to compare."""
    if len(fit.raters) < 2:
        return {}
    raters = fit.rater_fit
    return {
        name: {
            "p_agree": {"mean": float(raters.p_agree[r]), "low": float(raters.low[r]), "high": float(raters.high[r])},
            "n": int(raters.n[r]),
        }
        for r, name in enumerate(fit.raters)
    }


def outcomes_of(store: Store) -> dict[str, int]:
    """Return how often each outcome was given to the questions that were learned from."""
    judgments, _ = judgments_on(store, ASKED_FOR_LEARNING)
    counts = dict(judgments.group_by("outcome").len().iter_rows())
    return {str(outcome): int(counts.get(str(outcome), 0)) for outcome in Outcome}
