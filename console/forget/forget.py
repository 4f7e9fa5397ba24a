"""Forgets photos: deletes them, and all that the bucket has of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from console.finding import Misasked
from console.records.pages import AT_ONCE, pages
from console.records.under_way import queued
from console.status import job_of
from shared.cloud.ports import Bucket
from shared.jobs import keys, leases
from shared.jobs.job import Job
from shared.jobs.upload import Upload
from shared.listings.presets import PRESETS
from shared.messages.message import Sentence
from shared.vendors.capabilities import LABELS

_NAMED_AFTER_A_PHOTO = {
    keys.JOBS: r"\.(json|next|[^./]+\.[0-9]+\.lease)",
    keys.ORDERS: r"\.[0-9a-f]{32}\.json",
    keys.LISTINGS: rf"\.(json|({'|'.join(map(re.escape, PRESETS))})\.[^./]+)",
    keys.CUTOUTS: rf"\.(({'|'.join(('[0-9]+', *map(re.escape, LABELS)))})\.)?[^./]+",
    keys.BACKFILL: r"progress\.json",
}
"""What follows a photo's name in the names that `Upload` makes from it, by the folder that they lie in."""
KINDS = (keys.UPLOADS, keys.JOBS, keys.QUEUE, keys.WORK, keys.ORDERS, keys.LISTINGS, keys.CUTOUTS, keys.BACKFILL)
"""The folders, in the order in which they are emptied: without its upload, no job begins anew."""
_NO_UPLOAD = Sentence("{key}: what is forgotten begins with uploads/", "{key}：须以 uploads/ 开头")


@dataclass(frozen=True)
class Chosen:
    """A folder of uploads, which ends with a slash; or else one photo, with its companions. Raises `Misasked` for
    what is neither."""

    key: str

    def __post_init__(self) -> None:
        if not self.key.startswith(keys.UPLOADS):
            raise Misasked(_NO_UPLOAD(key=self.key))

    def below(self, folder: str) -> str:
        """What the keys of all that belongs to it begin with, in one of `KINDS`."""
        return folder + self.key.removeprefix(keys.UPLOADS)

    def has(self, key: str, folder: str) -> bool:
        """Whether the object at `key`, which begins like `below(folder)`, belongs to it: another photo's name may begin
        with this one's."""
        rest = key.removeprefix(self.below(folder))
        if self.key.endswith("/") or not rest:
            return True
        if folder == keys.UPLOADS:
            return Upload(key).named_after == Upload(self.key)
        state = keys.state_of(key)  # a lease is named after one
        of = state[0] if state else key
        companion = Upload(keys.UPLOADS + of.removeprefix(folder).rpartition(".")[0])
        named = re.fullmatch(_NAMED_AFTER_A_PHOTO[folder], rest, re.DOTALL) is not None
        return named or companion.named_after == Upload(self.key)


@dataclass(frozen=True)
class Forgotten:
    """How many objects there were, by the folder of `KINDS`, without jobs that an instance holds. Those may still store
    something: the last of them until `held_until`, if it does not end before."""

    objects: Counter[str]
    held_until: datetime | None

    def __add__(self, other: Forgotten) -> Forgotten:
        held = max(filter(None, (self.held_until, other.held_until)), default=None)
        return Forgotten(self.objects + other.objects, held)


def forget(
    photos: Bucket,
    jobs: Bucket,
    chosen: Chosen,
    *,
    clock: Callable[[], datetime],
    dry_run: bool = False,
    say: Callable[[Counter[str]], object] = lambda _: None,
) -> Forgotten:
    """Delete what there is, a page at a time, or with `dry_run` only count it; `say` is told the counts so far.

    A job that an instance holds is left: it ends by itself, as its upload is gone, and as long as it is there it says
    until when that instance may store something. Raises what `Bucket` does; may be called again at any time.
    """
    counts, copies, held = Counter[str](), list[str](), dict[str, datetime]()
    for folder in KINDS:
        bucket = jobs if folder in (keys.JOBS, keys.QUEUE) else photos
        for page in _found(bucket, chosen, folder) if folder != keys.WORK else [copies]:
            if folder == keys.JOBS:
                for job in _jobs(jobs, page):
                    if job.lease_until and leases.holds(job.lease_until, clock()):
                        held[job.upload.job_key] = job.lease_until
                    else:
                        copies += job.copies
                page = [key for key in page if key not in held]  # noqa: PLW2901 - what is deleted of it
            if page and not dry_run:
                bucket.delete(tuple(page))
            counts[folder] += len(page)
            say(counts)
    return Forgotten(+counts, max(held.values(), default=None))


def _jobs(jobs: Bucket, page: list[str]) -> Iterator[Job]:
    """Those of a page of names under `jobs/` that can be read."""
    uploads = [Upload.of_job(key) for key in page if key.endswith(".json")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from filter(None, pool.map(partial(job_of, jobs), uploads))


def _found(bucket: Bucket, chosen: Chosen, folder: str) -> Iterator[list[str]]:
    """The keys of what belongs to `chosen`, a page at a time."""
    if folder == keys.QUEUE:
        entries = (entry for entry in queued(bucket) if entry.upload.key.startswith(chosen.key))
        yield [entry.key for entry in entries if chosen.has(entry.upload.key, keys.UPLOADS)]
        return
    for page in pages(bucket, chosen.below(folder)):
        yield [each.key for each in page if chosen.has(each.key, folder)]
