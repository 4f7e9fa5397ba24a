"""Limits how many calls may be with a vendor at once to as many as it answers in time.

A vendor that is slower than the quota that was bought queues calls until none is answered in time, and bills them all
the same. The calls take longer well before the first of them gets no answer, and that is what is learnt from. The idea
is that of TCP Vegas and of Netflix's concurrency-limits: by Little's law, a call that took `seconds` while `in_flight`
calls were with the vendor shows that the vendor serves `in_flight / seconds` calls a second, if it has a queue. The
constants were chosen with the vendors that `tests/unit/cloud/test_concurrency.py` simulates.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from statistics import median
from types import TracebackType

from shared.errors import KeptBack, NotAccepted, Unavailable
from shared.messages import cloud as messages

_SAMPLES = 5
"""Calls of which medians are taken: two may be outliers, such as a picture that takes long or gets no answer."""
_QUEUE_SHARE = 1 / 8
"""Of a call's timeout, what it may spend in the vendor's queue: if the vendor becomes several times slower, the calls
that are in the queue are still answered in time."""
_VARIATION = 1.25
"""Times the usual duration that calls may take before the vendor is taken to have a queue."""
_UNKNOWN_SHARE = 1 / 2
"""Of a call's timeout, what a call is taken to need before the first answer: the slowest synchronous capabilities
promise 30 s, and the timeout is 40 s."""


class ConcurrencyLimit:
    """For the calls of one capability that this instance makes.

    `per_second` is the quota that was bought, `call_seconds` the timeout of a call, and `clock` returns seconds. Its
    methods may be called in any thread.
    """

    def __init__(self, per_second: float, call_seconds: float, clock: Callable[[], float]) -> None:
        self.per_second = per_second
        self.clock = clock
        self.in_flight = 0
        """Calls that were sent and are not answered yet: they are counted here only."""
        self._call_seconds = call_seconds
        self._usual: float | None = None
        """Seconds that a call takes when the vendor has no queue; None before the first answer."""
        self._fits = math.inf
        """Calls that can be with the vendor and still be answered in time; infinite before the first answer."""
        self._samples: deque[tuple[float, int]] = deque(maxlen=_SAMPLES)
        """Of the last calls: seconds (infinite for no answer), and how many calls were in flight."""
        self._lock = threading.Lock()

    @property
    def limit(self) -> int:
        """Calls that may be with the vendor at once; at least 1, and no more than the quota amounts to."""
        return max(1, int(min(self._fits, self.per_second * self._time_allowed)))

    @property
    def room(self) -> int:
        """How many more calls may be sent now."""
        return max(0, self.limit - self.in_flight)

    def sent(self) -> int:
        """A call is about to be sent; returns how many are in flight with it. Raises `KeptBack` when there is no
        room for it."""
        with self._lock:
            if not self.room:
                raise KeptBack("VendorSlow", messages.VENDOR_SLOW(in_flight=self.in_flight))
            self.in_flight += 1
            return self.in_flight

    def back(self) -> None:
        """A call was answered, or will not be."""
        with self._lock:
            self.in_flight -= 1

    def learn(self, seconds: float, in_flight: int) -> None:
        """A call was served after `seconds`, or got no answer (`math.inf`). `in_flight` is what `sent` returned for it:
        the calls that were with the vendor, itself included."""
        with self._lock:
            if math.isinf(self._fits):  # what the quota amounts to if all calls take as long, without a queue
                self._fits = self.per_second * _VARIATION * seconds
            self._samples.append((max(seconds, 0.001), in_flight))
            takes = median(seconds for seconds, _ in self._samples)
            serves = median(in_flight / seconds for seconds, in_flight in self._samples)
            was_alone = all(in_flight == 1 for _, in_flight in self._samples)
            if takes < math.inf and (self._usual is None or takes < self._usual or was_alone):
                self._usual = takes
            fits = serves * self._time_allowed
            if takes > self._time_allowed:
                self._fits = min(self._fits, fits)
            else:
                self._fits = max(self._fits, fits, in_flight + 1)

    @property
    def _time_allowed(self) -> float:
        """Seconds that a call may take: its usual duration and some variation, and its share of time in the queue."""
        usual = self._call_seconds * _UNKNOWN_SHARE if self._usual is None else self._usual
        return _VARIATION * usual + _QUEUE_SHARE * self._call_seconds


class Flight:
    """One call, as a context manager: entered before the call is sent, and left with its answer or its error."""

    def __init__(self, limit: ConcurrencyLimit) -> None:
        self._limit = limit
        self._in_flight = 0
        self._sent_at = self._seconds = 0.0

    def sent(self) -> None:
        """The call is about to be sent. Raises `KeptBack` when there is no room for it at the vendor."""
        self._in_flight = self._limit.sent()
        self._sent_at = self._limit.clock()

    def served(self) -> None:
        """The vendor did what it was called for. Call it after the context was left, and not for a refusal: those come
        sooner, and do not show how long a call takes."""
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
