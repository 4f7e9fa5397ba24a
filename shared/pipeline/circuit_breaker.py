"""Whether a capability may be called just now, by how its vendor took the last calls.

That a vendor throttles calls is learnt in several places, each of which learns something else from it:

- The rate limiter (`shared/cloud/rate_limiter.py`) learns how many milliseconds after a full second the next call must
  leave, so that the vendor does not count it within that second. It learns from a reply, through `Http.throttled`.
- The circuit breaker, here, learns whether to call at all, and when to try again. It learns from what runs ended
  with, through the worker's scheduler.
- `BacklogOwner` (`shared/jobs/backlog.py`) learns, in an upload's function, to leave the calls to the worker. It
  learns of a job that was not accepted from the dispatcher.
- The job learns nothing: `after_error` (`shared/pipeline/retries.py`) leaves its moment and its retries as they are,
  because the vendor limits the capability and not the job.

The concurrency limit (`shared/cloud/concurrency.py`) learns from how long calls take, and nothing from throttling.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from enum import Enum

from shared.cloud.concurrency import VENDOR_SLOW
from shared.jobs.job import Blocked
from shared.pipeline.outcomes import End, Parked, Skipped

ALWAYS = datetime.min.replace(tzinfo=timezone.utc)
NEVER = datetime.max.replace(tzinfo=timezone.utc)

_TOLERATED = 2
"""Refusals in a row that do not open it: close to the quota single calls are throttled, and the next one passes."""
_LONGEST_PAUSE = 30.0
"""Seconds."""


class State(Enum):
    """What a breaker lets through."""

    CLOSED = "closed"
    """Every call."""
    OPEN = "open"
    """No call."""
    HALF_OPEN = "half-open"
    """One call at a time, as a probe: if the vendor accepts it, the breaker closes."""


class CircuitBreaker:
    """Of one capability, in one worker."""

    def __init__(self) -> None:
        self.open_until = ALWAYS
        """No call before this moment. `NEVER` when an operator must act first: one refusal is enough for a worker."""
        self._refusals = 0
        """In a row."""
        self._has_accepted = False

    def state(self, now: datetime, *, was_blocked: bool = False) -> State:
        """`was_blocked`: as it is for jobs that the vendor refused until an operator acts. Of those the first one is a
        probe, unless the vendor has accepted a call since this worker began."""
        if now < self.open_until:
            return State.OPEN
        needs_probe = self._refusals > _TOLERATED or (was_blocked and not self._has_accepted)
        return State.HALF_OPEN if needs_probe else State.CLOSED

    def learn(self, outcomes: Iterable[End], now: datetime) -> None:
        """From what jobs that shared a call ended with; nothing when no call was sent for them."""
        called = [outcome for outcome in outcomes if _was_called(outcome)]
        jobs = [outcome.job for outcome in called if isinstance(outcome, Parked)]
        if any(isinstance(job.stage, Blocked) for job in jobs):
            self.open_until = NEVER
        elif not_accepted := [job.due for job in jobs if job.not_accepted]:
            self._refused(now, max(not_accepted))
        elif called:
            self._refusals, self._has_accepted = 0, True

    def _refused(self, now: datetime, due: datetime) -> None:
        """Not before `due`: the daily limit says when the next call is allowed."""
        pause = 0.0
        if now >= self.open_until:  # otherwise the call had been sent before the breaker opened
            self._refusals += 1
            if self._refusals > _TOLERATED:
                pause = min(2.0 ** (self._refusals - _TOLERATED - 1), _LONGEST_PAUSE)
        self.open_until = max(self.open_until, now + timedelta(seconds=pause), due)


def _was_called(outcome: End) -> bool:
    """Whether the vendor was called: not for a skipped upload, nor for a job that the concurrency limit kept back."""
    return not isinstance(outcome, Skipped) and not (isinstance(outcome, Parked) and outcome.job.code == VENDOR_SLOW)
