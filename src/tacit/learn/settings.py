"""What a run depends on, as it is kept in its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tacit.judging import Irrationality
from tacit.learn.loop import LoopSettings
from tacit.reward import SegmentEnsemble


@dataclass(frozen=True)
class RunSettings:
    """Everything that a run depends on, and nothing else: the same settings give the same run.

    Args:
        producer: the producer's name.
        producer_settings: the pack's own, JSON values only.
        loop: settings of the loop.
        reward: settings of the reward model.
        irrationality: how the simulated judge errs.
        seed: of everything.
        episodes: episodes by which policies are measured.
        controls: also train on the true reward, with coin flips, and act at random.
        judge: who judges: ``simulated`` or ``people``.
        final_pairs: how often, at the end, the judge is asked to compare the final policy with the first.
    """

    producer: str
    loop: LoopSettings
    producer_settings: Mapping[str, Any] = field(default_factory=dict)
    reward: SegmentEnsemble = field(default_factory=SegmentEnsemble)
    irrationality: Irrationality = field(default_factory=Irrationality)
    seed: int = 0
    episodes: int = 100
    controls: bool = True
    judge: str = "simulated"
    final_pairs: int = 50

    def as_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def first_difference(had: Mapping[str, Any], wanted: Mapping[str, Any], prefix: str = "") -> str:
    """Return the first setting that differs, in words."""
    for name in {**had, **wanted}:
        before, now = had.get(name), wanted.get(name)
        if before == now:
            continue
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            return first_difference(before, now, f"{prefix}{name}.")
        return f"{prefix}{name} = {before}, not {now}"
    return "the same settings"


def _plain(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Return `value` as JSON can hold it and read it back equal: infinities as text, tuples as lists."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return str(value) if isinstance(value, (Path,)) else value
