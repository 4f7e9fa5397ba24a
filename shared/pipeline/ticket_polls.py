"""Polls of what vendors have accepted: one poll for all the jobs that share a ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.cloud.ports import Reply, Request
from shared.errors import BadLink, CutoutError, NotFetched, Rejected, Unavailable
from shared.jobs.job import Job, Submitted, Waiting
from shared.messages import vendors as messages
from shared.messages.message import Message
from shared.pipeline.circuit_breaker import CircuitBreaker
from shared.pipeline.outcomes import Outcome, Parked, fetching, parked, without_error
from shared.pipeline.polling import PollEstimator
from shared.pipeline.retries import after_bad_link, after_error
from shared.pipeline.vendor_client import VendorClient
from shared.vendors.capabilities import capability
from shared.vendors.protocol import Done, Failed, Pending, PollingProvider

_LOST_AFTER = timedelta(days=1)
"""From the call, if polls fail until then. No vendor keeps a result for longer: one hour is the most."""


class _TooEarly(CutoutError):
    """When the slot came, the job should not be polled yet."""


@dataclass(eq=False, repr=False)
class TicketPolls:
    """Polls through `client`; `estimator` says when. It learns from the answers, as does the capability's
    `circuit_breaker`."""

    client: VendorClient
    estimator: PollEstimator
    circuit_breaker: Callable[[str], CircuitBreaker]

    def too_early(self, job: Job) -> timedelta:
        """How much longer a job, although due, should not be polled; zero if it may be, or has no ticket."""
        if not isinstance(job.stage, Submitted):
            return timedelta()
        return self.estimator.too_early(job.capability, self._age(job.stage))

    def poll(self, jobs: Sequence[tuple[Job, Submitted]]) -> Iterator[Outcome]:
        """Poll the ticket that `jobs`, which are held, share; what each comes to. Raises no `CutoutError`."""
        first, stage = jobs[0]
        row = capability(first.capability)
        provider = self.client.provider(row)
        if not isinstance(provider, PollingProvider):  # an earlier version of its dialect gave the ticket out
            for job, submitted in jobs:
                text = messages.NOT_POLLED(provider=row.provider, ticket=submitted.ticket)
                yield self._lost(job, text)
            return
        try:
            with self.client.logged([job for job, _ in jobs]):
                request = provider.poll(row, stage.ticket, self.client.nonce())
                reply = self.client.send(request, lambda: self._check_age(first))
        except _TooEarly:
            outcomes: list[Outcome] = [parked(job, stage, job.due) for job, stage in jobs]
        except CutoutError as error:
            outcomes = [self._after_failed_poll(job, stage, error) for job, stage in jobs]
        else:
            outcomes = [self._read(job, stage, provider, request, reply) for job, stage in jobs]
        yield from _due_together(outcomes)

    def _age(self, stage: Submitted) -> timedelta:
        return self.client.clock() - stage.since

    def _check_age(self, job: Job) -> None:
        """Raises `_TooEarly`: jobs wait seconds for a slot, and other polls teach the estimator meanwhile."""
        if self.too_early(job):
            raise _TooEarly("TooEarly", "while it waited for a slot, jobs were found to take longer")

    def _read(self, job: Job, stage: Submitted, provider: PollingProvider, request: Request, reply: Reply) -> Outcome:
        try:
            with self.client.throttled_by(request):
                answer = provider.poll_answer(capability(job.capability), stage.ticket, stage.index, reply)
            return self._after_answer(job, stage, provider, answer)
        except CutoutError as error:
            return self._after_failed_poll(job, stage, error)

    def _after_answer(
        self, job: Job, stage: Submitted, provider: PollingProvider, poll_answer: Done | Pending | Failed
    ) -> Outcome:
        now, age = self.client.clock(), self._age(stage)
        match poll_answer:
            case Done() as done:
                if stage.index == 0:  # one sample for each ticket
                    self.estimator.finished(job.capability, age, stage.polls)
                self.circuit_breaker(job.capability).answered([job], stage.since)
                return fetching(job, done, now, provider.links_live)
            case Failed(error):
                return self._after_failed_task(job, stage, error)
            case Pending() if age > timedelta(seconds=provider.works_for):
                return self._lost(job, messages.NOT_FINISHED(ticket=stage.ticket))
            case Pending():
                due = now + self.estimator.again(age)
                return parked(without_error(job, job.request_id), replace(stage, polls=stage.polls + 1), due)

    def _after_failed_task(self, job: Job, stage: Submitted, error: CutoutError) -> Outcome:
        """The vendor has given the work up."""
        now, breaker = self.client.clock(), self.circuit_breaker(job.capability)
        if isinstance(error, Rejected):
            breaker.answered([job], stage.since)
            return after_bad_link(job, error, now) if isinstance(error, BadLink) else after_error(job, error, now)
        if not isinstance(error, NotFetched):
            # Whatever its code means for a call: this one was accepted, so the next one is another attempt.
            error = Unavailable(error.code, error.text, request_id=error.request_id)
        return after_error(replace(job, stage=Waiting()), breaker.failed(error, [job], now), now)

    def _after_failed_poll(self, job: Job, stage: Submitted, error: CutoutError) -> Outcome:
        """The poll failed, which says nothing of the task: the ticket is polled again, for a day at the most."""
        if self._age(stage) > _LOST_AFTER:
            return self._lost(job, messages.NOTHING_SAID(ticket=stage.ticket, said=error.text))
        return after_error(job, error, self.client.clock())

    def _lost(self, job: Job, text: Message) -> Outcome:
        """The job is called for again."""
        return after_error(replace(job, stage=Waiting()), Unavailable("TicketLost", text), self.client.clock())


def _due_together(outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """Jobs that stay under the ticket get one due time, the latest, so that the next poll is for all of them."""
    last = max((each.job.due for each in outcomes if _is_pending(each)), default=None)
    for each in outcomes:
        yield Parked(replace(each.job, due=last)) if last and _is_pending(each) else each


def _is_pending(outcome: Outcome) -> bool:
    return isinstance(outcome, Parked) and isinstance(outcome.job.stage, Submitted)
