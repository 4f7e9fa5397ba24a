"""Forgets photos: deletes them, and all that the bucket has of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from itertools import chain, islice

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
    keys.LISTINGS: rf"\.json|\.({'|'.join(map(re.escape, PRESETS))})\.(?!json\Z)[^./]+",
    keys.CUTOUTS: rf"\.json|(\.([0-9]+|{'|'.join(map(re.escape, LABELS))}))?\.(?!json\Z)[^./]+",
    keys.BACKFILL: r"progress\.json",
}
"""What follows a photo's name in the names that `Upload` makes from it, by the folder that they lie in. No picture ends
with `json`: `a.jpg.0.json` is the receipt of another upload, called `a.jpg.0`."""
KINDS = (keys.UPLOADS, keys.JOBS, keys.QUEUE, keys.WORK, keys.ORDERS, keys.LISTINGS, keys.CUTOUTS, keys.BACKFILL)
"""The folders, in the order in which they are emptied: without its upload, no job begins anew."""
_STEP = 100
"""Photos of which one folder of the bucket is listed before what was found there is deleted together."""
_NO_UPLOAD = Sentence("{key}: what is forgotten begins with uploads/", "{key}：须以 uploads/ 开头")


@dataclass(frozen=True)
class Chosen:
    """The keys of photos, which are forgotten with their companions, and folders of uploads, which end with a slash.
    Raises `Misasked` for what is neither."""

    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        for key in self.keys:
            if not key.startswith(keys.UPLOADS):
                raise Misasked(_NO_UPLOAD(key=key))

    @cached_property
    def folders(self) -> tuple[str, ...]:
        return tuple(key for key in self.keys if key.endswith("/"))

    @cached_property
    def photos(self) -> Set[str]:
        """Those that are in none of the folders, in their order."""
        return dict.fromkeys(key for key in self.keys if not key.startswith(self.folders)).keys()

    def has(self, upload: Upload) -> bool:
        """Whether it is in one of the folders, or is one of the photos or a companion of one."""
        beside = upload.named_after
        return upload.key.startswith(self.folders) or not self.photos.isdisjoint({upload.key, beside and beside.key})


@dataclass(frozen=True)
class Forgotten:
    """How many objects there were, by the folder of `KINDS`, without jobs that an instance holds; and the uploads of
    those, with the moment until which that instance may store something if it does not end before."""

    objects: Counter[str]
    held: Mapping[str, datetime]

    @property
    def held_until(self) -> datetime | None:
        return max(self.held.values(), default=None)


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
                        held[job.upload.key] = job.lease_until
                    else:
                        copies += job.copies
                left = {Upload(source).job_key for source in held}
                page = [key for key in page if key not in left]  # noqa: PLW2901 - what is deleted of it
            if page and not dry_run:
                bucket.delete(tuple(page))
            counts[folder] += len(page)
            say(counts)
    return Forgotten(+counts, held)


def _jobs(jobs: Bucket, page: list[str]) -> Iterator[Job]:
    """Those of a page of names under `jobs/` that can be read."""
    uploads = [Upload.of_job(key) for key in page if key.endswith(".json")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from filter(None, pool.map(partial(job_of, jobs), uploads))


def _found(bucket: Bucket, chosen: Chosen, folder: str) -> Iterator[list[str]]:
    """The keys of what belongs to `chosen`, a page at a time."""
    if folder == keys.QUEUE:
        yield [entry.key for entry in queued(bucket) if chosen.has(entry.upload)]
        return
    for each in chosen.folders:
        for page in pages(bucket, _sibling(each, folder)):
            yield [listed.key for listed in page]
    remaining = iter(chosen.photos)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while step := [*islice(remaining, _STEP)]:
            found = chain.from_iterable(pool.map(partial(_of_photo, bucket, folder), step))
            yield [*dict.fromkeys(found)]  # a photo may be the companion of another one


def _of_photo(bucket: Bucket, folder: str, photo: str) -> list[str]:
    return [each.key for each in bucket.list(_sibling(photo, folder)) if _belongs(each.key, photo, folder)]


def _belongs(key: str, photo: str, folder: str) -> bool:
    """Whether the object at `key`, which lies in `folder` and begins with the photo's name, belongs to that photo:
    another photo's name may begin with this one's, or be that of a result of this one."""
    if folder == keys.UPLOADS:
        return key == photo or Upload(key).named_after == Upload(photo)
    rest = key.removeprefix(_sibling(photo, folder))
    state = keys.state_of(key)  # a lease is named after one
    of = state[0] if state else key
    companion = Upload(keys.UPLOADS + of.removeprefix(folder).rpartition(".")[0])
    named = re.fullmatch(_NAMED_AFTER_A_PHOTO[folder], rest, re.DOTALL) is not None
    return named or companion.named_after == Upload(photo)


def _sibling(upload: str, folder: str) -> str:
    """What the keys of all that belongs to a photo, or to a folder of photos, begin with in `folder`."""
    return folder + upload.removeprefix(keys.UPLOADS)
