"""The line: look → admit → link → call → store the results → write the receipt.

There is one, and everyone walks it: an upload's function from the start, settle from wherever a job stopped. `advance`
moves a job on by one stage, `run` until it is over or must wait.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from shared import keys, log
from shared.allowance import Allowance
from shared.boxes import original_box
from shared.capabilities import capability
from shared.documents import Blocked, Claimed, Job, Output, Ready, Receipt, ResultLink, Stage, Ticketed, Waiting
from shared.errors import BadLink, Busy, CutoutError, Incomplete, Misconfigured, Rejected, Spent, Unavailable
from shared.intake import Exhibit, Nothing, admit, is_served_with_another, look
from shared.jobs import Found, Jobs
from shared.links import Copy
from shared.models import Accepted, Capability, Done, Failed, Pending, Stamp
from shared.ports import Bucket, Provider, Web
from shared.receipts import receipt
from shared.transparency import Transparency

MAX_ATTEMPTS = 5
"""Calls that may have been billed, before an upload that always fails gets a `failed` receipt."""

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)
_FIRST_QUESTION = timedelta(seconds=2)
"""The manual's asynchronous jobs take seconds; asking draws on the quota."""
_PAIR_PATIENCE = timedelta(hours=1)
"""For the second picture: longer than any bulk upload is likely to keep a pair apart."""
_TICKET_PATIENCE = timedelta(days=1)
"""For an answer to the question what became of a ticket; results are kept for an hour at the most."""


@dataclass(frozen=True)
class Concluded:
    """A job that is over, and what the upload is told."""

    job: Job
    receipt: Receipt


@dataclass(frozen=True)
class Dropped:
    """A job about which there is nothing to say: the upload is not there, or was served before."""

    job: Job
    existed: bool


Outcome = Job | Concluded | Dropped


@dataclass(frozen=True)
class Line:
    """Everything that the walk touches."""

    bucket: Bucket
    jobs: Jobs
    web: Web
    providers: Mapping[str, Provider]
    clock: Callable[[], datetime]
    allowance: Allowance

    def resume(self, *found: Found) -> list[Outcome]:
        """Move found jobs on as far as they go, but for those that someone else has. As `run`: of one capability."""
        held: list[Job] = []
        bugs: list[Exception] = []
        for each in found:
            try:
                job = self.jobs.take(each)
            except Exception as bug:  # noqa: BLE001 - what is held already would stay so for nothing
                bugs.append(bug)
            else:
                held += [job] if job else []
        return self._walk(held, bugs)

    def run(self, *jobs: Job) -> list[Outcome]:
        """Walk jobs that we hold until each is over, or has to wait for someone.

        Several at once are of one capability, as many as one call of it takes, and under the same ticket, if any:
        they share a call to the vendor, or a question.
        """
        return self._walk(jobs, [])

    def _walk(self, jobs: Sequence[Job], bugs: list[Exception]) -> list[Outcome]:
        """Raises the first of `bugs`, and of those that it comes upon, when everything else has been moved on."""
        ends: list[Outcome] = []
        while jobs:
            moved, jobs = self.advance(*jobs), []
            for outcome in moved:
                if isinstance(outcome, Exception):
                    bugs.append(outcome)
                    continue
                try:
                    self._record(outcome)
                except Exception as bug:  # noqa: BLE001 - the others may have been bought as well; it is raised below
                    bugs.append(bug)
                else:
                    if isinstance(outcome, Job) and outcome.held_until is not None:
                        jobs.append(outcome)
                    else:
                        ends.append(outcome)
        if bugs:
            raise bugs[0]
        return ends

    def _record(self, outcome: Outcome) -> None:
        match outcome:
            case Concluded():
                self._conclude(outcome)
            case Dropped():
                self._forget(outcome.job)
            case Job():
                self.jobs.save(outcome)
                if outcome.held_until is None:
                    log.info("parked", job=outcome)

    def advance(self, *jobs: Job) -> Iterator[Outcome | Exception]:
        """One stage on for each, told as soon as it is known: what comes next may take minutes, or kill the instance.

        Every foreseen failure is a stage or an end as well. One that was not is told in its job's place: the others
        must not pay for it.
        """
        calls: list[tuple[Job, Exhibit]] = []
        asked: list[tuple[Job, Ticketed]] = []
        for job in jobs:
            try:
                match job.stage:
                    case Ticketed() as stage:
                        asked.append((job, stage))
                    case Ready() as stage:
                        yield self._store(job, stage)
                    case _:
                        match self._prepare(job):
                            case (prepared, exhibit):
                                calls.append((prepared, exhibit))
                            case outcome:
                                yield outcome
            except CutoutError as error:
                yield self._trouble(job, error)
            except Exception as bug:  # noqa: BLE001 - `run` raises it
                yield bug
        if calls:
            yield from self._call(calls)
        if asked:
            yield from self._ask(asked)

    def _prepare(self, job: Job) -> Outcome | tuple[Job, Exhibit]:
        """Everything there is to do before the vendor is called."""
        seen = look(self.bucket, job)
        if isinstance(seen, Nothing):
            return Dropped(job, seen.existed)
        try:
            job, exhibit = admit(self.bucket, seen)
            if exhibit.copies:
                return self._stage(job, exhibit.copies)
            if job.attempts >= MAX_ATTEMPTS:
                # Counted from the record, so that dying in every call ends as well.
                enough = Unavailable(
                    job.code or "NoRecord", job.message or f"of {MAX_ATTEMPTS} calls not one answer could be recorded"
                )
                return Concluded(job, receipt(job, self.clock(), error=enough))
            if missing := self.providers[exhibit.row.provider].missing(exhibit.row):
                raise Misconfigured("Settings", f"{exhibit.row.name} cannot be called: set {' and '.join(missing)}")
        except CutoutError as error:
            return self._trouble(seen.job, error)  # of which a refusal speaks as it was seen
        return job, exhibit

    def _call(self, calls: list[tuple[Job, Exhibit]]) -> Iterator[Outcome]:
        """Ask the vendor for the cutouts, if the day allows it."""
        try:
            self.allowance.spend(len(calls))
        except CutoutError as error:
            for job, _ in calls:
                yield self._trouble(job, error)
        else:
            yield from self._buy(calls)

    def _buy(self, calls: list[tuple[Job, Exhibit]]) -> Iterator[Outcome]:
        """From here to the next record nobody can know whether they were bought."""
        row = calls[0][1].row
        provider = self.providers[row.provider]
        called = [replace(job, attempts=job.attempts + 1) for job, _ in calls]
        try:
            with self._logged(called):
                request = provider.call(row, [exhibit.task for _, exhibit in calls], self._stamp())
                answer = provider.answer(row, self.web.send(request))
            match answer:
                case Accepted(ticket, request_id):
                    now = self.clock()
                    for index, job in enumerate(called):
                        yield _parked(_fresh(job, request_id), Ticketed(ticket, now, index), now + _FIRST_QUESTION)
                case Done() as done:
                    (job,) = called
                    yield self._ready(job, row, done)
        except Rejected as error:
            if len(calls) > 1:  # nobody says whose picture it was
                for call in calls:
                    yield from self._buy([call])
            else:
                yield self._unread(called[0], error) if isinstance(error, BadLink) else self._trouble(called[0], error)
        except CutoutError as error:
            if isinstance(error, Busy | Misconfigured):  # turned away at the door: not bought
                self.allowance.give_back(len(calls))
                together = _jitter()  # they come back as one call again
                for job, _ in calls:
                    yield self._trouble(job, error, together)
            else:
                for job in called:  # one of them may be to blame: it must not take the others down with it
                    yield self._trouble(job, error)

    def _unread(self, job: Job, error: BadLink) -> Job | Concluded:
        """The vendor could not read the link: once more under a plain name, where that is another one."""
        if job.staged or job.source.isascii():
            return self._trouble(job, error)
        return replace(job, stage=Claimed(), wants_plain_name=True)

    def _stage(self, job: Job, copies: tuple[Copy, ...]) -> Job | Concluded:
        """Copy the pictures to plain names, to be shown at those."""
        job = replace(job, staged=tuple(copy.name for copy in copies))
        try:
            for copy in copies:
                self.bucket.stage(copy.original, copy.name, public=copy.public)
        except CutoutError as error:
            return self._trouble(job, error)  # which knows of the copies that were made
        return job

    def _ask(self, asked: list[tuple[Job, Ticketed]]) -> Iterator[Outcome]:
        """Ask what became of the ticket that they share."""
        row, ticket = capability(asked[0][0].capability), asked[0][1].ticket
        provider = self.providers[row.provider]
        try:
            with self._logged([job for job, _ in asked]):
                reply = self.web.send(provider.ask(row, ticket, self._stamp()))
        except CutoutError as error:
            for job, stage in asked:
                yield self._unanswered(job, stage, error)
            return
        for job, stage in asked:
            try:
                fate = provider.fate(row, ticket, stage.index, reply)
                yield self._told(job, stage, row, fate)
            except CutoutError as error:
                yield self._unanswered(job, stage, error)

    def _told(self, job: Job, stage: Ticketed, row: Capability, fate: Done | Pending | Failed) -> Job | Concluded:
        age = self.clock() - stage.since
        match fate:
            case Done() as done:
                return self._ready(job, row, done)
            case Failed(BadLink() as error):
                return self._unread(job, error)
            case Failed(Rejected() as error):
                return self._trouble(job, error)
            case Failed(error):
                # Whatever its code says of a call: this one was accepted, so another one is one more.
                given_up = Unavailable(error.code, error.message, request_id=error.request_id)
                return self._trouble(replace(job, stage=Waiting()), given_up)
            case Pending() if age > timedelta(seconds=self.providers[row.provider].works_for):
                return self._lost(job, f"the vendor has not finished {stage.ticket} in time")
            case Pending():
                # What has taken long will take a while longer: a quarter of its age hurts nobody.
                pause = min(max(age / 4, _FIRST_QUESTION), timedelta(minutes=1))
                return _parked(job, stage, self.clock() + pause)

    def _unanswered(self, job: Job, stage: Ticketed, error: CutoutError) -> Job | Concluded:
        """The question itself failed: asked again, but not for ever."""
        if self.clock() - stage.since > _TICKET_PATIENCE:
            return self._lost(job, f"the vendor says nothing of {stage.ticket}: {error.message}")
        return self._trouble(job, error)

    def _lost(self, job: Job, message: str) -> Job | Concluded:
        return self._trouble(replace(job, stage=Waiting()), Unavailable("TicketLost", message))

    def _ready(self, job: Job, row: Capability, done: Done) -> Job:
        dies_at = self.clock() + timedelta(seconds=self.providers[row.provider].links_live)
        return replace(_fresh(job, done.request_id), stage=Ready(done.pictures, dies_at))

    def _store(self, job: Job, stage: Ready) -> Job | Concluded:
        """Bring the results from the vendor's links into the bucket."""
        hosts = self.providers[capability(job.capability).provider].result_hosts
        for picture in stage.pictures:
            # Before the links' age: as long as the operator does not allow their host, no other ones are bought.
            with suppress(Unavailable):
                self.web.allow(picture.url, hosts)
        if self.clock() >= stage.dies_at:
            error = Unavailable("ResultExpired", f"the result's link died before it could be stored ({job.code})")
            return self._trouble(replace(job, stage=Waiting()), error)
        self.bucket.delete(job.replaces)
        fetched = [self._fetch(job, picture, hosts) for picture in stage.pictures]
        outputs, empty = tuple(output for output, _ in fetched), all(empty for _, empty in fetched)
        return Concluded(job, receipt(job, self.clock(), outputs=outputs, empty=empty))

    def _fetch(self, job: Job, picture: ResultLink, hosts: tuple[str, ...]) -> tuple[Output, bool]:
        """The stored picture, and whether nothing shows in it."""
        with self.web.fetch(picture.url, hosts) as download:
            key = keys.output(job.source, picture.label, download.extension)
            transparency = Transparency(download.chunks)
            size = self.bucket.store(key, replace(download, chunks=iter(transparency)), mark=job.mark)
        where = original_box(picture.box, job.frame) if picture.box and job.frame else None
        output = Output(
            key=key,
            label=picture.label,
            content_type=download.content_type,
            bytes=size,
            **(asdict(where) if where else {}),
        )
        return output, transparency.total

    def _trouble(self, job: Job, error: CutoutError, jitter: float | None = None) -> Job | Concluded:
        """What a failure leads to: the sentence for the uploader, or the stage in which it waits."""
        now = self.clock()
        stage: Stage = Waiting()
        match error:
            case Rejected():
                return Concluded(job, receipt(job, now, error=error))
            case Incomplete() if now - job.uploaded_at > _PAIR_PATIENCE:
                return Concluded(job, receipt(job, now, error=error))
            case Misconfigured():
                log.error("blocked", job=job, code=error.code, message=error.message)
                stage = Blocked()
        pause = min(_FIRST_PAUSE * 2 ** min(job.tries, 10), _LONGEST_PAUSE) * (jitter or _jitter())
        return replace(
            _parked(job, job.stage if job.bought else stage, error.until if isinstance(error, Spent) else now + pause),
            tries=job.tries + 1,
            code=error.code,
            message=error.message,
            request_id=error.request_id or job.request_id,
        )

    def _conclude(self, end: Concluded) -> None:
        """Write the receipt last, then forget the job."""
        if end.receipt.status != "done":
            self.bucket.delete(end.job.replaces)
        body = end.receipt.model_dump_json(indent=1).encode()
        self.bucket.write(keys.receipt(end.job.source), body, mark=end.job.mark)
        if end.receipt.code == "PictureMissing" and is_served_with_another(self.bucket, end.job.source):
            self.bucket.delete((keys.receipt(end.job.source),))  # the picture came just now
        log.info("concluded", job=end.job, status=end.receipt.status, code=end.receipt.code)
        self._forget(end.job)

    def _forget(self, job: Job) -> None:
        self.bucket.delete(job.staged)
        self.jobs.remove(job)

    @contextmanager
    def _logged(self, jobs: Sequence[Job]) -> Iterator[None]:
        """A line for each job that a request to the vendor is about. Milliseconds with the wait for the quota."""
        began, code = self.clock(), ""
        try:
            yield
        except CutoutError as error:
            code = error.code
            raise
        finally:
            milliseconds = round((self.clock() - began).total_seconds() * 1000)
            for job in jobs:
                log.info("vendor", job=job, code=code, milliseconds=milliseconds)

    def _stamp(self) -> Stamp:
        return Stamp(self.clock(), secrets.token_hex(16))


def _jitter() -> float:
    """A share of a pause, lest all that is in trouble comes back at once."""
    return random.uniform(0.5, 1.0)  # noqa: S311


def _parked(job: Job, stage: Stage, due: datetime) -> Job:
    """Nobody holds it until it is due."""
    return replace(job, stage=stage, held_until=None, due=due)


def _fresh(job: Job, request_id: str) -> Job:
    """Past whatever trouble it had."""
    return replace(job, request_id=request_id, tries=0, code="", message="")
