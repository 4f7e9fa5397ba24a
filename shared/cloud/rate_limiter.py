"""The rate limiter: spaces out the calls of one quota across the threads of an instance, in the order of arrival."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.cloud.ports import Quota
from shared.errors import NotAccepted
from shared.messages import cloud as messages

_SLACK, _LEAST, _MOST = 0.01, 0.005, 0.05
"""The slack: seconds that a slot stays taken longer, since a later call may reach the vendor faster. At first, and its
bounds."""
_STEP, _FORGETS = 0.004, 250
"""Seconds by which one throttled call raises the slack, and the number of calls after which that has worn off: in the
long run one call in 250 is throttled."""


@dataclass
class _Waiters:
    """The callers of one quota that wait for a slot, and when slots were used."""

    queue: deque[threading.Event] = field(default_factory=deque)
    """One event a caller, in the order of arrival, which a lock would not keep; that of the first is set."""
    free: float = 0.0
    """When the next slot is, by `clock`, if slots are spaced evenly."""
    slack: float = _SLACK
    sent: deque[float] = field(default_factory=deque)
    """When the last calls were really sent, as many as the quota lets pass in a second."""


class RateLimiter:
    """A caller waits at most `most_seconds` for a slot. `clock` returns seconds, and `sleep` waits for some.

    Vendors count the calls of any second. Evenly spaced calls would pass, but a thread may wake up late, and the next
    calls then follow it too closely. So a slot is free again only when a second and some slack have passed since the
    call that used it was really sent; the slack is for what happens on the way to the vendor. Written here because
    existing limiters count when a call was let through, not when it was sent, and let a whole second's calls through at
    once.
    """

    def __init__(
        self,
        most_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._most_seconds = most_seconds
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._waiters: defaultdict[Quota, _Waiters] = defaultdict(_Waiters)

    def wait(self, quota: Quota, on_slot: Callable[[], object] = lambda: None) -> None:
        """Return when this caller has a slot of `quota`, after calling `on_slot`.

        If `on_slot` raises, so does this, and the next caller gets the slot. Raises `NotAccepted` at once, without
        waiting, when the next free slot is too far away.
        """
        first = threading.Event()
        with self._lock:
            waiters = self._waiters[quota]
            wait = max(0.0, waiters.free - self._clock()) + len(waiters.queue) / quota.per_second
            if wait > self._most_seconds:
                raise NotAccepted("QuotaTaken", messages.NEXT_SLOT(quota=quota.name, wait=wait))
            waiters.queue.append(first)
            waiters.queue[0].set()
        first.wait()
        try:
            self._take(waiters, quota, on_slot)
        finally:
            with self._lock:
                waiters.queue.popleft()
                if waiters.queue:
                    waiters.queue[0].set()

    def throttled(self, quota: Quota) -> None:
        """The vendor has throttled a call: from now on keep a greater distance between calls."""
        waiters = self._waiters[quota]
        waiters.slack = min(_MOST, waiters.slack + _STEP)

    def _take(self, waiters: _Waiters, quota: Quota, on_slot: Callable[[], object]) -> None:
        places, apart, now = max(1, int(quota.per_second)), 1 / quota.per_second, self._clock()
        # A caller that is late by less than one slot keeps its slot.
        planned = waiters.free if now - waiters.free < apart else now
        slot = max(now, planned)
        if is_full := len(waiters.sent) == places:
            slot = max(slot, waiters.sent[0] + places * apart + waiters.slack)
        if slot > now:
            self._sleep(slot - now)
        on_slot()
        if is_full:
            waiters.sent.popleft()
            waiters.slack = max(_LEAST, waiters.slack - _STEP / _FORGETS)
        waiters.free = max(planned, slot - apart / 2) + apart  # a late call does not delay all that follow
        waiters.sent.append(self._clock())
