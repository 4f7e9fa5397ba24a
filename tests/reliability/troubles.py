"""What goes wrong for a while, whoever asks: OSS refuses what is to be stored, or results cannot be fetched in time."""

from __future__ import annotations

from enum import Enum

from shared.errors import Unavailable
from shared.jobs import keys
from shared.jobs.upload import Upload
from tests.reliability.actors import Cast
from tests.reliability.ledger import Ledger
from tests.reliability.model_vendor import ModelVendor
from tests.reliability.people import People
from tests.unit.fakes import Clock, MemoryBucket

_SLOW = 45.0
"""Seconds that a slow result takes."""


class Trouble(Enum):
    """By what it is called in the table of figures."""

    UNWRITABLE = "OSS refuses writes under cutouts/ for a while"
    FORBIDDEN = "the results' host is not allowed for a while"
    SLOW = "results are slow for a while"


_OPERATORS = {Trouble.UNWRITABLE, Trouble.FORBIDDEN}
"""Those that last until the operator acts."""


class Troubles:
    """Those of one schedule; it tells the ledger what may not be stored."""

    def __init__(
        self, bucket: MemoryBucket, clock: Clock, vendor: ModelVendor, people: People, ledger: Ledger, cast: Cast
    ) -> None:
        self._bucket, self._clock, self._vendor = bucket, clock, vendor
        self._people, self._ledger, self._cast = people, ledger, cast
        self._now: set[Trouble] = set()
        vendor.arriving = self._arriving
        vendor.refused = lambda mark: ledger.refused_to_store(people.owner[mark.split(",")[0]])

    @property
    def is_the_operators_turn(self) -> bool:
        return bool(self._now & _OPERATORS)

    def change(self, trouble: Trouble) -> bool:
        """It begins, or is over; whether it has begun."""
        self._have(self._now ^ {trouble})
        return trouble in self._now

    def end(self) -> None:
        """All of them are over."""
        self._have(set())

    def before(self, name: str, about: str) -> None:
        """A request to OSS is on its way."""
        if not (self._bucket.unwritable and name in ("write", "store", "check_write")):
            return
        for image in self._people.images:
            receipt = Upload(image).receipt_key
            if about.startswith(receipt.removesuffix("json")):
                self._ledger.refused_to_store(image, receipt=about == receipt)

    def _have(self, troubles: set[Trouble]) -> None:
        if (self._now - troubles) & _OPERATORS:  # whoever could not store something may do so now
            self._ledger.stuck.clear()
            for actor in self._cast.actors:
                actor.held = frozenset()
        self._now = troubles
        self._bucket.unwritable = keys.CUTOUTS if Trouble.UNWRITABLE in troubles else ""
        self._vendor.is_forbidden = Trouble.FORBIDDEN in troubles

    def _arriving(self, seconds: float) -> None:
        """A result, which has so many `seconds`."""
        if Trouble.SLOW not in self._now:
            return
        takes = min(_SLOW, seconds)
        self._clock.pass_(seconds=takes)
        if actor := self._cast.moving:
            actor.waited += takes
            if actor.waited > actor.may_wait:
                self._ledger.accuse("broken", f"{actor.waited} s were spent on results, of {actor.may_wait}")
        if takes < _SLOW:
            raise Unavailable("ResultTooSlow", "it took too long to arrive")
