"""Moves on every unfinished job that is due, as fast as the quota allows: one invocation of the function `settle`.

A worker goes on as long as something falls due soon, so that an asynchronous result is fetched within seconds of being
made. It ends at once when there is nothing to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared import log
from shared.jobs.backlog import LINGER, BacklogOwner
from shared.jobs.job import BOUGHT, Waiting
from shared.jobs.queue import QueueEntry
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.pipeline.outcomes import Concluded, End, Parked
from shared.pipeline.runs import MAX_IDLE, JobRunner, RunResult
from shared.pipeline.scheduler import Scheduler
from shared.pipeline.search import MOST_FOUND, Search
from shared.vendors.error_codes import quotable

_LISTING_INTERVAL, _LISTING_INTERVAL_STARVED = timedelta(seconds=1), timedelta(seconds=0.2)
"""Between two listings of the queue; the second when all entries that were listed have been started."""
_MORE_TO_PROBE = 900
"""Entries of a lane that are listed, beside the usual ones, while a vendor fails: a thousand in all, one page of OSS's.
If all of the usual ones make it fail, there are others to try."""
_SEARCH_INTERVAL = 20
"""Between two steps of the search, in durations of the last one: it takes a twentieth of the time, whatever waits."""
_SUCCESSOR_STARTS = timedelta(minutes=1)
"""Within which the next worker starts, at the latest by the timer: until then a backlog's quota stays settle's."""
_REPORT_INTERVAL = timedelta(minutes=1)
"""Between two log lines that say how old the queue is."""


@dataclass(eq=False, repr=False)
class Worker:
    """The main thread starts runs in the threads of `pool` and handles what they return; the scheduler, the queue and
    the backlog's announcement are its alone. From `ends` on it starts nothing more."""

    scheduler: Scheduler
    runner: JobRunner
    search: Search
    jobs: JobStore
    backlog_owner: BacklogOwner
    pool: Executor
    clock: Callable[[], datetime]
    ends: datetime
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._handlers: dict[Future[Any], Callable[[Any], None]] = {}
        """What is to be called, in the main thread, with the result of each future of the pool."""
        self._outdated: list[str] = []
        """Keys of queue entries to be deleted."""
        self._has_postponed = False
        """Whether an entry was postponed since the last listing."""
        self._bugs: list[Exception] = []
        self._last_listing = self._next_listing = self._next_search = self._lingers_until = self.clock()
        self._next_report = self._next_listing

    def run(self) -> None:
        """Raises the first unforeseen exception, after everything else has been moved on."""
        while True:
            if self._next_listing <= self.clock() < self.ends:
                self._list_queue()
            while (now := self.clock()) < self.ends and (entries := self.scheduler.start(now)):
                self._handlers[self.pool.submit(self.runner.run_jobs, entries)] = partial(self._ended, entries)
            if self.scheduler.is_starved():
                self._next_listing = min(self._next_listing, self._last_listing + _LISTING_INTERVAL_STARVED)
            if self._handlers:
                self._handle_results(self._pause(now))
            elif self._should_wait(now):
                self.sleep(self._pause(now))
            elif (self._outdated or self._has_postponed) and now < self.ends:
                self._next_listing = now  # entries behind those may be listed now
            else:
                break
        self._hand_over()
        if self._bugs:
            raise self._bugs[0]

    # ---------------------------------------------------------------- what to start, and when

    def _list_queue(self) -> None:
        now = self.clock()
        self._last_listing, self._next_listing = now, now + _LISTING_INTERVAL
        try:
            self._delete_outdated()
            self._has_postponed = False
            beside = self.scheduler.most_known(now) + (_MORE_TO_PROBE if self.scheduler.is_probing else 0)
            entries = [*self.jobs.heads(beside=beside)]
            self.scheduler.listed(entries)  # not before the listing is complete: if it fails, the last one stays
            self._report(entries, now)
            self.backlog_owner.announce(self.scheduler.backlog(now), self.ends + _SUCCESSOR_STARTS)
        except Exception as bug:  # noqa: BLE001 - runs must end, and the next listing may succeed; `run` raises it
            self._note_bug(bug, "")
        if now >= self._next_search and self.scheduler.without_key < MOST_FOUND:
            self._next_search = self.ends  # until this step has ended
            self._handlers[self.pool.submit(self.search.step)] = self._searched

    def _report(self, entries: Sequence[QueueEntry], now: datetime) -> None:
        """Log how long the photo that is next has waited for its call: alarms are set on it, also on its absence."""
        if now < self._next_report:
            return
        self._next_report = now + _REPORT_INTERVAL
        waiting = [entry for entry in entries if entry.stage == Waiting.name and entry.due <= now]
        oldest = min(waiting, key=lambda entry: entry.due, default=None)
        log.info(
            "queue",
            waiting=len(waiting),
            oldest=oldest.due.isoformat() if oldest else "",
            capability=oldest.capability if oldest else "",
            age_seconds=round((now - oldest.due).total_seconds()) if oldest else 0,
        )

    def _pause(self, now: datetime) -> float:
        """Seconds until there may be something to do."""
        moments = (self.scheduler.next_due(), self._next_listing, self.ends, now + _LISTING_INTERVAL)
        return (min(moment for moment in moments if moment > now) - now).total_seconds()

    def _should_wait(self, now: datetime) -> bool:
        """Whether something falls due soon, or functions may still enqueue because they saw this worker announced."""
        return now < self.ends and (
            self.scheduler.next_due() <= min(now + MAX_IDLE, self.ends) or now < self._lingers_until
        )

    # ---------------------------------------------------------------- results, in the main thread

    def _handle_results(self, seconds: float) -> None:
        """Of the futures that are done; waits that many seconds for the first one."""
        done, _ = wait(self._handlers, seconds, FIRST_COMPLETED)
        for future in done:
            handler = self._handlers.pop(future)
            try:
                handler(future.result())
            except Exception as bug:  # noqa: BLE001 - `run` raises it
                self._note_bug(bug, "")

    def _ended(self, entries: Sequence[QueueEntry], results: dict[Upload, RunResult]) -> None:
        """A run of `entries`."""
        now = self.clock()
        receipts = (result.receipt for result in results.values() if isinstance(result, Concluded))
        self.scheduler.ended(entries, stored=any(receipt.status == "done" for receipt in receipts))
        for entry in entries:
            result, next_entry = results[entry.upload], None
            match result:
                case Exception():
                    self._note_bug(result, entry.upload.key)
                    self.scheduler.postpone(entry, self.ends)
                    continue
                case datetime():
                    self.scheduler.postpone(entry, result)
                    self._has_postponed = True
                    continue
                case Parked(job):
                    next_entry = QueueEntry.of(job)
                    self.scheduler.add([next_entry])
            if entry.key and entry != next_entry:
                self._outdated.append(entry.key)
        if entries[0].stage not in BOUGHT and any(isinstance(result, End) for result in results.values()):
            self._lingers_until = now + LINGER

    def _searched(self, found: tuple[list[QueueEntry], timedelta]) -> None:
        entries, took = found
        self._next_search = self.clock() + _SEARCH_INTERVAL * took
        self.scheduler.add(entries)

    def _note_bug(self, bug: Exception, upload: str) -> None:
        log.error("bug", message=quotable(f"{type(bug).__name__}: {bug}"), key=upload)
        self._bugs.append(bug)

    def _delete_outdated(self) -> None:
        keys, self._outdated = self._outdated, []
        self.jobs.take_out(tuple(keys))

    def _hand_over(self) -> None:
        """Leave what remains to the next worker, and wake it if only the time was too short."""
        self._delete_outdated()
        now = self.clock()
        backlog = self.scheduler.backlog(now)
        self.backlog_owner.announce(backlog, max(now, self.ends) + _SUCCESSOR_STARTS)
        if backlog and now >= self.ends:
            self.backlog_owner.wake_worker()
