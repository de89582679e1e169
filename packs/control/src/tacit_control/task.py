"""What is to be trained: an environment, its fixed horizon, and what becomes of an episode that ends early."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec

from tacit.errors import BadValue, InputError, MissingExtra, UnknownName

LONGEST_HORIZON = 1_000
"""Steps of an episode in an environment that sets no limit itself."""


class Termination(StrEnum):
    """What becomes of an episode that the environment ends before the horizon.

    When an episode ends must not leak what is wanted: an agent paid for every step would learn to survive, or to die,
    whatever the judge prefers. So by default the last state is held until the horizon.
    """

    ABSORBED = "absorbed"
    IGNORED = "ignored"
    OWN = "own"


@dataclass(frozen=True)
class Task:
    """An environment as the learner meets it.

    Args:
        environment_id: a Gymnasium id, such as ``Hopper-v5``.
        make_arguments: passed to ``gymnasium.make``, JSON values only.
        horizon: steps of every training episode.
        segment_steps: steps of a clip that is shown to a judge.
        termination: what becomes of an episode that ends before the horizon.
    """

    environment_id: str
    make_arguments: Mapping[str, Any] = field(default_factory=dict)
    horizon: int = LONGEST_HORIZON
    segment_steps: int = 25
    termination: Termination = Termination.ABSORBED

    def __post_init__(self) -> None:
        if self.segment_steps < 1 or self.horizon < self.segment_steps:
            raise BadValue(
                f"task {self.environment_id}",
                got=f"clips of {self.segment_steps} steps in episodes of {self.horizon}",
                expected="1 ≤ segment_steps ≤ horizon",
            )


SEGMENT_STEPS = {"Hopper-v5": 50, "HalfCheetah-v5": 50, "Walker2d-v5": 50, "Pendulum-v1": 50}
"""Clips of one to two and a half seconds, as in Christiano et al. 2017 (15 to 60 steps)."""


def task_of(name: str, settings: Mapping[str, Any]) -> Task:
    """Return the task for a Gymnasium id, with its defaults overridden by `settings`.

    Args:
        name: a Gymnasium id.
        settings: any of ``horizon``, ``segment_steps``, ``termination`` and ``make_arguments``.

    Raises:
        UnknownName: Gymnasium knows no such id. MissingExtra: the environment's own package is absent.
        BadValue: a setting outside its range.
    """
    spec = environment_spec(name)
    arguments = dict(settings.get("make_arguments") or {})
    termination = settings.get("termination") or Termination.ABSORBED
    if termination not in list(Termination):
        raise BadValue("termination", got=repr(termination), expected=f"one of {', '.join(Termination)}")
    if termination == Termination.IGNORED:
        if not _takes(spec, "terminate_when_unhealthy"):
            raise BadValue(
                f"task {name}",
                got="termination 'ignored'",
                expected="an environment that takes terminate_when_unhealthy",
                do="Use absorbed, which holds the last state",
            )
        arguments.setdefault("terminate_when_unhealthy", False)
    horizon, segment_steps = settings.get("horizon"), settings.get("segment_steps")
    if horizon is None:
        horizon = spec.max_episode_steps or LONGEST_HORIZON
    if segment_steps is None:
        segment_steps = max(1, min(SEGMENT_STEPS.get(name, 25), horizon))
    return Task(name, arguments, int(horizon), int(segment_steps), Termination(termination))


def environment_spec(name: str) -> EnvSpec:
    """Return Gymnasium's own entry for `name`.

    Raises:
        UnknownName: no such id; the message suggests near ones.
        MissingExtra: the namespace's package is absent.
    """
    _register_atari(name)
    module, colon, own = name.rpartition(":")
    if colon and own not in gymnasium.registry:
        _import_for(module, name)
    if (own or name) not in gymnasium.registry:
        raise UnknownName("environment", name, sorted(gymnasium.registry))
    return gymnasium.spec(own or name)


def _import_for(module: str, name: str) -> None:
    """Import the module that registers an environment, named before a colon as Gymnasium has it."""
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        raise InputError(
            f"environment {name}",
            got=f"no module {error.name!r}",
            expected="a module that registers the environment",
            do="Run from the folder that holds it, or install it",
        ) from None


def _register_atari(name: str) -> None:
    """Make the Atari games known to Gymnasium, which leaves that to the caller."""
    if not name.startswith("ALE/"):
        return
    try:
        import ale_py  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415  optional
    except ModuleNotFoundError:
        raise MissingExtra(f"environment {name}", package="ale_py", install="gymnasium[atari]") from None
    gymnasium.register_envs(ale_py)


def _takes(spec: EnvSpec, argument: str) -> bool:
    """Whether the environment's own constructor has `argument`."""
    from gymnasium.envs.registration import load_env_creator  # noqa: PLC0415  may import an optional simulator

    if not isinstance(spec.entry_point, str):
        return False
    try:
        creator = load_env_creator(spec.entry_point)
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        raise missing_extra(spec.id, error) from None
    return argument in inspect.signature(creator).parameters


INSTALLED_BY = {
    "mujoco": "tacit-control[mujoco]",
    "box2d": "gymnasium[box2d]",
    "pygame": "gymnasium[classic-control]",
    "jax": "gymnasium[jax]",
}
"""A word that Gymnasium's complaint holds → the requirement that brings it."""


def missing_extra(name: str, error: Exception) -> InputError:
    """Return the error that names the line which installs what `name` needs, or says what the environment says."""
    where, missing = f"environment {name}", str(getattr(error, "name", None) or "").partition(".")[0]
    for package, install in INSTALLED_BY.items():
        named = missing.lower() == package or (not missing and package in str(error).lower())
        if named and find_spec(package) is None:
            return MissingExtra(where, package=missing or package, install=install)
    if isinstance(error, ModuleNotFoundError) and missing:
        return MissingExtra(where, package=missing, install=missing)
    return InputError(where, got=str(error).rstrip("."), expected="an environment that can be opened")
