"""How far a run may go ahead of people, who answer when they do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tacit.errors import BadValue

Progress = Callable[[], tuple[int, int, int]]
"""Looks for new answers and returns how many questions were asked, have been judged, and can be learned from."""


@dataclass(frozen=True)
class Pace:
    """When an iteration goes on with the answers there are.

    A run that waits for every answer stands still while a person thinks; one that never waits has spent its budget on
    a reward that nobody has taught. So it goes on as soon as few enough questions are open.

    Args:
        at_first: judgments before anything is learned.
        open_at_most: questions that may be unanswered when the run goes on.
        poll_s: seconds between two looks.
        told: told what `Progress` says at each look.

    Raises:
        BadValue: a number below its least.
    """

    at_first: int = 5
    open_at_most: int = 4
    poll_s: float = 0.25
    told: Callable[[int, int, int], None] = lambda _asked, _judged, _usable: None

    def __post_init__(self) -> None:
        if self.at_first < 1 or self.open_at_most < 0 or not self.poll_s > 0:
            raise BadValue("pace", got=str(self), expected="at_first 1 or more, open_at_most 0 or more, poll_s above 0")

    def enough(self, asked: int, judged: int, usable: int) -> bool:
        """Whether to go on: few enough open, and something to learn from unless everybody passed on everything.

        >>> pace = Pace(at_first=5, open_at_most=4)
        >>> pace.enough(20, 16, 15), pace.enough(20, 15, 15), pace.enough(6, 4, 4), pace.enough(3, 3, 0)
        (True, False, False, True)
        """
        if judged >= asked:
            return True
        return usable > 0 and judged >= max(min(self.at_first, asked), asked - self.open_at_most)

    def wait(self, look: Progress) -> None:
        """Return when `look` finds enough."""
        while True:
            counts = look()
            self.told(*counts)
            if self.enough(*counts):
                return
            time.sleep(self.poll_s)
