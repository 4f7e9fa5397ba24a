"""The pace that was bought: calls that draw on one quota, spaced out across the threads of this instance."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.errors import Busy
from shared.models import Quota

_SLACK = 0.02
"""Seconds that one call may be longer on its way than the next one that takes its place."""


@dataclass
class _Gate:
    """Where the callers of one quota stand in line."""

    head: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0
    free: float = 0.0
    """When the next turn is, spaced evenly."""
    gone: deque[float] = field(default_factory=deque)
    """When the last callers really went, as many as a second takes."""


class Pace:
    """A caller waits `patience` seconds for its turn and no longer.

    Vendors count the calls of any second. Evenly spaced ones would be let in, but a thread wakes late at times, and
    then the next ones follow it too closely: so none goes before a second has passed since the one that had its place
    really went. Ours, because the limiters at hand count what they let go, and let a whole second's calls go at once.
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
        self._gates: defaultdict[Quota, _Gate] = defaultdict(_Gate)

    def wait(self, quota: Quota) -> None:
        """Return when it is this caller's turn; raises `Busy`, at once, when that is too far off."""
        with self._lock:
            gate = self._gates[quota]
            wait = max(0.0, gate.free - self._clock()) + gate.waiting / quota.per_second
            if wait > self._patience:
                raise Busy("QuotaTaken", f"{quota.name}'s next free turn is {wait:.0f} s away")
            gate.waiting += 1
        try:
            with gate.head:
                self._go(gate, quota.per_second)
        finally:
            with self._lock:
                gate.waiting -= 1

    def _go(self, gate: _Gate, per_second: float) -> None:
        places = max(1, int(per_second))
        turn = max(self._clock(), gate.free)
        if len(gate.gone) == places:
            turn = max(turn, gate.gone.popleft() + places / per_second + _SLACK)
        gate.free = turn + 1 / per_second
        if (pause := turn - self._clock()) > 0:
            self._sleep(pause)
        gate.gone.append(self._clock())
