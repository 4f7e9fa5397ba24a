"""A vendor's quota: so many calls an action in any second, for the whole account."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable


class Throttled(Exception):
    """One call too many; each vendor has its own words for that."""


class Quota:
    def __init__(self, qps: float, clock: Callable[[], float]) -> None:
        self._qps = qps
        self._clock = clock
        self._spent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def spend(self, action: str) -> None:
        """Lets a call pass, or raises `Throttled` at once: then it does not count."""
        now = self._clock()
        with self._lock:
            spent = self._spent[action]
            while spent and now - spent[0] >= 1:
                spent.popleft()
            if len(spent) + 1 > self._qps:
                raise Throttled
            spent.append(now)
