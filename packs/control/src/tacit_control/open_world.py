"""Opening an environment in the fastest way that it offers."""

from __future__ import annotations

import gymnasium

from tacit.errors import InputError
from tacit_control.gymnasium_world import GymnasiumWorld, SeededEpisodes
from tacit_control.pool import can_pool, open_pool
from tacit_control.task import Task, Termination, environment_spec, missing_extra
from tacit_control.world import World


def open_world(task: Task, n_copies: int, *, own_episodes: bool = False, mode: str | None = None) -> World:
    """Return `n_copies` of the task's environment.

    Args:
        task: what to open.
        n_copies: how many.
        own_episodes: keep the environment as it is registered, with its own termination and time limit, instead of
            letting the horizon alone end an episode.
        mode: ``vector_entry_point``, ``envpool`` or ``sync``; by default the fastest that the environment offers.

    Raises:
        MissingExtra: a package that the environment needs is absent.
        BadValue: spaces that this pack does not handle.
    """
    spec = environment_spec(task.environment_id)
    limit = spec.max_episode_steps if own_episodes else task.horizon
    arguments = dict(task.make_arguments)
    if own_episodes and task.termination is Termination.IGNORED:
        arguments.pop("terminate_when_unhealthy", None)
    if mode is None:
        pooled = can_pool(task.environment_id)
        mode = "vector_entry_point" if spec.vector_entry_point else "envpool" if pooled else "sync"
    if mode == "envpool":
        return open_pool(task.environment_id, n_copies, limit, arguments)
    try:
        vector = gymnasium.make_vec(
            task.environment_id,
            num_envs=n_copies,
            vectorization_mode=mode,
            max_episode_steps=limit,
            wrappers=[SeededEpisodes] if mode == "sync" else None,
            **arguments,
        )
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        raise missing_extra(task.environment_id, error) from None
    except TypeError as error:
        raise InputError(task.environment_id, got=str(error), expected="arguments that the environment takes") from None
    return GymnasiumWorld(vector, n_copies, mode, task.environment_id)
