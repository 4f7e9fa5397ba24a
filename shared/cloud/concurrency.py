"""How many calls a vendor may have unanswered at once: as many as it answers in good time, and no more.

A vendor slower than what was bought lets calls queue until none is answered in time, and bills them all the same. That
shows in how long calls take long before the first is lost. The idea is that of TCP Vegas and of Netflix's
concurrency-limits: by Little's law, a call that took `seconds` while `in_flight` calls were unanswered tells that the
vendor serves `in_flight / seconds` calls a second, if it has a queue. Constants:
`tests/unit/cloud/test_concurrency.py` simulates vendors of many kinds.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from statistics import median
from types import TracebackType

from shared.errors import NotAccepted, Unavailable

VENDOR_SLOW = "VendorSlow"
"""The code of a call that was kept back."""

_LAST = 5
"""Calls whose medians are looked at: up to two of them may be anything, a picture that takes long or gets no answer."""
_QUEUE = 1 / 8
"""Of the time that a call has, what it may spend in the vendor's queue: should the vendor become several times slower,
those that are in the queue are answered in time all the same."""
_VARIATION = 1.25
"""How much longer than usual calls may take before that is put down to a queue."""
_UNKNOWN = 1 / 2
"""Of the time that a call has, what it is taken to need as long as no answer has come: the slowest synchronous
capabilities promise 30 s."""


class ConcurrencyLimit:
    """For the calls of one capability that this instance makes.

    `per_second` calls were bought, and each has `call_seconds` to be answered. `clock` tells seconds.
    """

    def __init__(self, per_second: float, call_seconds: float, clock: Callable[[], float]) -> None:
        self.per_second = per_second
        self.clock = clock
        self.in_flight = 0
        """Calls that are with the vendor now."""
        self._call_seconds = call_seconds
        self._usual: float | None = None
        """Seconds that a call takes when the vendor has no queue, as far as is known."""
        self._fits = math.inf
        """Calls that can be unanswered without having to wait too long."""
        self._last: deque[tuple[float, int]] = deque(maxlen=_LAST)
        """Seconds (infinite for no answer) and the calls then in flight."""
        self._lock = threading.Lock()

    @property
    def limit(self) -> int:
        """What the vendor serves in good time; at least 1. At the pace that was bought there are never more."""
        return max(1, int(min(self._fits, self.per_second * self._good_time)))

    @property
    def room(self) -> int:
        """How many more calls may be sent now."""
        return max(0, self.limit - self.in_flight)

    def sent(self) -> int:
        """A call goes to the vendor; how many are with it now. Raises `NotAccepted` when there is no room for it."""
        with self._lock:
            if not self.room:
                raise NotAccepted(VENDOR_SLOW, f"the vendor has {self.in_flight} calls to answer first: this one waits")
            self.in_flight += 1
            return self.in_flight

    def back(self) -> None:
        """A call is with the vendor no longer."""
        with self._lock:
            self.in_flight -= 1

    def learn(self, seconds: float, in_flight: int) -> None:
        """A call was served after so many `seconds`, or will never be answered (`math.inf`); when it was sent,
        `in_flight` calls were with the vendor, itself among them."""
        with self._lock:
            if math.isinf(self._fits):  # what the quota needs if all calls take as long, without a queue
                self._fits = self.per_second * _VARIATION * seconds
            self._last.append((max(seconds, 0.001), in_flight))
            takes = median(seconds for seconds, _ in self._last)
            serves = median(in_flight / seconds for seconds, in_flight in self._last)
            was_alone = all(in_flight == 1 for _, in_flight in self._last)
            if takes < math.inf and (self._usual is None or takes < self._usual or was_alone):
                self._usual = takes
            fits = serves * self._good_time
            if takes > self._good_time:
                self._fits = min(self._fits, fits)
            else:
                self._fits = max(self._fits, fits, in_flight + 1)

    @property
    def _good_time(self) -> float:
        """Seconds."""
        usual = self._call_seconds * _UNKNOWN if self._usual is None else self._usual
        return _VARIATION * usual + _QUEUE * self._call_seconds


class Flight:
    """One call: `with` it, from before it is sent until it is answered or never will be."""

    def __init__(self, limit: ConcurrencyLimit) -> None:
        self._limit = limit
        self._in_flight = 0
        self._sent_at = self._seconds = 0.0

    def sent(self) -> None:
        """The call goes out now. Raises `NotAccepted` when it may not."""
        self._in_flight = self._limit.sent()
        self._sent_at = self._limit.clock()

    def served(self) -> None:
        """The vendor did what it was called for. Its refusals come sooner, and say nothing of how long it takes."""
        self._limit.learn(self._seconds, self._in_flight)

    def __enter__(self) -> Flight:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._in_flight:
            return
        self._seconds = self._limit.clock() - self._sent_at
        self._limit.back()
        if isinstance(error, Unavailable) and not isinstance(error, NotAccepted):
            self._limit.learn(math.inf, self._in_flight)
