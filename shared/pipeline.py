"""The line: event → upload → capability → admission → link → request → answer → results stored → receipt.

There is one, and everyone walks it: an upload's function from the start, settle from wherever a job stopped. `advance`
moves a job on by one stage, `run` until it is over or must wait.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared import keys, log
from shared.capabilities import CAPABILITIES, capability, companion_role, vendor_options
from shared.documents import Blocked, Job, Output, Ready, Receipt, ResultLink, Stage, Ticketed, Waiting
from shared.errors import BadLink, Busy, CutoutError, Incomplete, Misconfigured, Rejected, Unavailable
from shared.intake import Exhibit, admit, look
from shared.jobs import Found, Jobs
from shared.models import Accepted, Done, Failed, Pending, Stamp
from shared.ports import Bucket, Provider, Web

MAX_ATTEMPTS = 5
"""Calls that may have been billed, before an upload that always fails gets a `failed` receipt."""

_FIRST_QUESTION = timedelta(seconds=2)
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)
_PAIR_PATIENCE = timedelta(hours=1)
_TICKET_PATIENCE = timedelta(days=1)


@dataclass(frozen=True)
class End:
    """A job that is over; `receipt` is None when there is nothing to say: the upload is gone, or was done before."""

    job: Job
    receipt: Receipt | None


@dataclass(frozen=True)
class Line:
    bucket: Bucket
    jobs: Jobs
    web: Web
    providers: Mapping[str, Provider]
    clock: Callable[[], datetime]

    def arrived(self, key: str, etag: str) -> bool:
        """An object came under `uploads/`: begin what it belongs to. Safe to be told twice, late, or out of order.

        False when there is no such object, which may mean that `key` was told in another spelling.
        """
        role = companion_role(keys.capability_name(key))
        if role and keys.serves_folder(key, role):
            for upload in self.jobs.unfinished(keys.folder(key)).jobs:
                if keys.folder(upload) == keys.folder(key):
                    self.jobs.announce(upload)  # there may be thousands: settle's work, not ours
            return True
        if not keys.is_upload(key):
            return True
        image = keys.image_of(key, role)
        # A second picture without a first one is noted, in case none ever comes.
        return (image != "" and self._begin(image, "")) or self._begin(key, etag)

    def look_again(self, source: str) -> Job | End | None:
        """Something newer came while a job was under way; begin anew as soon as that one allows."""
        job = self.jobs.claim(source, "") or self._reopen(self.jobs.find(source))
        if job is None:
            return None
        self.jobs.take_note(source)
        return self.run(job)

    def resume(self, found: Found) -> Job | End | None:
        """Move a found job on as far as it goes; None when someone else has it."""
        job = self.jobs.take(found)
        return None if job is None else self.run(job)

    def _begin(self, source: str, etag: str) -> bool:
        """Claim the upload and run it, or see to it that whoever has it looks again. False: there is no such upload."""
        job = self.jobs.claim(source, etag)
        if job is None:
            found = self.jobs.find(source)
            if found is not None and found.job.etag == etag:  # told twice
                job = self.jobs.take(found) if self.jobs.due(found.job) else None
            elif (job := self._reopen(found)) is None:
                self.jobs.announce(source)
        if job is None:
            return True
        outcome = self.run(job)
        return not isinstance(outcome, End) or outcome.job.mark != ""

    def _reopen(self, found: Found | None) -> Job | None:
        """Hold the job that is in the way, unless something was bought for it: that is finished first."""
        if found is None or isinstance(found.job.stage, Ticketed | Ready):
            return None
        return self.jobs.take(found)

    def run(self, job: Job) -> Job | End:
        """Walk a job that we hold until it is over, or has to wait for someone."""
        while True:
            outcome = self.advance(job)
            if isinstance(outcome, End):
                self._conclude(outcome)
                return outcome
            self.jobs.save(outcome)
            if outcome.held_until is None:
                log.info("parked", job=outcome)
                return outcome
            job = outcome

    def advance(self, job: Job) -> Job | End:
        """One stage on: the job as it then is, or its end. Every foreseen failure is a stage or an end as well."""
        try:
            match job.stage:
                case Ticketed():
                    return self._ask(job, job.stage)
                case Ready():
                    return self._store(job, job.stage)
                case _:
                    job, seen = look(self.bucket, job)
                    if seen is None:
                        return End(job, None)
                    job, exhibit = admit(self.bucket, job, seen)
                    return self._call(job, exhibit)
        except CutoutError as error:
            return self._trouble(job, error)

    def _call(self, job: Job, exhibit: Exhibit) -> Job | End:
        """Ask the vendor for the cutout. From here to the next record nobody can know whether it was bought."""
        row = capability(job.capability)
        provider = self.providers[row.provider]
        called = job.model_copy(update={"attempts": job.attempts + 1})
        try:
            request = provider.call(row, exhibit.links, vendor_options(row, job.options), self._stamp())
            match provider.answer(row, self.web.send(request)):
                case Accepted(ticket):
                    stage = Ticketed(ticket=ticket, since=self.clock())
                    return self._park(called, stage, self.clock() + _FIRST_QUESTION, request_id=ticket)
                case Done() as done:
                    return self._ready(called, done)
        except Busy as error:
            return self._trouble(job, error)
        except BadLink as error:
            if job.staged or job.source.isascii():
                return self._trouble(called, error)
            return self._stage(called, exhibit)
        except CutoutError as error:
            return self._trouble(called, error)

    def _stage(self, job: Job, exhibit: Exhibit) -> Job:
        """Copy the pictures to plain names, to be shown at those: the vendor could not read the ones they have."""
        copies = tuple(keys.staged(secrets.token_hex(16), form) for form in exhibit.formats)
        for original, copy in zip(exhibit.keys, copies, strict=True):
            self.bucket.stage(original, copy, "")
        return job.model_copy(update={"staged": copies})

    def _ask(self, job: Job, stage: Ticketed) -> Job | End:
        """Ask what became of the ticket."""
        row = capability(job.capability)
        provider = self.providers[row.provider]
        request = provider.ask(row, stage.ticket, self._stamp())
        match provider.fate(row, stage.ticket, self.web.send(request)):
            case Done() as done:
                return self._ready(job, done)
            case Failed(error):
                return self._trouble(job.model_copy(update={"stage": Waiting()}), error)
            case Pending():
                age = self.clock() - stage.since
                if age > _TICKET_PATIENCE:
                    lost = Unavailable("TicketLost", f"the vendor has not finished {stage.ticket} within a day")
                    return self._trouble(job.model_copy(update={"stage": Waiting()}), lost)
                # What has taken long will take a while longer: a quarter of its age hurts nobody.
                pause = min(max(age / 4, _FIRST_QUESTION), timedelta(minutes=1))
                return self._park(job, stage, self.clock() + pause)

    def _ready(self, job: Job, done: Done) -> Job:
        dies_at = self.clock() + timedelta(seconds=self.providers[capability(job.capability).provider].links_live)
        return job.model_copy(
            update={
                "stage": Ready(pictures=done.pictures, dies_at=dies_at),
                "request_id": done.request_id,
                "tries": 0,
                "code": "",
                "message": "",
            }
        )

    def _store(self, job: Job, stage: Ready) -> Job | End:
        """Bring the results from the vendor's links into the bucket."""
        if self.clock() >= stage.dies_at:
            error = Unavailable("ResultExpired", f"the result's link died before it could be stored ({job.code})")
            return self._trouble(job.model_copy(update={"stage": Waiting()}), error)
        self.bucket.delete(job.replaces)
        outputs = tuple(self._fetch(job, picture) for picture in stage.pictures)
        return End(job, self._receipt(job, "done", outputs=outputs))

    def _fetch(self, job: Job, picture: ResultLink) -> Output:
        provider = self.providers[capability(job.capability).provider]
        with self.web.fetch(picture.url, provider.result_hosts) as download:
            key = keys.output(job.source, picture.label, download.extension)
            size = self.bucket.store(key, download, mark=job.mark)
            return Output(key=key, label=picture.label, content_type=download.content_type, bytes=size)

    def _trouble(self, job: Job, error: CutoutError) -> Job | End:
        """What a failure leads to: the sentence for the uploader, or the stage in which it waits."""
        now = self.clock()
        bought = isinstance(job.stage, Ticketed | Ready)
        match error:
            case Rejected():
                return End(job, self._receipt(job, "rejected", error))
            case Incomplete():
                if now - job.uploaded_at > _PAIR_PATIENCE:
                    return End(job, self._receipt(job, "rejected", error))
            case Misconfigured():
                log.error("blocked", job=job, code=error.code, message=error.message)
            case Unavailable() if job.attempts >= MAX_ATTEMPTS and not bought and not isinstance(error, Busy):
                return End(job, self._receipt(job, "failed", error))
        stage = job.stage if bought else Blocked() if isinstance(error, Misconfigured) else Waiting()
        pause = min(_FIRST_PAUSE * 2 ** min(job.tries, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311
        return self._park(
            job,
            stage,
            now + pause,
            tries=job.tries + 1,
            code=error.code,
            message=error.message,
            request_id=error.request_id or job.request_id,
        )

    def _park(self, job: Job, stage: Stage, due: datetime, **facts: object) -> Job:
        return job.model_copy(update={"stage": stage, "held_until": None, "due": due, **facts})

    def _receipt(
        self,
        job: Job,
        status: Literal["done", "rejected", "failed"],
        error: CutoutError | None = None,
        outputs: tuple[Output, ...] = (),
    ) -> Receipt:
        row = CAPABILITIES.get(job.capability)
        return Receipt(
            source=job.source,
            etag=job.etag,
            status=status,
            capability=job.capability,
            provider=row.provider if row else "",
            action=row.action if row else "",
            options=job.options,
            request_id=error.request_id if error and error.request_id else job.request_id,
            outputs=outputs,
            reshaped=job.reshaped,
            attempts=job.attempts,
            price_yuan=row.price_yuan if row and status == "done" else 0.0,
            code=error.code if error else "",
            message=error.message if error else "",
            uploaded_at=job.uploaded_at,
            finished_at=self.clock(),
        )

    def _conclude(self, end: End) -> None:
        """Write the receipt last, then forget the job."""
        if end.receipt is not None:
            if end.receipt.status != "done":
                self.bucket.delete(end.job.replaces)
            body = end.receipt.model_dump_json(indent=1).encode()
            self.bucket.write(keys.receipt(end.job.source), body, mark=end.job.mark)
            log.info("concluded", job=end.job, status=end.receipt.status, code=end.receipt.code)
        self.bucket.delete(end.job.staged)
        self.jobs.remove(end.job)

    def _stamp(self) -> Stamp:
        return Stamp(self.clock(), secrets.token_hex(16))
