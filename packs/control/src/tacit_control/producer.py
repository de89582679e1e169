"""The control pack's producer: an agent in a Gymnasium environment, whose items are clips of what it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit.judging import Candidates, Item, ItemKind, Media, Score
from tacit_control.agent import PPOAgent
from tacit_control.clip import render_clip
from tacit_control.episodes import play_episode, random_returns, true_returns
from tacit_control.policy import Policy
from tacit_control.recent import FIELDS, Recent
from tacit_control.render import Renderer
from tacit_control.rollout import Rollout
from tacit_control.segment import SEGMENT_MEDIA_TYPE, Segment
from tacit_control.task import Termination, task_of
from tacit_control.truth import utility
from tacit_control.tuned import suggested_steps, tuned_settings

KEPT_STEPS = 65_536
"""Most steps, over all copies, that clips are cut from."""

SETTINGS = ("total_steps", "horizon", "segment_steps", "termination", "make_arguments", "ppo", "truth_episodes")


class ControlProducer:
    """An agent in an environment; what it makes are clips.

    Args:
        name: a Gymnasium id.
        settings: any of `SETTINGS`: the steps of the whole run, what `task_of` takes, changes to PPO's settings as
            an object, and whether the true-reward baseline keeps the fixed horizon (``"fixed"``) or trains in the
            environment as it is registered (``"own"``).
        seed: of the first weights.
        state: of an earlier producer, to go on from.

    Raises:
        UnknownName: no such environment or setting. MissingExtra: a package that it needs is absent.
    """

    def __init__(
        self, name: str, settings: Mapping[str, Any], *, seed: int, state: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        if unknown := sorted(set(settings) - set(SETTINGS)):
            raise BadValue(f"producer {name}", got=f"setting {unknown[0]!r}", expected=f"one of {', '.join(SETTINGS)}")
        self.task = task_of(name, settings)
        self._agent = PPOAgent(
            self.task,
            tuned_settings(name, settings.get("ppo") or {}),
            total_steps=int(settings.get("total_steps") or suggested_steps(name)),
            seed=seed,
            state=state,
        )
        own = "fixed" if self.task.termination is Termination.IGNORED else "own"
        self._baseline_in_own_episodes = (settings.get("truth_episodes") or own) == "own"
        self._renderer = Renderer()
        self._recent: Recent | None = None
        self._explored = 0
        if state is not None and "recent.observation" in state:
            self._recent = Recent({field: np.array(state[f"recent.{field}"]) for field in FIELDS})

    def produce(self, n: int, seed: int) -> Candidates:
        """Return `n` clips cut from what the agent did last; an agent that has done nothing yet explores first."""
        rng = np.random.default_rng([seed, 2])
        steps = self.task.segment_steps
        if self._recent is None:
            rollout = self._agent.explore(self._steps_to_explore(n), seed)
            self._recent, self._explored = Recent.of([rollout]), rollout.reward.size
        recent, task, actions = self._recent, self.task, self._agent.actions
        where = recent.choose(n, steps, rng, task.environment_id)
        return Candidates(
            kind=ItemKind.SEGMENT,
            media_type=SEGMENT_MEDIA_TYPE,
            features=recent.features(actions, where, steps),
            content=lambda index: recent.segment(task, actions, where[index], steps).to_bytes(),
        )

    def _steps_to_explore(self, n: int) -> int:
        """Return whole episodes, enough steps for `n` clips that hardly overlap."""
        wanted = n * self.task.segment_steps / self._agent.settings.n_copies
        return self.task.horizon * max(1, round(wanted / self.task.horizon))

    def render(self, item: Item) -> Media:
        """Return a clip as H.264 video."""
        segment = Segment.from_bytes(item.content, where=f"item {item.item_id[:12]}")
        return render_clip(segment, renderer=self._renderer)

    def improve(self, score: Score, budget: int, seed: int) -> dict[str, float]:
        """Spend about `budget` environment steps on raising `score`, which sees observation and action of each step.

        Returns:
            What `PPOAgent.train` does; the steps of the first exploration are counted in ``spent`` as well.
        """
        kept: list[Rollout] = []
        actions = self._agent.actions

        def reward_of(rollout: Rollout) -> NDArray[np.floating]:
            features = rollout.features(actions)
            return score(features.reshape(-1, features.shape[-1])).reshape(features.shape[:2])

        happened = self._agent.train(reward_of, budget, seed, after_rollout=kept.append)
        most = max(1, KEPT_STEPS // self._agent.settings.rollout_size)
        self._recent = Recent.of(kept[-most:])
        happened["spent"] += self._explored
        self._explored = 0
        return happened

    def state(self) -> dict[str, NDArray[Any]]:
        """Return weights, optimiser, moments and what the agent did last, as named arrays."""
        recent = {} if self._recent is None else {f"recent.{name}": rows for name, rows in self._recent.rows.items()}
        return self._agent.state() | recent

    def utility(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """Return what a simulated judge values in each step of each clip, shape (item, step)."""
        return utility([Segment.from_bytes(item.content, where=f"item {item.item_id[:12]}") for item in items])

    def true_returns(self, episodes: int, seed: int) -> NDArray[np.float64]:
        """Return the true return of `episodes` episodes in the environment as it is registered, shape (episode,)."""
        return true_returns(self.policy, self.task.environment_id, episodes, seed)

    def random_returns(self, episodes: int, seed: int) -> NDArray[np.float64]:
        """Return the true return of `episodes` episodes of actions drawn evenly from the action space, (episode,)."""
        return random_returns(self.task.environment_id, episodes, seed)

    def improve_on_truth(self, budget: int, seed: int) -> dict[str, float]:
        """Spend about `budget` environment steps on raising the environment's own reward."""
        own = self._baseline_in_own_episodes
        return self._agent.train(lambda rollout: rollout.reward, budget, seed, own_episodes=own)

    def demonstrate(self, seed: int) -> Item:
        """Return one whole episode, in the environment as it is registered."""
        episode = play_episode(self.policy, self.task.environment_id, seed)
        return Item(ItemKind.SEGMENT, episode.to_bytes(), SEGMENT_MEDIA_TYPE)

    @property
    def policy(self) -> Policy:
        """The present policy, frozen."""
        return self._agent.policy

    @property
    def world_mode(self) -> str:
        """How the environment is stepped: ``vector_entry_point``, ``envpool`` or ``sync``."""
        return self._agent.world_mode

    def close(self) -> None:
        """Release the environments."""
        self._agent.close()
        self._renderer.close()


def open_producer(
    name: str, settings: dict[str, object], *, seed: int, state: Mapping[str, NDArray[Any]] | None = None
) -> ControlProducer:
    """Return the agent for a Gymnasium id; the entry point of this pack."""
    return ControlProducer(name, settings, seed=seed, state=state)


def knows(name: str) -> bool:
    """Whether `name` is a Gymnasium id, or names the module that registers one before a colon."""
    return name in gymnasium.registry or name.startswith("ALE/") or ":" in name


def known_names() -> Iterable[str]:
    """Return every Gymnasium id."""
    return sorted(gymnasium.registry)
