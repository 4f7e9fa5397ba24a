"""Decides which queue entries the worker starts next, and how many; it does no I/O.

Work is counted by three facts, each with one owner, because a run is more than its call:

- Runs that were started and have not ended: the scheduler, in `Lane.runs`. A run is a thread of the worker's, and
  holds one job, or several that share a call. Which jobs those are is in `Scheduler` too.
- Calls that are with the vendor: `ConcurrencyLimit.in_flight` (`shared/cloud/concurrency.py`), which learns from them
  how many the vendor answers in time. The scheduler asks it.
- Callers that wait for a slot, in their order: the rate limiter (`shared/cloud/rate_limiter.py`). Nothing else asks it.

So a run counts in the first from its start to its end, in the third until its slot has come, and in the second from
then until the answer. The worker's futures are what it waits on: it counts nothing.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.cloud.concurrency import ConcurrencyLimit
from shared.jobs.job import BOUGHT, Blocked, Fetching, Submitted, Unstored, Waiting
from shared.jobs.queue import QueueEntry
from shared.jobs.upload import Upload
from shared.pipeline.circuit_breaker import ALWAYS, NEVER, CircuitBreaker, State
from shared.vendors.capabilities import CAPABILITIES

RECHECK = "recheck"
"""The stage of an entry that stands for no job: something newer arrived while the upload's job was held."""

MOST_RUNS = 400
"""Most runs at once: 50 calls/s × 3 s with the vendor, and 50 calls/s × `AHEAD` of our own overhead. At the cap every
lane gets only its own share, so slow vendors do not hold up the others."""
AHEAD = 5.0
"""Seconds of quota: what a run takes beside its call, to prepare it, to store the result, and until the worker notices
that the call was sent."""


@dataclass
class Lane:
    """One stage of one capability."""

    stage: str
    capability: str
    entries: dict[Upload, QueueEntry] = field(default_factory=dict)
    """Those that may be started, by upload, in the queue's order."""
    runs: int = 0
    """Started, and not ended."""

    @property
    def calls(self) -> bool:
        """Whether its runs call the vendor: nothing was bought for its jobs yet."""
        return self.stage not in BOUGHT


class Scheduler:
    """Starts each lane's entries in order, as many at once as use the quota and as the vendor answers in time.

    `concurrency` and `circuit_breaker` return what the instance has learnt of a capability's vendor.
    """

    def __init__(
        self, concurrency: Callable[[str], ConcurrencyLimit], circuit_breaker: Callable[[str], CircuitBreaker]
    ) -> None:
        self._concurrency = concurrency
        self._circuit_breaker = circuit_breaker
        self._lanes: dict[tuple[str, str], Lane] = {}
        """By stage and capability."""
        self._running: dict[Upload, QueueEntry] = {}
        """The entries that `start` returned and that have not ended, by upload."""
        self._not_before: dict[QueueEntry, datetime] = {}
        self._in_doubt: set[str] = set()
        """Capabilities of which a job that was held for its result ended, and none was stored since: the photo may have
        been overwritten, and then the next one's result can perhaps not be stored either."""

    def listed(self, entries: Iterable[QueueEntry]) -> None:
        """The queue was listed: these replace the last listing's. Entries without a key are not in the queue, and
        stay."""
        for lane in self._lanes.values():
            lane.entries = {upload: entry for upload, entry in lane.entries.items() if not entry.key}
        self.add(entries)

    def add(self, entries: Iterable[QueueEntry]) -> None:
        """In their order. Of an upload's entries the first stays: it may be postponed, or the later one an older
        job's."""
        for entry in entries:
            if not entry.key or entry.upload not in self._running:
                self._lane(entry).entries.setdefault(entry.upload, entry)

    def start(self, now: datetime) -> list[QueueEntry]:
        """The entries of the next run; empty when none may be started now. Call `ended` with them in the end."""
        for lane in self._lanes.values():
            if entries := _together(self._startable(lane, now)):
                lane.runs += 1
                for entry in entries:
                    self._running[entry.upload] = lane.entries.pop(entry.upload)
                return entries
        return []

    def ended(self, entries: Sequence[QueueEntry], *, stored: bool = False) -> None:
        """The run of these entries, which `start` returned, has ended; `stored`: with a result that was stored."""
        lane = self._lane(entries[0])
        lane.runs -= 1
        if stored:
            self._in_doubt.discard(lane.capability)
        elif lane.stage == Unstored.name:
            self._in_doubt.add(lane.capability)
        for entry in entries:
            del self._running[entry.upload]

    def postpone(self, entry: QueueEntry, until: datetime) -> None:
        """Do not start this entry before `until`, nor before it is due."""
        self._not_before[entry] = until
        self._lane(entry).entries[entry.upload] = entry

    def most_known(self, now: datetime) -> int:
        """Entries of a lane that hide others behind them, as they run or were postponed; of the lane that has the most,
        and no more than two instances may have held when they died."""
        postponed = (entry for entry, until in self._not_before.items() if until > now)
        known = Counter((entry.stage, entry.capability) for entry in {*self._running.values(), *postponed})
        return min(max(known.values(), default=0), 2 * MOST_RUNS)

    @property
    def is_probing(self) -> bool:
        """Whether the vendor of one of the lanes fails: then any of those that wait may be the next probe."""
        return any(lane.calls and self._circuit_breaker(lane.capability).is_failing for lane in self._lanes.values())

    @property
    def without_key(self) -> int:
        """Entries that are not from the queue, and that were not started or were postponed."""
        return sum(not entry.key for lane in self._lanes.values() for entry in lane.entries.values())

    def backlog(self, now: datetime) -> frozenset[str]:
        """The capabilities that have jobs in stage `waiting`, running or due, and those that are held back."""
        return frozenset(
            lane.capability
            for lane in self._lanes.values()
            if (lane.stage == Waiting.name and (lane.runs or any(entry.due <= now for entry in lane.entries.values())))
            or self._is_held_back(lane.capability)
        )

    def is_starved(self) -> bool:
        """Whether a waiting lane has started all that was listed, and the queue may hold more by now."""
        return any(lane.stage == Waiting.name and lane.runs and not lane.entries for lane in self._lanes.values())

    def next_due(self) -> datetime:
        """The earliest moment at which an entry is due and may be started."""
        return min(
            (
                max(min(map(self._due, lane.entries.values())), self._opens(lane))
                for lane in self._lanes.values()
                if lane.entries
            ),
            default=NEVER,
        )

    def _lane(self, entry: QueueEntry) -> Lane:
        key = entry.stage, entry.capability
        if key not in self._lanes:
            self._lanes[key] = Lane(*key)
        return self._lanes[key]

    def _is_held_back(self, capability: str) -> bool:
        """Whether there is a job of the capability whose result was bought and cannot be stored until a person acts. So
        it would be with any other: none is called for until that job has gone on."""
        unstored = self._lanes.get((Unstored.name, capability))
        return unstored is not None and bool(unstored.runs or unstored.entries)

    def _due(self, entry: QueueEntry) -> datetime:
        return max(entry.due, self._not_before.get(entry, entry.due))

    def _opens(self, lane: Lane) -> datetime:
        """From when on runs of a lane may start."""
        if not lane.calls:
            return ALWAYS
        return NEVER if self._is_held_back(lane.capability) else self._circuit_breaker(lane.capability).open_until

    def _startable(self, lane: Lane, now: datetime) -> list[QueueEntry]:
        """The due entries of a lane of which a run may start: of one as a probe, or else see `_has_room`."""
        is_in_doubt = lane.capability in self._in_doubt and self._calling(lane.capability)
        if lane.calls and (is_in_doubt or self._is_held_back(lane.capability)):
            return []
        breaker, state = self._circuit_breaker(lane.capability), State.CLOSED
        if lane.calls:
            state = breaker.state(now, was_blocked=lane.stage == Blocked.name)
        match state:
            case State.OPEN:
                return []
            case State.HALF_OPEN if self._calling(lane.capability):
                return []
            case State.CLOSED if not self._has_room(lane):
                return []
        free = (entry for upload, entry in lane.entries.items() if upload not in self._running)
        due = [entry for entry in free if self._due(entry) <= now]
        if due and state is State.HALF_OPEN and breaker.is_failing:
            # A photo that makes the vendor fail must not be every probe, nor must those be that came with it.
            return [random.choice([entry for entry in due if not breaker.has_failed(entry.upload.key)] or due)]  # noqa: S311
        return due

    def _calling(self, capability: str) -> int:
        """The runs of a capability that call its vendor, of all its lanes."""
        return sum(lane.runs for lane in self._lanes.values() if lane.calls and lane.capability == capability)

    def _has_room(self, lane: Lane) -> bool:
        """Whether a lane may have one more run: beside those that wait for the vendor's answer, it has fewer than the
        quota takes in `AHEAD`.

        What is with the vendor is known of a capability, not of a lane. So it is counted for the waiting lane only,
        which has the backlogs, and without as many calls as the capability's other lanes have runs that call: those
        may be theirs. From `MOST_RUNS` runs on it is taken for none. Besides, a lane that calls gets no more than the
        vendor has room for.
        """
        limit = self._concurrency(lane.capability)
        ahead = math.ceil(limit.per_second * AHEAD)
        if not lane.calls:
            return lane.runs < ahead
        with_vendor = 0
        if lane.stage == Waiting.name and sum(each.runs for each in self._lanes.values()) < MOST_RUNS:
            with_vendor = max(0, limit.in_flight - (self._calling(lane.capability) - lane.runs))
        return lane.runs - with_vendor < min(ahead, limit.room)


def _together(due: Sequence[QueueEntry]) -> list[QueueEntry]:
    """The first of a lane's due entries, and those whose jobs can share its call or its poll."""
    if not due or due[0].stage in (Fetching.name, Unstored.name):
        return list(due[:1])  # each job's result is fetched by itself
    batch = CAPABILITIES[due[0].capability].batch if due[0].capability in CAPABILITIES else 1
    if due[0].stage == Submitted.name and batch > 1:
        return [entry for entry in due if entry.due == due[0].due]  # jobs that share a ticket fall due together
    return list(due[:batch])
