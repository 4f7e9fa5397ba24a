"""How a function's timeout is divided among the waits of an invocation."""

from __future__ import annotations

from dataclasses import dataclass

from shared.cloud.oss_clock import MOST_ERROR

_LEAST_MARGIN = 2 * MOST_ERROR.total_seconds() + 1
"""Seconds: the clocks of two instances, each wrong by that, and one more."""


@dataclass(frozen=True)
class Timeouts:
    """All in seconds. See `within`."""

    call: float
    """For a vendor to answer: the slowest synchronous ones promise 30 s."""
    fetch: float
    """For the results of a run to arrive: of one upload, or of those that share a ticket."""
    wait: float
    """For a call's slot in the quota."""
    begin: float
    """After how long the worker begins no more jobs: the last run has time for a slot, a call, its results and OSS."""
    lease: float
    """Longer than the timeout by a tenth, and by more than the clocks of two instances may differ by: so the holder of
    a lease that has expired by another instance's clock is dead."""

    @classmethod
    def within(cls, timeout: float) -> Timeouts:
        """Shares of a function's `timeout`, with the most that each is ever worth."""
        call, fetch, wait = min(40.0, timeout / 3), min(60.0, timeout / 2), min(15.0, timeout / 40)
        return cls(
            call,
            fetch,
            wait,
            begin=max(0.0, timeout * 14 / 15 - wait - call - fetch),
            lease=timeout + max(_LEAST_MARGIN, timeout / 10),
        )
