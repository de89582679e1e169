"""How often each of many may do something: a bucket that fills again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_REMEMBERED = 20_000


class Allowance:
    """How many more times each of many names may do something: so many at once, then so many a second.

    Args:
        per_s: on the long run.
        burst: at once.
        clock: seconds.
    """

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name → what is left, as of when

    def take(self, name: str) -> float:
        """Take one of a name's, and return 0; or how many seconds to wait, if none is left."""
        left, now = self._now(name)
        wait_s = 0.0 if left >= 1 else (1 - left) / self._per_s
        self._left.pop(name, None)
        self._left[name] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)
        return wait_s

    def wait_s(self, name: str) -> float:
        """Return how many seconds a name would have to wait, and take nothing."""
        left, _ = self._now(name)
        return 0.0 if left >= 1 else (1 - left) / self._per_s

    def _now(self, name: str) -> tuple[float, float]:
        now = self._clock()
        left, as_of = self._left.get(name, (self._burst, now))
        return min(self._burst, left + (now - as_of) * self._per_s), now
