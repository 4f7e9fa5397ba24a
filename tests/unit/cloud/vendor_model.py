"""Simulates a backlog with vendors of many kinds, in simulated time: a minute takes a millisecond."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from threading import Event
from typing import Protocol

from shared.cloud.concurrency import ConcurrencyLimit
from shared.errors import NotAccepted
from shared.pipeline.scheduler import AHEAD

CALL_SECONDS = 40.0
_RETRY_AFTER = 10.0
"""Seconds after which a job whose call got no answer is due again, behind all that wait by then."""
_PREPARES, _STORES = 0.2, 0.3
"""Seconds that a job takes before its call and after it."""


@dataclass
class Time:
    now: float = 0.0
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def __call__(self) -> float:
        return self.now

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), event))

    def step(self) -> None:
        self.now, _, event = heapq.heappop(self._events)
        event()


class Vendor(Protocol):
    def call(self, time: Time, answer: Callable[[], None]) -> None:
        """Call `answer` when the call is answered, if it ever is."""
        ...


class Parallel:
    """Serves any number of calls at once. `takes` returns the seconds of a call that comes at a certain time, infinite
    for one that is never answered."""

    def __init__(self, takes: Callable[[float], float]) -> None:
        self._takes = takes

    def call(self, time: Time, answer: Callable[[], None]) -> None:
        if (seconds := self._takes(time.now)) < math.inf:
            time.after(seconds, answer)


class Serial:
    """Serves one call after the other, `takes` seconds each, also those whose caller has given up."""

    def __init__(self, takes: Callable[[float], float]) -> None:
        self._takes = takes
        self._queue: deque[Callable[[], None]] = deque()

    def call(self, time: Time, answer: Callable[[], None]) -> None:
        self._queue.append(answer)
        if len(self._queue) == 1:
            self._serve(time)

    def _serve(self, time: Time) -> None:
        def served() -> None:
            self._queue.popleft()()
            if self._queue:
                self._serve(time)

        time.after(self._takes(time.now), served)


class Backlog:
    """Jobs that wait for one capability, of which a worker starts as many as the limit allows."""

    def __init__(self, vendor: Vendor, *, per_second: float, jobs: int, limit: ConcurrencyLimit | None = None) -> None:
        self.time = Time()
        self.limit = limit or ConcurrencyLimit(per_second, CALL_SECONDS, self.time)
        self.limit.clock = self.time
        self.calls = self.unanswered = self.done = self.kept_back = 0
        self.last_call = 0.0
        self.most = 0
        """Calls that were with the vendor at once."""
        self._vendor = vendor
        self._per_second = per_second
        self._jobs = self._waiting = jobs
        self._runs = 0
        self._free = 0.0
        """When the quota's next slot is."""

    def run(self, until: float = math.inf) -> Backlog:
        """Until every job is done, or until that moment."""
        self._start()
        while self.done < self._jobs and self.time.now < until:
            self.time.step()
        return self

    @property
    def share(self) -> float:
        """The share of the quota that was used until the last call."""
        return self.calls / (self._per_second * self.last_call + 1)

    def _start(self) -> None:
        ahead = math.ceil(self._per_second * AHEAD)
        while self._waiting and self._runs < self.limit.in_flight + min(ahead, self.limit.room):
            self._waiting -= 1
            self._runs += 1
            self.time.after(_PREPARES, self._prepared)

    def _prepared(self) -> None:
        slot = max(self._free, self.time.now)
        self._free = slot + 1 / self._per_second
        self.time.after(slot - self.time.now, self._call)

    def _call(self) -> None:
        try:
            in_flight = self.limit.sent()
        except NotAccepted:
            self.kept_back += 1
            self._free = self.time.now  # the next call gets the slot
            self._over(waits=True)
            return
        self.calls, self.last_call = self.calls + 1, self.time.now
        self.most = max(self.most, in_flight)
        ended = Event()

        def ends(seconds: float) -> None:
            if ended.is_set():
                return
            ended.set()
            self.limit.back()
            self.limit.learn(seconds, in_flight)
            if seconds < math.inf:
                self.done += 1
                self.time.after(_STORES, self._over)
            else:
                self.unanswered += 1
                self.time.after(_RETRY_AFTER, self._falls_due)
                self._over()
            self._start()

        sent_at = self.time.now
        self._vendor.call(self.time, lambda: ends(self.time.now - sent_at))
        self.time.after(CALL_SECONDS, lambda: ends(math.inf))
        self._start()

    def _falls_due(self) -> None:
        self._waiting += 1
        self._start()

    def _over(self, *, waits: bool = False) -> None:
        self._runs -= 1
        self._waiting += waits
        self._start()
