"""The line: look → admit → link → call → store the results → write the receipt.

There is one, and everyone walks it: an upload's function from the start, settle from wherever a job stopped. `advance`
moves a job on by one stage, `run` until it is over or must wait.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from shared import keys, log
from shared.admission import original_box
from shared.capabilities import capability
from shared.documents import Blocked, Claimed, Job, Output, Ready, Receipt, ResultLink, Stage, Ticketed, Waiting
from shared.errors import BadLink, Busy, CutoutError, Incomplete, Misconfigured, Rejected, Unavailable
from shared.intake import Exhibit, Nothing, admit, is_served_with_another, look
from shared.jobs import Found, Jobs
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


@dataclass(frozen=True)
class Line:
    """Everything that the walk touches."""

    bucket: Bucket
    jobs: Jobs
    web: Web
    providers: Mapping[str, Provider]
    clock: Callable[[], datetime]

    def resume(self, found: Found) -> Job | Concluded | Dropped | None:
        """Move a found job on as far as it goes; None when someone else has it."""
        job = self.jobs.take(found)
        return None if job is None else self.run(job)

    def run(self, job: Job) -> Job | Concluded | Dropped:
        """Walk a job that we hold until it is over, or has to wait for someone."""
        while True:
            match self.advance(job):
                case Concluded() as end:
                    self._conclude(end)
                    return end
                case Dropped() as end:
                    self._forget(end.job)
                    return end
                case Job() as job:
                    self.jobs.save(job)
                    if job.held_until is None:
                        log.info("parked", job=job)
                        return job

    def advance(self, job: Job) -> Job | Concluded | Dropped:
        """One stage on. Every foreseen failure is a stage or an end as well."""
        try:
            match job.stage:
                case Ticketed() as stage:
                    return self._ask(job, stage)
                case Ready() as stage:
                    return self._store(job, stage)
                case _:
                    seen = look(self.bucket, job)
                    if isinstance(seen, Nothing):
                        return Dropped(job, seen.existed)
                    job = seen.job  # so that a refusal speaks of what was seen
                    job, exhibit = admit(self.bucket, seen)
                    step = self._stage if job.wants_plain_name and not job.staged else self._call
                    return step(job, exhibit)
        except CutoutError as error:
            return self._trouble(job, error)

    def _call(self, job: Job, exhibit: Exhibit) -> Job | Concluded:
        """Ask the vendor for the cutout. From here to the next record nobody can know whether it was bought."""
        if job.attempts >= MAX_ATTEMPTS:
            # Counted from the record, so that dying in every call ends as well.
            enough = Unavailable(
                job.code or "NoRecord", job.message or f"of {MAX_ATTEMPTS} calls not one answer could be recorded"
            )
            return Concluded(job, receipt(job, self.clock(), error=enough))
        provider = self.providers[exhibit.row.provider]
        called = replace(job, attempts=job.attempts + 1)
        try:
            request = provider.call(exhibit.row, exhibit.links, exhibit.options, self._stamp())
            match provider.answer(exhibit.row, self.web.send(request)):
                case Accepted(ticket):
                    stage = Ticketed(ticket, since=self.clock())
                    return _parked(_fresh(called, ticket), stage, self.clock() + _FIRST_QUESTION)
                case Done() as done:
                    return self._ready(called, exhibit.row, done)
        except BadLink as error:
            return self._unread(called, error)
        except CutoutError as error:
            turned_away = isinstance(error, Busy | Misconfigured)  # at the door: not bought
            return self._trouble(job if turned_away else called, error)

    def _unread(self, job: Job, error: BadLink) -> Job | Concluded:
        """The vendor could not read the link: once more under a plain name, where that is another one."""
        if job.wants_plain_name or job.source.isascii():
            return self._trouble(job, error)
        return replace(job, stage=Claimed(), wants_plain_name=True)

    def _stage(self, job: Job, exhibit: Exhibit) -> Job:
        """Copy the pictures to plain names, to be shown at those."""
        # Named after the job, so that a second try writes over what a first one left.
        copies = tuple(keys.staged(job.id, number, form) for number, form in enumerate(exhibit.formats))
        for original, copy in zip(exhibit.keys, copies, strict=True):
            self.bucket.stage(original, copy)
        return replace(job, staged=copies)

    def _ask(self, job: Job, stage: Ticketed) -> Job | Concluded:
        """Ask what became of the ticket."""
        age = self.clock() - stage.since
        if age > _TICKET_PATIENCE:
            lost = Unavailable("TicketLost", f"the vendor has not finished {stage.ticket} within a day")
            return self._trouble(replace(job, stage=Waiting()), lost)
        row = capability(job.capability)
        provider = self.providers[row.provider]
        request = provider.ask(row, stage.ticket, self._stamp())
        match provider.fate(row, stage.ticket, self.web.send(request)):
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
            case Pending():
                # What has taken long will take a while longer: a quarter of its age hurts nobody.
                pause = min(max(age / 4, _FIRST_QUESTION), timedelta(minutes=1))
                return _parked(job, stage, self.clock() + pause)

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

    def _trouble(self, job: Job, error: CutoutError) -> Job | Concluded:
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
        pause = min(_FIRST_PAUSE * 2 ** min(job.tries, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311
        return replace(
            _parked(job, job.stage if job.bought else stage, now + pause),
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

    def _stamp(self) -> Stamp:
        return Stamp(self.clock(), secrets.token_hex(16))


def _parked(job: Job, stage: Stage, due: datetime) -> Job:
    """Nobody holds it until it is due."""
    return replace(job, stage=stage, held_until=None, due=due)


def _fresh(job: Job, request_id: str) -> Job:
    """Past whatever trouble it had."""
    return replace(job, request_id=request_id, tries=0, code="", message="")
