"""The pace that was bought: calls that draw on one quota, spaced out across the threads of this instance."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from shared.errors import Busy
from shared.models import Quota

_SLACK = 1.015
"""Of the time between two calls. A vendor counts what arrives within any second; at exactly the pace that was bought,
a few milliseconds less on the way for one call than for others make it one too many. This takes up 15 of them."""


class Pace:
    """A caller waits `patience` seconds for its turn and no longer.

    Ours, because the limiters at hand count calls in a window: after a pause they let the whole window's allowance
    go at once, and with two calls a second it takes little jitter on the way for three to arrive within one.
    """

    def __init__(
        self,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free: dict[Quota, float] = {}

    def wait(self, quota: Quota) -> None:
        """Return when it is this caller's turn; raises `Busy`, at once, when that is too far off."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._free.get(quota, now))
            if turn - now > self._patience:
                raise Busy("QuotaTaken", f"{quota.name}'s next free turn is {turn - now:.0f} s away")
            self._free[quota] = turn + _SLACK / quota.per_second
        if turn > now:
            self._sleep(turn - now)
