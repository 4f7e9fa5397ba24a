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

from shared import log
from shared.jobs.backlog import LINGER
from shared.jobs.job import BOUGHT
from shared.jobs.queue import QueueEntry
from shared.jobs.upload import Upload
from shared.pipeline.dispatch import Dispatcher
from shared.pipeline.outcomes import End, Parked
from shared.pipeline.runs import STAY, JobRunner, RunResult
from shared.pipeline.scheduler import Scheduler
from shared.vendors.error_codes import quotable

_LOOK, _HUNGRY = timedelta(seconds=1), timedelta(seconds=0.2)
"""Between two looks at the queue; the second when everything that was seen has been begun."""
_SELDOM = 20
"""What has no turn is searched for after so many times as long as the last search took: it lists all there is."""
_HANDOVER = timedelta(minutes=1)
"""For the next round to begin."""


class Worker:
    """One invocation's work, done in `pool`; from `ends` on it begins nothing more."""

    def __init__(
        self, dispatcher: Dispatcher, ends: datetime, pool: Executor, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._dispatcher = dispatcher
        self._pipeline = dispatcher.pipeline
        self._jobs = dispatcher.pipeline.jobs
        self._runner = JobRunner(dispatcher, ends)
        self._pool = pool
        self._ends = ends
        self._sleep = sleep
        self._scheduler = Scheduler(dispatcher.pipeline.vendor_calls.concurrency)
        self._under_way: dict[Future[Any], Callable[[Any], None]] = {}
        """What is done in the pool, and what is done with what comes of it, here."""
        self._over: list[str] = []
        """Turns to be deleted."""
        self._bugs: list[Exception] = []
        now = self._pipeline.clock()
        self._last_look = self._next_look = now
        self._next_search = now
        self._stays_until = now

    def run(self) -> None:
        """Raises what was not foreseen, after everything else has been moved on."""
        while True:
            if self._next_look <= self._pipeline.clock() < self._ends:
                self._look()
            while (now := self._pipeline.clock()) < self._ends and (entries := self._scheduler.begin(now)):
                self._under_way[self._pool.submit(self._runner.run_jobs, entries)] = partial(self._finished, entries)
            if self._scheduler.is_starved():
                self._next_look = min(self._next_look, self._last_look + _HUNGRY)
            if self._under_way:
                self._gather(self._pause(now))
            elif self._is_worth_staying(now):
                self._sleep(self._pause(now))
            elif self._over and now < self._ends:
                self._next_look = now  # what stood behind those may be seen now
            else:
                break
        self._leave()
        if self._bugs:
            raise self._bugs[0]

    # ---------------------------------------------------------------- what there is to do

    def _look(self) -> None:
        now = self._pipeline.clock()
        self._last_look, self._next_look = now, now + _LOOK
        try:
            self._forget()
            self._scheduler.seen([*self._jobs.heads(beside=self._scheduler.in_hand)])  # all, or what is known stays
            self._dispatcher.backlog_owner.announce(self._scheduler.backlog(now), self._ends + _HANDOVER)
        except Exception as bug:  # noqa: BLE001 - what is under way must end, and the next look may see; `run` raises it
            self._note(bug, "")
        if now >= self._next_search:
            self._next_search = self._ends  # until this search is over
            self._under_way[self._pool.submit(self._runner.search)] = self._searched

    def _searched(self, found: tuple[list[QueueEntry], timedelta]) -> None:
        entries, took = found
        self._next_search = self._pipeline.clock() + _SELDOM * took
        self._scheduler.add(entries)

    def _pause(self, now: datetime) -> float:
        """Seconds until there may be something to do."""
        moments = (self._scheduler.next_moment(), self._next_look, self._ends, now + _LOOK)
        return (min(moment for moment in moments if moment > now) - now).total_seconds()

    def _is_worth_staying(self, now: datetime) -> bool:
        """Whether there will be, soon enough to wait for it."""
        return now < self._ends and (
            self._scheduler.next_moment() <= min(now + STAY, self._ends) or now < self._stays_until
        )

    # ---------------------------------------------------------------- and what comes of it, here

    def _gather(self, seconds: float) -> None:
        done, _ = wait(self._under_way, seconds, FIRST_COMPLETED)
        for future in done:
            then = self._under_way.pop(future)
            try:
                then(future.result())
            except Exception as bug:  # noqa: BLE001 - raised by `run`, after everything else
                self._note(bug, "")

    def _finished(self, entries: Sequence[QueueEntry], results: dict[Upload, RunResult]) -> None:
        now = self._pipeline.clock()
        self._scheduler.ended(entries)
        for entry in entries:
            result, next_entry = results[entry.upload], None
            match result:
                case Exception():
                    self._note(result, entry.upload.key)
                    self._scheduler.postpone(entry, self._ends)
                    continue
                case datetime():
                    self._scheduler.postpone(entry, result)
                    continue
                case Parked(job):
                    next_entry = QueueEntry.of(job)
                    self._scheduler.add([next_entry])
            if entry.key and entry != next_entry:
                self._over.append(entry.key)
        outcomes = [result for result in results.values() if isinstance(result, End)]
        self._scheduler.learn(entries[0], outcomes, now)
        if outcomes and entries[0].stage not in BOUGHT:
            self._stays_until = now + LINGER

    def _note(self, bug: Exception, upload: str) -> None:
        log.error("bug", message=quotable(f"{type(bug).__name__}: {bug}"), key=upload)
        self._bugs.append(bug)

    def _forget(self) -> None:
        over, self._over = self._over, []
        self._jobs.take_out(tuple(over))

    def _leave(self) -> None:
        """What is left is the next round's, which is called at once if only time was missing for it."""
        self._forget()
        now = self._pipeline.clock()
        left = self._scheduler.backlog(now)
        self._dispatcher.backlog_owner.announce(left, max(now, self._ends) + _HANDOVER)
        if left and now >= self._ends:
            self._dispatcher.backlog_owner.wake_worker()
