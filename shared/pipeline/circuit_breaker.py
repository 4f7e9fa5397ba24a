"""Whether a capability may be called just now, by what its vendor said to the last calls.

That a vendor throttles calls is learnt in several places, each of which learns something else from it:

- The rate limiter (`shared/cloud/rate_limiter.py`) learns how many milliseconds after a full second the next call must
  leave, so that the vendor does not count it within that second. It learns from a reply, through `Http.throttled`.
- The circuit breaker, here, learns whether to call at all, and when to try again. It learns from the vendor's answers,
  where they are read: of calls from `VendorCalls`, of the work behind a ticket from `TicketPolls`. The worker's
  scheduler asks it before it starts a run, and `VendorCalls` before it sends a call.
- `BacklogOwner` (`shared/jobs/backlog.py`) learns, in an upload's function, to leave the calls to the worker. It
  learns from the dispatcher of a job that keeps its place in the queue.
- The job learns nothing: `after_error` (`shared/pipeline/retries.py`) leaves its moment and its retries as they are,
  because the vendor limits the capability and not the job.

That a vendor fails is learnt here too. The concurrency limit (`shared/cloud/concurrency.py`) learns from how long calls
take, and from those that get no answer, but nothing from throttling. What is wrong with one upload (OSS refuses it, or
the vendor its picture) is no trouble of the vendor's, and nobody learns it but the upload's job.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

from shared.errors import KeptBack, NotFetched, Unavailable, VendorDown
from shared.jobs.job import Job
from shared.messages import cloud as messages

ALWAYS = datetime.min.replace(tzinfo=timezone.utc)
NEVER = datetime.max.replace(tzinfo=timezone.utc)

_TOLERATED = 2
"""Throttled or failed calls in a row that do not open it: close to the quota single calls are throttled, a gateway
fails now and then, and the next call passes."""
_MOST_REMEMBERED = 1000
"""Uploads whose calls failed: more than are called before a breaker opens, and than are tried as probes in a week."""


class State(Enum):
    """What a breaker lets through."""

    CLOSED = "closed"
    """Every call."""
    OPEN = "open"
    """No call."""
    HALF_OPEN = "half-open"
    """One call at a time, as a probe: if it passes, the breaker closes."""


@dataclass
class _Trouble:
    """One kind of trouble: how often in a row, and the pauses, each twice as long as the last, that it leads to."""

    tolerated: int
    """So many times in a row lead to no pause."""
    first: float
    longest: float
    """Of the pauses, in seconds."""
    in_a_row: int = 0
    last: datetime = ALWAYS
    """When it last came and led to a pause."""
    ends: datetime = ALWAYS
    """Of the last pause."""

    @property
    def needs_probe(self) -> bool:
        return self.in_a_row > self.tolerated

    def again(self, now: datetime) -> None:
        """Once more in a row; but what comes during a pause had begun before it."""
        if now >= self.ends:
            self.in_a_row += 1
            if self.needs_probe:
                self.last = now
                self.pause(now)

    def pause(self, now: datetime) -> None:
        """Also without more trouble, while it is not known what came of the probe."""
        doublings = min(self.in_a_row - self.tolerated - 1, 20)
        self.ends = now + timedelta(seconds=min(self.first * 2.0**doublings, self.longest))

    def over(self, since: datetime) -> None:
        """What began at `since` has passed: the trouble is over, unless it came again after that."""
        if not self.needs_probe or since >= self.last:
            self.in_a_row, self.ends = 0, ALWAYS


class CircuitBreaker:
    """Of one capability, in one instance, whose workers use it one after the other. Every pause ends by itself.

    `jobs` are those that shared a call. Its methods may be called in any thread.
    """

    def __init__(self) -> None:
        self._throttled = _Trouble(_TOLERATED, first=1, longest=30)
        self._refused = _Trouble(0, first=5, longest=10 * 60)
        self._failing = _Trouble(_TOLERATED, first=1, longest=15 * 60)
        """Each probe may be billed: at most 96 a day, and the end of an outage is noticed in a quarter of an hour."""
        self._limited_until = ALWAYS
        self._has_accepted = False
        self._failed: dict[str, int] = {}
        """The uploads whose last call failed, and in which streak of failures; the oldest first."""
        self._streak = 0
        """The number of the present streak of failures, which the vendor's next answer ends."""
        self._lock = threading.Lock()

    # ---------------------------------------------------------------- what may be called

    @property
    def open_until(self) -> datetime:
        """No call is to be started before this moment."""
        troubles = (self._throttled, self._refused, self._failing)
        return max(self._limited_until, *(trouble.ends for trouble in troubles))

    def state(self, now: datetime, *, was_blocked: bool = False) -> State:
        """`was_blocked`: as it is for jobs that the vendor refused until an operator acts. Of those the first one is a
        probe, until the vendor has accepted a call of this instance's."""
        with self._lock:
            if now < self.open_until:
                return State.OPEN
            troubles = (self._throttled, self._refused, self._failing)
            needs_probe = any(trouble.needs_probe for trouble in troubles) or (was_blocked and not self._has_accepted)
            return State.HALF_OPEN if needs_probe else State.CLOSED

    @property
    def is_failing(self) -> bool:
        """Whether the last calls failed, so that a photo's own failure cannot be told from the vendor's."""
        return self._failing.needs_probe

    def has_failed(self, source: str) -> bool:
        """Whether the last call for this upload failed: as a probe, another one shows more."""
        return source in self._failed

    def let_through(self, now: datetime) -> None:
        """A call is about to be sent. Raises `KeptBack` while the vendor fails, as the call might be billed and bring
        no result. What was started before the vendor throttled or refused a call may still be sent: that costs nothing.
        """
        if now < self._failing.ends:
            raise KeptBack("CallsPaused", messages.CALLS_PAUSED())

    # ---------------------------------------------------------------- what the vendor said

    def answered(self, jobs: Sequence[Job], since: datetime) -> None:
        """The vendor answered for the photos themselves, whether it served or refused them. It was asked at `since`:
        what it was asked before it failed does not show that it works again."""
        with self._lock:
            self._accepted(since)
            self._failing.over(since)
            self._streak += 1
            for job in jobs:
                self._failed.pop(job.source, None)

    def accepted(self, since: datetime, now: datetime) -> None:
        """The vendor, asked at `since`, gave a ticket. If it has failed, whether it does the work now remains to be
        seen: until then there is one call a pause."""
        with self._lock:
            self._accepted(since)
            if self._failing.needs_probe and now >= self._failing.ends:
                self._failing.pause(now)

    def throttled(self, now: datetime) -> None:
        """The vendor was too busy for the call, or was not reached."""
        with self._lock:
            self._throttled.again(now)

    def refused(self, now: datetime) -> None:
        """No call is accepted until the operator acts."""
        with self._lock:
            self._refused.again(now)

    def failed(self, error: Unavailable, jobs: Sequence[Job], now: datetime) -> Unavailable:
        """The vendor did not do what it was asked for; returns the error as it is to be taken.

        That is `VendorDown` if the photos are not to blame: because something else than the vendor answered, or it is
        the third failure in a row, each with other photos. It is the photos' own if they failed before, and the vendor
        has served others since. While it may be their links that fail, nothing is learnt: they are looked into first.
        """
        if isinstance(error, NotFetched) and not all(job.links_checked for job in jobs):
            return error
        sources, is_down = [job.source for job in jobs], isinstance(error, VendorDown)
        with self._lock:
            failing = self._failing
            own = failing.in_a_row == 0 and all(source in self._failed for source in sources)
            if is_down or failing.needs_probe or any(self._failed.get(source) != self._streak for source in sources):
                failing.again(now)
            self._remember(sources)
            excused = failing.needs_probe or (is_down and not own)
        if excused == is_down:
            return error
        kind = VendorDown if excused else Unavailable
        return kind(error.code, error.text, request_id=error.request_id)

    # ---------------------------------------------------------------- what we know ourselves

    def limited(self, until: datetime) -> None:
        """Our own limit of the day allows no call before then."""
        with self._lock:
            self._limited_until = max(self._limited_until, until)

    # ----------------------------------------------------------------

    def _accepted(self, since: datetime) -> None:
        self._has_accepted = True
        self._throttled.in_a_row = 0  # also by a call from before the pause, as those go on; it is not cut short
        self._refused.over(since)

    def _remember(self, sources: Sequence[str]) -> None:
        for source in sources:
            self._failed.pop(source, None)
            self._failed[source] = self._streak
        while len(self._failed) > _MOST_REMEMBERED:
            del self._failed[next(iter(self._failed))]
