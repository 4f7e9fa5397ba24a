"""Calls to vendors: each is counted against the daily limit, sent within the concurrency limit, and may be billed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.cloud.concurrency import ConcurrencyLimit, Flight
from shared.errors import (
    BadLink,
    CutoutError,
    DailyLimitReached,
    KeptBack,
    Misconfigured,
    NotAccepted,
    Rejected,
    Unavailable,
)
from shared.jobs.daily_limit import DailyLimit
from shared.jobs.job import Job, Submitted
from shared.messages import jobs as messages
from shared.messages.message import AND_NAMES
from shared.pipeline.circuit_breaker import CircuitBreaker
from shared.pipeline.outcomes import Outcome, fetching, parked, without_error
from shared.pipeline.polling import PollEstimator
from shared.pipeline.prepare import PreparedCall
from shared.pipeline.retries import after_bad_link, after_error
from shared.pipeline.vendor_client import VendorClient
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.protocol import Accepted, Done


@dataclass(eq=False, repr=False)
class VendorCalls:
    """Calls through `client`; a vendor has `call_seconds` to answer one. `estimator` says when to poll what a vendor
    accepts."""

    client: VendorClient
    daily_limit: DailyLimit
    estimator: PollEstimator
    call_seconds: float
    _limits: dict[str, ConcurrencyLimit] = field(default_factory=dict, init=False)
    _breakers: dict[str, CircuitBreaker] = field(default_factory=dict, init=False)

    def per_second(self, capability_name: str) -> float:
        """The calls a second that were bought for a capability; 1 if there is no such capability."""
        row = CAPABILITIES.get(capability_name)
        return self.client.provider(row).quotas.per_second(row) if row else 1.0

    def concurrency(self, capability_name: str) -> ConcurrencyLimit:
        """How many of a capability's calls are with its vendor, and how many may be, as this instance has learnt."""
        if (limit := self._limits.get(capability_name)) is None:
            new = ConcurrencyLimit(
                self.per_second(capability_name), self.call_seconds, lambda: self.client.clock().timestamp()
            )
            limit = self._limits.setdefault(capability_name, new)  # another thread may have been faster
        return limit

    def circuit_breaker(self, capability_name: str) -> CircuitBreaker:
        """Whether a capability may be called, as this instance has learnt."""
        if (breaker := self._breakers.get(capability_name)) is None:
            breaker = self._breakers.setdefault(capability_name, CircuitBreaker())
        return breaker

    def check_settings(self, row: Capability) -> None:
        """Raises `Misconfigured` that names the settings without which `row` cannot be called."""
        if missing := self.client.provider(row).missing(row):
            self.circuit_breaker(row.name).refused(self.client.clock())
            said = messages.SETTINGS_MISSING(capability=row.name, names=AND_NAMES.join(missing))
            raise Misconfigured("Settings", said)

    def call(self, calls: Sequence[tuple[Job, PreparedCall]]) -> Iterator[Outcome]:
        """Call the vendor for jobs of one capability, together, as far as the daily limit allows; what each comes to.

        `calls` are no more than the capability's `batch`. Raises no `CutoutError`.
        """
        try:
            allowed = self.daily_limit.spend(len(calls))
        except CutoutError as error:
            if isinstance(error, DailyLimitReached):
                self.circuit_breaker(calls[0][1].row.name).limited(error.until)
            for job, _ in calls:
                yield self._after_error(job, error)
        else:
            yield from self._call(calls[:allowed])
            if calls[allowed:]:
                yield from self.call(calls[allowed:])

    def _call(self, calls: Sequence[tuple[Job, PreparedCall]]) -> Iterator[Outcome]:
        """One call. From here until the outcomes are recorded it cannot be known whether it was billed."""
        called = [replace(job, attempts=job.attempts + 1) for job, _ in calls]
        row, since = calls[0][1].row, self.client.clock()
        breaker = self.circuit_breaker(row.name)
        try:
            answer = self._send(called, [prepared_call for _, prepared_call in calls])
        except Rejected as error:
            breaker.answered(called, since)
            if len(calls) > 1:  # the vendor does not say for which of the pictures
                for call in calls:
                    yield from self._call([call])
            elif isinstance(error, BadLink):
                yield after_bad_link(called[0], error, self.client.clock())
            else:
                yield self._after_error(called[0], error)
        except (NotAccepted, Misconfigured) as error:  # not billed
            self.daily_limit.give_back(len(calls))
            self._learn(breaker, error)
            for job, _ in calls:
                yield self._after_error(job, error)
        except Unavailable as error:  # may have been billed
            failure = breaker.failed(error, called, self.client.clock())
            for job in called:  # each with its own back-off: if one is to blame, it does not fail the others again
                yield self._after_error(job, failure)
        else:
            yield from self._after_answer(called, row, answer, since)

    def _learn(self, breaker: CircuitBreaker, refusal: NotAccepted | Misconfigured) -> None:
        match refusal:
            case KeptBack():
                pass  # nobody was asked
            case NotAccepted():  # by the vendor, or because our own calls have taken the quota
                breaker.throttled(self.client.clock())
            case _:
                breaker.refused(self.client.clock())

    def _send(self, jobs: Sequence[Job], prepared_calls: Sequence[PreparedCall]) -> Accepted | Done:
        row = prepared_calls[0].row
        provider = self.client.provider(row)
        with self.client.logged(jobs):
            request = provider.call(row, [each.task for each in prepared_calls], self.client.nonce())
            with Flight(self.concurrency(row.name)) as flight:

                def on_slot() -> None:
                    self.circuit_breaker(row.name).let_through(self.client.clock())
                    flight.sent()

                reply = self.client.send(request, on_slot)
            with self.client.throttled_by(request):
                answer = provider.answer(row, reply)
            flight.served()
        return answer

    def _after_answer(
        self, jobs: Sequence[Job], row: Capability, answer: Accepted | Done, since: datetime
    ) -> Iterator[Outcome]:
        now, breaker = self.client.clock(), self.circuit_breaker(row.name)
        match answer:
            case Accepted(ticket, request_id):
                breaker.accepted(since, now)
                due = now + self.estimator.first(row.name)
                for index, job in enumerate(jobs):
                    yield parked(without_error(job, request_id), Submitted(ticket, now, index), due)
            case Done() as done:
                breaker.answered(jobs, since)
                (job,) = jobs
                yield fetching(job, done, now, self.client.provider(row).links_live)

    def _after_error(self, job: Job, error: CutoutError) -> Outcome:
        return after_error(job, error, self.client.clock())
