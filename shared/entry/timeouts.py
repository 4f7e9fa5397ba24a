"""How a function's timeout is spent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timeouts:
    """In seconds."""

    call: float
    """For a vendor to answer: the slowest synchronous ones promise 30 s."""
    fetch: float
    """For a result to arrive."""
    wait: float
    """For a call's turn at the pace that was bought."""
    begin: float
    """How long a round may begin things: what it begins last has time for its turn, a call, a result and the bucket."""
    lease: float
    """Longer than the timeout, so that whoever holds a stale lease is certainly dead."""

    @classmethod
    def within(cls, timeout: float) -> Timeouts:
        call, fetch, wait = min(40.0, timeout / 3), min(60.0, timeout / 2), min(15.0, timeout / 40)
        return cls(call, fetch, wait, begin=max(0.0, timeout * 14 / 15 - wait - call - fetch), lease=timeout * 1.1)
