"""What the agent did lately, from which clips are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.errors import InputError
from tacit_control.policy import ActionSpace
from tacit_control.rollout import Rollout, reward_features
from tacit_control.segment import Segment
from tacit_control.task import Task

FIELDS = ("observation", "output", "reward", "frame_state", "terminated", "truncated", "last", "age", "reset_seed")


NEVER = 2**62
"""A row later than any."""


@dataclass(frozen=True)
class Recent:
    """Consecutive steps of every copy, the last ones that the agent took.

    Args:
        rows: the fields of `Rollout` named in `FIELDS`, each of shape (step, copy, …).
    """

    rows: Mapping[str, NDArray[Any]]

    @staticmethod
    def of(rollouts: Sequence[Rollout]) -> Recent:
        """Return consecutive rollouts as one."""
        return Recent({name: np.concatenate([getattr(r, name) for r in rollouts]) for name in FIELDS})

    def features(self, actions: ActionSpace, where: NDArray[np.intp], steps: int) -> NDArray[np.float32]:
        """Return what a reward model sees of the clips that begin at `where` (clip, 2), shape (clip, step, feature)."""
        time, copy = self._rows_of(where, steps), where[:, 1:]
        return reward_features(actions, *(self.rows[name][time, copy] for name in ("observation", "output", "last")))

    def _rows_of(self, where: NDArray[np.intp], steps: int) -> NDArray[np.intp]:
        """Return the row of each step of each clip; the last observation of an ended episode is held."""
        time = where[:, :1] + np.arange(steps)
        return np.asarray(np.minimum(time, self.last_row[where[:, 0], where[:, 1]][:, None]), np.intp)

    @cached_property
    def last_row(self) -> NDArray[np.intp]:
        """The row that shows the last observation of the episode that each row belongs to; beyond the end if later."""
        rows, copies = self.rows["last"].shape
        found = np.empty((rows, copies), np.intp)
        at = np.full(copies, NEVER, np.intp)
        for t in range(rows - 1, -1, -1):
            at = np.where(self.rows["last"][t], t, at)
            found[t] = at
        return found

    def choose(self, n: int, steps: int, rng: np.random.Generator, environment_id: str) -> NDArray[np.intp]:
        """Return where `n` clips of `steps` steps begin, (clip, 2): step and copy.

        A clip may run into an end that the environment made, whose last state it then holds, for a judge shall see
        what became of it; but not beyond a time limit, after which things would have gone on, nor may it show the last
        observation before the limit, for which nothing was paid yet. Clips are different as
        long as there are enough of them.

        Raises:
            InputError: every episode, or all that is remembered, is shorter than a clip.
        """
        rows = len(self.rows["last"])
        last = np.minimum(self.last_row, rows)
        before = np.take_along_axis(self.rows["terminated"], np.clip(last - 1, 0, rows - 1), axis=0)
        holds = (last < rows) & before
        begin = np.arange(rows)[:, None]
        fits = (begin + steps <= last) | holds
        whole = np.argwhere(fits & ~self.rows["last"])
        if not len(whole) and rows < steps:
            raise InputError(
                f"environment {environment_id}",
                got=f"{rows} steps in a row",
                expected=f"at least the {steps} of a clip",
                do="Choose shorter clips with --segment-steps, or fewer iterations with --iterations",
            )
        if not len(whole):
            raise InputError(
                f"environment {environment_id}",
                got=f"only episodes shorter than {steps} steps",
                expected="episodes at least as long as a clip",
                do="Choose shorter clips with --segment-steps",
            )
        return whole[rng.choice(len(whole), size=n, replace=len(whole) < n)]

    def segment(self, task: Task, actions: ActionSpace, where: NDArray[np.intp], steps: int) -> Segment:
        """Return the clip that begins at `where`, (2,): step and copy."""
        begin, copy = int(where[0]), int(where[1])
        part = self._rows_of(where[None], steps)[0]
        rows = {name: values[part, copy] for name, values in self.rows.items()}
        age, seed = int(rows["age"][0]), int(rows["reset_seed"][0])
        replayed = rows["frame_state"].shape[1] == 0 and seed >= 0 and age <= begin
        action = _as_stored(actions, rows["output"])
        prefix = _as_stored(actions, self.rows["output"][begin - age : begin, copy]) if replayed else action[:0]
        return Segment(
            environment=task.environment_id,
            make_arguments=dict(task.make_arguments),
            observation=rows["observation"],
            action=action,
            reward=rows["reward"],
            frame_state=rows["frame_state"],
            start_step=age,
            reset_seed=seed if replayed else None,
            prefix_action=prefix,
        )


def _as_stored(actions: ActionSpace, output: NDArray[Any]) -> NDArray[Any]:
    """Return actions as the environment took them, choices as int64."""
    action = actions.to_environment(output)
    return action.astype(np.int64) if actions.n is not None else action
