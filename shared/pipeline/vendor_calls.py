"""Calls to vendors: each is counted against the daily limit, sent within the concurrency limit, and may be billed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from shared.cloud.concurrency import ConcurrencyLimit, Flight
from shared.errors import BadLink, CutoutError, Misconfigured, NotAccepted, Rejected
from shared.jobs.daily_limit import DailyLimit
from shared.jobs.job import Job, Submitted
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

    def missing(self, row: Capability) -> tuple[str, ...]:
        """The settings without which `row` cannot be called."""
        return self.client.provider(row).missing(row)

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

    def call(self, calls: Sequence[tuple[Job, PreparedCall]]) -> Iterator[Outcome]:
        """Call the vendor for jobs of one capability, together, as far as the daily limit allows; what each comes to.

        `calls` are no more than the capability's `batch`. Raises no `CutoutError`.
        """
        try:
            allowed = self.daily_limit.spend(len(calls))
        except CutoutError as error:
            for job, _ in calls:
                yield self._after_error(job, error)
        else:
            yield from self._call(calls[:allowed])
            if calls[allowed:]:
                yield from self.call(calls[allowed:])

    def _call(self, calls: Sequence[tuple[Job, PreparedCall]]) -> Iterator[Outcome]:
        """One call. From here until the outcomes are recorded it cannot be known whether it was billed."""
        called = [replace(job, attempts=job.attempts + 1) for job, _ in calls]
        try:
            answer = self._send(called, [prepared_call for _, prepared_call in calls])
        except Rejected as error:
            if len(calls) > 1:  # the vendor does not say for which of the pictures
                for call in calls:
                    yield from self._call([call])
            elif isinstance(error, BadLink):
                yield after_bad_link(called[0], error, self.client.clock())
            else:
                yield self._after_error(called[0], error)
        except (NotAccepted, Misconfigured) as error:  # not billed
            self.daily_limit.give_back(len(calls))
            for job, _ in calls:
                yield self._after_error(job, error)
        except CutoutError as error:
            for job in called:  # each with its own back-off: if one is to blame, it does not fail the others again
                yield self._after_error(job, error)
        else:
            yield from self._after_answer(called, calls[0][1].row, answer)

    def _send(self, jobs: Sequence[Job], prepared_calls: Sequence[PreparedCall]) -> Accepted | Done:
        row = prepared_calls[0].row
        provider = self.client.provider(row)
        with self.client.logged(jobs):
            request = provider.call(row, [each.task for each in prepared_calls], self.client.nonce())
            with Flight(self.concurrency(row.name)) as flight:
                reply = self.client.send(request, flight.sent)
            with self.client.throttled_by(request):
                answer = provider.answer(row, reply)
            flight.served()
        return answer

    def _after_answer(self, jobs: Sequence[Job], row: Capability, answer: Accepted | Done) -> Iterator[Outcome]:
        now = self.client.clock()
        match answer:
            case Accepted(ticket, request_id):
                due = now + self.estimator.first(row.name)
                for index, job in enumerate(jobs):
                    yield parked(without_error(job, request_id), Submitted(ticket, now, index), due)
            case Done() as done:
                (job,) = jobs
                yield fetching(job, done, now, self.client.provider(row).links_live)

    def _after_error(self, job: Job, error: CutoutError) -> Outcome:
        return after_error(job, error, self.client.clock())
