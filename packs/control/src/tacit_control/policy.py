"""A trained policy: ``policy(observation) -> action``, in NumPy alone, saved as safetensors and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from tacit.errors import BadFile, BadValue
from tacit.store.run_folder import read_json, write_bytes, write_text
from tacit_control.observation import ObservationSpace

FORMAT = 1
Weights = Mapping[str, NDArray[np.float32]]
OBSERVATION_CLIP = 10.0
"""Standard deviations beyond which a normalised observation is cut off."""


@dataclass(frozen=True)
class ActionSpace:
    """The actions of a policy: `n` choices, or numbers between `low` and `high`.

    Args:
        n: number of choices; None for numbers.
        start: the first choice's own number.
        low: lowest action, shape (action,); ±inf where unbounded.
        high: highest action, shape (action,).
    """

    n: int | None = None
    start: int = 0
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    @staticmethod
    def of(space: spaces.Space[Any]) -> ActionSpace:
        """Return the description of a Gymnasium space."""
        if isinstance(space, spaces.Discrete):
            return ActionSpace(n=int(space.n), start=int(space.start))
        if isinstance(space, spaces.Box):
            return ActionSpace(low=tuple(map(float, space.low)), high=tuple(map(float, space.high)))
        raise BadValue("action space", got=str(space), expected="Discrete or one-dimensional Box")

    @property
    def width(self) -> int:
        """Outputs of the policy's network: choices, or numbers."""
        return self.n if self.n is not None else len(self.low)

    def to_environment(self, output: NDArray[np.float32]) -> NDArray[Any]:
        """Turn sampled choices (n,) or numbers in [−1, 1] (n, action) into what the environment takes."""
        if self.n is not None:
            return output + self.start
        low, high = np.asarray(self.low, np.float32), np.asarray(self.high, np.float32)
        bounded = np.isfinite(low) & np.isfinite(high)
        begin, width = np.where(bounded, low, 0), np.where(bounded, high, 1) - np.where(bounded, low, 0)
        scaled = begin + (np.clip(output, -1.0, 1.0) + 1.0) * 0.5 * width
        chosen = np.where(bounded, scaled, output).astype(np.float32)
        return np.asarray(np.clip(chosen, low, high), np.float32)  # also because rounding may step over a bound

    def features(self, output: NDArray[Any]) -> NDArray[np.float32]:
        """Return actions as a reward model sees them: one-hot choices, or numbers cut to [−1, 1]."""
        if self.n is not None:
            return np.eye(self.n, dtype=np.float32)[output.astype(np.int64)]
        low, high = np.asarray(self.low), np.asarray(self.high)
        bounded = np.isfinite(low) & np.isfinite(high)
        return np.where(bounded, np.clip(output, -1.0, 1.0), output).astype(np.float32)


class Policy:
    """What a control agent acts by.

    Args:
        weights: ``w1`` (width, hidden), ``b1``, ``w2``, ``b2``, ``w3`` (hidden, action), ``b3``, the observation's
            ``mean`` and ``sd`` (width,), and for numbers ``log_sd`` (action,).
        actions: what it may do.
        environment_id: what it was trained in.
        observations: what it sees; a flat array if absent.
    """

    def __init__(
        self,
        weights: Weights,
        actions: ActionSpace,
        environment_id: str,
        observations: ObservationSpace | None = None,
    ) -> None:
        self.weights = {name: np.asarray(w, np.float32) for name, w in weights.items()}
        self.actions, self.environment_id = actions, environment_id
        self.observations = observations or ObservationSpace(shape=(len(self.weights["mean"]),))

    def __call__(self, observation: Any) -> NDArray[Any]:  # noqa: ANN401  whatever the environment gives
        """Return the policy's most likely action.

        Args:
            observation: one, as the environment gives it, or a batch of them.

        Returns:
            One action, or a batch, as the environment takes them.

        Raises:
            BadValue: an observation of another shape.
        """
        single = self.observations.is_single(observation)
        action = self.act(self.observations.flat([observation] if single else observation))
        return action[0] if single else action

    def act(self, observation: NDArray[np.float32]) -> NDArray[Any]:
        """Return the most likely actions for flat observations, shape (n, width), as the environment takes them."""
        output = self.output(observation)
        chosen: NDArray[Any] = output.argmax(axis=-1) if self.actions.n is not None else output
        return self.actions.to_environment(chosen)

    def output(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits of the choices, or means of the numbers, shape (n, action)."""
        w = self.weights
        x = np.clip((observation - w["mean"]) / w["sd"], -OBSERVATION_CLIP, OBSERVATION_CLIP)
        hidden = np.tanh(x @ w["w1"] + w["b1"])
        hidden = np.tanh(hidden @ w["w2"] + w["b2"])
        return np.asarray(hidden @ w["w3"] + w["b3"], np.float32)

    def save(self, folder: Path) -> None:
        """Write ``policy.safetensors`` and ``policy.json``."""
        actions = {"n": self.actions.n, "start": self.actions.start}
        bounds = {"low": [str(x) for x in self.actions.low], "high": [str(x) for x in self.actions.high]}
        seen = {"n": self.observations.n, "start": self.observations.start, "shape": list(self.observations.shape)}
        description = {"format": FORMAT, "environment": self.environment_id, "actions": actions | bounds}
        description["observations"] = seen
        write_bytes(folder / "policy.safetensors", save(dict(self.weights)))
        write_text(folder / "policy.json", json.dumps(description, indent=1) + "\n")


def load_policy(folder: str | Path) -> Policy:
    """Return the policy saved in `folder`.

    Raises:
        BadFile: there is none, or a file is cut short or foreign.

    Example:
        >>> policy = load_policy("runs/demo/policy")  # doctest: +SKIP
        >>> policy(observation)  # doctest: +SKIP
        array(1)
    """
    path = Path(folder)
    description = read_json(path / "policy.json")
    try:
        if description["format"] > FORMAT:
            do = "Install a newer tacit-control to read it"
            got = f"format {description['format']}"
            raise BadFile(str(path / "policy.json"), got=got, expected=f"{FORMAT} or lower", do=do)
        weights = load((path / "policy.safetensors").read_bytes())
        actions, seen = description["actions"], description["observations"]
        space = ActionSpace(
            actions["n"], actions["start"], tuple(map(float, actions["low"])), tuple(map(float, actions["high"]))
        )
        observations = ObservationSpace(seen["n"], seen["start"], tuple(seen["shape"]))
        policy = Policy(weights, space, description["environment"], observations)
        policy.act(np.zeros((1, observations.width), np.float32))  # arrays that are missing or do not fit
        return policy
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BadFile(str(path), got=f"{type(error).__name__}: {error}", expected="a saved policy") from None
