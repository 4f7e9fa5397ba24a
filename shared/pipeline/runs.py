"""What the worker does in its threads: reads the jobs of queue entries, and moves them on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.jobs.job import Fetching, Submitted, Unstored
from shared.jobs.queue import QueueEntry
from shared.jobs.store import JobStore, StoredJob
from shared.jobs.upload import Upload
from shared.pipeline.dispatch import Dispatcher
from shared.pipeline.outcomes import End
from shared.pipeline.pipeline import Pipeline
from shared.pipeline.scheduler import RECHECK
from shared.pipeline.ticket_polls import TicketPolls

MAX_IDLE = timedelta(seconds=15)
"""How long a worker waits for an entry to fall due: that costs less than the delay until the timer's next tick."""
_LOOK_AGAIN_AFTER = MAX_IDLE + timedelta(seconds=5)
"""For a job that another instance holds, or that could not be acquired: later than any worker waits, so that none is
kept alive by such jobs alone."""

RunResult = End | datetime | Exception | None
"""What a run came to for one entry: how its job ended; when to try the entry again; the bug that was raised; or None
when the entry is outdated, because its job is gone or has another entry."""


@dataclass(eq=False, repr=False)
class JobRunner:
    """Runs the jobs behind queue entries; from `ends` on it starts nothing more. Its methods may run in any thread."""

    jobs: JobStore
    pipeline: Pipeline
    dispatcher: Dispatcher
    ticket_polls: TicketPolls
    clock: Callable[[], datetime]
    ends: datetime

    def run_jobs(self, entries: Sequence[QueueEntry]) -> dict[Upload, RunResult]:
        """Move on the jobs of entries of one lane; the result of each entry, by upload.

        Raises nothing: a bug is the result of the entries that it concerns, and does not hold up the others.
        """
        if self.clock() >= self.ends:  # by the time that a thread was free
            return dict.fromkeys((entry.upload for entry in entries), self.ends)
        results: dict[Upload, RunResult] = {}
        due: list[StoredJob] = []
        for entry in entries:
            try:
                results[entry.upload], found = self._read(entry)
                due += [found] if found else []
            except Exception as bug:  # noqa: BLE001 - the worker raises it in the end
                results[entry.upload] = bug
        for group in _sharing(due):
            try:
                outcomes = self.pipeline.resume(*group)
            except Exception as bug:  # noqa: BLE001 - as above
                results |= {found.job.upload: bug for found in group}
            else:
                results |= {outcome.job.upload: outcome for outcome in outcomes}
        return results

    def _read(self, entry: QueueEntry) -> tuple[RunResult, StoredJob | None]:
        """The job of an entry, if it can be moved on now; and the entry's result in case it is not moved on."""
        if entry.stage == RECHECK:
            return self.dispatcher.recheck(entry.upload) or self.clock() + _LOOK_AGAIN_AFTER, None
        found = self.jobs.find(entry.upload)
        if found is None:
            return None, None
        is_due = self.jobs.is_due(found.job)
        if is_due and (too_early := self.ticket_polls.too_early(found.job)):
            return self.clock() + too_early, None
        return self._when_not_moved_on(found, entry), found if is_due else None

    def _when_not_moved_on(self, found: StoredJob, entry: QueueEntry) -> datetime | None:
        """When to try an entry again whose job is not due, or is held by another instance. A job that no instance holds
        gets an entry in the queue if `entry` is not from there."""
        now = self.clock()
        if found.job.lease_until is not None:
            return found.job.lease_until if self.jobs.is_held(found.job) else now + _LOOK_AGAIN_AFTER
        if entry.key == QueueEntry.of(found.job).key:
            return max(found.job.due, now + _LOOK_AGAIN_AFTER)
        if not entry.key:
            self.jobs.put_in_queue(found.job)
        return None  # the job has another entry


def _sharing(due: Sequence[StoredJob]) -> list[list[StoredJob]]:
    """Jobs that can share a call or a poll, together; in their order."""
    groups: dict[str, list[StoredJob]] = {}
    for found in due:
        match found.job.stage:
            case Submitted() as stage:
                shared = stage.ticket
            case Fetching() | Unstored():
                shared = found.job.id  # each job's result is fetched by itself
            case _:
                shared = ""
        groups.setdefault(shared, []).append(found)
    return list(groups.values())
