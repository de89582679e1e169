"""A run of the whole loop on a model so small that it learns in seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tacit.learn import LearningRun, LoopSettings, RunSettings, Schedule
from tacit.learn.diagnostics import Watch
from tacit.reward import SegmentEnsemble
from tacit.store.run_folder import RunFolder
from tacit_language.loop.producer import LanguageProducer, open_producer

TINY = {
    "width": 16,
    "n_layers": 1,
    "n_heads": 2,
    "longest_reply": 12,
    "examples": 60,
    "first_steps": 6,
    "first_tokens": 512,
    "prompts_a_step": 8,
}
QUICK = SegmentEnsemble(members=2, hidden=(8,), epochs=6, warm_epochs=3)


def tiny_settings(**changes: Any) -> RunSettings:
    """Return the settings of a run of three iterations."""
    return RunSettings(
        producer="small",
        producer_settings={**TINY, **changes.pop("producer_settings", {})},
        loop=LoopSettings(
            Schedule(labels=changes.pop("labels", 24), budget=changes.pop("budget", 600), iterations=3),
            watch=Watch(items=8, test_share=0.3),
        ),
        reward=QUICK,
        episodes=changes.pop("episodes", 12),
        controls=False,
        final_pairs=6,
        **changes,
    )


@pytest.fixture(scope="session")
def settings_of() -> Callable[..., RunSettings]:
    """Return the function that makes the settings of a tiny run."""
    return tiny_settings


@pytest.fixture
def tiny() -> Callable[..., LanguageProducer]:
    """Return a function that opens a tiny producer."""

    def make(state: Any = None, **settings: Any) -> LanguageProducer:
        return open_producer("small", {**TINY, **settings}, seed=3, state=state)

    return make


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, dict[str, Any]]:
    """Return a finished run's folder and its results."""
    folder = RunFolder(tmp_path_factory.mktemp("language") / "run")
    return folder, LearningRun(folder, tiny_settings(), open_producer, command=["tacit", "learn"]).run()
