"""What settle begins next, thought out without touching anything.

A lane is one stage of one capability. Its turns are taken in order, as many at once as keep the vendor's quota used
and as it answers in good time, and not at all while the vendor's door is shut.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from shared.cloud.concurrency import VENDOR_SLOW, ConcurrencyLimit
from shared.jobs.job import BOUGHT, Blocked, Fetching, Submitted, Waiting
from shared.jobs.queue import QueueEntry
from shared.jobs.upload import Upload
from shared.pipeline.outcomes import End, Parked, Skipped
from shared.vendors.capabilities import CAPABILITIES

RECHECK = "news"
"""The stage of what is no job yet: something newer came while one was under way."""

MOST = 400
"""Walks, as 50 calls a second of 3 seconds need. When there are so many, no lane has more than it needs for itself, so
that no slow vendors hold up the others."""
_OURS = 5.0
"""Seconds of a walk without its call: on the way there, with the result, and until the round sees that one is with the
vendor."""
_FORGIVEN = 2
"""Calls turned away in a row that say little of a vendor: others' calls came in between."""
_LONGEST_PAUSE = 30.0
_ALWAYS = datetime.min.replace(tzinfo=timezone.utc)
_NEVER = datetime.max.replace(tzinfo=timezone.utc)


@dataclass
class _Lane:
    entries: dict[Upload, QueueEntry] = field(default_factory=dict)
    """By upload, in order."""
    under_way: int = 0
    in_hand: int = 0
    """Turns of what is under way: one walk may have several."""


@dataclass
class _Breaker:
    """How the vendor has taken the last calls."""

    refusals: int = 0
    """In a row."""
    passed: bool = False
    opens: datetime = _ALWAYS


class Scheduler:
    """`concurrency` tells how many calls of a capability are with its vendor, and how many may be."""

    def __init__(self, concurrency: Callable[[str], ConcurrencyLimit]) -> None:
        self._concurrency = concurrency
        self._lanes: defaultdict[tuple[str, str], _Lane] = defaultdict(_Lane)
        self._breakers: defaultdict[str, _Breaker] = defaultdict(_Breaker)
        self._in_hand: set[Upload] = set()
        """Uploads, between `begin` and `ended`."""
        self._not_before: dict[QueueEntry, datetime] = {}

    def seen(self, entries: Iterable[QueueEntry]) -> None:
        """A new look at the queue, in place of the last one; what has no name there is kept."""
        for lane in self._lanes.values():
            lane.entries = {upload: entry for upload, entry in lane.entries.items() if not entry.key}
        self.add(entries)

    def add(self, entries: Iterable[QueueEntry]) -> None:
        """In their order. An upload's first one stays: it may be postponed, or a later one an older job's."""
        for entry in entries:
            if not entry.key or entry.upload not in self._in_hand:
                self._lanes[entry.stage, entry.capability].entries.setdefault(entry.upload, entry)

    def begin(self, now: datetime) -> list[QueueEntry]:
        """The next turns to be moved on together, which may share a call; none when nothing can be begun now."""
        for (stage, capability), lane in self._lanes.items():
            if lane.under_way >= self._width(stage, capability, now):
                continue
            free = (entry for upload, entry in lane.entries.items() if upload not in self._in_hand)
            due = [entry for entry in free if self._moment(entry) <= now]
            if entries := _together(due):
                lane.under_way += 1
                lane.in_hand += len(entries)
                for entry in entries:
                    del lane.entries[entry.upload]
                    self._in_hand.add(entry.upload)
                return entries
        return []

    def ended(self, entries: Sequence[QueueEntry]) -> None:
        """What `begin` gave out is moved on."""
        lane = self._lanes[entries[0].stage, entries[0].capability]
        lane.under_way -= 1
        lane.in_hand -= len(entries)
        self._in_hand -= {entry.upload for entry in entries}

    def postpone(self, entry: QueueEntry, until: datetime) -> None:
        """It cannot be moved on now."""
        self._not_before[entry] = until
        self._lanes[entry.stage, entry.capability].entries[entry.upload] = entry

    def learn(self, entry: QueueEntry, outcomes: Iterable[End], now: datetime) -> None:
        """From what became of turns that were moved on together, what the vendor will say to the others."""
        heard = [outcome for outcome in outcomes if not isinstance(outcome, Skipped) and not _was_not_sent(outcome)]
        if entry.stage in BOUGHT or not heard:
            return  # nobody knocked
        jobs = [outcome.job for outcome in heard if isinstance(outcome, Parked)]
        breaker = self._breakers[entry.capability]
        if any(isinstance(job.stage, Blocked) for job in jobs):
            breaker.opens = _NEVER  # one knock a round is enough
        elif away := [job.due for job in jobs if isinstance(job.stage, Waiting) and job.stage.not_accepted]:
            pause = 0.0
            if now >= breaker.opens:  # else it was under way when the door shut
                breaker.refusals += 1
                if breaker.refusals > _FORGIVEN:
                    pause = min(2.0 ** (breaker.refusals - _FORGIVEN - 1), _LONGEST_PAUSE)
            breaker.opens = max(breaker.opens, now + timedelta(seconds=pause), *away)
        else:
            breaker.refusals, breaker.passed = 0, True

    @property
    def in_hand(self) -> int:
        """How many turns of one lane, at the most, were given out and are not moved on yet."""
        return max((lane.in_hand for lane in self._lanes.values()), default=0)

    def backlog(self, now: datetime) -> frozenset[str]:
        """The capabilities for whose first call others wait."""
        return frozenset(
            capability
            for (stage, capability), lane in self._lanes.items()
            if stage == Waiting.name and (lane.under_way or any(entry.due <= now for entry in lane.entries.values()))
        )

    def is_starved(self) -> bool:
        """Whether all that is known to wait for its first call has been begun, and more may have come meanwhile."""
        return any(
            stage == Waiting.name and lane.under_way and not lane.entries for (stage, _), lane in self._lanes.items()
        )

    def next_moment(self) -> datetime:
        """When there may be something to begin."""
        return min(
            (
                max(self._moment(entry), self._opens(stage, capability))
                for (stage, capability), lane in self._lanes.items()
                for entry in lane.entries.values()
            ),
            default=_NEVER,
        )

    def _moment(self, entry: QueueEntry) -> datetime:
        return max(entry.due, self._not_before.get(entry, entry.due))

    def _opens(self, stage: str, capability: str) -> datetime:
        return _ALWAYS if stage in BOUGHT else self._breakers[capability].opens

    def _width(self, stage: str, capability: str, now: datetime) -> int:
        if now < self._opens(stage, capability):
            return 0
        breaker = self._breakers[capability]
        if stage not in BOUGHT and (breaker.refusals > _FORGIVEN or (stage == Blocked.name and not breaker.passed)):
            return 1  # to see whether it takes calls again
        concurrency = self._concurrency(capability)
        ours = math.ceil(concurrency.per_second * _OURS)
        if stage in BOUGHT:
            return ours
        ahead = min(ours, concurrency.room)
        return ahead + self._with_vendor(capability) if stage == Waiting.name else ahead

    def _with_vendor(self, capability: str) -> int:
        """Walks of the waiting lane that need no room there; fewer when the calls may be another lane's."""
        if sum(lane.under_way for lane in self._lanes.values()) >= MOST:
            return 0
        others = sum(
            lane.under_way
            for (stage, its), lane in self._lanes.items()
            if its == capability and stage != Waiting.name and stage not in BOUGHT
        )
        return max(0, self._concurrency(capability).in_flight - others)


def _was_not_sent(outcome: End) -> bool:
    """Whether the vendor has so many calls to answer that this one was kept back."""
    return isinstance(outcome, Parked) and outcome.job.code == VENDOR_SLOW


def _together(due: Sequence[QueueEntry]) -> list[QueueEntry]:
    """The first of those that are due in a lane, and what may go with it: into one call, or under one question."""
    if not due or due[0].stage == Fetching.name:
        return list(due[:1])  # everybody's results are fetched alone
    batch = CAPABILITIES[due[0].capability].batch if due[0].capability in CAPABILITIES else 1
    if due[0].stage == Submitted.name and batch > 1:
        return [entry for entry in due if entry.due == due[0].due]  # what shares a ticket fell due together
    return list(due[:batch])
