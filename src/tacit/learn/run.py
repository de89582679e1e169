"""One run of the loop in a folder: begun, gone on with after a stop, measured, recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tacit.errors import InputError
from tacit.judging import (
    READABLE,
    Demonstrates,
    HoldsOut,
    Item,
    KnowsTruth,
    Labeler,
    Outcome,
    SimulatedLabeler,
    Trainable,
    Wording,
    wording_of,
)
from tacit.learn.checkpoint import Checkpoint, read_checkpoint, remove_checkpoints
from tacit.learn.controls import close, on_true_reward, with_coin_flips
from tacit.learn.loop import Loop, Progress
from tacit.learn.outcome import (
    diagnostics,
    gold_reward,
    labelers_of,
    outcomes_of,
    win_rate,
    win_rate_at_equal_length,
    with_episodes,
)
from tacit.learn.pace import Pace
from tacit.learn.run_record import open_record
from tacit.learn.settings import RunSettings
from tacit.measure import Estimate
from tacit.store import Store
from tacit.store.run_folder import RunFolder, write_bytes, write_json

SHOWN_QUESTIONS = 12
"""Questions whose clips are drawn at the end of a run; the rest are drawn when the page is asked for them."""


class OpenProducer(Protocol):
    """What a pack's entry point is."""

    def __call__(
        self,
        name: str,
        settings: dict[str, object],
        *,
        seed: int,
        state: Mapping[str, NDArray[Any]] | None = None,
    ) -> Trainable:
        """Return the producer in its first state, or in `state`."""
        ...


SHOWN_REPLIES = 6
"""Replies of the first and of the final policy to the same prompts that are kept for the page."""

ALARMS = {
    "over_optimisation": "Over-optimisation, after iteration {iteration}: what the policy gains by the reward that it "
    "learns from is no longer confirmed by a reward that was fitted to other answers. Stop there, or ask for more.",
    "kl_blow_up": "The policy ran away from the first one, after iteration {iteration}: its divergence rose beyond all "
    "bounds. Lower the learning rate, or raise the price of divergence.",
    "collapse": "The policy collapsed, after iteration {iteration}: what it makes hardly varies any more.",
}
"""What a run warns of when an alarm rings."""

Stage = Callable[[str, float], None]
"""Told the name of a piece of work and the share of it that is done."""


OpenLabeler = Callable[[Store, Trainable], Labeler]
"""Returns who judges a run, given its store, once the producer that draws the clips is open."""


class LearningRun:
    """A run with a simulated judge, or with whoever `open_labeler` brings.

    Args:
        folder: where it lives.
        settings: what it depends on.
        open_producer: the pack's function that opens the producer.
        command: the words of the command line, for the record.
        stage: told what goes on.
        open_labeler: brings the labeler; by default a simulated one that goes by the true reward.
        pace: how far to go ahead of a labeler that takes its time.
    """

    def __init__(
        self,
        folder: RunFolder,
        settings: RunSettings,
        open_producer: OpenProducer,
        *,
        command: list[str],
        stage: Stage = lambda _what, _share: None,
        open_labeler: OpenLabeler | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.folder, self.settings, self._open, self._stage = folder, settings, open_producer, stage
        self._open_labeler, self._pace = open_labeler or self._simulated, pace
        self._command = command
        self._began_s = (0.0, 0.0)
        self._record: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """Begin the run, or go on with it, and return its results.

        Raises:
            RunExists: the folder holds a run with other settings, or files that are no run.
            InputError: the folder is damaged or cannot be written; the producer cannot be opened, or has no true
                reward for the judge to go by.
        """
        self._record = open_record(self.folder, self.settings, self._command)
        if self._record.get("status") == "finished":
            return self._finished()
        self._began_s = (time.process_time(), time.monotonic())
        checkpoint = read_checkpoint(self.folder.checkpoint_path)
        producer = self._fresh(checkpoint.part("producer") if checkpoint else None)
        try:
            self._learn(producer, checkpoint)
        finally:
            close(producer)
        self._controls()
        self._record |= {"status": "finished", "finished_at_s": time.time()}
        self.folder.write_record(self._record)
        return self._finished()

    def _learn(self, producer: Trainable, checkpoint: Checkpoint | None) -> None:
        """Learn what is left to learn, measure it and freeze it."""
        if self.settings.judge == "simulated" or self.settings.controls:
            _knows_truth(producer, self.settings.producer)
        self.folder.write_record(self._record)  # not before the producer could be opened: a wrong call leaves nothing
        with Store.open(self.folder.project_path) as store:
            loop = self._loop(producer, self._open_labeler(store, producer), store)
            loop.began(*self._began_s)
            if checkpoint is not None:
                loop.restore(checkpoint)
                self.folder.write_progress(loop.progress)
            else:
                self._show_policy(producer, "first")
            total = self.settings.loop.schedule.iterations
            words = wording_of(producer)
            if words != Wording():
                self._record["wording"] = asdict(words)
            self._stage("learning", loop.iteration / total)
            loop.run(lambda row: self._after_iteration(loop, row, total), self._pace)
            self._measure(loop, store)
            self._freeze(loop, store)

    def _fresh(self, state: Mapping[str, NDArray[Any]] | None = None) -> Trainable:
        settings = dict(self.settings.producer_settings)
        return self._open(self.settings.producer, settings, seed=self.settings.seed, state=state or None)

    def _simulated(self, store: Store, producer: Trainable) -> Labeler:
        truth = _knows_truth(producer, self.settings.producer)
        return SimulatedLabeler(
            lambda item_ids: truth.utility(store.items(item_ids)),
            irrationality=self.settings.irrationality,
            seed=self.settings.seed,
        )

    def _loop(self, producer: Trainable, labeler: Labeler, store: Store) -> Loop:
        return Loop(
            producer,
            labeler,
            store,
            reward=self.settings.reward,
            settings=self.settings.loop,
            seed=self.settings.seed,
            checkpoints=self.folder.checkpoint_path,
        )

    def _after_iteration(self, loop: Loop, row: Progress, total: int) -> None:
        self.folder.write_progress(loop.progress)
        if row["terminated"] and self.settings.producer_settings.get("termination") == "own":
            self._warn(
                f"{self.settings.producer} ended training episodes by itself. When an episode ends then teaches the "
                "policy to live or to die, whatever the judge wants. Use --termination absorbed, which holds the last "
                "state instead."
            )
        for alarm in loop.rang:
            self._warn(ALARMS[alarm].format(iteration=loop.rang[alarm]))
        self._stage("learning", loop.iteration / total)

    def _warn(self, warning: str) -> None:
        if warning not in self._record["warnings"]:
            self._record["warnings"].append(warning)
            self.folder.write_record(self._record)

    def _measure(self, loop: Loop, store: Store) -> None:
        """Measure the learned policy and reward, unless that was done before a stop."""
        if "labels" in self._record["results"]:
            return
        fit = loop.fit
        self._stage("measuring", 0.0)
        if fit is None:
            raise InputError("measuring", got="a run that learned nothing", expected="a reward model")
        learning_cpu_s, outcomes = loop.cpu_s, outcomes_of(store)
        if not outcomes[Outcome.ANSWERED]:
            self._warn(
                f"The judge preferred neither clip in any comparison ({outcomes[Outcome.TIE]} draws), so that nothing "
                "could be learned. Show it longer clips with --segment-steps, or another environment."
            )
        else:
            self._warn_of_doubts(loop)
        won = win_rate(loop, store, n_pairs=self.settings.final_pairs, seed=self.settings.seed, pace=self._pace)
        agreement = fit.held_out.agreement()
        asked = store.questions()
        gold = gold_reward(loop, n=self.settings.episodes, seed=_seed(self.settings.seed, 5))
        equally_long = win_rate_at_equal_length(loop, store)
        last = loop.progress[-1]
        self._record["results"] = {
            "true_return": self._true_return(loop.producer),
            "baseline_true_reward": None,
            "random": None,
            "coin_flip": None,
            "labels": int(asked.get_column("occasion").str.starts_with("iteration").sum()),
            "env_steps": loop.spent,
            "heldout_agreement": _bounds(agreement),
            "win_rate": None if won is None else _bounds(won),
            "labelers": labelers_of(fit),
            "outcomes": outcomes,
            **({} if gold is None else {"gold_reward": gold}),
            **({} if equally_long is None else {"win_rate_at_equal_length": _bounds(equally_long)}),
            **({"kl": last["kl"]} if "kl" in last else {}),
            **({"alarms": dict(loop.rang)} if len(loop.watched) else {}),
            "learning_cpu_s": round(learning_cpu_s, 2),
            "cpu_s": round(loop.cpu_s, 2),
            "wall_s": round(loop.wall_s, 2),
            "report": str(self.folder.report_path),
            "run": str(self.folder.path),
        }
        self._record["hashes"] = {"judgments": store.judgments_hash()}
        write_json(self.folder.diagnostics_path, diagnostics(loop, fit, store))
        self.folder.write_record(self._record)

    def _warn_of_doubts(self, loop: Loop) -> None:
        """Say so where the reward was no better than a coin at the end, or more often than not."""
        trusted = [bool(row.get("reward_trusted", 1)) for row in loop.progress]
        doubted = trusted.count(False)
        if not trusted[-1] or 2 * doubted > len(trusted):
            self._warn(
                f"In {doubted} of {len(trusted)} iterations the learned reward foretold held-out judgments no better "
                "than a coin, so nothing was learned from it there. Ask for more --labels, or for longer clips with "
                "--segment-steps, of a judge that can tell them apart."
            )

    def _true_return(self, producer: Trainable) -> dict[str, float | int] | None:
        if not isinstance(producer, KnowsTruth):
            return None
        return with_episodes(producer.true_returns(self.settings.episodes, _seed(self.settings.seed, 5)))

    def _freeze(self, loop: Loop, store: Store) -> None:
        """Write the frozen policy and reward, the clip of the final policy and those of some questions."""
        save_policy = getattr(getattr(loop.producer, "policy", None), "save", None)
        if save_policy is not None:
            save_policy(self.folder.policy_path)
        if loop.fit is not None:
            loop.fit.save(self.folder.reward_path)
        self._show_policy(loop.producer, "final")
        asked = store.questions().filter(store.questions().get_column("occasion").str.starts_with("iteration"))
        rows = np.unique(np.linspace(0, max(0, asked.height - 1), min(SHOWN_QUESTIONS, asked.height)).astype(np.int64))
        for item in store.items([name for row in rows for name in asked["item_ids"][int(row)]]):
            if item.kind in READABLE:
                continue
            if store.rendition(item.item_id) is None and not self._draw(loop.producer, item, store):
                break

    def _show_policy(self, producer: Trainable, moment: str) -> None:
        if not isinstance(producer, Demonstrates):
            return
        n = SHOWN_REPLIES if isinstance(producer, HoldsOut) else 1
        for which in range(n):
            name = moment if n == 1 else f"{moment}-{which + 1}"
            if any(self.folder.clips_path.glob(f"{name}.*")):
                continue
            try:
                media = producer.render(producer.demonstrate(_seed(self.settings.seed, 6, *([which] if n > 1 else []))))
            except InputError as error:
                self._warn(f"No clip of the {moment} policy: {error}")
                return
            ending = "txt" if media.media_type == "text/plain" else "mp4"
            write_bytes(self.folder.clips_path / f"{name}.{ending}", media.content)

    def _draw(self, producer: Trainable, item: Item, store: Store) -> bool:
        try:
            store.add_rendition(item.item_id, producer.render(item))
        except InputError as error:
            self._warn(f"No clips of the questions: {error}")
            return False
        return True

    def _controls(self) -> None:
        """Train and measure what the learned policy is held against, each unless done before a stop."""
        settings, results = self.settings, self._record["results"]
        if not settings.controls:
            return
        began_s, began_wall_s = time.process_time(), time.monotonic()
        cpu_before_s, wall_before_s = float(results["cpu_s"]), float(results["wall_s"])

        def keep(name: str, returns: NDArray[np.float64]) -> None:
            results[name] = with_episodes(returns)
            results["cpu_s"] = round(cpu_before_s + time.process_time() - began_s, 2)
            results["wall_s"] = round(wall_before_s + time.monotonic() - began_wall_s, 2)
            self.folder.write_record(self._record)

        if results["random"] is None:
            fresh = self._fresh()
            if isinstance(fresh, KnowsTruth):
                keep("random", fresh.random_returns(settings.episodes, _seed(settings.seed, 8)))
            close(fresh)
        if results["baseline_true_reward"] is None:
            tick = _ticks(self._stage, "control: true reward", 10)
            keep(
                "baseline_true_reward",
                on_true_reward(
                    self._fresh, settings.loop, episodes=settings.episodes, seed=settings.seed, after_part=tick
                ),
            )
        if results["coin_flip"] is None:
            tick = _ticks(self._stage, "control: coin flips", settings.loop.schedule.iterations)
            keep(
                "coin_flip",
                with_coin_flips(
                    self._fresh,
                    settings.reward,
                    settings.loop,
                    episodes=settings.episodes,
                    seed=settings.seed,
                    after_iteration=tick,
                ),
            )

    def _finished(self) -> dict[str, Any]:
        """Return the results of a finished run, which may have been moved since."""
        remove_checkpoints(self.folder.checkpoint_path)
        where = {"report": str(self.folder.report_path), "run": str(self.folder.path)}
        return {**self._record["results"], **where}


def _knows_truth(producer: Trainable, name: str) -> KnowsTruth:
    if not isinstance(producer, KnowsTruth):
        raise InputError("--judge", got="'simulated'", expected=f"a producer with a true reward, which {name!r} lacks")
    return producer


def _bounds(estimate: Estimate) -> dict[str, Any]:
    return {k: v for k, v in estimate.as_dict().items() if k in ("mean", "low", "high", "n")}


def _ticks(stage: Stage, what: str, total: int) -> Callable[[], None]:
    """Return a function that reports one more of `total` parts each time it is called."""
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        stage(what, done / total)

    return tick


def _seed(*parts: int) -> int:
    return int(np.random.default_rng(list(parts)).integers(2**31))
