"""What is promised of every schedule: at every moment of it, and when all is quiet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from pydantic import ValidationError

from shared.jobs import keys
from shared.jobs.job import Job, Submitted, Unstored
from shared.jobs.queue import QueueEntry
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.reliability.model_vendor import REFUSAL_CODES, result
from tests.reliability.people import FOLDER_MASK, HD, People
from tests.unit.fakes import MemoryBucket

Kind = Literal["lost", "paid twice", "leaked", "broken"]
Wrong = tuple[Kind, str]
"""A promise that was not kept, and the sentence that says of whom."""

_OUR_REFUSALS = {"NotAnImage", "CompanionMissing", "PictureMissing", "CompanionOfCompanion", "NotConfirmed"}


_receipt = lru_cache(maxsize=256)(Receipt.model_validate_json)
"""Of its bytes: the same ones are looked at after every request."""


@lru_cache(maxsize=256)
def _job(body: bytes) -> Job | None:
    """None for what is none, or another release's."""
    try:
        return Job.from_json(body)
    except ValidationError:
        return None


def receipts(bucket: MemoryBucket) -> Iterator[tuple[Receipt, str]]:
    """Every receipt, with its mark."""
    for key, thing in bucket.things.items():
        if key.startswith(keys.CUTOUTS) and key.endswith(".json"):
            yield _receipt(thing.body), thing.inputs_etag


def broken_now(bucket: MemoryBucket) -> Iterator[str]:
    """What may never be so, not even for a moment."""
    for key, thing in bucket.things.items():
        if key.startswith(keys.CUTOUTS) and not key.endswith((".json", ".")) and not thing.body.endswith(b"."):
            yield f"{key} is half-written"
    for receipt, mark in receipts(bucket):
        if mark.split(",")[0] != receipt.etag:
            yield f"the receipt of {receipt.source} speaks of {receipt.etag} and is marked {mark}"
        for output in receipt.outputs:
            there = bucket.things.get(output.key)
            if there is None or there.inputs_etag != mark:
                yield f"the receipt of {receipt.source} names {output.key}, which is not there or another version's"
    yield from _copies(bucket)


def _copies(bucket: MemoryBucket) -> Iterator[str]:
    """Copies that lie there although no vendor needs them now, or that nobody would delete."""
    copies = [key for key in bucket.things if key.startswith(keys.WORK)]
    jobs = [_job(thing.body) for key, thing in bucket.things.items() if copies and _is_job(key)]
    at_work = [job for job in jobs if job and (job.lease_until or isinstance(job.stage, Submitted))]
    for key in {*copies} - {copy for job in at_work for copy in job.copies}:
        yield f"{key} lies in public and nobody needs it"


def held(bucket: MemoryBucket) -> frozenset[str]:
    """Uploads of which something was bought that cannot be stored, as settle can see."""
    queued = {entry.upload for key in bucket.things if (entry := QueueEntry.read(key)) and entry.stage == Unstored.name}
    found = [(each.key, _job(bucket.things[each.job_key].body)) for each in queued if each.job_key in bucket.things]
    return frozenset(key for key, job in found if job and job.source == key and isinstance(job.stage, Unstored))


def _is_job(key: str) -> bool:
    return key.startswith(keys.JOBS) and key.endswith(".json")


def lost(bucket: MemoryBucket, people: People, under_way: set[str]) -> Iterator[str]:
    """Uploads with neither a receipt, nor a job, nor a note; `under_way`: keys of events that are not over yet."""
    for image in people.images:
        related = {image, *(key for key in people.scene if image in people.served_by(key))}
        if image not in bucket.things or related & under_way:
            continue
        if any(_is_under_way(bucket, key) for key in related & {image, FOLDER_MASK}):
            continue
        there = bucket.things.get(Upload(image).receipt_key)
        told = there.inputs_etag if there else ""
        if told and FOLDER_MASK in related and unconfirmed(bucket):
            continue
        if image in people.loose:
            told, owed = told.split(",")[0], bucket.things[image].etag
        else:
            owed = people.mark(image)
        if told != owed:
            yield f"{image} is lost"
    for key in set(people.strays) & set(bucket.things) - under_way:
        there = bucket.things.get(Upload(key).receipt_key)
        if not _is_under_way(bucket, key) and (there is None or there.inputs_etag != bucket.things[key].etag):
            yield f"{key} is told nothing"


def unconfirmed(bucket: MemoryBucket) -> bool:
    """Whether the folder's second picture, as it lies there, was told that its photos wait for a backfill."""
    mask, told = bucket.things.get(FOLDER_MASK), bucket.things.get(Upload(FOLDER_MASK).receipt_key)
    return mask is not None and told is not None and told.inputs_etag == mask.etag


def _is_under_way(bucket: MemoryBucket, key: str) -> bool:
    return bool({Upload(key).job_key, Upload(key).recheck_key} & set(bucket.things))


def broken_when_quiet(bucket: MemoryBucket, people: People, left: set[str]) -> Iterator[str]:
    """What is promised once everything has been moved on as far as it goes and nobody fails any more.

    `left`: names of other people.
    """
    yield from broken_now(bucket)
    for key in bucket.things:
        if key.startswith((keys.JOBS, keys.WORK, keys.QUEUE)) and key not in {*left, keys.OWNER}:
            yield f"{key} is left"
    named = {output.key for receipt, _ in receipts(bucket) for output in receipt.outputs}
    for key in bucket.things:
        if key.startswith(keys.CUTOUTS) and not key.endswith(".json") and key not in named:
            yield f"{key} is nobody's"
    for receipt, mark in receipts(bucket):
        for number, output in enumerate(receipt.outputs):
            there = bucket.things.get(output.key)
            if there and there.body != result(mark, number) and receipt.source in bucket.things:
                yield f"{output.key} is marked as of {mark} and shows something else"
        yield from _unjust(receipt, mark, people)
    yield from _complaints(bucket, people)


def _complaints(bucket: MemoryBucket, people: People) -> Iterator[str]:
    """Second pictures that stayed alone are told so, and are not once they are served."""
    told = {receipt.source: receipt for receipt, _ in receipts(bucket)}
    for key in people.scene:
        picture = Upload(key).picture
        image = picture.key if picture else ""
        if people.alone.get(key) and image and key not in told:
            yield f"{key} has no picture, and nobody was told"
        if image in told and key in told and {key, image} <= set(bucket.things) and image not in people.loose:
            yield f"{key} was told that its picture is missing, and is served with it"


def _unjust(receipt: Receipt, mark: str, people: People) -> Iterator[str]:
    bad = not people.bad.isdisjoint(mark.split(","))
    of_link = {"Symlink"} if not people.links.isdisjoint(mark.split(",")) else set()
    of_release = {"UnknownCapability"} if receipt.source == HD else set()
    if receipt.status == "rejected" and receipt.code not in _OUR_REFUSALS | REFUSAL_CODES | of_link | of_release:
        yield f"{receipt.source} was refused for {receipt.code}, which nobody said"
    if receipt.code == "NotAnImage" and not bad and not receipt.source.startswith("uploads/general/refine-mask/"):
        yield f"{receipt.source} was refused although it is a picture"
    if receipt.status == "done" and bad:
        yield f"{receipt.source} is no picture and was served"
    if receipt.status == "failed" and receipt.attempts < MAX_ATTEMPTS:
        yield f"{receipt.source} was given up after {receipt.attempts} calls"
