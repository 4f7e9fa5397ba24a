"""A shop: a client of the cloud in a box that knows the bucket and nothing else."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import oss2
from PIL import Image

from shared.cloud.oss import OssBucket
from shared.cloud.oss_clock import OssClock
from shared.cloud.ports import Credentials
from shared.jobs.job import Job
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from tests import samples
from tests.cloud.box import Cloud

PATIENCE = 60.0
T = TypeVar("T")


def photo(
    form: str = "JPEG",
    *,
    size: tuple[int, int] = (600, 400),
    mode: str = "RGB",
    orientation: int = 1,
    of: str = "coffee",
    **save: object,
) -> bytes:
    """A cup of coffee, or another of the samples."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(samples.photo(of)).resize(size).convert(mode).save(out, form, exif=exif, **save)
    return out.getvalue()


def wait_for(look: Callable[[], T | None], what: str) -> T:
    ends = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < ends, f"{what} did not come within {PATIENCE:g} s"
        time.sleep(0.1)
    return found


class Shop:
    """Uploads, and waits for what becomes of it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.bucket = self.opened(Credentials(**vars(cloud.accounts.owner)))
        self.raw: oss2.Bucket = self.bucket._documents

    def opened(self, credentials: Credentials) -> OssBucket:
        """The bucket, as whoever has these credentials may use it."""
        return OssBucket(
            self.cloud.bucket,
            credentials,
            endpoint=self.cloud.oss.url,
            public_endpoint=self.cloud.oss.url,
            region=self.cloud.region,
            clock=OssClock(),
        )

    def upload(self, key: str, body: bytes, **metadata: str) -> str:
        headers = {f"x-oss-meta-{name}": value for name, value in metadata.items()}
        self.raw.put_object(key, body, headers=headers)
        return key

    @contextmanager
    def unheard(self) -> Iterator[list[dict[str, Any]]]:
        """What is uploaded meanwhile is told to nobody: here are the events."""
        deliver, events = self.cloud.oss.on_event, list[dict[str, Any]]()
        self.cloud.oss.on_event = events.append
        yield events
        self.cloud.oss.on_event = deliver

    def receipt(self, key: str) -> Receipt | None:
        stored = self.bucket.read(Upload(key).receipt_key)
        return Receipt.model_validate_json(stored.body) if stored else None

    def job(self, key: str) -> Job | None:
        stored = self.bucket.read(Upload(key).job_key)
        return Job.from_json(stored.body) if stored else None

    def has_stage(self, key: str, stage: str) -> bool:
        job = self.job(key)
        return job is not None and job.stage.name == stage

    def wait(self, key: str) -> Receipt:
        receipt = wait_for(lambda: self.receipt(key), f"the receipt of {key}")
        wait_for(lambda: self.job(key) is None, f"the end of the job of {key}")
        return receipt

    def picture(self, receipt: Receipt, index: int = 0) -> Image.Image:
        output = receipt.outputs[index]
        stored = self.bucket.read(output.key)
        assert stored is not None
        assert len(stored.body) == output.bytes
        return Image.open(io.BytesIO(stored.body))

    def is_quiet(self) -> None:
        """Asserts that nothing is left of the work, and every upload has its receipt."""
        wait_for(lambda: not list(self.bucket.list("jobs/")), "the last lease to be swept")
        assert list(self.bucket.list("work/")) == []
        uploads = [entry.key for entry in self.bucket.list("uploads/")]
        seconds = [key for key in uploads if Upload(key).picture]
        assert [key for key in uploads if self.receipt(key) is None] == seconds, "those are served with their picture"

    def billed(self, key: str) -> int:
        return sum(call.key == key for vendor in self.cloud.vendors.values() for call in vendor.ledger)


def subject_share(cutout: Image.Image) -> float:
    assert cutout.mode == "RGBA"
    return float((np.asarray(cutout)[..., 3] > 128).mean())
