"""The pipeline: snapshot → prepare → call → store the results → write the receipt.

An upload's function runs a job from the start, settle from the stage in which it stopped. `advance` moves jobs on by
one stage, `run` until each is over or must wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared import log
from shared.cloud.ports import Bucket, ObjectHead
from shared.errors import CutoutError, Misconfigured, ObjectForbidden, Rejected, Unavailable, Unstorable
from shared.jobs.job import Fetching, Job, Submitted, Unstored
from shared.jobs.receipt import receipt
from shared.jobs.store import JobStore, StoredJob
from shared.jobs.upload import Kind
from shared.messages import jobs as messages
from shared.pipeline.conclude import conclude, forget, withdraw_copies
from shared.pipeline.folders import apply_to_folder
from shared.pipeline.links import Copy
from shared.pipeline.outcomes import Concluded, Continue, End, Outcome, Parked, Skipped
from shared.pipeline.prepare import PreparedCall, prepare
from shared.pipeline.results import ResultStore
from shared.pipeline.retries import after_error
from shared.pipeline.snapshot import outdated, take_snapshot
from shared.pipeline.ticket_polls import TicketPolls
from shared.pipeline.vendor_calls import VendorCalls
from shared.vendors.capabilities import capability
from shared.vendors.prices import Prices

MAX_ATTEMPTS = 5
"""Calls that may have been billed, and that met no outage of the vendor's, before an upload that always fails gets a
`failed` receipt."""


@dataclass(eq=False, repr=False)
class Pipeline:
    """Moves jobs on, until each has a receipt. `bucket` has the uploads; `clock` returns the time with its zone."""

    bucket: Bucket
    jobs: JobStore
    vendor_calls: VendorCalls
    ticket_polls: TicketPolls
    results: ResultStore
    clock: Callable[[], datetime]
    prices: Prices = field(default_factory=Prices)
    listings: Mapping[str, str] = field(default_factory=dict)
    """See `prepare`."""

    def resume(self, *found: StoredJob) -> list[End]:
        """Acquire jobs and run them, but for those that another instance holds. As `run`: of one capability."""
        held: list[Job] = []
        bugs: list[Exception] = []
        for each in found:
            try:
                job = self.jobs.acquire(each)
            except Exception as bug:  # noqa: BLE001 - the jobs that are held already are moved on first
                bugs.append(bug)
            else:
                held += [job] if job else []
        return self._run(held, bugs)

    def run(self, *jobs: Job, images: Mapping[str, ObjectHead] | None = None) -> list[End]:
        """Move jobs that we hold on until each is over or has to wait; what each ends with.

        Several at once are of one capability, as many as one call of it takes, and under the same ticket, if any:
        they share a call to the vendor, or a poll. `images` are uploads, by key, that were read just before their jobs
        were claimed.
        """
        return self._run(jobs, [], images)

    def _run(
        self, jobs: Sequence[Job], bugs: list[Exception], images: Mapping[str, ObjectHead] | None = None
    ) -> list[End]:
        """Raises the first of `bugs`, and of those that come up, after everything else has been moved on."""
        ends: list[End] = []
        while jobs:
            moved, jobs, images = self.advance(*jobs, images=images or {}), [], None
            for outcome in moved:
                if isinstance(outcome, Exception):
                    bugs.append(outcome)
                    continue
                try:
                    recorded = self._record(outcome)
                except Exception as bug:  # noqa: BLE001 - the others may have been bought as well; it is raised below
                    bugs.append(bug)
                    continue
                if isinstance(recorded, Continue):
                    jobs.append(recorded.job)
                else:
                    ends.append(recorded)
        for end in ends:
            if isinstance(end, Parked):
                self.jobs.put_in_queue(end.job)  # not before every job is saved, as that may record a call
        if bugs:
            raise bugs[0]
        return ends

    def _record(self, outcome: Outcome) -> Outcome:
        """Write it down; what it has become by that. A job whose receipt may not be written is parked."""
        match outcome:
            case Continue(job):
                self.jobs.save(job)
            case Parked(job):
                if not isinstance(job.stage, Submitted):  # else its vendor may still fetch them
                    job = withdraw_copies(self.bucket, job)
                self.jobs.save(job)
                log.info("job_waiting", job=job)
                return Parked(job)
            case Concluded(job):
                if outcome.receipt.status != "done" and (end := outdated(self.bucket, job, self.clock())):
                    return self._record(end)
                try:
                    conclude(self.bucket, self.jobs, self.prices, outcome)
                except Unstorable as error:
                    return self._record(after_error(job, error, self.clock()))
            case Skipped(job):
                forget(self.bucket, self.jobs, job)
        return outcome

    def advance(self, *jobs: Job, images: Mapping[str, ObjectHead]) -> Iterator[Outcome | Exception]:
        """Move each job on by one stage. Outcomes come one by one, to be recorded at once: the next one may take
        minutes, or the instance may die.

        A foreseen error is an outcome as well. A bug is yielded in its job's place, so that the others go on.
        """
        fetch_until = self.clock() + timedelta(seconds=self.results.fetch_seconds)
        calls: list[tuple[Job, PreparedCall]] = []
        submitted: list[tuple[Job, Submitted]] = []
        for job in jobs:
            try:
                match job.stage:
                    case Submitted() as stage:
                        capability(job.capability)  # raises `Rejected` if this release does not have it any more
                        submitted.append((job, stage))
                    case Fetching() as stage:
                        yield self.results.store(job, stage, fetch_until)
                    case Unstored() as stage:
                        yield self.results.check(job, stage)
                    case _:
                        match self._prepare(job, images.get(job.source)):
                            case (prepared, prepared_call):
                                calls.append((prepared, prepared_call))
                            case outcome:
                                yield outcome
            except CutoutError as error:
                yield after_error(job, error, self.clock())
            except Exception as bug:  # noqa: BLE001 - `run` raises it
                yield bug
        if calls:
            yield from self.vendor_calls.call(calls)
        if submitted:
            yield from self.ticket_polls.poll(submitted)

    def _prepare(self, job: Job, image: ObjectHead | None) -> Outcome | tuple[Job, PreparedCall]:
        """Everything there is to do before the vendor is called."""
        if job.upload.kind is Kind.FOLDER_COMPANION:
            return apply_to_folder(self.bucket, self.jobs, job, self.clock())
        snapshot = take_snapshot(self.bucket, job, self.clock(), image)
        if isinstance(snapshot, Skipped):
            return snapshot
        if job.inputs_etag not in ("", snapshot.job.inputs_etag):
            # Recorded first: a call over which the instance dies must be counted for the pictures that it was for.
            return Continue(snapshot.job)
        if ended := self._after_attempts(snapshot.job):
            return ended
        try:
            job, prepared_call = prepare(self.bucket, snapshot, self.listings)
            return self._before_the_call(job, prepared_call) or (job, prepared_call)
        except CutoutError as error:
            # A receipt of the refusal is about the job as it was before `prepare`.
            return after_error(snapshot.job, error, self.clock())

    def _after_attempts(self, job: Job) -> Concluded | None:
        """The end of a job that was called for in vain as often as may be; None for any other.

        Counted from the record, and asked before the picture is prepared, so that dying in every call, or over every
        picture, ends as well.
        """
        if job.own_attempts < MAX_ATTEMPTS + job.links_in_doubt:  # links are read once more before the end
            return None
        text = job.text if job.message else messages.NO_RECORD(calls=MAX_ATTEMPTS)
        return Concluded(job, receipt(job, self.clock(), error=Unavailable(job.code or "NoRecord", text)))

    def _before_the_call(self, job: Job, prepared_call: PreparedCall) -> Outcome | None:
        """What must be done first, and recorded, or keeps the job from a call; None when there is nothing.

        Raises `Rejected` or `Misconfigured`.
        """
        self.vendor_calls.check_settings(prepared_call.row)
        if (names := tuple(copy.name for copy in prepared_call.copies)) and names != job.copies:
            return Continue(replace(job, copies=names))  # recorded before they are made: none is ever forgotten
        for copy in prepared_call.copies:
            self._publish(job, copy)
        return self._doubted(job, prepared_call) if job.links_in_doubt else None

    def _doubted(self, job: Job, prepared_call: PreparedCall) -> Outcome:
        """The vendor got nothing from the pictures' links: read them once ourselves. Raises `Rejected` when OSS refuses
        them; a job whose links are sound is called for again after a pause, which leaves it time for another call."""
        with suppress(Unavailable):  # from here, OSS is not reached at its public endpoint: nothing is known
            for link in prepared_call.task.links.values():
                self.bucket.check_link(link)
        kind = Rejected if job.doubt == "unreadable" else Unavailable
        error = kind(job.code, job.text, request_id=job.request_id)
        return after_error(replace(job, doubt="checked"), error, self.clock())

    def _publish(self, job: Job, copy: Copy) -> None:
        """Copy a picture to a plain name, to be shown at that."""
        try:
            self.bucket.publish_copy(copy.original, copy.name, public=copy.public)
        except Misconfigured as error:
            if not isinstance(error, ObjectForbidden):
                self.vendor_calls.circuit_breaker(job.capability).refused(self.clock())  # as would every other photo be
            raise
