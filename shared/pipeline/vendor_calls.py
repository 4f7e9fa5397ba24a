"""What is said to a vendor: the call, and the question what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from shared import log
from shared.cloud.concurrency import ConcurrencyLimit, Flight
from shared.cloud.ports import Http, Request
from shared.errors import BadLink, CutoutError, Misconfigured, NotAccepted, NotFetched, Rejected, Unavailable
from shared.jobs.daily_limit import DailyLimit
from shared.jobs.job import Claimed, Fetching, Job, Submitted, Waiting
from shared.pipeline.outcomes import Continue, Outcome, Parked, after_error, parked, without_error
from shared.pipeline.polling import PollEstimator
from shared.pipeline.prepare import PreparedCall
from shared.vendors.capabilities import CAPABILITIES, capability
from shared.vendors.capability import Capability
from shared.vendors.protocol import Accepted, Done, Failed, Nonce, Pending, Provider

_TICKET_PATIENCE = timedelta(days=1)
"""For an answer to the question what became of a ticket; results are kept for an hour at the most."""


class _Unwanted(CutoutError):
    """A question that there was no need to ask any more."""


class VendorCalls:
    """Calls that several jobs share when they are of one capability, and questions when they have one ticket."""

    def __init__(
        self,
        http: Http,
        providers: Mapping[str, Provider],
        daily_limit: DailyLimit,
        clock: Callable[[], datetime],
        call_seconds: float,
    ) -> None:
        self._http = http
        self._providers = providers
        self._daily_limit = daily_limit
        self._clock = clock
        self._poll_estimator = PollEstimator(clock)
        self._call_seconds = call_seconds
        self._limits: dict[str, ConcurrencyLimit] = {}

    def missing(self, row: Capability) -> tuple[str, ...]:
        """The settings without which `row` cannot be called."""
        return self._providers[row.provider].missing(row)

    def per_second(self, capability_name: str) -> float:
        """The calls a second that were bought for a capability; 1 for one that there is not."""
        row = CAPABILITIES.get(capability_name)
        return self._providers[row.provider].quotas.per_second(row) if row else 1.0

    def concurrency(self, capability_name: str) -> ConcurrencyLimit:
        """How many calls of a capability are with its vendor, and how many may be: what this instance has learnt."""
        if (limit := self._limits.get(capability_name)) is None:
            new = ConcurrencyLimit(
                self.per_second(capability_name), self._call_seconds, lambda: self._clock().timestamp()
            )
            limit = self._limits.setdefault(capability_name, new)  # another thread may have been faster
        return limit

    def call(self, calls: list[tuple[Job, PreparedCall]]) -> Iterator[Outcome]:
        """Ask the vendor for the cutouts, as many as the day allows."""
        try:
            allowed = self._daily_limit.spend(len(calls))
        except CutoutError as error:
            for job, _ in calls:
                yield self._after_error(job, error)
        else:
            yield from self._buy(calls[:allowed])
            if calls[allowed:]:
                yield from self.call(calls[allowed:])

    def _buy(self, calls: list[tuple[Job, PreparedCall]]) -> Iterator[Outcome]:
        """From here to the next record nobody can know whether they were bought."""
        row = calls[0][1].row
        provider = self._providers[row.provider]
        called = [replace(job, attempts=job.attempts + 1) for job, _ in calls]
        try:
            with self._logged(called):
                request = provider.call(row, [prepared_call.task for _, prepared_call in calls], self._nonce())
                with Flight(self.concurrency(row.name)) as flight:
                    reply = self._http.send(request, flight.sent)
                with self._heeded(request):
                    answer = provider.answer(row, reply)
                flight.served()
            match answer:
                case Accepted(ticket, request_id):
                    now = self._clock()
                    asks = now + self._poll_estimator.first(row.name)
                    for index, job in enumerate(called):
                        yield parked(without_error(job, request_id), Submitted(ticket, now, index), asks)
                case Done() as done:
                    (job,) = called
                    yield self._fetching(job, row, done)
        except Rejected as error:
            if len(calls) > 1:  # nobody says whose picture it was
                for call in calls:
                    yield from self._buy([call])
            else:
                yield (
                    self._unread(called[0], error)
                    if isinstance(error, BadLink)
                    else self._after_error(called[0], error)
                )
        except CutoutError as error:
            if isinstance(error, NotAccepted | Misconfigured):  # turned away at the door: not bought
                self._daily_limit.give_back(len(calls))
                for job, _ in calls:
                    yield self._after_error(job, error)
            else:
                for job in called:  # one of them may be to blame: it must not take the others down with it
                    yield self._after_error(job, error)

    def too_early(self, job: Job) -> timedelta:
        """How much longer it is not worth asking for a job; nothing for one that has no ticket."""
        if not isinstance(job.stage, Submitted):
            return timedelta()
        return self._poll_estimator.too_early(job.capability, job.stage.since, job.due)

    def poll(self, asked: list[tuple[Job, Submitted]]) -> Iterator[Outcome]:
        """Ask what became of the ticket that they share."""
        row, ticket = capability(asked[0][0].capability), asked[0][1].ticket
        provider = self._providers[row.provider]
        try:
            with self._logged([job for job, _ in asked]):
                request = provider.poll(row, ticket, self._nonce())
                reply = self._http.send(request, lambda: self._still_worth_asking(asked[0][0]))
        except _Unwanted:
            yield from (parked(job, stage, job.due) for job, stage in asked)
            return
        except CutoutError as error:
            yield from _sharing([self._unanswered(job, stage, error) for job, stage in asked])
            return
        moved = []
        for job, stage in asked:
            try:
                with self._heeded(request):
                    fate = provider.poll_answer(row, ticket, stage.index, reply)
                moved.append(self._told(job, stage, row, fate))
            except CutoutError as error:
                moved.append(self._unanswered(job, stage, error))
        yield from _sharing(moved)

    def _still_worth_asking(self, job: Job) -> None:
        """Raises `_Unwanted` if it is not."""
        if self.too_early(job):
            raise _Unwanted("Unwanted", "when its turn came, an older job was known to be unfinished")

    def _told(self, job: Job, stage: Submitted, row: Capability, fate: Done | Pending | Failed) -> Outcome:
        age = self._clock() - stage.since
        match fate:
            case Done() as done:
                self._poll_estimator.finished(row.name, age, stage.polls)
                return self._fetching(job, row, done)
            case Failed(BadLink() as error):
                return self._unread(job, error)
            case Failed(error):
                if not isinstance(error, Rejected | NotFetched):
                    # Whatever its code says of a call: this one was accepted, so another one is one more.
                    error = Unavailable(error.code, error.message, request_id=error.request_id)
                return self._after_error(replace(job, stage=Waiting()), error)
            case Pending() if age > timedelta(seconds=self._providers[row.provider].works_for):
                return self._lost(job, f"the vendor has not finished {stage.ticket} in time")
            case Pending():
                pause = self._poll_estimator.again(row.name, age)
                due = self._clock() + pause
                return parked(without_error(job, job.request_id), replace(stage, polls=stage.polls + 1), due)

    def _unanswered(self, job: Job, stage: Submitted, error: CutoutError) -> Outcome:
        """The question itself failed: asked again, but not for ever."""
        if self._clock() - stage.since > _TICKET_PATIENCE:
            return self._lost(job, f"the vendor says nothing of {stage.ticket}: {error.message}")
        return self._after_error(job, error)

    def _lost(self, job: Job, message: str) -> Outcome:
        return self._after_error(replace(job, stage=Waiting()), Unavailable("TicketLost", message))

    def _fetching(self, job: Job, row: Capability, done: Done) -> Continue:
        dies_at = self._clock() + timedelta(seconds=self._providers[row.provider].links_live)
        return Continue(replace(without_error(job, done.request_id), stage=Fetching(done.pictures, dies_at)))

    def _unread(self, job: Job, error: BadLink) -> Outcome:
        """The vendor could not read the link: once more under a plain name, where that is another one."""
        if job.copies or job.source.isascii():
            return self._after_error(job, error)
        return Continue(replace(job, stage=Claimed(), wants_plain_name=True))

    def _after_error(self, job: Job, error: CutoutError) -> Outcome:
        return after_error(job, error, self._clock())

    @contextmanager
    def _logged(self, jobs: Sequence[Job]) -> Iterator[None]:
        """A line for each job that a request to the vendor is about. Milliseconds with the wait for the quota."""
        began, code = self._clock(), ""
        try:
            yield
        except CutoutError as error:
            code = error.code
            raise
        finally:
            milliseconds = round((self._clock() - began).total_seconds() * 1000)
            for job in jobs:
                log.info("vendor_call", job=job, code=code, milliseconds=milliseconds)

    @contextmanager
    def _heeded(self, request: Request) -> Iterator[None]:
        """What a vendor says that turns a request away as one too many."""
        try:
            yield
        except NotAccepted:
            self._http.throttled(request)
            raise

    def _nonce(self) -> Nonce:
        return Nonce(self._clock(), secrets.token_hex(16))


def _sharing(moved: list[Outcome]) -> Iterator[Outcome]:
    """What goes on under the ticket falls due together, to be asked for in one question: when the last of it does."""
    last = max((each.job.due for each in moved if _is_pending(each)), default=None)
    for each in moved:
        yield Parked(replace(each.job, due=last)) if last and _is_pending(each) else each


def _is_pending(outcome: Outcome) -> bool:
    return isinstance(outcome, Parked) and isinstance(outcome.job.stage, Submitted)
