"""While settle drains a capability's backlog, that capability's quota is settle's.

Nobody else calls: what arrives meanwhile joins the queue, behind those who came first. A function learns of it when
the vendor turns it away. It then rings for settle, and looks, now and then, at the one small object in which settle
says whose backlogs it is at. Where no call is turned away nobody looks, and it costs nothing. The same goes for an
event that comes late: others must have come before it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ValidationError

from shared import log
from shared.cloud.ports import Bucket
from shared.errors import CutoutError
from shared.jobs import keys

_COMING = timedelta(seconds=3)
"""How long settle may take to come when it is rung for."""
_LOOK = timedelta(seconds=2)
_CUT_OFF = timedelta(seconds=1)
"""An event tells the time in whole seconds, the rest cut off: `eventTime` ends in `.000Z` in every sample of OSS's."""
_ON_ITS_WAY = timedelta(seconds=3)
"""That OSS may take to tell Function Compute: no document says how long, people speak of seconds at most."""
_MAKING = timedelta(seconds=4)
"""That Function Compute may take to make an instance: to fetch the package, and to import it with a third of a core."""
_LATE, _LATE_AT_FIRST = _CUT_OFF + _ON_ITS_WAY, _CUT_OFF + _ON_ITS_WAY + _MAKING
"""An event that finds every instance busy comes again 0.5, 1.5, 3.5 and 7.5 s after it did first: what an instance that
is there takes for late was turned away three times, or OSS itself has a backlog."""

LINGER = _COMING + _LOOK
"""How long after its last work settle must stay: until then somebody may join the queue for its sake."""


class _Owner(BaseModel):
    """At `queue/.owner.json`, until when whose quotas are settle's."""

    capabilities: frozenset[str]
    until: AwareDatetime


class BacklogOwner:
    """`documents` is where the jobs lie, `pictures` where settle's trigger listens."""

    def __init__(self, documents: Bucket, pictures: Bucket, clock: Callable[[], datetime]) -> None:
        self._documents = documents
        self._pictures = pictures
        self._clock = clock
        self._looks: dict[str, datetime] = {}
        """For each capability that this instance was turned away with: when to look again."""
        self._made = clock()
        self._served: datetime | None = None
        self._announced: _Owner | None = None

    def is_late(self, at: datetime | None) -> bool:
        """Whether the word of what happened at `at` has stood in the platform's own queue, and others with it."""
        if at is None:
            return False
        now = self._clock()
        has_waited_for_this_instance = self._served is not None and self._served - at > _CUT_OFF
        return has_waited_for_this_instance or now - max(at, self._made) > _LATE or now - at > _LATE_AT_FIRST

    def served(self) -> None:
        """This instance is through with an upload just now: what happened before found it busy, and the others too."""
        self._served = self._clock()

    def owns(self, capability: str) -> bool:
        """Whether the quota is settle's, as far as this instance has heard."""
        now, look = self._clock(), self._looks.get(capability)
        if look is None:
            return False
        if now >= look:
            if not self._is_announced(capability, now):
                self._looks.pop(capability, None)  # which another thread may have done
                return False
            self._looks[capability] = now + _LOOK
        return True

    def joined(self, capability: str) -> None:
        """A job has just joined the queue, and settle, who may be asleep, must come: until then all join it."""
        self._looks[capability] = self._clock() + _COMING
        self.wake_worker()

    def wake_worker(self) -> None:
        """Have settle come at once. Should it not hear, it comes within the minute all the same."""
        try:
            self._pictures.write(keys.WAKE, b"{}")
        except CutoutError as error:
            log.warning(
                "wake_failed", code=error.code, message=f"settle was not called, and comes by itself: {error.message}"
            )

    def announce(self, capabilities: frozenset[str], until: datetime) -> None:
        """Settle says whose backlogs it is at, in place of what it said last."""
        said = _Owner(capabilities=capabilities, until=until) if capabilities else None
        if said != self._announced:  # also when only its time is another: the next round is the same instance's
            document = said or _Owner(capabilities=capabilities, until=until)
            self._documents.write(keys.OWNER, document.model_dump_json().encode())
            self._announced = said

    def _is_announced(self, capability: str, now: datetime) -> bool:
        stored = self._documents.read(keys.OWNER)
        try:
            draining = _Owner.model_validate_json(stored.body) if stored else None
        except ValidationError:
            return False
        return draining is not None and capability in draining.capabilities and now < draining.until
