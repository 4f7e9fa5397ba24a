"""How many calls a day may be made: a fuse against an unintended bill.

The bucket counts, since nothing else is shared: a call creates the first name of its day that is free,
`calls/<day>/0`, `1`, `2` …, and creating a name succeeds once. The names of a day are without gaps, so the first free
one is found by halving, however many calls others have made meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta, timezone

from shared import log
from shared.cloud.ports import Bucket
from shared.errors import DailyLimitReached
from shared.jobs import keys
from shared.messages import jobs as messages

_SHANGHAI = timezone(timedelta(hours=8))


class DailyLimit:
    """`limit` calls in a day of Shanghai, over all instances that count in `bucket`; None: no limit.

    A number that was taken for a call which then was not bought is kept for the next call of this instance. So an
    instance that ends loses one number at the most. So does an answer that is lost: the next number is taken then.
    """

    def __init__(self, bucket: Bucket, limit: int | None, clock: Callable[[], datetime]) -> None:
        self._bucket = bucket
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._day = ""
        self._next = 0
        self._spare = 0
        self._warned = False

    def spend(self, calls: int) -> int:
        """Take so many calls, or as many as the day has left; how many. Raises `DailyLimitReached` when it has none."""
        if self._limit is None:
            return calls
        with self._lock:
            today = self._clock().astimezone(_SHANGHAI)
            if self._day != today.date().isoformat():
                self._day, self._next, self._spare, self._warned = today.date().isoformat(), 0, 0, False
            while self._spare < calls:
                if self._next >= self._limit:
                    break
                if self._bucket.create(keys.call(self._day, self._next), b"{}"):
                    self._spare += 1
                    self._next += 1
                else:
                    self._next = self._first_free()
            if not self._spare:
                raise self._spent(today, self._limit)
            taken = min(calls, self._spare)
            self._spare -= taken
            return taken

    def give_back(self, calls: int) -> None:
        """So many calls were not accepted: nothing was bought."""
        if self._limit is not None:
            with self._lock:
                self._spare += calls

    def _first_free(self) -> int:
        """The first free number, given that `_next` is taken: by doubling steps, and then by halving them."""
        taken, step = self._next, 1
        while self._bucket.etag(keys.call(self._day, taken + step)):
            taken += step
            step *= 2
        free = taken + step
        while free - taken > 1:
            middle = (taken + free) // 2
            if self._bucket.etag(keys.call(self._day, middle)):
                taken = middle
            else:
                free = middle
        return free

    def _spent(self, today: datetime, limit: int) -> DailyLimitReached:
        midnight = datetime.combine(today.date() + timedelta(days=1), time(), _SHANGHAI)
        message = messages.DAILY_CALL_LIMIT(limit=limit)
        if not self._warned:
            log.warning("daily_limit_reached", message=message.en, until=midnight.isoformat())
            self._warned = True
        return DailyLimitReached("DailyCallLimit", message, until=midnight)
