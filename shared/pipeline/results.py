"""Fetches results from the vendor's links, which soon expire, and stores them in the bucket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from shared.cloud.ports import Bucket, Http
from shared.errors import Unavailable
from shared.jobs.job import Fetching, Job, Waiting
from shared.jobs.receipt import Output, is_current_receipt, receipt
from shared.messages import jobs as messages
from shared.pictures.geometry import stored_box
from shared.pictures.sniff import IMAGE_TYPES
from shared.pictures.transparency import Transparency
from shared.pipeline.outcomes import Concluded, Outcome, Skipped
from shared.pipeline.retries import after_error
from shared.pipeline.snapshot import is_current
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.protocol import Provider, ResultLink


@dataclass(eq=False, repr=False)
class ResultStore:
    """Stores results in `bucket` under `cutouts/`. `providers` are the vendors' dialects, by the vendors' names."""

    bucket: Bucket
    http: Http
    providers: Mapping[str, Provider]
    clock: Callable[[], datetime]

    def store(self, job: Job, stage: Fetching) -> Outcome:
        """Fetch and store the results of a job; what it comes to.

        Raises a `CutoutError` when a result cannot be fetched or stored: `Misconfigured` if its host is not allowed.
        """
        hosts = self._hosts(job.capability)
        for picture in stage.pictures:
            # Checked before the links' age: while the operator does not allow their host, no other call is bought.
            with suppress(Unavailable):
                self.http.allow(picture.url, hosts)
        if job.replaces and (there := self.bucket.read(job.upload.receipt_key)) and is_current_receipt(there, job):
            return Skipped(job, existed=True)  # an instance died between the receipt and the job's removal
        if not is_current(self.bucket, job):  # for a deleted upload nothing is stored
            self._sweep(job, stage)
            return Skipped(job, existed=False)
        if self.clock() >= stage.dies_at:
            self._sweep(job, stage)
            error = Unavailable("ResultExpired", messages.RESULT_EXPIRED(code=job.code))
            return after_error(replace(job, stage=Waiting()), error, self.clock())
        self.bucket.delete(job.replaces)
        fetched = [self._fetch(job, picture, hosts) for picture in stage.pictures]
        outputs, empty = tuple(output for output, _ in fetched), all(empty for _, empty in fetched)
        return Concluded(job, receipt(job, self.clock(), outputs=outputs, empty=empty))

    def _hosts(self, capability_name: str) -> tuple[str, ...]:
        """Where a capability's results may lie: with any vendor, if this release does not have it any more."""
        row = CAPABILITIES.get(capability_name)
        vendors = [self.providers[row.provider]] if row else self.providers.values()
        return tuple(host for vendor in vendors for host in vendor.result_hosts)

    def _sweep(self, job: Job, stage: Fetching) -> None:
        """Delete the results that an instance stored before it died: without a receipt they would stay for ever."""
        if not self.bucket.etag(job.upload.receipt_key):  # else none was stored, and an earlier version's lie there
            names = (job.upload.output_key(each.label, form) for each in stage.pictures for form in IMAGE_TYPES)
            self.bucket.delete(tuple(names))

    def _fetch(self, job: Job, picture: ResultLink, hosts: tuple[str, ...]) -> tuple[Output, bool]:
        """The stored picture, and whether all of it is transparent."""
        with self.http.fetch(picture.url, hosts) as download:
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
        return output, transparency.total
