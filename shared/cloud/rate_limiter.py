"""The pace that was bought: calls that draw on one quota, spaced out across the threads of this instance."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.cloud.ports import Quota
from shared.errors import NotAccepted

_SLACK, _LEAST, _MOST = 0.01, 0.005, 0.05
"""Seconds that one call may be longer on its way than the next one that takes its place: at first, and after all that
was learnt."""
_STEP, _FORGETS = 0.004, 250
"""What is added for a call that came too early all the same, and after how many calls that has worn off: so it happens
to one in so many."""


@dataclass
class _Waiters:
    """Where the callers of one quota stand in line."""

    line: deque[threading.Event] = field(default_factory=deque)
    """In the order in which they came, which a lock would not keep; the first one's is set."""
    free: float = 0.0
    """When the next turn is, spaced evenly."""
    slack: float = _SLACK
    gone: deque[float] = field(default_factory=deque)
    """When the last callers really went, as many as a second takes."""


class RateLimiter:
    """A caller waits `patience` seconds for its turn and no longer.

    Vendors count the calls of any second. Evenly spaced ones would be let in, but a thread wakes late at times, and
    then the next ones follow it too closely: so none goes before a second has passed since the one that had its place
    really went, and a little more, for what happens on the way. Ours, because the limiters at hand count what they let
    go, not when it went, and let a whole second's calls go at once.
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
        self._gates: defaultdict[Quota, _Waiters] = defaultdict(_Waiters)

    def wait(self, quota: Quota, on_slot: Callable[[], object] = lambda: None) -> None:
        """Return when it is this caller's turn; raises `NotAccepted`, at once, when that is too far off.

        `on_slot` is called when it has come; if that raises, so does this, and the turn is the next one's.
        """
        mine = threading.Event()
        with self._lock:
            gate = self._gates[quota]
            wait = max(0.0, gate.free - self._clock()) + len(gate.line) / quota.per_second
            if wait > self._patience:
                raise NotAccepted("QuotaTaken", f"{quota.name}'s next free turn is {wait:.0f} s away")
            gate.line.append(mine)
            gate.line[0].set()
        mine.wait()
        try:
            self._go(gate, quota, on_slot)
        finally:
            with self._lock:
                gate.line.popleft()
                if gate.line:
                    gate.line[0].set()

    def throttled(self, quota: Quota) -> None:
        """The vendor has turned a call away for its time."""
        gate = self._gates[quota]
        gate.slack = min(_MOST, gate.slack + _STEP)

    def _go(self, gate: _Waiters, quota: Quota, on_slot: Callable[[], object]) -> None:
        places, apart, now = max(1, int(quota.per_second)), 1 / quota.per_second, self._clock()
        planned = gate.free if now - gate.free < apart else now  # less than one call's place is made up for
        slot = max(now, planned)
        if is_full := len(gate.gone) == places:
            slot = max(slot, gate.gone[0] + places * apart + gate.slack)
        if slot > now:
            self._sleep(slot - now)
        on_slot()
        if is_full:
            gate.gone.popleft()
            gate.slack = max(_LEAST, gate.slack - _STEP / _FORGETS)
        gate.free = max(planned, slot - apart / 2) + apart  # who was late does not make all that follow late
        gate.gone.append(self._clock())
