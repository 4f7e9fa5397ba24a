"""Fetches results from the vendor's links, which soon expire, and stores them in the bucket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from shared.cloud.ports import Bucket, Http
from shared.errors import CutoutError, Unavailable
from shared.jobs.job import Fetching, Job, Unstored, Waiting
from shared.jobs.output import Output
from shared.jobs.receipt import is_current_receipt, receipt
from shared.messages import jobs as messages
from shared.pictures.geometry import stored_box
from shared.pictures.sniff import IMAGE_TYPES
from shared.pictures.transparency import Transparency
from shared.pipeline.conclude import storing
from shared.pipeline.outcomes import Concluded, Continue, Outcome, Parked, Skipped, parked
from shared.pipeline.retries import after_error
from shared.pipeline.snapshot import outdated
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.listing import LISTING
from shared.vendors.protocol import Provider


@dataclass(eq=False, repr=False)
class ResultStore:
    """Stores results in `bucket` under `cutouts/`. `providers` are the vendors' dialects, by the vendors' names.

    A run has `fetch_seconds` for all the results that it fetches.
    """

    bucket: Bucket
    http: Http
    providers: Mapping[str, Provider]
    clock: Callable[[], datetime]
    fetch_seconds: float

    def store(self, job: Job, stage: Fetching, until: datetime) -> Outcome:
        """Fetch and store the results of a job; what it comes to. What has not arrived by `until` is left to another
        run, and what is stored by then is not fetched again.

        Raises `Unstorable` when the results' host is not allowed.
        """
        if end := self._without_fetching(job, stage):
            return end
        try:
            with storing():
                job = self._withdraw(job)
                while stage.pictures:
                    if self.clock() >= until:
                        return parked(job, stage, self.clock())
                    stage = self._fetch_next(job, stage, until)
        except CutoutError as error:
            return after_error(replace(job, stage=stage), error, self.clock())
        job = replace(job, stage=stage)
        return Concluded(job, receipt(job, self.clock(), outputs=stage.outputs, empty=stage.empty))

    def check(self, job: Job, stage: Unstored) -> Continue | Parked:
        """Go on with a job that could not be stored, once it can be. Nothing is fetched or bought to find that out.

        Raises `Unstorable` as long as it cannot.
        """
        if not outdated(self.bucket, job, self.clock()):  # else nothing is stored of it
            if stage.result:
                self._allow(job, stage.result)
            with storing():
                # One name stands for all results, and for all orders: rights are given by prefix.
                order = (job.upload.order_key(""),) if LISTING in job.options else ()
                for key in (job.upload.output_key("", "png"), job.upload.receipt_key, *order):
                    self.bucket.check_write(key)
                job = self._withdraw(job)
        if stage.result:
            return Continue(replace(job, stage=stage.result))
        return parked(job, Waiting(), self.clock())

    def _withdraw(self, job: Job) -> Job:
        """Delete what an earlier version left, before our own results take the same names; the job without it."""
        self.bucket.delete(job.replaces)
        return replace(job, replaces=())

    def _without_fetching(self, job: Job, stage: Fetching) -> Outcome | None:
        """What a job comes to whose results are not to be stored, or are lost; None for any other."""
        if job.replaces and (there := self.bucket.read(job.upload.receipt_key)) and is_current_receipt(there, job):
            return Skipped(job, existed=True)  # an instance died between the receipt and the job's removal
        if end := outdated(self.bucket, job, self.clock()):
            self._sweep(job, stage)
            return end
        # Before the links' age: while the operator does not allow their host, no other call is bought.
        self._allow(job, stage)
        if stage.pictures and self.clock() >= stage.dies_at:
            self._sweep(job, stage)
            error = Unavailable("ResultExpired", messages.RESULT_EXPIRED(code=job.code))
            return after_error(replace(job, stage=Waiting()), error, self.clock())
        return None

    def _allow(self, job: Job, stage: Fetching) -> None:
        with storing():
            for picture in stage.pictures:
                with suppress(Unavailable):
                    self.http.allow(picture.url, self._hosts(job.capability))

    def _hosts(self, capability_name: str) -> tuple[str, ...]:
        """Where a capability's results may lie: with any vendor, if this release does not have it any more."""
        row = CAPABILITIES.get(capability_name)
        vendors = [self.providers[row.provider]] if row else self.providers.values()
        return tuple(host for vendor in vendors for host in vendor.result_hosts)

    def _sweep(self, job: Job, stage: Fetching) -> None:
        """Delete the results that were stored: without a receipt they would stay for ever. Some may be of an instance
        that died before it could say so."""
        if not self.bucket.etag(job.upload.receipt_key):  # else none was stored, and an earlier version's lie there
            stored = (output.key for output in stage.outputs)
            maybe = (job.upload.output_key(each.label, form) for each in stage.pictures for form in IMAGE_TYPES)
            with storing():
                self.bucket.delete((*stored, *maybe))

    def _fetch_next(self, job: Job, stage: Fetching, until: datetime) -> Fetching:
        """Fetch and store the first of the pictures that remain; the stage without it."""
        picture, *rest = stage.pictures
        seconds = (until - self.clock()).total_seconds()
        with self.http.fetch(picture.url, self._hosts(job.capability), seconds) as download:
            key = job.upload.output_key(picture.label, download.extension)
            transparency = Transparency(download.chunks)
            size = self.bucket.store(key, replace(download, chunks=iter(transparency)), inputs_etag=job.inputs_etag)
        where = stored_box(picture.box, job.frame) if picture.box and job.frame else None
        output = Output(
            key=key,
            label=picture.label,
            content_type=download.content_type,
            bytes=size,
            **(asdict(where) if where else {}),
        )
        return replace(
            stage,
            pictures=tuple(rest),
            outputs=(*stage.outputs, output),
            empty=stage.empty and transparency.total,
        )
