"""Who may use a capability's quota: the upload's functions, or settle while it works off that capability's backlog.

While settle owns a backlog, it alone calls: what arrives joins the queue, behind what came first. A function learns of
it when the vendor does not accept its call, or when an event comes late, since others must have come before it. It then
wakes settle, and reads every now and then the one small object in which settle says whose backlogs it owns. As long as
every call is accepted, no function reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ValidationError

from shared import log
from shared.cloud.ports import Bucket
from shared.errors import CutoutError
from shared.jobs import keys

WAKING = timedelta(seconds=3)
"""That settle may take to begin when it is woken."""
_READ_EVERY = timedelta(seconds=2)
_CUT_OFF = timedelta(seconds=1)
"""The time in an event is in whole seconds, the rest cut off: `eventTime` ends in `.000Z` in every sample of OSS's."""
_DELIVERY = timedelta(seconds=3)
"""That an event may take from OSS to Function Compute: no document says how long; users report seconds at most."""
COLD_START = timedelta(seconds=4)
"""That Function Compute may take to make an instance: to fetch the package, and to import it with a third of a core."""
_LATE, _LATE_AT_FIRST = _CUT_OFF + _DELIVERY, _CUT_OFF + _DELIVERY + COLD_START
"""An event that finds every instance busy comes again 0.5, 1.5, 3.5 and 7.5 s after it did first: so an event that is
late by these was refused three times, or OSS itself has a backlog."""

LINGER = WAKING + _READ_EVERY
"""How long settle must stay after its last work: until then a function may still enqueue, because it read that settle
owns the backlog."""


class _Owner(BaseModel):
    """At `queue/.owner.json`: the capabilities whose quotas are settle's, and until when."""

    capabilities: frozenset[str]
    until: AwareDatetime


class BacklogOwner:
    """`documents` is the jobs' bucket, `pictures` the one in which settle's trigger listens."""

    def __init__(self, documents: Bucket, pictures: Bucket, clock: Callable[[], datetime]) -> None:
        self._documents = documents
        self._pictures = pictures
        self._clock = clock
        self._next_reads: dict[str, datetime] = {}
        """By capability, of those that this instance has reason to take for settle's: when to read again."""
        self._began = clock()
        self._busy_until: datetime | None = None
        self._announced: _Owner | None = None

    # ---------------------------------------------------------------- for an upload's function

    def is_late(self, at: datetime | None) -> bool:
        """Whether an event about what happened at `at` has waited in Function Compute's queue, and so have others."""
        if at is None:
            return False
        now = self._clock()
        has_waited_for_this_instance = self._busy_until is not None and self._busy_until - at > _CUT_OFF
        return has_waited_for_this_instance or now - max(at, self._began) > _LATE or now - at > _LATE_AT_FIRST

    def was_busy(self) -> None:
        """This instance has just ended a call. An event from before that found it busy, and the other instances too."""
        self._busy_until = self._clock()

    def owns(self, capability: str) -> bool:
        """Whether the quota of `capability` is settle's, as far as this instance knows."""
        now, next_read = self._clock(), self._next_reads.get(capability)
        if next_read is None:
            return False
        if now >= next_read:
            if not self._is_announced(capability, now):
                self._next_reads.pop(capability, None)  # which another thread may have done
                return False
            self._next_reads[capability] = now + _READ_EVERY
        return True

    def joined(self, capability: str) -> None:
        """A job of `capability` has just joined the queue: wake settle, and until it has come let all others join."""
        self._next_reads[capability] = self._clock() + WAKING
        self.wake_worker()

    def wake_worker(self) -> None:
        """Have settle come at once. If that fails it comes within the minute all the same."""
        try:
            self._pictures.write(keys.WAKE, b"{}")
        except CutoutError as error:
            message = f"settle was not called, and comes by itself: {error.message}"
            log.warning("wake_failed", code=error.code, message=message)

    def _is_announced(self, capability: str, now: datetime) -> bool:
        stored = self._documents.read(keys.OWNER)
        try:
            owner = _Owner.model_validate_json(stored.body) if stored else None
        except ValidationError:
            return False
        return owner is not None and capability in owner.capabilities and now < owner.until

    # ---------------------------------------------------------------- for settle

    def announce(self, capabilities: frozenset[str], until: datetime) -> None:
        """Settle owns these backlogs `until` then, in place of what it announced last; nothing is written if that is
        the same."""
        owner = _Owner(capabilities=capabilities, until=until)
        announced = owner if capabilities else None
        if announced == self._announced:
            return
        body = owner.model_dump_json().encode()

        def still_needed() -> bool:
            stored = self._documents.read(keys.OWNER)
            return stored is None or stored.body != body

        self._documents.write(keys.OWNER, body, still_needed=still_needed)
        self._announced = announced
