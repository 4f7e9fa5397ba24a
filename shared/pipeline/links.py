"""Addresses at which a vendor can read a picture: signed ones, short-lived; for some vendors, of copies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.cloud.ports import Bucket
from shared.jobs import keys
from shared.jobs.job import Job
from shared.pictures.header.facts import Header
from shared.pictures.reshaping import Rendering
from shared.vendors.capability import Capability

_LINK_SECONDS = 600
"""A synchronous vendor fetches within seconds; this is for its own retries."""
_ASYNC_LINK_SECONDS = 6 * 3600
"""An asynchronous one fetches when its queue comes to it."""


@dataclass(frozen=True)
class Copy:
    """A copy that must be made before the vendor can be shown a picture; public when its bare address is all that
    is short enough for the vendor."""

    original: str
    name: str
    public: bool


@dataclass(frozen=True)
class Picture:
    """An object, what its header says, and how the vendor is to see it."""

    key: str
    header: Header
    rendering: Rendering


def show(bucket: Bucket, job: Job, row: Capability, pictures: Sequence[Picture]) -> tuple[list[str], tuple[Copy, ...]]:
    """A link to each picture; and the copies to make first, where their own names will not do."""
    seconds = _ASYNC_LINK_SECONDS if row.asynchronous else _LINK_SECONDS
    processes = [picture.rendering.process for picture in pictures]

    def signed(names: Iterable[str]) -> list[str]:
        return [bucket.link(name, process, seconds) for name, process in zip(names, processes, strict=True)]

    def short(links: list[str]) -> bool:
        return max(map(len, links)) <= row.limits.max_link

    own = signed(picture.key for picture in pictures)
    if short(own) and not job.wants_plain_name:
        return own, ()
    # Named after the job, so that a second try writes over what a first one left.
    names = tuple(keys.copy(job.id, number, picture.header.format) for number, picture in enumerate(pictures))
    plain = signed(names)
    public = not short(plain)  # a key from STS puts hundreds of characters into a link, however short the name
    if public:
        plain = [bucket.address(name, process) for name, process in zip(names, processes, strict=True)]
    copies = tuple(Copy(picture.key, name, public) for picture, name in zip(pictures, names, strict=True))
    return plain, () if job.copies == names else copies
