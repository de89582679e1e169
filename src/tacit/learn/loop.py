"""The loop: produce, ask, judge, fit, improve; and start again from what was learned.

Source: Christiano et al. 2017, section 2.2, arXiv:1706.03741.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tacit.errors import BadFile, NotIdentified
from tacit.judging import Candidates, KnowsTruth, Labeler, Trainable, Wording
from tacit.learn.asked import Asked, ask, judged, judgments_on, keep_answers
from tacit.learn.checkpoint import Checkpoint, checkpoint_folder, damaged, write_checkpoint
from tacit.learn.diagnostics.watch import Course, Watch, Watched, look_at
from tacit.learn.pace import Pace
from tacit.learn.query import Selection, candidates_needed, choose_pairs
from tacit.learn.schedule import Schedule
from tacit.measure import mean_estimate
from tacit.reward import Comparisons, Reward, SegmentEnsemble, comparisons_from_judgments, reward_model_for
from tacit.reward.held_out import held_out
from tacit.store import Store

TESTS = "tests"
"""Folder, beside that of the reward, of the one fitted to the answers kept apart."""

ASKED_FOR_LEARNING = "iteration"
"""The first word of the occasion of questions that the reward is fitted to."""

QUESTION = Wording().question


@dataclass(frozen=True)
class LoopSettings:
    """What a run of the loop is.

    Args:
        schedule: labels and budget, by iteration.
        selection: how pairs are chosen.
        oversampling: how many times as many pairs are looked at as are asked.
        question: the words put to the judge.
        offline: ask for all labels at once, about the untrained policy: the ablation without online queries.
        measured_points: at how many iterations, at most, the true return is measured on the way, where one is known.
        measured_episodes: episodes of each of those measurements.
        watch: what is kept an eye on.
    """

    schedule: Schedule
    selection: Selection = Selection.DISAGREEMENT
    oversampling: int = 10
    question: str = QUESTION
    offline: bool = False
    measured_points: int = 12
    measured_episodes: int = 5
    watch: Watch = field(default_factory=Watch)


Progress = dict[str, float | int | None]
"""One iteration: what the page draws, one row a line of ``progress.jsonl``."""


class Loop:
    """Improves a producer against a labeler.

    Args:
        producer: what learns.
        labeler: who judges.
        store: where everything asked and answered is kept.
        reward: settings of the ensemble, for a producer that brings no reward model of its own.
        settings: settings of the loop.
        seed: of every choice by chance; each iteration draws from (seed, iteration) alone, so that a run that goes on
            from a checkpoint equals one that was never stopped.
        checkpoints: where to write a checkpoint after each iteration; None writes none.
        fixed_reward: score with this and fit nothing: the control of a constant reward.
    """

    def __init__(
        self,
        producer: Trainable,
        labeler: Labeler,
        store: Store,
        *,
        reward: SegmentEnsemble,
        settings: LoopSettings,
        seed: int,
        checkpoints: Path | None = None,
        fixed_reward: Reward | None = None,
    ) -> None:
        self.producer, self.labeler, self.store = producer, labeler, store
        self.reward_model, self.settings, self.seed = reward_model_for(producer, reward), settings, seed
        self._checkpoints, self._fixed = checkpoints, fixed_reward
        self._pace: Pace | None = None
        self.iteration, self.spent = 0, 0
        self.asked = Asked()
        self.fit: Reward | None = fixed_reward
        self.test_fit: Reward | None = None
        self.watched = Watched()
        self.rang: dict[str, int] = {}
        self.progress: list[Progress] = []
        self._cpu_before_s, self._wall_before_s = 0.0, 0.0
        self._cpu_began_s, self._wall_began_s = time.process_time(), time.monotonic()

    @property
    def cpu_s(self) -> float:
        """CPU seconds of this process in the loop, those before a restart included."""
        return self._cpu_before_s + time.process_time() - self._cpu_began_s

    @property
    def wall_s(self) -> float:
        """Seconds in the loop, those before a restart included."""
        return self._wall_before_s + time.monotonic() - self._wall_began_s

    def began(self, cpu_s: float, wall_s: float) -> None:
        """Count from these readings of the clocks on: opening a producer may be work, as training a first policy is."""
        self._cpu_began_s, self._wall_began_s = cpu_s, wall_s

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from `checkpoint`; the producer has been opened with its state already.

        Raises:
            BadFile: the checkpoint is damaged; the message says how to go on without it.
        """
        facts, folder = checkpoint.facts, checkpoint.reward_folder.parent
        try:
            self.iteration, self.spent = checkpoint.iteration, int(facts["spent"])
            known = checkpoint.part("asked")
            self.asked = Asked(tuple(facts["item_ids"]), known["features"], known["group"])
            self.watched, self.rang = Watched.of(checkpoint.part("watched")), dict(facts["rang"])
            self.progress = list(facts["progress"])
            self._cpu_before_s, self._wall_before_s = float(facts["cpu_s"]), float(facts["wall_s"])
            if self._fixed is None:
                self.fit = self.reward_model.load(checkpoint.reward_folder)
            if (tests := checkpoint.reward_folder.with_name(TESTS)).exists():
                self.test_fit = self.reward_model.load(tests)
        except BadFile as error:
            raise damaged(folder, f"{error.got} in {error.where}") from None
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(folder, f"{type(error).__name__}: {error}") from None

    def run(self, after_iteration: Callable[[Progress], None] = lambda _: None, pace: Pace | None = None) -> None:
        """Run the iterations that are left.

        Args:
            after_iteration: told what each iteration brought.
            pace: how far to go ahead of a labeler that takes its time; None for one that has answered when asked.
        """
        self._pace = pace
        labels = self.settings.schedule.labels_by_iteration()
        budget = self.settings.schedule.budget_by_iteration()
        if self.settings.offline:
            labels = np.array([labels.sum(), *([0] * (len(labels) - 1))])
        while self.iteration < len(labels):
            row = self._iterate(int(labels[self.iteration]), int(budget[self.iteration]))
            self.progress.append(row)
            self.iteration += 1
            if self._checkpoints is not None:
                self._write_checkpoint(self._checkpoints)
            after_iteration(row)

    def _iterate(self, n_labels: int, budget: int) -> Progress:
        seed = [self.seed, self.iteration]
        rng = np.random.default_rng(seed)
        if n_labels:
            self._ask(n_labels, rng)
        else:
            keep_answers(self.store, self.labeler)
        if self._pace is not None:
            self._pace.wait(self._look)
        if self._fixed is None:
            self._fit(int(rng.integers(2**31)))
        fit = self.fit
        if fit is None:  # unreachable: a fit exists once there is one comparison, and `_fitted` refuses fewer
            raise BadFile("loop", got="no reward model", expected="one fitted to comparisons")
        if self.settings.watch.items and not len(self.watched):
            self._watch(0.0, 0)
        trusted = self._fixed is not None or fit.held_out.foretells
        score = fit.score if trusted else no_reward
        happened = self.producer.improve(score, budget, int(rng.integers(2**31)))
        self.spent += int(happened["spent"])
        course = None
        if self.settings.watch.items:
            self._watch(happened.get("kl"), self.iteration + 1)
            course = self.course()
            for alarm, iteration in course.rang.items():
                if iteration is not None:
                    self.rang.setdefault(alarm, self.iteration + 1)
        return {**self._row(fit, happened, course), "reward_trusted": int(trusted)}

    def _watch(self, kl: float | None, iteration: int) -> None:
        """Look at what the present policy makes; nothing is asked about it, and nothing is learned from it."""
        seed = int(np.random.default_rng([self.seed, iteration, 9]).integers(2**31))
        made = self.producer.produce(self.settings.watch.items, seed)
        self.watched = self.watched.including(made, kl=kl, gold=self.gold(made), iteration=iteration)

    def gold(self, made: Candidates) -> NDArray[np.float64] | None:
        """Return the true value of each candidate; None where no truth is known. It is shown and enters no decision."""
        if not isinstance(self.producer, KnowsTruth):
            return None
        utility = self.producer.utility([made.item(index) for index in range(len(made))])
        return np.asarray(utility.sum(axis=1), np.float64)

    def course(self) -> Course:
        """Return what the present rewards make of the policies on the way."""
        if self.fit is None:
            raise BadFile("loop", got="no reward model", expected="one fitted to comparisons")
        limit = self.settings.watch.kl_limit
        return look_at(self.watched, self.fit, self.test_fit, self.asked.features, kl_limit=limit)

    def _ask(self, n_labels: int, rng: np.random.Generator) -> None:
        settings = self.settings
        candidates = self.producer.produce(candidates_needed(n_labels), int(rng.integers(2**31)))
        ensemble = None if self._fixed is not None else self.fit
        pairs = choose_pairs(
            candidates.features,
            n_labels,
            rng,
            ensemble=ensemble,
            selection=settings.selection,
            oversampling=settings.oversampling,
            group=candidates.group,
        )
        occasion = f"{ASKED_FOR_LEARNING} {self.iteration}"
        names, features = ask(
            self.store, self.labeler, (candidates, candidates), pairs, text=settings.question, occasion=occasion
        )
        group = None if candidates.group is None else candidates.group[pairs.T.ravel()]
        self.asked = self.asked.including(names, features, group)

    def _look(self) -> tuple[int, int, int]:
        """Keep what has come in; return how many questions were asked, judged, and judged so that one can learn."""
        keep_answers(self.store, self.labeler)
        judgments, questions = self._answered()
        return questions.height, *judged(judgments)

    def comparisons(self) -> Comparisons:
        """Return everything answered so far as arrays."""
        judgments, questions = self._answered()
        return comparisons_from_judgments(judgments, questions, self.asked.features, item_ids=self.asked.item_ids)

    def _answered(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the judgments on what this and earlier iterations asked, and the questions.

        A run that goes on from an older checkpoint finds later questions in the store; it will ask them again.
        """
        occasions = [f"{ASKED_FOR_LEARNING} {i}" for i in range(self.iteration + 1)]
        judgments, questions = judgments_on(self.store, ASKED_FOR_LEARNING)
        questions = questions.filter(pl.col("occasion").is_in(occasions))
        return judgments.join(questions, on="question_id", how="semi", maintain_order="left"), questions

    def _fit(self, seed: int) -> None:
        """Fit the reward to the answers so far, and another to those kept apart for testing it."""
        comparisons = self.comparisons()
        if not len(comparisons):
            left_out = ", ".join(f"{n} {outcome.replace('_', ' ')}" for outcome, n in comparisons.left_out)
            raise NotIdentified(
                f"labeler {self.labeler.labeler_id!r}",
                got=f"no answer to compare by ({left_out or 'nothing asked'})",
                expected="at least one question answered or called a draw",
                do="Ask for more labels, or of a judge that skips less",
            )
        tests = self._kept_apart(comparisons)
        if tests.any() and not tests.all():
            self.test_fit = self.reward_model.fit(comparisons.only(tests), seed=seed + 1, warm=self.test_fit)
            comparisons = comparisons.only(~tests)
        self.fit = self.reward_model.fit(comparisons, seed=seed, warm=self.fit)

    def _kept_apart(self, comparisons: Comparisons) -> NDArray[np.bool_]:
        """Return which pairs test the reward, by a hash of what they are about, so that a pair stays on its side."""
        keys = comparisons.pair_keys
        if len(self.asked.group):
            keys = self.asked.group[comparisons.first]
        apart: NDArray[np.bool_] = held_out(keys, seed=self.seed, members=1, share=self.settings.watch.test_share)[0]
        return apart

    def _row(self, fit: Reward, happened: Mapping[str, float], course: Course | None) -> Progress:
        agreement = fit.held_out.agreement()
        return {
            "iteration": self.iteration,
            "env_steps": self.spent,
            "labels": self._answered()[0].height,
            "learned_reward": happened["mean_reward"],
            "true_return": self._measured_return(),
            "terminated": happened.get("terminated", 0.0),
            **{name: _finite(value) for name, value in fit.losses.items()},
            "heldout_agreement": agreement.mean if agreement.n else None,
            "approximate_kl": happened.get("approximate_kl"),
            "entropy": happened.get("entropy"),
            **_watched_row(course, happened, self.watched),
            "cpu_s": round(self.cpu_s, 3),
            "wall_s": round(self.wall_s, 3),
        }

    def _measured_return(self) -> float | None:
        """Return the true return on the way, where it is known; it is shown, and enters no decision."""
        total, points = self.settings.schedule.iterations, self.settings.measured_points
        due = points > 0 and (self.iteration + 1) * points // total > self.iteration * points // total
        if not due or not isinstance(self.producer, KnowsTruth):
            return None
        seed = int(np.random.default_rng([self.seed, self.iteration, 7]).integers(2**31))
        return mean_estimate(self.producer.true_returns(self.settings.measured_episodes, seed)).mean

    def _write_checkpoint(self, folder: Path) -> None:
        arrays = {f"producer/{name}": array for name, array in self.producer.state().items()}
        if self._fixed is None and self.fit is not None:
            self.fit.save(checkpoint_folder(folder, self.iteration) / "reward")
        facts = {
            "item_ids": list(self.asked.item_ids),
            "progress": self.progress,
            "spent": self.spent,
            "rang": self.rang,
            "cpu_s": self.cpu_s,
            "wall_s": self.wall_s,
        }
        if self.test_fit is not None:
            self.test_fit.save(checkpoint_folder(folder, self.iteration) / TESTS)
        arrays |= {"asked/features": self.asked.features, "asked/group": self.asked.group}
        arrays |= {f"watched/{name}": array for name, array in self.watched.arrays().items() if len(self.watched)}
        made = Checkpoint(self.iteration, arrays, facts, folder / "reward")
        write_checkpoint(folder, made)


def no_reward(features: NDArray[Any]) -> NDArray[np.float32]:
    """Return a reward of 0 for every step, shape (…): what a policy gets while the judge cannot be foretold.

    A reward that agrees with held-out answers no better than a coin is noise; an optimiser would follow it all the
    same, and what a policy does for noise looks as if it had been wanted.

    Args:
        features: shape (…, feature).
    """
    return np.zeros(np.shape(features)[:-1], np.float32)


def without_labels(settings: LoopSettings) -> LoopSettings:
    """Return settings that ask as little as can be: one question. For controls whose answers are not used."""
    schedule = replace(settings.schedule, labels=1)
    return replace(settings, schedule=schedule)


def _watched_row(course: Course | None, happened: Mapping[str, float], watched: Watched) -> Progress:
    """Return what is added to a row of progress by a producer that tells its divergence, and by watching."""
    row: Progress = {"kl": _finite(happened["kl"])} if "kl" in happened else {}
    if course is not None:
        left = None if course.transfer is None else _finite(course.transfer.remaining[-1])
        row |= {
            "train_reward": course.train[-1].mean,
            "test_reward": None if course.test is None else course.test[-1].mean,
            "transfer_left": left,
            "unfamiliar": float(course.unfamiliar[-1]),
            "distinct": float(watched.distinct[-1]),
        }
    return row


def _finite(value: Any) -> float | None:  # noqa: ANN401  a NumPy scalar
    return float(value) if np.isfinite(value) else None
