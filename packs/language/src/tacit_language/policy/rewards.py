"""Any Python function as a reward: ``reward(prompts, completions) -> floats``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadValue, NotFinite
from tacit_language.preference import PreferenceFit, sequences

RewardFunction = Callable[[list[Any], list[Any]], Any]
"""Prompts and what was written after them → one number each, higher is better. Texts, or token ids without a codec."""


class Codec(Protocol):
    """What makes token ids of text and back."""

    def encode(self, text: str) -> list[int]:
        """Return the token ids of a text."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids."""
        ...


def ask_reward(
    reward: RewardFunction,
    prompts: Sequence[Sequence[int]],
    completions: Sequence[Sequence[int]],
    codec: Codec | None = None,
) -> NDArray[np.float64]:
    """Return what `reward` says of each completion, shape (completion,).

    Args:
        reward: the function. An empty completion is given to it like any other, as an empty text.
        prompts: token ids. completions: token ids that follow each.
        codec: what turns them into texts; without one the function gets lists of token ids.

    Raises:
        BadValue: not one number a completion. NotFinite: NaN or infinity; names the completion.
    """
    texts: tuple[list[Any], list[Any]]
    if codec is None:
        texts = [list(p) for p in prompts], [list(c) for c in completions]
    else:
        texts = [codec.decode(p) for p in prompts], [codec.decode(c) for c in completions]
    name = getattr(reward, "__name__", type(reward).__name__)
    given = reward(*texts)
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadValue(f"reward {name}", got=str(error), expected="a number a completion") from None
    if values.shape != (len(completions),):
        got = f"shape {values.shape}" if values.ndim != 1 else f"{len(values)} numbers"
        raise BadValue(f"reward {name}", got=got, expected=f"{len(completions)} numbers, one a completion")
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        shown = repr(texts[1][int(bad[0])])[:60]
        where = f"reward {name}, completion {int(bad[0])} ({shown})"
        raise NotFinite(where, got=values[bad[0]], expected="a finite number")
    return values


class PreferenceReward:
    """A fitted preference model as a reward function of token ids.

    Args:
        fit: the preference models; their mean score is the reward.
        spread_weight: how many standard deviations of the members' disagreement are taken off, so that what no answer
            covered is not sought out.
    """

    def __init__(self, fit: PreferenceFit, *, spread_weight: float = 0.0) -> None:
        self.fit, self.spread_weight = fit, spread_weight
        self.__name__ = "preference model"

    def __call__(self, prompts: list[list[int]], completions: list[list[int]]) -> NDArray[np.float64]:
        """Return the score of each completion, in log-odds."""
        texts = sequences(prompts, completions, context_length=self.fit.models[0].trunk.config.context_length)
        scores = self.fit.score(texts)
        return scores - self.spread_weight * self.fit.spread(texts) if self.spread_weight else scores
