"""Whole episodes of a frozen policy in the environment as it is registered: its true return, and one to look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_control.open_world import open_world
from tacit_control.policy import ActionSpace, Policy
from tacit_control.segment import Segment
from tacit_control.task import LONGEST_HORIZON, Task, environment_spec

AT_ONCE = {"vector_entry_point": 100, "sync": 10}
"""Episodes stepped together."""

SHOWN_STEPS = 300
"""Most steps of an episode that is to be looked at."""


def true_returns(policy: Policy, environment_id: str, episodes: int, seed: int) -> NDArray[np.float64]:
    """Return the undiscounted return of each episode, the policy taking its most likely action.

    Args:
        policy: what acts.
        environment_id: a Gymnasium id; it is used unmodified.
        episodes: how many.
        seed: of their first states.

    Raises:
        BadValue: no episodes asked for.
    """
    return _returns(lambda observation, _: policy.act(observation), environment_id, episodes, seed)


def random_returns(environment_id: str, episodes: int, seed: int) -> NDArray[np.float64]:
    """Return the undiscounted return of each episode, every action drawn evenly from the action space.

    Raises:
        BadValue: no episodes asked for.
    """
    rng = np.random.default_rng([seed, 3])

    def act(observation: NDArray[np.float32], actions: ActionSpace) -> NDArray[Any]:
        if actions.n is not None:
            return rng.integers(actions.n, size=len(observation)) + actions.start
        return actions.to_environment(rng.uniform(-1, 1, (len(observation), actions.width)).astype(np.float32))

    return _returns(act, environment_id, episodes, seed)


def _returns(
    act: Callable[[NDArray[np.float32], ActionSpace], NDArray[Any]], environment_id: str, episodes: int, seed: int
) -> NDArray[np.float64]:
    if episodes < 1:
        raise BadValue("episodes", got=episodes, expected="1 or more")
    spec = environment_spec(environment_id)
    mode = "vector_entry_point" if spec.vector_entry_point else "sync"
    n = min(episodes, AT_ONCE[mode])
    limit = spec.max_episode_steps or LONGEST_HORIZON
    world = open_world(Task(environment_id, horizon=limit, segment_steps=1), n, own_episodes=True, mode=mode)
    actions = ActionSpace.of(world.action_space)
    totals: list[NDArray[np.float64]] = []
    for batch in range(-(-episodes // n)):
        observation = world.reset(seed + batch * n)
        total, alive = np.zeros(n), np.ones(n, dtype=np.bool_)
        for _ in range(limit):
            step = world.step(act(observation, actions))
            total += np.where(alive, step.reward, 0.0)
            alive &= ~(step.terminated | step.truncated)
            observation = step.observation
            if not alive.any():
                break
        totals.append(total)
    world.close()
    return np.concatenate(totals)[:episodes]


def play_episode(policy: Policy, environment_id: str, seed: int, *, most_steps: int = SHOWN_STEPS) -> Segment:
    """Return the beginning of one episode, the policy taking its most likely action."""
    limit = environment_spec(environment_id).max_episode_steps or LONGEST_HORIZON
    world = open_world(Task(environment_id, horizon=limit, segment_steps=1), 1, own_episodes=True, mode="sync")
    rows: dict[str, list[Any]] = {"observation": [], "action": [], "reward": [], "frame_state": []}
    observation, over = world.reset(seed), False
    reset_seed = int(world.episode_seeds()[0])
    while not over and len(rows["reward"]) < min(limit, most_steps):
        action = policy.act(observation)
        rows["observation"].append(observation[0])
        rows["frame_state"].append(world.frames()[0])
        step = world.step(action)
        rows["action"].append(action[0])
        rows["reward"].append(step.reward[0])
        observation, over = step.observation, bool(step.terminated[0] or step.truncated[0])
    world.close()
    stacked = {name: np.array(values) for name, values in rows.items()}
    whole_numbers = policy.actions.n is not None
    replayed = stacked["frame_state"].shape[1] == 0
    return Segment(
        environment=environment_id,
        make_arguments={},
        observation=stacked["observation"].astype(np.float32),
        action=stacked["action"].astype(np.int64 if whole_numbers else np.float32),
        reward=stacked["reward"].astype(np.float64),
        frame_state=stacked["frame_state"].astype(np.float64),
        reset_seed=reset_seed if replayed else None,
    )
