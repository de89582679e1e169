"""The labeler: anything that answers a question about an item."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import polars as pl


@runtime_checkable
class Labeler(Protocol):
    """Anything that answers questions: people with a browser, a file of answers, a model, a simulator.

    Asking and collecting are apart because people answer when they do; a simulated labeler has answered by the time
    it is asked to hand over. `tacit.judging.check_labeler` tests a class against this contract.
    """

    @property
    def labeler_id(self) -> str:
        """Name under which the answers are kept, stable from run to run."""
        ...

    def ask(self, questions: pl.DataFrame) -> None:
        """Put questions (columns of `questions_schema`) to the labeler. A question already put is not put again."""
        ...

    def collect(self) -> pl.DataFrame:
        """Return the judgments (columns of `judgments_schema`) that have come in since the last call."""
        ...
