"""Settle's round: everything unfinished whose time has come is moved on, at the pace that was bought.

A round goes on as long as something falls due soon, so that an asynchronous cutout is fetched seconds after it is
made, and ends at once when there is nothing to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared import keys, log
from shared.arrivals import Arrivals
from shared.documents import Claimed, Job, Ready, Ticketed
from shared.drain import LINGER
from shared.jobs import Found
from shared.lanes import NEWS, Lanes
from shared.outcomes import Outcome
from shared.providers.verdicts import quotable
from shared.queue import Turn, turn_of

_SOON = timedelta(seconds=15)
"""Waiting this long for a job to fall due costs less than the delay of leaving it to the next tick."""
_LOOK, _HUNGRY = timedelta(seconds=1), timedelta(seconds=0.2)
"""Between two looks at the queue; the second when everything that was seen has been begun."""
_SELDOM = 20
"""What has no turn is searched for after so many times as long as the last search took: it lists all there is."""
_AGAIN = timedelta(seconds=20)
"""To come back to a job that somebody else has, or that nobody survives: longer than a round stays for it."""
_HANDOVER = timedelta(minutes=1)
"""For the next round to begin."""

Fate = Outcome | datetime | Exception | None
"""What became of a turn: None when it is over, its job gone or under another turn; a moment, to look at it then."""


class Round:
    """One invocation's work, done in `pool`; from `ends` on it begins nothing more."""

    def __init__(
        self, arrivals: Arrivals, ends: datetime, pool: Executor, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._arrivals = arrivals
        self._line = arrivals.line
        self._queue = arrivals.line.jobs.queue
        self._pool = pool
        self._ends = ends
        self._sleep = sleep
        self._lanes = Lanes(arrivals.line.purchases.per_second)
        self._under_way: dict[Future[Any], Callable[[Any], None]] = {}
        """What is done in the pool, and what is done with what comes of it, here."""
        self._over: list[str] = []
        """Turns to be deleted."""
        self._bugs: list[Exception] = []
        self._looked = self._looks = self._searches = self._stays = self._line.clock()
        """When the queue was looked at last, when it is again, when jobs are searched for, until when it stays."""

    def run(self) -> None:
        """Raises what was not foreseen, after everything else has been moved on."""
        while True:
            if self._looks <= self._line.clock() < self._ends:
                self._look()
            while (now := self._line.clock()) < self._ends and (turns := self._lanes.begin(now)):
                self._under_way[self._pool.submit(self._walk, turns)] = partial(self._walked, turns)
            if self._lanes.is_starved():
                self._looks = min(self._looks, self._looked + _HUNGRY)
            if self._under_way:
                self._gather(self._pause(now))
            elif self._stays_at(now):
                self._sleep(self._pause(now))
            elif self._over and now < self._ends:
                self._looks = now  # what stood behind those may be seen now
            else:
                break
        self._leave()
        if self._bugs:
            raise self._bugs[0]

    # ---------------------------------------------------------------- what there is to do

    def _look(self) -> None:
        now = self._line.clock()
        self._looked, self._looks = now, now + _LOOK
        try:
            self._forget()
            self._lanes.seen([*self._queue.heads()])  # all, or what is known stays
            self._arrivals.drain.announce(self._lanes.backlog(now), self._ends + _HANDOVER)
        except Exception as bug:  # noqa: BLE001 - what is under way must end, and the next look may see; `run` raises it
            self._note(bug, "")
        if now >= self._searches:
            self._searches = self._ends  # until this search is over
            self._under_way[self._pool.submit(self._search)] = self._searched

    def _search(self) -> tuple[list[Turn], datetime]:
        """In the pool: jobs without a turn, whose owners may have died, and news of uploads whose jobs were under way.
        And when to search again."""
        began = self._line.clock()
        unfinished = self._line.jobs.unfinished()
        self._line.jobs.sweep(unfinished.leases)
        lost = {*unfinished.jobs} - (self._queue.uploads() if unfinished.jobs else set())
        now = self._line.clock()
        turns = [
            Turn("", stage, keys.capability_name(upload), now, upload)
            for stage, uploads in ((Claimed.name, lost), (NEWS, unfinished.sequels))
            for upload in sorted(uploads)
        ]
        return turns, now + _SELDOM * (now - began)

    def _searched(self, found: tuple[list[Turn], datetime]) -> None:
        turns, self._searches = found
        self._lanes.add(turns)

    def _pause(self, now: datetime) -> float:
        """Seconds until there may be something to do."""
        moments = (self._lanes.next_moment(), self._looks, self._ends, now + _LOOK)
        return (min(moment for moment in moments if moment > now) - now).total_seconds()

    def _stays_at(self, now: datetime) -> bool:
        """Whether there will be, soon enough to wait for it."""
        return now < self._ends and (self._lanes.next_moment() <= min(now + _SOON, self._ends) or now < self._stays)

    # ---------------------------------------------------------------- doing it, in the pool

    def _walk(self, turns: Sequence[Turn]) -> dict[str, Fate]:
        """Move on jobs of one lane; what became of each, by upload. Nothing, when the round ended before a thread was
        free."""
        if self._line.clock() >= self._ends:
            return dict.fromkeys((turn.upload for turn in turns), self._ends)
        fates: dict[str, Fate] = {}
        due: list[Found] = []
        for turn in turns:
            try:
                fates[turn.upload], found = self._meet(turn)
                due += [found] if found else []
            except Exception as bug:  # noqa: BLE001 - one upload's bug must not hold up the others; `run` raises it
                fates[turn.upload] = bug
        for group in _sharing(due):
            try:
                outcomes = self._line.resume(*group)
            except Exception as bug:  # noqa: BLE001 - as above
                fates |= {found.job.source: bug for found in group}
            else:
                fates |= {_job(outcome).source: outcome for outcome in outcomes}
        return fates

    def _meet(self, turn: Turn) -> tuple[Fate, Found | None]:
        """What becomes of the turn unless its job is moved on, and that job if it can be."""
        if turn.stage == NEWS:
            return self._arrivals.look_again(turn.upload) or self._line.clock() + _AGAIN, None
        found = self._line.jobs.find(turn.upload)
        if found is None:
            return None, None
        is_due = self._line.jobs.due(found.job)
        if is_due and (early := self._line.purchases.early(found.job)):
            return self._line.clock() + early, None
        return self._left_alone(found, turn), found if is_due else None

    def _left_alone(self, found: Found, turn: Turn) -> datetime | None:
        """When to come back to a job that cannot be moved on, now or because somebody is faster; it gets its turn if it
        had none."""
        now = self._line.clock()
        if found.job.held_until is not None:
            return found.job.held_until if found.job.held_until > now else now + _AGAIN
        if turn.key == turn_of(found.job).key:
            return max(found.job.due, now + _AGAIN)
        if not turn.key:
            self._queue.add(found.job)
        return None  # it has another turn

    # ---------------------------------------------------------------- and what comes of it, here

    def _gather(self, seconds: float) -> None:
        done, _ = wait(self._under_way, seconds, FIRST_COMPLETED)
        for future in done:
            then = self._under_way.pop(future)
            try:
                then(future.result())
            except Exception as bug:  # noqa: BLE001 - raised by `run`, after everything else
                self._note(bug, "")

    def _walked(self, turns: Sequence[Turn], fates: dict[str, Fate]) -> None:
        now = self._line.clock()
        self._lanes.ended(turns)
        for turn in turns:
            fate, next_turn = fates[turn.upload], None
            match fate:
                case Exception():
                    self._note(fate, turn.upload)
                    self._lanes.postpone(turn, self._ends)
                    continue
                case datetime():
                    self._lanes.postpone(turn, fate)
                    continue
                case Job():
                    next_turn = turn_of(fate)
                    self._lanes.add([next_turn])
            if turn.key and turn != next_turn:
                self._over.append(turn.key)
        outcomes = [fate for fate in fates.values() if isinstance(fate, Outcome)]
        self._lanes.learn(turns[0], outcomes, now)
        if outcomes and turns[0].stage not in (Ticketed.name, Ready.name):
            self._stays = now + LINGER

    def _note(self, bug: Exception, upload: str) -> None:
        log.error("bug", message=quotable(f"{type(bug).__name__}: {bug}"), key=upload)
        self._bugs.append(bug)

    def _forget(self) -> None:
        over, self._over = self._over, []
        self._queue.remove(tuple(over))

    def _leave(self) -> None:
        """What is left is the next round's, which is called at once if only time was missing for it."""
        self._forget()
        now = self._line.clock()
        left = self._lanes.backlog(now)
        self._arrivals.drain.announce(left, max(now, self._ends) + _HANDOVER)
        if left and now >= self._ends:
            self._arrivals.drain.ring()


def _job(outcome: Outcome) -> Job:
    return outcome if isinstance(outcome, Job) else outcome.job


def _sharing(due: Sequence[Found]) -> list[list[Found]]:
    """Those that one call can begin, or one question settles, together; in their order."""
    groups: dict[str, list[Found]] = {}
    for found in due:
        match found.job.stage:
            case Ticketed() as stage:
                shared = stage.ticket
            case Ready():
                shared = found.job.id  # everybody's results are fetched alone
            case _:
                shared = ""
        groups.setdefault(shared, []).append(found)
    return list(groups.values())
