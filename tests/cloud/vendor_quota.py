"""A vendor's quota: so many calls an action in any second, for the whole account."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping


class Throttled(Exception):
    """One call too many; each vendor has its own words for that."""


class Quota:
    """`qps` of each action, or less where `most` says that nobody can have more."""

    def __init__(self, qps: float, most: Mapping[str, float]) -> None:
        self._qps = qps
        self._most = most
        self._spent: defaultdict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()

    def spend(self, action: str, at: float) -> None:
        """Lets a call pass that arrived at `at`, or raises `Throttled`: then it does not count.

        Calls may be judged in another order than that in which they came.
        """
        with self._lock:
            within = [each for each in self._spent[action] if abs(at - each) < 1]
            if len([each for each in within if each <= at]) + 1 > min(self._qps, self._most.get(action, self._qps)):
                raise Throttled
            self._spent[action] = [*(each for each in self._spent[action] if at - each < 2), at]
