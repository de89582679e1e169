"""The best of n: the simplest use of a reward, whose price in divergence is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue
from tacit_language.models import CausalModel, Completions, Sampling, generate
from tacit_language.policy.rewards import Codec, RewardFunction, ask_reward

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class BestOfN:
    """What was written after each prompt, and which was best.

    Args:
        completions: n for each prompt, those of a prompt side by side.
        scores: what the reward said, shape (prompt, n).
    """

    completions: Completions
    scores: Float64

    @property
    def best(self) -> NDArray[np.intp]:
        """Row in `completions` of the best completion of each prompt, the first of equals, shape (prompt,)."""
        return np.asarray(np.arange(len(self.scores)) * self.scores.shape[1] + self.scores.argmax(axis=1))

    def chosen(self, *, at_least: float = -np.inf, share: float = 1.0) -> tuple[list[list[int]], list[list[int]]]:
        """Return prompts and their best completions, as data for fine-tuning: rejection sampling.

        Args:
            at_least: prompts whose best scores less are left out.
            share: of the prompts that remain, those with the highest scores, in (0, 1].

        Source: Touvron et al. 2023, section 3.2.3, arXiv:2307.09288 (rejection sampling fine-tuning).
        """
        if not 0 < share <= 1:
            raise BadValue("rejection sampling, share", got=share, expected="a share above 0 and at most 1")
        top = self.scores.max(axis=1)
        fit = np.flatnonzero(top >= at_least)
        kept = np.sort(fit[np.argsort(-top[fit], kind="stable")[: int(np.ceil(share * len(fit)))]])
        prompts, texts = self.completions.prompts(), self.completions.texts()
        rows = self.best[kept].tolist()
        return [prompts[row] for row in rows], [texts[row] for row in rows]


def best_of_n(
    policy: CausalModel,
    prompts: Sequence[Sequence[int]],
    reward: RewardFunction,
    n: int,
    sampling: Sampling,
    *,
    seed: int,
    codec: Codec | None = None,
) -> BestOfN:
    """Write n completions after each prompt and score them.

    Args:
        policy: who writes. prompts: token ids of each. reward: any function of prompts and completions.
        n: completions a prompt. sampling: how they are written. seed: of what is drawn.
        codec: makes texts of token ids for the reward; without one it gets the ids.

    Raises:
        BadValue: n below 1, no prompts, or what the reward returned does not fit. NotFinite: a score is not.
    """
    if n < 1:
        raise BadValue("best of n", got=n, expected="at least 1")
    written = generate(policy, [p for p in prompts for _ in range(n)], sampling, seed=seed)
    scores = ask_reward(reward, written.prompts(), written.texts(), codec)
    return BestOfN(written, scores.reshape(len(prompts), n))
