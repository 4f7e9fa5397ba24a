"""What a round does in its threads: turns are met, and the jobs behind them moved on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.jobs.job import Claimed, Fetching, Submitted
from shared.jobs.queue import QueueEntry
from shared.jobs.store import StoredJob
from shared.jobs.upload import Upload
from shared.pipeline.dispatch import Dispatcher
from shared.pipeline.outcomes import End
from shared.pipeline.scheduler import RECHECK

STAY = timedelta(seconds=15)
"""A round's, for something to fall due: that costs less than the delay of leaving it to the next tick."""
_AGAIN = STAY + timedelta(seconds=5)
"""To come back to a job that somebody else has, or that nobody survives: no round stays for it."""

RunResult = End | datetime | Exception | None
"""What became of a turn: None when it is over, its job gone or under another turn; a moment, to look at it then."""


class JobRunner:
    """From `ends` on nothing more is begun."""

    def __init__(self, dispatcher: Dispatcher, ends: datetime) -> None:
        self._dispatcher = dispatcher
        self._pipeline = dispatcher.pipeline
        self._ends = ends

    def run_jobs(self, entries: Sequence[QueueEntry]) -> dict[Upload, RunResult]:
        """Move on jobs of one lane; what became of each, by upload. Nothing, when the round ended before a thread was
        free."""
        if self._pipeline.clock() >= self._ends:
            return dict.fromkeys((entry.upload for entry in entries), self._ends)
        results: dict[Upload, RunResult] = {}
        due: list[StoredJob] = []
        for entry in entries:
            try:
                results[entry.upload], found = self._meet(entry)
                due += [found] if found else []
            except Exception as bug:  # noqa: BLE001 - one upload's bug must not hold up the others; the round raises it
                results[entry.upload] = bug
        for group in _sharing(due):
            try:
                outcomes = self._pipeline.resume(*group)
            except Exception as bug:  # noqa: BLE001 - as above
                results |= {found.job.upload: bug for found in group}
            else:
                results |= {outcome.job.upload: outcome for outcome in outcomes}
        return results

    def search(self) -> tuple[list[QueueEntry], timedelta]:
        """Turns for jobs that have none, whose owners may have died, and for news of uploads whose jobs were under way;
        and how long it took to find them, by listing everything that is under way. Leases over what is past go.
        """
        jobs, began = self._pipeline.jobs, self._pipeline.clock()
        unfinished = jobs.unfinished()
        jobs.sweep(unfinished.leases)
        lost = {*unfinished.jobs} - (jobs.queued() if unfinished.jobs else set())
        now = self._pipeline.clock()
        entries = [
            QueueEntry("", stage, now, upload)
            for stage, uploads in ((Claimed.name, lost), (RECHECK, unfinished.rechecks))
            for upload in sorted(uploads, key=lambda each: each.key)
        ]
        return entries, now - began

    def _meet(self, entry: QueueEntry) -> tuple[RunResult, StoredJob | None]:
        """What becomes of the turn unless its job is moved on, and that job if it can be."""
        if entry.stage == RECHECK:
            return self._dispatcher.recheck(entry.upload) or self._pipeline.clock() + _AGAIN, None
        found = self._pipeline.jobs.find(entry.upload)
        if found is None:
            return None, None
        is_due = self._pipeline.jobs.is_due(found.job)
        if is_due and (too_early := self._pipeline.vendor_calls.too_early(found.job)):
            return self._pipeline.clock() + too_early, None
        return self._left_alone(found, entry), found if is_due else None

    def _left_alone(self, found: StoredJob, entry: QueueEntry) -> datetime | None:
        """When to come back to a job that cannot be moved on, now or because somebody is faster; it gets its turn if it
        had none."""
        now = self._pipeline.clock()
        if found.job.lease_until is not None:
            return found.job.lease_until if found.job.lease_until > now else now + _AGAIN
        if entry.key == QueueEntry.of(found.job).key:
            return max(found.job.due, now + _AGAIN)
        if not entry.key:
            self._pipeline.jobs.put_in_queue(found.job)
        return None  # it has another turn


def _sharing(due: Sequence[StoredJob]) -> list[list[StoredJob]]:
    """Those that one call can begin, or one question settles, together; in their order."""
    groups: dict[str, list[StoredJob]] = {}
    for found in due:
        match found.job.stage:
            case Submitted() as stage:
                shared = stage.ticket
            case Fetching():
                shared = found.job.id  # everybody's results are fetched alone
            case _:
                shared = ""
        groups.setdefault(shared, []).append(found)
    return list(groups.values())
