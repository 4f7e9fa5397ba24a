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
from shared.jobs.job import BOUGHT, Blocked, Job, Ready, Ticketed, Waiting
from shared.jobs.queue import Turn
from shared.pipeline.outcomes import Dropped, Outcome
from shared.vendors.capabilities import CAPABILITIES

NEWS = "news"
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
    turns: dict[str, Turn] = field(default_factory=dict)
    """By upload, in order."""
    under_way: int = 0
    in_hand: int = 0
    """Turns of what is under way: one walk may have several."""


@dataclass
class _Door:
    """How the vendor has taken the last calls."""

    refusals: int = 0
    """In a row."""
    passed: bool = False
    opens: datetime = _ALWAYS


class Lanes:
    """`concurrency` tells how many calls of a capability are with its vendor, and how many may be."""

    def __init__(self, concurrency: Callable[[str], ConcurrencyLimit]) -> None:
        self._concurrency = concurrency
        self._lanes: defaultdict[tuple[str, str], _Lane] = defaultdict(_Lane)
        self._doors: defaultdict[str, _Door] = defaultdict(_Door)
        self._in_hand: set[str] = set()
        """Uploads, between `begin` and `ended`."""
        self._not_before: dict[Turn, datetime] = {}

    def seen(self, turns: Iterable[Turn]) -> None:
        """A new look at the queue, in place of the last one; what has no name there is kept."""
        for lane in self._lanes.values():
            lane.turns = {upload: turn for upload, turn in lane.turns.items() if not turn.key}
        self.add(turns)

    def add(self, turns: Iterable[Turn]) -> None:
        """In their order. An upload's first one stays: it may be postponed, or a later one an older job's."""
        for turn in turns:
            if not turn.key or turn.upload not in self._in_hand:
                self._lanes[turn.stage, turn.capability].turns.setdefault(turn.upload, turn)

    def begin(self, now: datetime) -> list[Turn]:
        """The next turns to be moved on together, which may share a call; none when nothing can be begun now."""
        for (stage, capability), lane in self._lanes.items():
            if lane.under_way >= self._width(stage, capability, now):
                continue
            free = (turn for upload, turn in lane.turns.items() if upload not in self._in_hand)
            due = [turn for turn in free if self._moment(turn) <= now]
            if turns := _together(due):
                lane.under_way += 1
                lane.in_hand += len(turns)
                for turn in turns:
                    del lane.turns[turn.upload]
                    self._in_hand.add(turn.upload)
                return turns
        return []

    def ended(self, turns: Sequence[Turn]) -> None:
        """What `begin` gave out is moved on."""
        lane = self._lanes[turns[0].stage, turns[0].capability]
        lane.under_way -= 1
        lane.in_hand -= len(turns)
        self._in_hand -= {turn.upload for turn in turns}

    def postpone(self, turn: Turn, until: datetime) -> None:
        """It cannot be moved on now."""
        self._not_before[turn] = until
        self._lanes[turn.stage, turn.capability].turns[turn.upload] = turn

    def learn(self, turn: Turn, outcomes: Iterable[Outcome], now: datetime) -> None:
        """From what became of turns that were moved on together, what the vendor will say to the others."""
        heard = [outcome for outcome in outcomes if not isinstance(outcome, Dropped) and not _was_not_sent(outcome)]
        if turn.stage in BOUGHT or not heard:
            return  # nobody knocked
        jobs = [outcome for outcome in heard if isinstance(outcome, Job)]
        door = self._doors[turn.capability]
        if any(isinstance(job.stage, Blocked) for job in jobs):
            door.opens = _NEVER  # one knock a round is enough
        elif away := [job.due for job in jobs if isinstance(job.stage, Waiting) and job.stage.turned_away]:
            pause = 0.0
            if now >= door.opens:  # else it was under way when the door shut
                door.refusals += 1
                if door.refusals > _FORGIVEN:
                    pause = min(2.0 ** (door.refusals - _FORGIVEN - 1), _LONGEST_PAUSE)
            door.opens = max(door.opens, now + timedelta(seconds=pause), *away)
        else:
            door.refusals, door.passed = 0, True

    @property
    def in_hand(self) -> int:
        """How many turns of one lane, at the most, were given out and are not moved on yet."""
        return max((lane.in_hand for lane in self._lanes.values()), default=0)

    def backlog(self, now: datetime) -> frozenset[str]:
        """The capabilities for whose first call others wait."""
        return frozenset(
            capability
            for (stage, capability), lane in self._lanes.items()
            if stage == Waiting.name and (lane.under_way or any(turn.due <= now for turn in lane.turns.values()))
        )

    def is_starved(self) -> bool:
        """Whether all that is known to wait for its first call has been begun, and more may have come meanwhile."""
        return any(
            stage == Waiting.name and lane.under_way and not lane.turns for (stage, _), lane in self._lanes.items()
        )

    def next_moment(self) -> datetime:
        """When there may be something to begin."""
        return min(
            (
                max(self._moment(turn), self._opens(stage, capability))
                for (stage, capability), lane in self._lanes.items()
                for turn in lane.turns.values()
            ),
            default=_NEVER,
        )

    def _moment(self, turn: Turn) -> datetime:
        return max(turn.due, self._not_before.get(turn, turn.due))

    def _opens(self, stage: str, capability: str) -> datetime:
        return _ALWAYS if stage in BOUGHT else self._doors[capability].opens

    def _width(self, stage: str, capability: str, now: datetime) -> int:
        if now < self._opens(stage, capability):
            return 0
        door = self._doors[capability]
        if stage not in BOUGHT and (door.refusals > _FORGIVEN or (stage == Blocked.name and not door.passed)):
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


def _was_not_sent(outcome: Outcome) -> bool:
    """Whether the vendor has so many calls to answer that this one was kept back."""
    return isinstance(outcome, Job) and outcome.code == VENDOR_SLOW


def _together(due: Sequence[Turn]) -> list[Turn]:
    """The first of those that are due in a lane, and what may go with it: into one call, or under one question."""
    if not due or due[0].stage == Ready.name:
        return list(due[:1])  # everybody's results are fetched alone
    batch = CAPABILITIES[due[0].capability].batch if due[0].capability in CAPABILITIES else 1
    if due[0].stage == Ticketed.name and batch > 1:
        return [turn for turn in due if turn.due == due[0].due]  # what shares a ticket fell due together
    return list(due[:batch])
