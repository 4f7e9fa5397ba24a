"""VIAPI's quota: so many calls an action in any second, for the whole account."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable

from tests.cloud.viapi_replies import Refused


class Quota:
    def __init__(self, qps: float, clock: Callable[[], float]) -> None:
        self._qps = qps
        self._clock = clock
        self._spent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def spend(self, action: str) -> None:
        """Lets a call pass, or raises `Refused` at once: then it does not count."""
        now = self._clock()
        with self._lock:
            spent = self._spent[action]
            while spent and now - spent[0] >= 1:
                spent.popleft()
            if len(spent) + 1 > self._qps:
                raise Refused("Throttling.User", "Request was denied due to user flow control.")
            spent.append(now)
